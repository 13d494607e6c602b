#include "action/expression.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

enum { NESTING_MOST = 200 };

/* What is open: the closing characters, the innermost last; '"' is a string. */
struct nesting {
	char closers[NESTING_MOST];
	size_t depth;
};

static bool open_with(struct nesting *n, char closer, struct error *err)
{
	if (n->depth == NESTING_MOST)
		return error_set(err, ERROR_CONFIG, "it is nested too deeply");
	n->closers[n->depth++] = closer;
	return true;
}

static bool in_string(const struct nesting *n)
{
	return n->depth > 0 && n->closers[n->depth - 1] == '"';
}

/* One character of a string; "\(" begins an expression in it. */
static bool string_step(struct nesting *n, struct span text, size_t *at, struct error *err)
{
	if (text.data[*at] == '"') {
		n->depth--;
	} else if (text.data[*at] == '\\' && *at + 1 < text.length) {
		++*at;
		if (text.data[*at] == '(' && !open_with(n, ')', err))
			return false;
	}
	++*at;
	return true;
}

static bool code_step(struct nesting *n, struct span text, size_t *at, struct error *err)
{
	static const char openers[] = "([{\"", closers[] = ")]}\"";
	char c = text.data[*at];
	const char *opener = c ? strchr(openers, c) : NULL;
	if (c == '\0')
		return error_set(err, ERROR_CONFIG, "it has a NUL in it");
	if (c == '#') {
		while (*at < text.length && text.data[*at] != '\n')
			++*at;
		return true;
	}
	if (opener && !open_with(n, closers[opener - openers], err))
		return false;
	if (!opener && strchr(")]}", c)) {
		if (n->depth == 0 || n->closers[n->depth - 1] != c)
			return error_set(err, ERROR_CONFIG, "'%c' closes nothing", c);
		n->depth--;
	}
	++*at;
	return true;
}

bool expression_length(struct span text, bool whole, size_t *ret_length, struct error *err)
{
	struct nesting n = { 0 };
	size_t at = 0;
	while (at < text.length) {
		if (!whole && n.depth == 0 && text.length - at >= 2 &&
			memcmp(text.data + at, "}}", 2) == 0) {
			*ret_length = at;
			return true;
		}
		if (!(in_string(&n) ? string_step(&n, text, &at, err)
				    : code_step(&n, text, &at, err)))
			return false;
	}
	if (n.depth > 0)
		return error_set(err, ERROR_CONFIG, "'%c' is missing", n.closers[n.depth - 1]);
	if (!whole)
		return error_set(err, ERROR_CONFIG, "'}}' is missing");
	*ret_length = text.length;
	return true;
}

static bool is_name_start(char c)
{
	return isalpha((unsigned char)c) || c == '_';
}

static size_t name_length(const char *text)
{
	size_t length = 0;
	if (is_name_start(text[0]))
		while (is_name_start(text[length]) || isdigit((unsigned char)text[length]))
			length++;
	return length;
}

/* The length of a quoted name without escapes, with its quotes; 0: it is none. */
static size_t quoted_length(const char *text)
{
	size_t inside = text[0] == '"' ? strcspn(text + 1, "\"\\") : 0;
	return text[0] == '"' && text[1 + inside] == '"' && inside > 0 ? inside + 2 : 0;
}

/* One step of a plain path: .name, ."na me", ["name"], [0]; 0: it is none. */
static size_t step_length(const char *text)
{
	size_t dot = text[0] == '.';
	if (text[dot] == '[') {
		size_t inside = quoted_length(text + dot + 1);
		if (inside == 0)
			inside = strspn(text + dot + 1, "0123456789");
		return inside > 0 && text[dot + 1 + inside] == ']' ? dot + inside + 2 : 0;
	}
	if (!dot)
		return 0;
	size_t name = text[1] == '"' ? quoted_length(text + 1) : name_length(text + 1);
	return name > 0 ? name + 1 : 0;
}

static bool is_path(const char *text)
{
	size_t length;
	while ((length = step_length(text)) > 0)
		text += length;
	return *text == '\0';
}

/* The name behind ".secrets"; how much of the text it takes, 0 where there is none. */
static size_t secret_name(const char *text, char **ret_name)
{
	size_t length = step_length(text);
	size_t start = strspn(text, ".[\"");
	if (length == 0 || isdigit((unsigned char)text[start]))
		return 0;
	size_t end = length;
	while (end > start && strchr("\"]", text[end - 1]))
		end--;
	*ret_name = strndup(text + start, end - start);
	return *ret_name ? length : 0;
}

/* jq gets those secrets alone whose names stand in the expression. */
static bool find_secrets(struct expression *e, struct error *err)
{
	static const char word[] = ".secrets";
	for (const char *p = e->text; (p = strstr(p, word)); p += strlen(word)) {
		char *name;
		const char *behind = p + strlen(word);
		if (is_name_start(*behind) || isdigit((unsigned char)*behind) ||
			(p > e->text && (isalnum((unsigned char)p[-1]) || strchr("_])\"?", p[-1]))))
			continue; /* another name, or a member of something else */
		size_t length = secret_name(behind, &name);
		if (length == 0)
			return error_set(err, ERROR_CONFIG,
				".secrets needs a name: .secrets.NAME or .secrets[\"na-me\"]");
		text_list_add(&e->secrets, name);
		free(name);
		if (p == e->text && behind[length] == '\0')
			e->kind = EXPRESSION_SECRET;
	}
	return true;
}

static struct span trimmed(struct span text)
{
	while (text.length > 0 && isspace((unsigned char)text.data[0]))
		text = span_make(text.data + 1, text.length - 1);
	while (text.length > 0 && isspace((unsigned char)text.data[text.length - 1]))
		text.length--;
	return text;
}

static void cut_front(struct expression *e, size_t count)
{
	memmove(e->text, e->text + count, strlen(e->text + count) + 1);
}

bool expression_parse(struct span text, struct expression *ret_expression, struct error *err)
{
	struct expression e = { .kind = EXPRESSION_JQ, .text = span_dup(trimmed(text)) };
	if (!*e.text)
		error_set(err, ERROR_CONFIG, "an expression is missing");
	else if (find_secrets(&e, err)) {
		if (strcmp(e.text, "spreadValue()") == 0) {
			e.kind = EXPRESSION_SPREAD;
		} else if (strncmp(e.text, "$event", 6) == 0 && is_path(e.text + 6)) {
			e.kind = EXPRESSION_EVENT;
			cut_front(&e, 6);
		} else if (strcmp(e.text, ".") == 0) {
			e.kind = EXPRESSION_MESSAGE;
			cut_front(&e, 1);
		} else if (e.kind == EXPRESSION_JQ && e.text[0] == '.' && is_path(e.text)) {
			e.kind = EXPRESSION_MESSAGE;
		}
		*ret_expression = e;
		return true;
	}
	expression_release(&e);
	return false;
}

void expression_release(struct expression *expression)
{
	free(expression->text);
	text_list_clear(&expression->secrets);
	*expression = (struct expression){ 0 };
}
