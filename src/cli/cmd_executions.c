/* portlog executions [show|retry|cancel] */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "cli/entity_argument.h"
#include "cli/execution_request.h"
#include "cli/listing.h"
#include "cli/thing.h"
#include "event/local_execution.h"
#include "query/execution.h"

struct executions_settings {
	struct listing_settings listing;
	bool raw;
	char *reason;
	bool again;
};

static const struct option own_rows[] = {
	OPTION_INCLUDE(listing_settings, filter, execution_filter_options),
	OPTION_END,
};

static const struct option options[] = {
	OPTION_GROUP("One execution"),
	OPTION(executions_settings, reason, '\0', TEXT, "TEXT",
		"retry, cancel: why; it stands in the journal with your name"),
	OPTION(executions_settings, again, '\0', FLAG, NULL,
		"retry: also one that succeeded, was skipped, or that another recorder may have "
		"executed"),
	OPTION(executions_settings, raw, '\0', FLAG, NULL, "show: the exact bytes of the output"),
	OPTION_GROUP("Which executions"),
	OPTION_INCLUDE(executions_settings, listing, own_rows),
	OPTION_INCLUDE(executions_settings, listing, listing_options),
	OPTION_END,
};

static const struct thing execution_thing = {
	.itself = &detail_execution,
	.lists = { &detail_execution_steps, &detail_execution_reports },
	.body = "output",
	.plain = true,
};

static bool no_execution(const char *what, struct error *err)
{
	return error_set(err, ERROR_NEGATIVE,
		"no execution here has the number %.40s; 'portlog executions' lists them", what);
}

static bool find_number(const char *what, int64_t *ret_id, struct error *err)
{
	errno = 0;
	int64_t id = strtoll(what, NULL, 10);
	if (errno)
		return no_execution(what, err);
	*ret_id = id;
	return true;
}

static bool several(const char *what, const struct ids *ids, struct error *err)
{
	enum { SHOWN = 10 };
	struct buf numbers = { 0 };
	size_t first = ids->count > SHOWN ? ids->count - SHOWN : 0;
	for (size_t i = first; i < ids->count; i++)
		buf_addf(&numbers, "%s%" PRId64, numbers.length ? ", " : "", ids->items[i]);
	error_set(err, ERROR_NEGATIVE,
		"run '%.80s' has several executions, the last are %s: name one by its number", what,
		buf_text(&numbers));
	buf_free(&numbers);
	return false;
}

static bool find_of_run(
	struct invocation *call, const char *what, int64_t *ret_id, struct error *err)
{
	struct ids ids = { 0 };
	bool has_run;
	bool ok = execution_ids_of_run(call->reader, what, &ids, &has_run, err);
	if (ok && !has_run)
		ok = argument_names_nothing(call, NAME_RUN, what, err);
	else if (ok && ids.count == 0)
		ok = error_set(err, ERROR_NEGATIVE, "run '%.80s' has no execution", what);
	else if (ok && ids.count > 1)
		ok = several(what, &ids, err);
	else if (ok)
		*ret_id = ids.items[0];
	ids_release(&ids);
	return ok;
}

/* What the second argument names; of a number it is not known whether there is such an execution.
 */
static bool find(struct invocation *call, int64_t *ret_id, struct error *err)
{
	const char *verb = call->arguments.items[0];
	if (call->arguments.count < 2)
		return error_set(err, ERROR_USAGE,
			"it must be said which execution to %s: its number, or its run", verb);
	const char *what = call->arguments.items[1];
	bool is_number = *what && what[strspn(what, "0123456789")] == '\0';
	return is_number ? find_number(what, ret_id, err) : find_of_run(call, what, ret_id, err);
}

static bool show(struct invocation *call, struct error *err)
{
	const struct executions_settings *settings = call->settings;
	int output = settings->listing.output.output;
	struct thing_name name = { 0 };
	bool found;
	if (output == RENDER_CSV || output == RENDER_TSV)
		return error_set(
			err, ERROR_USAGE, "one thing is no table; -o takes text, json or jsonl");
	enum thing_form form = settings->raw                                     ? THING_RAW
			       : output == RENDER_JSON || output == RENDER_JSONL ? THING_JSON
										 : THING_TEXT;
	if (!find(call, &name.number, err) ||
		!thing_show(call, &execution_thing, &name, form, &found, err))
		return false;
	return found || no_execution(call->arguments.items[1], err);
}

/* It is what an auditor reads in a year. */
static bool check_reason(struct invocation *call, struct error *err)
{
	const struct executions_settings *settings = call->settings;
	const char *verb = call->arguments.items[0], *reason = settings->reason;
	const char *what = call->arguments.count > 1 ? call->arguments.items[1] : "ID";
	if (!reason || reason[strspn(reason, " \t\n")] == '\0')
		return error_set(err, ERROR_USAGE,
			"it must be said why, for it stands in the journal with your name: "
			"'portlog executions %s %.80s --reason \"%s\"'",
			verb, what,
			strcmp(verb, "retry") == 0 ? "the registry is back"
						   : "asked for by mistake");
	if (strlen(reason) > LOCAL_REASON_MOST)
		return error_set(err, ERROR_USAGE, "the reason may have at most %d bytes",
			LOCAL_REASON_MOST);
	if (!text_is_utf8(span_of(reason)))
		return error_set(err, ERROR_USAGE, "the reason is not UTF-8");
	return true;
}

