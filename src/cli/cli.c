#include "cli/cli.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "action/jq.h"
#include "action/jq_helper.h"
#include "base/log.h"
#include "base/process.h"
#include "base/text.h"
#include "base/time.h"
#include "base/xalloc.h"
#include "cli/command.h"
#include "cli/commands.h"
#include "cli/help.h"
#include "cli/output.h"
#include "cli/pager.h"
#include "cli/terminal.h"
#include "cli/version.h"
#include "config/config.h"
#include "store/reader.h"

#define X(name) extern const struct command cmd_##name;
COMMANDS(X)
#undef X

#define X(name) &cmd_##name,
const struct command *const commands[] = { COMMANDS(X) NULL };
#undef X

static const char *const color_words[] = {
	[COLOR_AUTO] = "auto",
	[COLOR_ALWAYS] = "always",
	[COLOR_NEVER] = "never",
	NULL,
};

const struct option global_options[] = {
	OPTION(global_settings, store, '\0', TEXT, "FILE", "the store"),
	OPTION(global_settings, config, '\0', TEXT, "FILE", "the configuration"),
	OPTION(global_settings, color, '\0', CHOICE, NULL, "colours", .choices = color_words,
		.fallback = "auto"),
	OPTION(global_settings, no_pager, '\0', FLAG, NULL, "write straight to the terminal"),
	OPTION(global_settings, tz, '\0', TEXT, "ZONE",
		"the time zone: Europe/Berlin, UTC, +02:00 (default: TZ, else the system's)"),
	OPTION(global_settings, quiet, 'q', FLAG, NULL, "say only what is asked for, and errors"),
	OPTION(global_settings, verbose, 'v', FLAG, NULL, "say more"),
	OPTION_END,
};

/* Not from the environment: a container's PORTLOG_VERSION is no question. */
struct questions {
	bool help;
	bool version;
};
const struct option question_options[] = {
	OPTION(questions, help, 'h', FLAG, NULL, "show help: of a command, behind its name"),
	OPTION(questions, version, '\0', FLAG, NULL,
		"show the version, and those of the libraries"),
	OPTION_END,
};

const struct command *command_find(const char *name)
{
	for (size_t i = 0; commands[i]; i++)
		if (strcmp(commands[i]->name, name) == 0)
			return commands[i];
	return NULL;
}

/* All that a command line fills. */
struct line {
	const struct command *command; /* NULL: none was given */
	struct global_settings global;
	struct questions questions;
	struct config_flags flags;
	void *settings; /* the command's own */
	struct text_list arguments;
	int64_t now_ms;
};

enum { SETS_MOST = 4 };

static size_t sets_of(struct line *line, struct option_set sets[SETS_MOST])
{
	size_t count = 0;
	sets[count++] = (struct option_set){ question_options, &line->questions };
	sets[count++] = (struct option_set){ global_options, &line->global };
	if (line->command && line->command->options)
		sets[count++] = (struct option_set){ line->command->options, line->settings };
	if (line->command && line->command->needs & TAKES_CONFIG_FLAGS)
		sets[count++] = (struct option_set){ config_flag_options, &line->flags };
	return count;
}

static void line_release(struct line *line)
{
	struct option_set sets[SETS_MOST];
	size_t count = sets_of(line, sets);
	for (size_t i = 0; i < count; i++)
		option_release(&sets[i]);
	free(line->settings);
	text_list_clear(&line->arguments);
	*line = (struct line){ 0 };
}

static bool line_environment(struct line *line, struct error *err)
{
	struct option_set sets[SETS_MOST];
	size_t count = sets_of(line, sets);
	for (size_t i = 1; i < count; i++) {
		bool own = line->command && sets[i].rows == line->command->options;
		option_defaults(&sets[i]);
		if ((!own || line->command->environment) &&
			!option_parse_environment(&sets[i], "PORTLOG", line->now_ms, err))
			return false;
	}
	return true;
}

static bool has_filter(const struct command *command, const struct option *rows, const char *name)
{
	bool found = false;
	for (const struct option *row = rows; row && row->type != OPTION_TYPE_END && !found;
		row++) {
		if (row->type == OPTION_TYPE_INCLUDE)
			found = has_filter(command, row->rows, name);
		else if (row->type == OPTION_TYPE_MATCH)
			found = strcmp(row->name, name) == 0 && command_shows(command, row);
	}
	return found;
}

