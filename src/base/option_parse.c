/* Options from where users write them: the command line and the environment. */
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/option.h"
#include "base/text.h"
#include "base/xalloc.h"

/* One way to write an option: by its long name, its twin's, or its letter. */
struct name {
	const struct option *row;
	void *place;
	char *text; /* "limit", "not-entity"; NULL: letter only */
	bool twin;
	bool seen; /* given on this command line: a list keeps what it has */
};

struct names {
	struct name *items;
	size_t count;
};

static void add_name(
	struct names *names, const struct option *row, void *place, char *text, bool twin)
{
	names->items = xreallocarray(names->items, names->count + 1, sizeof(*names->items));
	names->items[names->count++] = (struct name){ row, place, text, twin, false };
}

static bool collect(void *data, const struct option *row, void *place, const char *object)
{
	struct names *names = data;
	(void)object;
	char *text = option_long_name(row);
	if (row->type == OPTION_TYPE_MATCH)
		add_name(names, row, place, xasprintf("not-%s", text), true);
	if (row->letter_only) {
		free(text);
		text = NULL;
	}
	add_name(names, row, place, text, false);
	return true;
}

static void names_release(struct names *names)
{
	for (size_t i = 0; i < names->count; i++)
		free(names->items[i].text);
	free(names->items);
}

static bool unknown(const struct option_parse *parse, const struct names *names, const char *given,
	size_t length, struct error *err)
{
	struct buf elsewhere = { 0 };
	const char **words = xcalloc(names->count + 1, sizeof(*words));
	size_t count = 0;
	for (size_t i = 0; i < names->count; i++)
		if (names->items[i].text)
			words[count++] = names->items[i].text;
	char *word = xstrndup(given, length);
	const char *nearest = text_nearest(word, words);
	if (parse->elsewhere)
		parse->elsewhere(word, &elsewhere);
	if (elsewhere.length > 0)
		error_set(err, ERROR_USAGE, "it has no field for --%.80s; %s has", word,
			buf_text(&elsewhere));
	else if (nearest)
		error_set(err, ERROR_USAGE, "unknown option '--%.80s'; did you mean '--%s'?", word,
			nearest);
	else
		error_set(err, ERROR_USAGE, "unknown option '--%.80s'; --help lists them", word);
	buf_free(&elsewhere);
	free(word);
	free(words);
	return false;
}

static struct name *find_long(const struct names *names, const char *text, size_t length)
{
	for (size_t i = 0; i < names->count; i++) {
		const char *own = names->items[i].text;
		if (own && strlen(own) == length && memcmp(own, text, length) == 0)
			return &names->items[i];
	}
	return NULL;
}

static struct name *find_letter(const struct names *names, char letter)
{
	for (size_t i = 0; i < names->count; i++)
		if (!names->items[i].twin && names->items[i].row->letter == letter)
			return &names->items[i];
	return NULL;
}

/* What a list held before, from the configuration or the environment, is replaced. */
static void first_time(struct name *name)
{
	struct text_match *match = name->place;
	if (name->seen)
		return;
	name->seen = true;
	if (name->row->type == OPTION_TYPE_LIST)
		text_list_clear(name->place);
	else if (name->row->type == OPTION_TYPE_MATCH)
		text_list_clear(name->twin ? &match->none_of : &match->any_of);
}

static bool set(
	struct name *name, const char *value, const char *called, int64_t now_ms, struct error *err)
{
	first_time(name);
	if (name->twin) {
		text_list_add(&((struct text_match *)name->place)->none_of, value);
		return true;
	}
	return option_set_text(name->row, name->place, value, called, now_ms, err);
}

/* The command line as it is walked. */
struct walk {
	const struct option_parse *parse;
	struct names names;
	int argc;
	char *const *argv;
	int at;
};