static void tell_asked(int64_t id, const char *verb, const struct execution_look *look)
{
	struct buf run = { 0 };
	bool retry = strcmp(verb, "retry") == 0;
	printf("execution %" PRId64 " %s\n", id,
		retry                              ? "is owed again"
		: look->state == EXECUTION_RUNNING ? "runs, and is being stopped"
						   : "is cancelled");
	if (!retry || !look->ended_run)
		return;
	text_safe(span_of(look->ended_run), &run);
	printf("run %s has already ended at Port%s%s%s; the result of this attempt will not change "
	       "it\n",
		buf_text(&run), look->ended ? " (" : "", look->ended ? look->ended : "",
		look->ended ? ")" : "");
	buf_free(&run);
}

static bool ask(struct invocation *call, struct error *err)
{
	const struct executions_settings *settings = call->settings;
	const char *verb = call->arguments.items[0];
	struct execution_look look = { 0 };
	int64_t id;
	bool found;
	if (!check_reason(call, err) || !find(call, &id, err) ||
		!execution_look(call->reader, id, &look, &found, err))
		return false;
	if (!found)
		return no_execution(call->arguments.items[1], err);
	const struct execution_ask question = { verb, id, settings->reason, settings->again };
	bool ok = execution_request(call, &question, err);
	if (ok && !call->global->quiet)
		tell_asked(id, verb, &look);
	execution_look_release(&look);
	return ok;
}

static const struct verb {
	const char *word;
	bool (*run)(struct invocation *call, struct error *err);
	bool takes_reason;
	bool takes_raw;
} verbs[] = {
	{ "show", show, false, true },
	{ "retry", ask, true, false },
	{ "cancel", ask, true, false },
};
enum { VERBS = sizeof(verbs) / sizeof(verbs[0]) };

static const struct verb *find_verb(const char *word, struct error *err)
{
	const char *words[VERBS + 1] = { 0 };
	for (size_t i = 0; i < VERBS; i++) {
		if (strcmp(word, verbs[i].word) == 0)
			return &verbs[i];
		words[i] = verbs[i].word;
	}
	const char *nearest = text_nearest(word, words);
	if (*word && word[strspn(word, "0123456789")] == '\0')
		error_set(err, ERROR_USAGE,
			"it must be said what to do with execution %.40s: show, retry or cancel",
			word);
	else if (nearest)
		error_set(err, ERROR_USAGE,
			"'%.80s' is none of show, retry and cancel; did you"
			" mean '%s'?",
			word, nearest);
	else
		error_set(err, ERROR_USAGE, "'%.80s' is none of show, retry and cancel", word);
	return NULL;
}

struct given {
	const char *name; /* of an option that only lists; NULL: none is given */
};

/* Whether the row's value is another than where nothing was said. */
static bool is_given(const struct option *row, const void *place)
{
	switch (row->type) {
	case OPTION_TYPE_FLAG:
		return *(const bool *)place;
	case OPTION_TYPE_NUMBER:
		return ((const struct option_number *)place)->given;
	case OPTION_TYPE_TIME:
		return ((const struct option_time *)place)->given;
	case OPTION_TYPE_MATCH:
		return ((const struct text_match *)place)->any_of.count > 0 ||
		       ((const struct text_match *)place)->none_of.count > 0;
	case OPTION_TYPE_TEXT:
		return *(char *const *)place;
	default:
		return false; /* the format */
	}
}

static bool look_at(void *data, const struct option *row, void *place, const char *object)
{
	struct given *given = data;
	(void)object;
	if (is_given(row, place))
		given->name = row->name;
	return !given->name;
}

/* What only lists goes with no verb, what is about one execution with its own alone. */
static bool check_options(
	struct executions_settings *settings, const struct verb *verb, struct error *err)
{
	struct given given = { 0 };
	if (settings->reason && !(verb && verb->takes_reason))
		return error_set(err, ERROR_USAGE, "--reason goes with retry and cancel");
	if (settings->again && !(verb && strcmp(verb->word, "retry") == 0))
		return error_set(err, ERROR_USAGE, "--again goes with retry");
	if (settings->raw && !(verb && verb->takes_raw))
		return error_set(err, ERROR_USAGE, "--raw goes with show");
	if (!verb)
		return true;
	option_each(&(struct option_set){ listing_options, &settings->listing }, look_at, &given);
	if (!given.name)
		option_each(&(struct option_set){ own_rows, &settings->listing }, look_at, &given);
	if (given.name)
		return error_set(err, ERROR_USAGE, "--%s is for listing; %s takes one execution",
			given.name, verb->word);
	return true;
}

static bool run(struct invocation *call, struct error *err)
{
	struct executions_settings *settings = call->settings;
	const struct verb *verb = NULL;
	if (call->arguments.count > 0 && !(verb = find_verb(call->arguments.items[0], err)))
		return false;
	if (!check_options(settings, verb, err))
		return false;
	return verb ? verb->run(call, err)
		    : listing_run(call, &settings->listing, &view_executions, err);
}

const struct command cmd_executions = {
	.name = "executions",
	.summary = "show what rules executed, newest first; retry or cancel one",
	.arguments = "[show|retry|cancel] [ID|RUN]",
	.description =
		"show tells all there is about one execution: its attempts, what Port was told, "
		"its output. retry makes it owed again, cancel ends it; the recorder does both.",
	.options = options,
	.settings_size = sizeof(struct executions_settings),
	.most_arguments = 2,
	.needs = NEED_STORE,
	.run = run,
};
