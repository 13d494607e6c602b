/* portlog demo: a month of a small company's portal, recorded and told. What is told is a table of
 * headings and commands; each command is run as the user would. */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/xalloc.h"
#include "cli/command.h"
#include "cli/progress.h"
#include "demo/child.h"
#include "demo/demo.h"

struct demo_options {
	struct option_time now;
	char *dir;
	int64_t messages;
	bool keep_running;
};

static const struct option demo_options[] = {
	OPTION(demo_options, now, '\0', TIME, "TIME", "when the story ends (default: now)"),
	OPTION(demo_options, dir, '\0', TEXT, "DIR",
		"where the store goes (default: a new directory)"),
	OPTION(demo_options, messages, '\0', INTEGER, "N", "how many messages the month has",
		.fallback = "1500", .min = 1, .max = 10000000),
	OPTION(demo_options, keep_running, '\0', FLAG, NULL,
		"go on with live traffic until Ctrl-C"),
	OPTION_END,
};

enum { WORDS_MOST = 16, RUN_REFERENCE = '@', STOP_TIMEOUT_MS = 3000, LIVE_STEP_MS = 100 };

/* What is asked, and the command that answers it. A word @HANDLE is the id of a scripted run of
 * demo/scenes.c; a word "\\" is where the line is broken on the screen. */
struct chapter {
	const char *heading;
	const char *words[WORDS_MOST];
};

/* To tell more is to add a row; at most 78 columns a line. */
static const struct chapter chapters[] = {
	{ "The checkout is slow. What was changed in it today?",
		{ "log", "service/checkout", "--since", "3h", "--columns", "time,actor,changed" } },
	{ "Replicas, and what each may use. From what to what?",
		{ "sql", "SELECT time, actor, substr(path, 12) AS property, old, new\n"
			 "  FROM property_changes WHERE entity = 'checkout' AND path IN\n"
			 "  ('properties.replicas', 'properties.limits.cpu')\n"
			 "  ORDER BY time DESC, path LIMIT 4" } },
	{ "How was it repaired?", { "show", "@scale_service:rescue" } },
	{ "Which deployments failed this month, and why?",
		{ "runs", "--action", "deploy_service", "--status", "FAILURE", "-n", "5", "\\",
			"--columns", "time,entity,summary" } },
	{ "How often is what deployed, and how well does it go?",
		{ "sql", "SELECT entity, count(*) AS runs, sum(status = 'FAILURE')\n"
			 "  AS failed, round(avg(duration_ms) / 60000.0, 1) AS minutes FROM runs\n"
			 "  WHERE action = 'deploy_service' GROUP BY entity ORDER BY 2 DESC, 1" } },
	{ "Who asked for what, and who said yes or no?",
		{ "sql", "SELECT action, actor, decision, decided_by FROM runs\n"
			 "  WHERE decision IS NOT NULL ORDER BY time" } },
	{ "Port signs what it asks for. Which requests does its signature not vouch for?",
		{ "sql", "SELECT date(time) AS day, action, entity, actor, signature\n"
			 "  FROM runs WHERE signature <> 'good'" } },
	{ "What became of the preview environment, made twice under one name?",
		{ "log", "environment/preview-42", "--columns", "time,operation,actor,title" } },
	{ "Did Port refuse anything?",
		{ "log", "--status", "FAILURE", "--columns", "time,entity,message" } },
	{ "Every message is kept byte for byte. The last ones that came:",
		{ "records", "-n", "4", "--columns", "seq,topic,kafka_offset,key,size" } },
};

/* What happens before a chapter, which is told then, and what its command may bring about. */
struct act {
	struct demo_request request; /* of nobody: none */
	bool repair;
	struct chapter chapter;
};

