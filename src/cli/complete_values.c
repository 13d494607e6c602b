/* What a value may be: words of the option's row, times, names in the store. */
#include <ctype.h>
#include <string.h>

#include "cli/command.h"
#include "cli/complete.h"
#include "config/config.h"
#include "event/local_execution.h"
#include "event/record.h"
#include "query/complete.h"
#include "query/view.h"
#include "store/reader.h"

static void add(struct completion *c, const char *text, const char *note)
{
	complete_add(c, span_of(text), span_of(note));
}

/* The store that the line means; false, quietly, where there is none to read. */
static bool open_store(struct completion *c)
{
	struct error err = { 0 };
	if (c->tried)
		return c->reader;
	c->tried = true;
	struct config_sources sources = {
		.path = c->config_path ? c->config_path : c->global->config,
		.store = c->store ? c->store : c->global->store,
	};
	return config_load(&sources, &c->config, &err) &&
	       reader_open_bare(c->config->store, &c->reader, &err);
}

/* A name as it is found, with what stands before it in the word and behind it. */
struct found {
	struct completion *completion;
	struct span before;
	const char *behind;
	bool until_slash; /* what has a slash would be read as something else */
};

static void add_found(void *data, struct span name, struct span note)
{
	const struct found *found = data;
	struct buf text = { 0 };
	if (found->until_slash && memchr(name.data, '/', name.length))
		return;
	buf_add_span(&text, found->before);
	buf_add_span(&text, name);
	buf_add_text(&text, found->behind);
	complete_add(found->completion, buf_span(&text), note);
	buf_free(&text);
}

static void add_names(
	struct found *found, enum complete_kind kind, struct span prefix, struct span blueprint)
{
	struct error err = { 0 };
	if (open_store(found->completion))
		complete_names(
			found->completion->reader, kind, prefix, blueprint, add_found, found, &err);
}

static void stored(struct completion *c, enum complete_kind kind)
{
	struct found found = { .completion = c, .behind = "" };
	add_names(&found, kind, c->typed, (struct span){ 0 });
}

/* BLUEPRINT/ID, /ID, ID; a blueprint first, as a folder. */
static void entities(struct completion *c, enum complete_kind kind)
{
	const char *slash = memchr(c->typed.data, '/', c->typed.length);
	struct found found = { .completion = c, .behind = "" };
	(void)kind;
	if (slash) {
		size_t length = (size_t)(slash - c->typed.data);
		struct span prefix = span_make(slash + 1, c->typed.length - length - 1);
		found.before = span_make(c->typed.data, length + 1);
		add_names(&found, length ? COMPLETE_ENTITY_OF : COMPLETE_ENTITY, prefix,
			span_make(c->typed.data, length));
		return;
	}
	found.until_slash = true;
	found.behind = "/";
	add_names(&found, COMPLETE_BLUEPRINT, c->typed, (struct span){ 0 });
	found.behind = "";
	if (c->typed.length > 0)
		add_names(&found, COMPLETE_ENTITY, c->typed, (struct span){ 0 });
}

static void times(struct completion *c, enum complete_kind kind)
{
	static const char *const words[] = { "now", "today", "yesterday", "monday", "tuesday",
		"wednesday", "thursday", "friday", "saturday", "sunday", "15m", "1h", "2h", "12h",
		"1d", "2d", "1w", "4w", NULL };
	(void)kind;
	for (size_t i = 0; words[i]; i++)
		add(c, words[i], NULL);
}

static void files(struct completion *c, enum complete_kind kind)
{
	(void)kind;
	c->files = true;
}

static void problems(struct completion *c, enum complete_kind kind)
{
	(void)kind;
	add(c, "any", NULL);
	for (int problem = PROBLEM_TOMBSTONE; problem <= PROBLEM_UNKNOWN_SHAPE; problem++)
		add(c, record_problem_word((enum record_problem)problem), NULL);
}

static void states(struct completion *c, enum complete_kind kind)
{
	(void)kind;
	add(c, "open", NULL);
	for (int state = EXECUTION_OWED; state <= EXECUTION_CANCELLED; state++)
		add(c, execution_state_word((enum execution_state)state), NULL);
}

static const struct view *view_of(const struct completion *c)
{
	for (size_t i = 0; views[i]; i++)
		if (c->command && strcmp(views[i]->command, c->command->name) == 0)
			return views[i];
	return NULL;
}

