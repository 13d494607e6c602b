#include "cli/complete.h"

#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "base/xalloc.h"
#include "cli/command.h"
#include "config/config.h"
#include "query/complete.h"
#include "store/reader.h"

enum { TABLES = 4 };

/* The rows that may be on the line, as cli.c reads it. */
static void tables_of(const struct command *command, const struct option *tables[TABLES])
{
	tables[0] = question_options;
	tables[1] = global_options;
	tables[2] = command ? command->options : NULL;
	tables[3] = command && command->needs & TAKES_CONFIG_FLAGS ? config_flag_options : NULL;
}

static bool is_named(const struct option *row, const char *name, size_t length)
{
	char *own = option_long_name(row);
	bool twin = row->type == OPTION_TYPE_MATCH && length > 4 && memcmp(name, "not-", 4) == 0;
	size_t skipped = twin ? 4 : 0;
	bool same = (strlen(own) == length && memcmp(own, name, length) == 0) ||
		    (twin && strlen(own) == length - skipped &&
			    memcmp(own, name + skipped, length - skipped) == 0);
	free(own);
	return same && !row->letter_only;
}

/* By its long name, or (name NULL) by its letter. */
static const struct option *find(
	const struct option *rows, const char *name, size_t length, char letter)
{
	for (const struct option *row = rows; row && row->type != OPTION_TYPE_END; row++) {
		const struct option *found = NULL;
		if (row->type == OPTION_TYPE_INCLUDE || row->type == OPTION_TYPE_OBJECT)
			found = find(row->rows, name, length, letter);
		else if (row->type != OPTION_TYPE_GROUP &&
			 (name ? is_named(row, name, length) : row->letter == letter))
			found = row;
		if (found)
			return found;
	}
	return NULL;
}

static const struct option *find_option(
	const struct completion *c, const char *name, size_t length, char letter)
{
	const struct option *tables[TABLES];
	const struct option *found = NULL;
	tables_of(c->command, tables);
	for (size_t i = 0; i < TABLES && !found; i++)
		found = find(tables[i], name, length, letter);
	return found;
}

static void remember(struct completion *c, const struct option *row, const char *value)
{
	char **place = strcmp(row->name, "store") == 0    ? &c->store
		       : strcmp(row->name, "config") == 0 ? &c->config_path
							  : NULL;
	if (!place)
		return;
	const char *home = strncmp(value, "~/", 2) == 0 ? getenv("HOME") : NULL;
	free(*place);
	*place = home ? xasprintf("%s%s", home, value + 1) : xstrdup(value);
}

/* The option whose value must come in the next word; NULL: none. */
static const struct option *read_option(struct completion *c, const char *word)
{
	const struct option *row = NULL;
	if (word[1] == '-') {
		size_t length = strcspn(word + 2, "=");
		row = find_option(c, word + 2, length, '\0');
		if (!row || row->type == OPTION_TYPE_FLAG || !word[2 + length])
			return row && row->type != OPTION_TYPE_FLAG ? row : NULL;
		remember(c, row, word + 2 + length + 1);
		return NULL;
	}
	for (const char *letter = word + 1; *letter; letter++) {
		row = find_option(c, NULL, 0, *letter);
		if (!row || row->type != OPTION_TYPE_FLAG)
			return row && !letter[1] ? row : NULL;
	}
	return NULL;
}

static void add_options(struct completion *c, const struct option *rows)
{
	for (const struct option *row = rows; row && row->type != OPTION_TYPE_END; row++) {
		if (row->type == OPTION_TYPE_INCLUDE || row->type == OPTION_TYPE_OBJECT)
			add_options(c, row->rows);
		if (!row->name || row->letter_only || row->type == OPTION_TYPE_OBJECT ||
			!complete_is_offered(c, row))
			continue;
		char *name = option_long_name(row);
		char *whole = xasprintf("--%s", name);
		char *twin = xasprintf("--not-%s", name);
		complete_add(c, span_of(whole), span_of(row->help));
		/* Twins would double what is to be read; who wants one types what it begins with.
		 */
		if (row->type == OPTION_TYPE_MATCH && c->typed.length > strlen("--no"))
			complete_add(c, span_of(twin), span_of(row->help));
		free(name);
		free(whole);
		free(twin);
	}
}