static const struct act acts[] = {
	{ .request = { "tomasz", "service/mooring", "deploy_microservice:ships", "version='5.1.0'",
		  false },
		.chapter = { "Tomasz asks for a new version: the rule 'deploy' acts, and Port is "
			     "told.",
			{ "show", "@deploy_microservice:ships" } } },
	{ .request = { "neha", "service/ledger", "deploy_microservice:fails", "version='3.3.0'",
		  true },
		.chapter = { "Neha's fails: the registry is down. The rule says to try again.",
			{ "executions", "--state", "open", "--columns", "id,state,reason" } } },
	{ .repair = true,
		.chapter = { "The registry is back, and nobody wants to wait.",
			{ "executions", "retry", "@deploy_microservice:fails", "\\", "--reason",
				"the registry is back" } } },
	{ .chapter = { "How did it go?", { "executions", "show", "@deploy_microservice:fails" } } },
	{ .chapter = { "What does Port show now?",
		  { "runs", "--action", "deploy_microservice", "\\", "--columns",
			  "entity,actor,status,summary" } } },
};

static void print_heading(const struct invocation *call, const char *text)
{
	printf(call->color ? "\n\033[1m%s\033[0m\n" : "\n%s\n", text);
}

static bool needs_quotes(const char *word)
{
	return word[strcspn(word, " \n'\"*?()$;&|<>")] != '\0';
}

/* A word as a shell wants it; single quotes only occur in SQL, which has double quotes round it. */
static void print_word(const char *word)
{
	if (needs_quotes(word))
		printf(" \"%s\"", word);
	else
		printf(" %s", word);
}

static void print_command(const struct invocation *call, const struct text_list *words)
{
	printf(call->color ? "\033[32m$ portlog" : "$ portlog");
	for (size_t i = 0; i < words->count; i++)
		if (strcmp(words->items[i], "\\") == 0)
			printf(" \\\n   ");
		else
			print_word(words->items[i]);
	printf(call->color ? "\033[0m\n" : "\n");
}

/* The command as it is run: on this terminal, or as if on one, and without a pager. */
static void make_arguments(const struct invocation *call, const struct text_list *words,
	bool as_table, struct text_list *ret_arguments)
{
	text_list_add(ret_arguments, "portlog");
	text_list_add(ret_arguments, "--no-pager");
	text_list_add(ret_arguments, "--color");
	text_list_add(ret_arguments, call->color ? "always" : "never");
	for (size_t i = 0; i < words->count; i++)
		if (strcmp(words->items[i], "\\") != 0)
			text_list_add(ret_arguments, words->items[i]);
	if (as_table) {
		text_list_add(ret_arguments, "-o");
		text_list_add(ret_arguments, "table");
	}
}

static bool is_listing(const struct text_list *words)
{
	bool tree = strcmp(words->items[0], "show") == 0;
	bool one = strcmp(words->items[0], "executions") == 0 && words->count > 1 &&
		   words->items[1][0] != '-';
	return !tree && !one;
}

static bool tell(const struct invocation *call, const struct demo *demo, int64_t now_ms,
	const struct chapter *chapter, struct error *err)
{
	struct text_list words = { 0 };
	struct text_list arguments = { 0 };
	int exit_status = 0;
	for (size_t i = 0; i < WORDS_MOST && chapter->words[i]; i++) {
		const char *word = chapter->words[i];
		text_list_add(&words,
			word[0] == RUN_REFERENCE ? story_run_id(demo_story(demo), word + 1) : word);
	}
	print_heading(call, chapter->heading);
	print_command(call, &words);
	fflush(stdout);
	make_arguments(call, &words, is_listing(&words), &arguments);
	bool ok = demo_command(demo, &arguments, now_ms, &exit_status, err);
	if (ok && exit_status != 0)
		ok = error_set(err, ERROR_STORE,
			"cannot tell the story: 'portlog %s' ended with %d", words.items[0],
			exit_status);
	text_list_clear(&words);
	text_list_clear(&arguments);
	return ok;
}