/* "--name", "--name=value", "--name value" */
static bool long_option(struct walk *w, struct error *err)
{
	const char *text = w->argv[w->at++] + 2;
	size_t length = strcspn(text, "=");
	const char *value = text[length] == '=' ? text + length + 1 : NULL;
	struct name *name = find_long(&w->names, text, length);
	if (!name)
		return unknown(w->parse, &w->names, text, length, err);
	char called[96];
	snprintf(called, sizeof(called), "--%s", name->text);
	if (name->row->type == OPTION_TYPE_FLAG)
		return value ? error_set(err, ERROR_USAGE, "%s takes no value", called)
			     : (*(bool *)name->place = true);
	if (!value && w->at == w->argc)
		return error_set(err, ERROR_USAGE, "%s needs a value: %s %s", called, called,
			name->row->argument);
	return set(name, value ? value : w->argv[w->at++], called, w->parse->now_ms, err);
}

/* "-r", "-rn5", "-n 5": flags may be bundled, the last may have a value. */
static bool short_options(struct walk *w, struct error *err)
{
	for (const char *letters = w->argv[w->at++] + 1; *letters; letters++) {
		struct name *name = find_letter(&w->names, *letters);
		if (!name)
			return error_set(err, ERROR_USAGE,
				"unknown option '-%c'; --help lists them",
				isprint((unsigned char)*letters) ? *letters : '?');
		if (name->row->type == OPTION_TYPE_FLAG) {
			*(bool *)name->place = true;
			continue;
		}
		char called[] = { '-', *letters, '\0' };
		if (letters[1])
			return set(name, letters + 1, called, w->parse->now_ms, err);
		if (w->at == w->argc)
			return error_set(err, ERROR_USAGE, "%s needs a value: %s %s", called,
				called, name->row->argument);
		return set(name, w->argv[w->at++], called, w->parse->now_ms, err);
	}
	return true;
}

/* A negative number is an argument, or a value, where no option has a digit for its letter. */
static bool is_option(const struct walk *w, const char *text)
{
	if (text[0] != '-' || !text[1])
		return false;
	return !isdigit((unsigned char)text[1]) || find_letter(&w->names, text[1]);
}

static bool walk_on(struct walk *w, struct text_list *arguments, struct error *err)
{
	bool ended = false;
	while (w->at < w->argc) {
		const char *text = w->argv[w->at];
		if (!ended && strcmp(text, "--") == 0) {
			ended = true;
			w->at++;
		} else if (ended || !is_option(w, text)) {
			if (w->parse->stop_at_argument)
				return true;
			text_list_add(arguments, text);
			w->at++;
		} else if (!(text[1] == '-' ? long_option(w, err) : short_options(w, err))) {
			return false;
		}
	}
	return true;
}

bool option_parse(const struct option_parse *parse, int argc, char *const *argv,
	struct text_list *arguments, int *ret_end, struct error *err)
{
	struct walk w = { .parse = parse, .argc = argc, .argv = argv };
	for (size_t i = 0; i < parse->set_count; i++)
		option_each(&parse->sets[i], collect, &w.names);
	bool ok = walk_on(&w, arguments, err);
	if (ok && ret_end)
		*ret_end = w.at;
	names_release(&w.names);
	return ok;
}

struct environment {
	const char *prefix;
	int64_t now_ms;
	struct error *err;
};

char *option_variable(const char *prefix, const struct option *row)
{
	char *name = xasprintf("%s_%s", prefix, row->name);
	for (char *c = name; *c; c++)
		*c = (char)toupper((unsigned char)*c);
	return name;
}

static bool read_variable(void *data, const struct option *row, void *place, const char *object)
{
	const struct environment *environment = data;
	(void)object;
	if (row->type == OPTION_TYPE_JSON || row->type == OPTION_TYPE_PAIRS || row->letter_only)
		return true;
	bool ok = true;
	char *name = option_variable(environment->prefix, row);
	const char *value = getenv(name);
	if (value && *value) {
		if (row->type == OPTION_TYPE_LIST)
			text_list_split(place, value);
		else if (row->type == OPTION_TYPE_MATCH)
			text_list_split(&((struct text_match *)place)->any_of, value);
		else
			ok = option_set_text(
				row, place, value, name, environment->now_ms, environment->err);
	}
	free(name);
	return ok;
}

bool option_parse_environment(
	const struct option_set *set, const char *prefix, int64_t now_ms, struct error *err)
{
	struct environment environment = { prefix, now_ms, err };
	return option_each(set, read_variable, &environment);
}
