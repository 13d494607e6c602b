#include "action/template.h"

#include <stdlib.h>
#include <string.h>

#include "action/template_parts.h"
#include "base/xalloc.h"

static void add_part(struct template *t, struct span literal, size_t expression)
{
	t->parts = xreallocarray(t->parts, t->part_count + 1, sizeof(*t->parts));
	t->parts[t->part_count++] = (struct part){ literal, expression };
}

static bool add_expression(struct template *t, struct span text, struct error *err)
{
	struct expression e;
	if (!expression_parse(text, &e, err))
		return false;
	t->expressions =
		xreallocarray(t->expressions, t->expression_count + 1, sizeof(*t->expressions));
	t->expressions[t->expression_count++] = e;
	add_part(t, span_of(NULL), t->expression_count);
	return true;
}

static bool add_parts(struct template *t, struct span text, struct error *err)
{
	while (text.length > 0) {
		const char *open = memmem(text.data, text.length, "{{", 2);
		size_t before = open ? (size_t)(open - text.data) : text.length, length;
		if (before > 0)
			add_part(t, span_make(text.data, before), 0);
		if (!open)
			return true;
		text = span_make(open + 2, text.length - before - 2);
		if (!expression_length(text, false, &length, err) ||
			!add_expression(t, span_make(text.data, length), err))
			return false;
		text = span_make(text.data + length + 2, text.length - length - 2);
	}
	return true;
}

/* The string, if anything in it is an expression. */
static bool add_pattern(
	struct template *t, struct span text, uint32_t *ret_pattern, struct error *err)
{
	if (!text.data || !memmem(text.data, text.length, "{{", 2))
		return true;
	char *copy = xmemdup(text.data, text.length);
	t->texts = xreallocarray(t->texts, t->text_count + 1, sizeof(*t->texts));
	t->texts[t->text_count++] = copy;
	size_t first = t->part_count;
	if (!add_parts(t, span_make(copy, text.length), err))
		return false;
	t->patterns = xreallocarray(t->patterns, t->pattern_count + 2, sizeof(*t->patterns));
	t->patterns[++t->pattern_count] = (struct pattern){ first, t->part_count - first };
	*ret_pattern = (uint32_t)t->pattern_count;
	return true;
}

const struct expression *template_only_expression(const struct template *t, uint32_t pattern)
{
	const struct pattern *p = &t->patterns[pattern];
	size_t expression = p->count == 1 ? t->parts[p->first].expression : 0;
	return expression ? &t->expressions[expression - 1] : NULL;
}

bool template_is_spread(const struct template *t, uint32_t pattern)
{
	const struct expression *e = pattern ? template_only_expression(t, pattern) : NULL;
	return e && e->kind == EXPRESSION_SPREAD;
}

/* spreadValue() is a member's name, and nothing else. */
static bool check_spread(const struct template *t, struct error *err)
{
	size_t spreads = 0, names = 0;
	for (size_t i = 0; i < t->expression_count; i++)
		spreads += t->expressions[i].kind == EXPRESSION_SPREAD;
	for (size_t i = 0; i < t->doc.count; i++)
		names += template_is_spread(t, t->keys[i]);
	return spreads == names ||
	       error_set(err, ERROR_CONFIG,
		       "spreadValue() can only be a member's whole name: \"{{ spreadValue() }}\"");
}

static bool read_strings(struct template *t, struct error *err)
{
	struct buf scratch = { 0 };
	bool ok = true;
	for (json_index i = 0; i < t->doc.count && ok; i++) {
		buf_clear(&scratch);
		ok = add_pattern(t, json_key_of(&t->doc, i, &scratch), &t->keys[i], err);
		buf_clear(&scratch);
		ok = ok && add_pattern(t, json_text(&t->doc, i, &scratch), &t->values[i], err);
	}
	buf_free(&scratch);
	return ok && check_spread(t, err);
}

static bool scan(struct template *t, struct error *err)
{
	if (json_scan(&t->doc, t->text, strlen(t->text)) != JSON_OK)
		return error_set(err, ERROR_CONFIG, "it is not JSON");
	t->values = xcalloc(t->doc.count, sizeof(*t->values));
	t->keys = xcalloc(t->doc.count, sizeof(*t->keys));
	return true;
}

bool template_new(
	struct span json, const char *path, struct template **ret_template, struct error *err)
{
	struct template *t = xcalloc(1, sizeof(*t));
	t->path = xstrdup(path);
	t->text = span_dup(json);
	if (!scan(t, err) || !read_strings(t, err)) {
		error_prefix(err, "'%s'", path);
		template_free(t);
		return false;
	}
	*ret_template = t;
	return true;
}

bool template_new_expression(
	struct span jq, const char *path, struct template **ret_template, struct error *err)
{
	struct template *t = xcalloc(1, sizeof(*t));
	size_t length;
	t->path = xstrdup(path);
	t->text = xstrdup("\"\"");
	t->patterns = xcalloc(2, sizeof(*t->patterns));
	t->patterns[1] = (struct pattern){ 0, 1 };
	t->pattern_count = 1;
	bool ok = scan(t, err) && expression_length(jq, true, &length, err) &&
		  add_expression(t, jq, err);
	if (ok)
		t->values[0] = 1;
	if (!ok || !check_spread(t, err)) {
		error_prefix(err, "'%s'", path);
		template_free(t);
		return false;
	}
	*ret_template = t;
	return true;
}

void template_free(struct template *t)
{
	if (!t)
		return;
	for (size_t i = 0; i < t->expression_count; i++)
		expression_release(&t->expressions[i]);
	for (size_t i = 0; i < t->text_count; i++)
		free(t->texts[i]);
	free(t->texts);
	free(t->expressions);
	free(t->parts);
	free(t->patterns);
	free(t->values);
	free(t->keys);
	json_doc_release(&t->doc);
	free(t->text);
	free(t->path);
	free(t);
}

void template_guard_names(struct template *t, const char *above, template_refusal *refusal)
{
	json_index at = json_member(&t->doc, 0, span_of(above));
	t->guarded = at == JSON_ABSENT ? 0 : at;
	t->refusal = refusal;
}

void template_refuse_null(struct template *t)
{
	t->refuses_null = true;
}

bool template_gives_names(const struct template *t)
{
	bool gives = t->guarded && t->values[t->guarded];
	for (json_index i = t->guarded ? json_first(&t->doc, t->guarded) : JSON_ABSENT;
		i != JSON_ABSENT; i = json_next(&t->doc, t->guarded, i))
		gives = gives || t->keys[i];
	return gives;
}

bool template_is_constant(const struct template *t)
{
	return t->expression_count == 0;
}

const char *template_missing_secret(const struct template *t, const struct text_pairs *secrets)
{
	for (size_t i = 0; i < t->expression_count; i++)
		for (size_t j = 0; j < t->expressions[i].secrets.count; j++) {
			const char *name = t->expressions[i].secrets.items[j];
			if (!secrets || !text_pairs_get(secrets, name))
				return name;
		}
	return NULL;
}