/* Makes the directory where it is missing; ret_path is absolute, and yours. */
static bool make_directory(const char *wanted, char **ret_path, struct error *err)
{
	const char *top = getenv("TMPDIR");
	char *path = wanted ? xstrdup(wanted)
			    : xasprintf("%s/portlog-demo-XXXXXX", top && *top ? top : "/tmp");
	bool ok = wanted ? mkdir(path, 0700) == 0 || errno == EEXIST : mkdtemp(path) != NULL;
	char *absolute = ok ? realpath(path, NULL) : NULL;
	if (!absolute)
		error_set(
			err, ERROR_STORE, "cannot make directory '%s': %s", path, strerror(errno));
	free(path);
	*ret_path = absolute ? absolute : *ret_path;
	return absolute != NULL;
}

static bool is_unused(const char *directory, struct error *err)
{
	static const char *const files[] = { "portlog.db", "config.json", "deploy.sh",
		"registry-is-down" };
	bool ok = true;
	for (size_t i = 0; ok && i < sizeof(files) / sizeof(files[0]); i++) {
		char *path = xasprintf("%s/%s", directory, files[i]);
		if (access(path, F_OK) == 0)
			ok = error_set(err, ERROR_STORE,
				"cannot play the demo in '%s': '%s' is there already; name another "
				"directory, or leave out --dir",
				directory, files[i]);
		free(path);
	}
	return ok;
}

static void print_beginning(const struct invocation *call)
{
	if (call->global->quiet)
		return;
	print_heading(call, "Halyard: a month in the portal of a small company that ships parcels");
	puts("Services, environments, packages and teams; eight people and six machines; an\n"
	     "approval, a failed deployment, a bad change and its repair. All is invented, but\n"
	     "it comes as Port sends it: as messages on two Kafka topics. A broker within this\n"
	     "process serves them; `portlog record` records them as it would record yours, and\n"
	     "executes what a rule says, and tells a stand-in for Port's API.\n"
	     "(Kafka gives a new consumer group three seconds to gather; the rest is quick.)\n");
	fflush(stdout);
}

static void print_recorded(const struct invocation *call, size_t count)
{
	if (!call->global->quiet)
		printf("%zu messages were published, and all of them are recorded.\n", count);
}

static void print_end(const struct invocation *call, const struct demo *demo)
{
	if (call->global->quiet) {
		puts(demo_store(demo));
		return;
	}
	print_heading(call, "Now you");
	printf("The store stays here:\n\n  %s\n\n", demo_store(demo));
	printf("  export PORTLOG_CONFIG=%s\n", demo_config(demo));
	puts("  portlog log --user misaki                 what one person did\n"
	     "  portlog log --property replicas           who changed how many there are\n"
	     "  portlog log --search '\"gift cards\"'       full text\n"
	     "  portlog runs --since monday               this week's runs\n"
	     "  portlog executions                        what it executed\n"
	     "  portlog sql 'SELECT * FROM users'         SQL over all of it\n"
	     "  portlog help                              everything else");
}

static void tick(void *data, size_t done, size_t total)
{
	if (done > 0)
		progress_tick(data, done, total);
}

static bool play(const struct invocation *call, struct demo *demo, struct error *err)
{
	size_t count = 0;
	struct progress progress = { .label = "recording", .quiet = call->global->quiet };
	bool ok = demo_play(demo, tick, &progress, &count, err);
	progress_end(&progress);
	if (ok)
		print_recorded(call, count);
	return ok;
}