/* "time,act": each one of them. */
static void columns(struct completion *c, enum complete_kind kind)
{
	const struct view *view = view_of(c);
	const char *comma = memrchr(c->typed.data, ',', c->typed.length);
	size_t length = comma ? (size_t)(comma + 1 - c->typed.data) : 0;
	(void)kind;
	buf_add(&c->lead, c->typed.data, length);
	c->typed = span_make(c->typed.data + length, c->typed.length - length);
	for (size_t i = 0; view && view->fields[i].name; i++)
		add(c, view->fields[i].name, NULL);
	if (length == 0)
		add(c, "all", NULL);
}

/* Of executions it is the state. */
static void statuses(struct completion *c, enum complete_kind kind)
{
	const struct view *view = view_of(c);
	const struct view_filter *filter = view ? view_filter(view, FILTER_STATUS) : NULL;
	(filter && filter->kind == NAME_STATE ? states : stored)(c, kind);
}

/* Those that executed something; others than these may be in the configuration. */
static void rules(struct completion *c, enum complete_kind kind)
{
	if (view_of(c))
		stored(c, kind);
}

static void command_names(struct completion *c, enum complete_kind kind)
{
	(void)kind;
	complete_commands(c);
}

/* An option's values by the option's name, else (and an argument's) by how help calls them. */
static const struct source {
	const char *option;
	const char *word;
	void (*add)(struct completion *c, enum complete_kind kind);
	enum complete_kind kind;
} sources[] = {
	{ "entity", "ENTITY", entities, COMPLETE_ENTITY },
	{ "blueprint", "BLUEPRINT", stored, COMPLETE_BLUEPRINT },
	{ "user", "USER", stored, COMPLETE_USER },
	{ "run", "RUN", stored, COMPLETE_RUN },
	{ "action", "ACTION", stored, COMPLETE_ACTION },
	{ "operation", NULL, stored, COMPLETE_OPERATION },
	{ "status", NULL, statuses, COMPLETE_STATUS },
	{ "origin", NULL, stored, COMPLETE_ORIGIN },
	{ "resource", NULL, stored, COMPLETE_RESOURCE },
	{ "topic", "TOPIC", stored, COMPLETE_TOPIC },
	{ "property", "PROPERTY", stored, COMPLETE_PROPERTY },
	{ "problem", NULL, problems, 0 },
	{ "rule", NULL, rules, COMPLETE_RULE },
	{ "state", NULL, states, 0 },
	{ NULL, "ID", stored, COMPLETE_EXECUTION },
	{ "columns", NULL, columns, 0 },
	{ NULL, "TIME", times, 0 },
	{ NULL, "FILE", files, 0 },
	{ NULL, "DIR", files, 0 },
	{ NULL, "COMMAND", command_names, 0 },
};
enum { SOURCES = sizeof(sources) / sizeof(sources[0]) };

/* One of "RUN|ENTITY": a word in lower case stands for itself. */
static void complete_alternative(struct completion *c, struct span word)
{
	if (word.length > 0 && islower((unsigned char)word.data[0]))
		complete_add(c, word, (struct span){ 0 });
	for (size_t i = 0; i < SOURCES; i++)
		if (sources[i].word && span_is(word, sources[i].word))
			sources[i].add(c, sources[i].kind);
}

void complete_argument(struct completion *c, struct span argument)
{
	while (argument.length > 0) {
		size_t length = 0;
		while (length < argument.length && (isalnum((unsigned char)argument.data[length]) ||
							   argument.data[length] == '-'))
			length++;
		complete_alternative(c, span_make(argument.data, length));
		length += length < argument.length ? 1 : 0; /* a bar, a bracket, part of "…" */
		argument = span_make(argument.data + length, argument.length - length);
	}
}

void complete_option_value(struct completion *c, const struct option *row)
{
	static const char *const durations[] = { "10s", "30s", "1m", "5m", "15m", "1h", "1d",
		NULL };
	const char *const *words = row->type == OPTION_TYPE_CHOICE     ? row->choices
				   : row->type == OPTION_TYPE_DURATION ? durations
								       : NULL;
	for (size_t i = 0; words && words[i]; i++)
		add(c, words[i], NULL);
	for (size_t i = 0; !words && i < SOURCES; i++)
		if (sources[i].option && strcmp(sources[i].option, row->name) == 0) {
			sources[i].add(c, sources[i].kind);
			return;
		}
	if (!words)
		complete_argument(c, span_of(row->argument));
}

void complete_commands(struct completion *c)
{
	for (size_t i = 0; commands[i]; i++)
		if (!commands[i]->hidden)
			add(c, commands[i]->name, commands[i]->summary);
}

bool complete_is_offered(const struct completion *c, const struct option *row)
{
	return !c->command || command_shows(c->command, row);
}