static void complete_options(struct completion *c)
{
	const struct option *tables[TABLES];
	tables_of(c->command, tables);
	/* The command's own first. */
	for (size_t i = 0; i < TABLES; i++)
		add_options(c, tables[(i + 2) % TABLES]);
}

/* "[ENTITY…]", "ENTITY PROPERTY": the one that the number is of; the last may be repeated. */
static struct span argument_at(const char *arguments, size_t number)
{
	struct span last = { 0 };
	for (const char *at = arguments ? arguments : ""; *at; at += strspn(at, " ")) {
		last = span_make(at, strcspn(at, " "));
		at += last.length;
		if (number-- == 0)
			return last;
	}
	bool repeats = last.data && memmem(last.data, last.length, "…", strlen("…"));
	return repeats ? last : (struct span){ 0 };
}

static void complete_word(
	struct completion *c, const struct option *pending, bool ended, size_t arguments)
{
	const char *equals = memchr(c->typed.data, '=', c->typed.length);
	bool dashed = !ended && c->typed.length > 0 && c->typed.data[0] == '-';
	if (pending) {
		complete_option_value(c, pending);
	} else if (dashed && equals && c->typed.length > 2 && c->typed.data[1] == '-') {
		const char *name = c->typed.data + 2;
		pending = find_option(c, name, (size_t)(equals - name), '\0');
		size_t length = (size_t)(equals + 1 - c->typed.data);
		buf_add(&c->lead, c->typed.data, length);
		c->typed = span_make(equals + 1, c->typed.length - length);
		if (pending)
			complete_option_value(c, pending);
	} else if (dashed) {
		complete_options(c);
	} else if (!c->command) {
		complete_commands(c);
	} else {
		complete_argument(c, argument_at(c->command->arguments, arguments));
	}
}

void complete_line(struct completion *c, const struct text_list *words)
{
	const struct option *pending = NULL;
	size_t arguments = 0;
	bool ended = false;
	for (size_t i = 0; i + 1 < words->count; i++) {
		const char *word = words->items[i];
		if (pending) {
			remember(c, pending, word);
			pending = NULL;
		} else if (!ended && strcmp(word, "--") == 0) {
			ended = true;
		} else if (!ended && word[0] == '-' && word[1]) {
			pending = read_option(c, word);
		} else if (!c->command) {
			c->command = command_find(word);
			if (!c->command)
				return;
		} else {
			arguments++;
		}
	}
	c->typed = span_of(words->count > 0 ? words->items[words->count - 1] : "");
	complete_word(c, pending, ended, arguments);
}

void complete_add(struct completion *c, struct span text, struct span note)
{
	struct buf whole = { 0 };
	struct buf safe = { 0 };
	if (text.length < c->typed.length || memcmp(text.data, c->typed.data, c->typed.length) != 0)
		return;
	buf_add_span(&whole, buf_span(&c->lead));
	buf_add_span(&whole, text);
	text_safe(buf_span(&whole), &safe);
	if (text.length > 0 && span_equal(buf_span(&whole), buf_span(&safe)) &&
		!text_list_has(&c->texts, buf_text(&whole))) {
		text_list_add(&c->texts, buf_text(&whole));
		buf_clear(&safe);
		if (note.data)
			text_safe(note, &safe);
		text_list_add(&c->notes, buf_text(&safe));
	}
	buf_free(&whole);
	buf_free(&safe);
}

void completion_release(struct completion *c)
{
	reader_close(c->reader);
	config_free(c->config);
	free(c->store);
	free(c->config_path);
	buf_free(&c->lead);
	text_list_clear(&c->texts);
	text_list_clear(&c->notes);
}