/* The commands that can be asked for what this one has no field for. */
static void add_elsewhere(const char *name, struct buf *out)
{
	const char *filter = strncmp(name, "not-", 4) == 0 ? name + 4 : name;
	for (size_t i = 0; commands[i]; i++)
		if (!commands[i]->hidden && has_filter(commands[i], commands[i]->options, filter))
			buf_addf(out, "%s'portlog %s'", out->length ? " or " : "",
				commands[i]->name);
}

/* The global options up to the command, then all of them behind it. */
static bool line_read(struct line *line, int argc, char *const *argv, struct error *err)
{
	struct option_set sets[SETS_MOST];
	int end = 0;
	struct option_parse parse = {
		.sets = sets, .now_ms = line->now_ms, .stop_at_argument = true
	};
	line->command = NULL;
	parse.set_count = sets_of(line, sets);
	if (!option_parse(&parse, argc, argv, NULL, &end, err))
		return false;
	if (end < argc) {
		if (!help_find(argv[end], &line->command, err))
			return false;
		line->settings = xcalloc(1, line->command->settings_size);
	}
	if (!line_environment(line, err))
		return false;
	/* Once more, over what the environment says: a flag goes before it. */
	parse.set_count = 2;
	if (!option_parse(&parse, argc, argv, NULL, &end, err))
		return false;
	if (!line->command)
		return true;
	parse.stop_at_argument = false;
	parse.elsewhere = add_elsewhere;
	parse.set_count = sets_of(line, sets);
	return option_parse(&parse, argc - end - 1, argv + end + 1, &line->arguments, NULL, err);
}

/* Times are read in the zone that the same line names, so the line is read twice. */
static bool line_parse(struct line *line, int argc, char *const *argv, struct error *err)
{
	if (!line_read(line, argc, argv, err) || !time_zone_set(line->global.tz, err))
		return false;
	int64_t now_ms;
	if (!time_now(&now_ms, err))
		return false;
	line_release(line);
	line->now_ms = now_ms;
	return line_read(line, argc, argv, err);
}

static bool check_arguments(const struct line *line, struct error *err)
{
	const struct command *command = line->command;
	size_t count = line->arguments.count;
	if (count > 0 && !command->arguments)
		return error_set(err, ERROR_USAGE,
			"'%.80s' is one argument too many: it takes none",
			line->arguments.items[0]);
	if (command->most_arguments && count > command->most_arguments)
		return error_set(err, ERROR_USAGE, "'%.80s' is one argument too many: it takes %s",
			line->arguments.items[command->most_arguments], command->arguments);
	return true;
}

/* The times between which a command looks, if it has both options. */
struct window {
	struct option_time *since, *until;
};

static bool find_window(void *data, const struct option *row, void *place, const char *object)
{
	struct window *window = data;
	(void)object;
	if (row->type == OPTION_TYPE_TIME && strcmp(row->name, "since") == 0)
		window->since = place;
	if (row->type == OPTION_TYPE_TIME && strcmp(row->name, "until") == 0)
		window->until = place;
	return true;
}

/* "--since 11:00 --until 13:00" is the same at noon and in the evening. */
static bool check_window(const struct line *line, struct error *err)
{
	struct window w = { 0 };
	char since[TIME_TEXT_SIZE], until[TIME_TEXT_SIZE];
	if (!line->command->options)
		return true;
	option_each(
		&(struct option_set){ line->command->options, line->settings }, find_window, &w);
	if (!w.since || !w.until || !w.since->given || !w.until->given)
		return true;
	if (w.until->is_clock)
		w.until->ms = time_clock_after(w.until->ms, w.since->ms);
	if (w.until->ms > w.since->ms)
		return true;
	time_format(w.since->ms, since);
	time_format(w.until->ms, until);
	return error_set(err, ERROR_USAGE,
		"no time lies between --since and --until: %s is not after %s", until, since);
}

void command_page(struct invocation *call)
{
	if (!call->terminal || call->global->no_pager || call->paged)
		return;
	call->paged = true;
	pager_start();
}

bool command_negative(struct error *err)
{
	return error_set(err, ERROR_NEGATIVE, "%s", "");
}