/* Shows what is recorded, as it is, until Ctrl-C. */
static bool keep_running(const struct invocation *call, struct demo *demo, struct error *err)
{
	const struct timespec step = { .tv_nsec = LIVE_STEP_MS * 1000000 };
	struct text_list words = { 0 };
	struct text_list arguments = { 0 };
	struct child follower = { 0 };
	sigset_t stops;
	sigset_t before;
	sigemptyset(&stops);
	sigaddset(&stops, SIGINT);
	sigaddset(&stops, SIGTERM);
	sigaddset(&stops, SIGHUP);
	sigprocmask(SIG_BLOCK, &stops, &before);

	static const char *const follow[] = { "log", "--follow", "--columns",
		"time,actor,operation,entity,changed" };
	for (size_t i = 0; i < sizeof(follow) / sizeof(follow[0]); i++)
		text_list_add(&words, follow[i]);
	print_heading(call, "And so it goes on. Ctrl-C ends it.");
	print_command(call, &words);
	fflush(stdout);
	make_arguments(call, &words, false, &arguments);
	bool ok = demo_command_start(demo, &arguments, 0, &follower, err);
	while (ok && !child_has_ended(&follower) && sigtimedwait(&stops, NULL, &step) < 0)
		ok = demo_go_on(demo, clock_now_ms(), err) && demo_is_recording(demo, err);
	child_stop(&follower, STOP_TIMEOUT_MS);
	sigprocmask(SIG_SETMASK, &before, NULL);
	text_list_clear(&words);
	text_list_clear(&arguments);
	return ok;
}

static bool tell_all(
	const struct invocation *call, const struct demo *demo, int64_t now_ms, struct error *err)
{
	for (size_t i = 0; i < sizeof(chapters) / sizeof(chapters[0]); i++)
		if (!tell(call, demo, now_ms, &chapters[i], err))
			return false;
	return true;
}

static bool act(const struct invocation *call, struct demo *demo, const struct act *act,
	int64_t now_ms, struct error *err)
{
	return (!act->request.who || demo_ask(demo, &act->request, err)) &&
	       (!act->repair || demo_repair(demo, err)) &&
	       tell(call, demo, now_ms, &act->chapter, err) && demo_settle(demo, err);
}

static bool act_all(
	const struct invocation *call, struct demo *demo, int64_t now_ms, struct error *err)
{
	for (size_t i = 0; i < sizeof(acts) / sizeof(acts[0]); i++)
		if (!act(call, demo, &acts[i], now_ms, err))
			return false;
	return true;
}

static bool run(struct invocation *call, struct error *err)
{
	const struct demo_options *options = call->settings;
	struct demo *demo = NULL;
	char *directory = NULL;
	bool ok = false;
	/* The story is laid out for one width, in a pipe, too. */
	if (!call->terminal)
		setenv("COLUMNS", "80", 0);
	if (!make_directory(options->dir, &directory, err) || !is_unused(directory, err))
		goto out;
	const struct demo_settings settings = { .directory = directory,
		.zone = call->global->tz,
		.now_ms = options->now.given ? options->now.ms : call->now_ms,
		.messages = (size_t)options->messages,
		.acts = !call->global->quiet };
	print_beginning(call);
	if (!demo_start(&settings, &demo, err) || !play(call, demo, err))
		goto out;
	if (!call->global->quiet && (!tell_all(call, demo, settings.now_ms, err) ||
					    !act_all(call, demo, settings.now_ms, err)))
		goto out;
	if (options->keep_running && !keep_running(call, demo, err))
		goto out;
	ok = demo_end_recording(demo, err);
	if (ok)
		print_end(call, demo);
out:
	demo_stop(demo);
	free(directory);
	return ok;
}

const struct command cmd_demo = {
	.name = "demo",
	.summary = "play a month of a small company's portal, record it and tell of it",
	.description =
		"Needs no broker and no account: Kafka's part is played by a broker inside the "
		"process, and so is Port's, which is told what became of two runs that a rule "
		"executes. What is told is invented, and the month always the same for the same "
		"--now; what is executed takes its own time. The store stays in the directory that "
		"is named at the end. With -q the month is "
		"recorded, and nothing is executed or shown.",
	.options = demo_options,
	.settings_size = sizeof(struct demo_options),
	.run = run,
};
