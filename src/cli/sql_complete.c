#include "cli/sql_complete.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/text.h"
#include "cli/sql_commands.h"
#include "query/sql_split.h"
#include "render/render.h"

/* What is being completed. */
struct task {
	const struct sql_names *names;
	struct span text;  /* the whole statement, for the views that it names */
	struct span typed; /* the beginning of the word */
	struct text_list *words;
};

static bool is_word_char(char c)
{
	return isalnum((unsigned char)c) || c == '_';
}

/* The word that ends at byte `at`; may be empty. */
static struct span word_before(struct span text, size_t at)
{
	size_t start = at;
	while (start > 0 && is_word_char(text.data[start - 1]))
		start--;
	return span_make(text.data + start, at - start);
}

/* The next word from *at on; false where there is none. */
static bool next_word(struct span text, size_t *at, struct span *ret_word)
{
	size_t start = *at, end;
	while (start < text.length && !is_word_char(text.data[start]))
		start++;
	for (end = start; end < text.length && is_word_char(text.data[end]);)
		end++;
	*at = end;
	*ret_word = span_make(text.data + start, end - start);
	return end > start;
}

static void offer(struct task *task, const char *word)
{
	struct span typed = task->typed;
	if (strncasecmp(word, typed.data, typed.length) == 0 && !text_list_has(task->words, word))
		text_list_add(task->words, word);
}

static void offer_all(struct task *task, const struct text_list *words)
{
	for (size_t i = 0; i < words->count; i++)
		offer(task, words->items[i]);
}

static void offer_views(struct task *task)
{
	for (size_t i = 0; i < task->names->count; i++)
		offer(task, task->names->views[i].name);
}

/* In the case in which it was begun. */
static void offer_keywords(struct task *task)
{
	bool lower = task->typed.length > 0 && islower((unsigned char)task->typed.data[0]);
	for (size_t i = 0; i < task->names->keywords.count; i++) {
		struct buf word = { 0 };
		for (const char *c = task->names->keywords.items[i]; *c; c++)
			buf_add_char(&word, lower ? (char)tolower((unsigned char)*c) : *c);
		offer(task, buf_text(&word));
		buf_free(&word);
	}
}

static const struct sql_view *view_named(const struct sql_names *names, struct span name)
{
	char *copy = span_dup(name);
	const struct sql_view *view = sql_names_view(names, copy);
	free(copy);
	return view;
}

/* The view that the qualifier is: its name, or what the statement calls it ("changes AS c"). */
static const struct sql_view *view_of(const struct task *task, struct span qualifier)
{
	const struct sql_view *named = view_named(task->names, qualifier), *last = NULL;
	struct span word;
	for (size_t at = 0; !named && next_word(task->text, &at, &word);) {
		if (last && text_equal(word, span_of("as")))
			continue;
		if (last && text_equal(word, qualifier))
			return last;
		last = view_named(task->names, word);
	}
	return named;
}

/* Of the views that the statement names, or of all where it names none yet. */
static void offer_columns(struct task *task)
{
	struct span word;
	bool any = false;
	for (size_t at = 0; next_word(task->text, &at, &word);) {
		const struct sql_view *view = view_named(task->names, word);
		any |= view != NULL;
		if (view)
			offer_all(task, &view->columns);
	}
	for (size_t i = 0; !any && task->typed.length > 0 && i < task->names->count; i++)
		offer_all(task, &task->names->views[i].columns);
}

static void complete_statement(struct task *task, struct span before)
{
	size_t start = before.length - task->typed.length, end = start;
	if (start > 0 && before.data[start - 1] == '.') {
		const struct sql_view *view = view_of(task, word_before(before, start - 1));
		if (view)
			offer_all(task, &view->columns);
		else
			offer_columns(task); /* it may be named later */
		return;
	}
	while (end > 0 && isspace((unsigned char)before.data[end - 1]))
		end--;
	struct span last = word_before(before, end);
	if (text_equal(last, span_of("from")) || text_equal(last, span_of("join"))) {
		offer_views(task);
		return;
	}
	offer_columns(task);
	if (task->typed.length == 0)
		return;
	offer_views(task);
	offer_all(task, &task->names->functions);
	offer_keywords(task);
}

static void complete_command(struct task *task, struct span before)
{
	size_t length = 0;
	while (length < before.length && !isspace((unsigned char)before.data[length]))
		length++;
	if (length == before.length) {
		task->typed = before;
		for (const struct sql_command *c = sql_commands; c->name; c++)
			offer(task, c->name);
		return;
	}
	const struct sql_command *command = sql_command_find(span_make(before.data, length));
	if (command && command->takes == SQL_ARGUMENT_VIEW)
		offer_views(task);
	for (size_t i = 0;
		command && command->takes == SQL_ARGUMENT_FORMAT && render_format_words[i]; i++)
		offer(task, render_format_words[i]);
	if (command && command->takes == SQL_ARGUMENT_SWITCH) {
		offer(task, "on");
		offer(task, "off");
	}
}

static int by_name(const void *a, const void *b)
{
	const char *const *first = a, *const *second = b;
	return strcmp(*first, *second);
}

void sql_complete(const struct sql_names *names, struct span before, struct span line,
	size_t cursor, size_t *ret_typed, struct text_list *ret_words)
{
	struct buf text = { 0 };
	struct sql_split split = { 0 };
	struct task task = { .names = names, .words = ret_words };
	buf_add_span(&text, before);
	buf_add_span(&text, line);
	task.text = buf_span(&text);
	struct span until = span_make(buf_text(&text), before.length + cursor);
	task.typed = word_before(until, until.length);
	if (before.length == 0 && cursor > 0 && line.data[0] == '.')
		complete_command(&task, until);
	else if (!sql_split(&split, until) && !split.inside)
		complete_statement(&task, until);
	*ret_typed = task.typed.length;
	if (ret_words->count > 1)
		qsort(ret_words->items, ret_words->count, sizeof(*ret_words->items), by_name);
	buf_free(&text);
}