static bool open_needs(
	struct invocation *call, struct line *line, struct config **ret_config, struct error *err)
{
	unsigned needs = line->command->needs;
	if (!(needs & (NEED_CONFIG | NEED_STORE)))
		return true;
	struct config_sources sources = {
		.path = line->global.config, .store = line->global.store, .flags = &line->flags
	};
	if (!config_load(&sources, ret_config, err))
		return false;
	struct config *config = *ret_config;
	call->config = config;
	/* The lock and the recorder's socket are named after the file itself, not after a link. */
	char *real_path = realpath(config->store, NULL);
	if (real_path) {
		free(config->store);
		config->store = real_path;
	}
	call->store_path = call->config->store;
	return !(needs & NEED_STORE) || reader_open_bare(call->store_path, &call->reader, err);
}

static bool run(struct line *line, struct error *err)
{
	struct config *config = NULL;
	bool terminal = isatty(STDOUT_FILENO);
	struct invocation call = {
		.command = line->command,
		.global = &line->global,
		.flags = &line->flags,
		.settings = line->settings,
		.arguments = line->arguments,
		.now_ms = line->now_ms,
		.color = terminal_wants_color((enum color_when)line->global.color, terminal),
		.terminal = terminal,
		.width = terminal_width(),
	};
	call.cut_at = terminal || getenv("COLUMNS") ? call.width : UNCUT;
	if (line->command->needs & NEED_SOCKETS)
		signal(SIGPIPE, SIG_IGN);
	bool ok = open_needs(&call, line, &config, err) && line->command->run(&call, err);
	reader_close(call.reader);
	config_free(config);
	return ok;
}

static bool answer(const struct line *line)
{
	struct buf out = { 0 };
	if (line->questions.version)
		version_text(&out);
	else if (line->command)
		help_command(line->command, terminal_width(), &out);
	else
		help_overview(terminal_width(), &out);
	help_write(&out);
	buf_free(&out);
	return true;
}

/* "portlog: cannot …: why; what to do", on one line, and safe to show. */
static void complain(const struct command *command, const struct error *err)
{
	struct buf line = { 0 };
	if (!*err->text)
		return;
	terminal_write_to(STDERR_FILENO);
	buf_add_text(&line, "portlog: ");
	if (err->kind == ERROR_USAGE && strncmp(err->text, "cannot ", 7) != 0)
		buf_addf(&line, "cannot run%s%s%s: ", command ? " '" : "",
			command ? command->name : "", command ? "'" : "");
	text_safe(span_of(err->text), &line);
	buf_add_char(&line, '\n');
	fwrite(line.data, 1, line.length, stderr);
	buf_free(&line);
}

static bool execute(struct line *line, int argc, char *const *argv, struct error *err)
{
	if (!line_parse(line, argc, argv, err))
		return false;
	if (line->questions.help || line->questions.version)
		return answer(line);
	if (!line->command)
		return error_set(err, ERROR_USAGE,
			"cannot run without a command; 'portlog --help' lists them, 'portlog demo' "
			"shows them");
	if (line->global.verbose)
		log_set_level(LOG_LEVEL_DEBUG);
	else if (line->global.quiet)
		log_set_level(LOG_LEVEL_WARNING);
	return check_arguments(line, err) && check_window(line, err) && run(line, err);
}

/* A core file would hold the passwords of the configuration. One byte is less than any has, and,
 * other than 0, also keeps the kernel from handing the core to a program (core(5)). Only the soft
 * limit: 'prlimit --core=unlimited --pid PID' takes it away for debugging. */
static void leave_no_core(void)
{
	struct rlimit limit;
	if (getrlimit(RLIMIT_CORE, &limit) != 0 || limit.rlim_cur == 0)
		return;
	limit.rlim_cur = 1;
	setrlimit(RLIMIT_CORE, &limit);
}

int cli_main(int argc, char **argv)
{
	struct line line = { 0 };
	struct error err = { 0 };
	if (jq_helper_is_called(argc, argv))
		return jq_process();
	if (process_supervisor_is_called(argc, argv))
		return process_supervise();
	terminal_guard_descriptors();
	terminal_write_to(STDOUT_FILENO);
	leave_no_core();
	/* A file that may not grow any more (RLIMIT_FSIZE) is a full disk, and not the end. */
	signal(SIGXFSZ, SIG_IGN);
	bool ok = execute(&line, argc - 1, argv + 1, &err);
	struct error ignored = { 0 };
	ok = output_finish(ok ? &err : &ignored) && ok;
	ok = pager_finish(ok ? &err : &ignored) && ok;
	if (!ok)
		complain(line.command, &err);
	line_release(&line);
	return ok ? 0 : error_exit_status(&err);
}
