/* A template filled: the same JSON with values where expressions were. */
#include <stdlib.h>
#include <string.h>

#include "action/members.h"
#include "action/template_parts.h"
#include "base/json_write.h"
#include "base/text.h"
#include "base/xalloc.h"

enum { NAME_COLUMNS = 60 }; /* of a name, in an error */

static void fill_plain(const struct filling *f, size_t i)
{
	const struct expression *e = &f->t->expressions[i];
	const struct json_doc *doc =
		e->kind == EXPRESSION_EVENT ? f->context->event : f->context->message;
	if (e->kind == EXPRESSION_SECRET) {
		const char *value = f->context->secrets ? text_pairs_get(f->context->secrets,
								  e->secrets.items[0])
							: NULL;
		f->filled[i].failed = !value;
		if (value) {
			json_quote(span_of(value), &f->secrets[i]);
			f->filled[i].json = buf_span(&f->secrets[i]);
		} else {
			template_warn(f, e, span_of("there is no such secret"));
		}
	} else if (doc) {
		f->filled[i].json = json_raw(doc, json_path(doc, 0, e->text));
	}
}

static bool is_null(struct span json)
{
	return !json.data || span_is(json, "null");
}

/* The characters of a JSON string; of anything else its JSON. */
static void add_characters(struct span json, struct buf *out)
{
	if (json.data && json.length >= 2 && json.data[0] == '"')
		json_unescape(span_make(json.data + 1, json.length - 2), out);
	else
		buf_add_span(out, json.data ? json : span_of("null"));
}

/* A string with expressions in it, as JSON. */
static void fill_pattern(const struct filling *f, uint32_t index, struct buf *out)
{
	const struct pattern *p = &f->t->patterns[index];
	if (template_only_expression(f->t, index)) {
		struct span json = f->filled[f->t->parts[p->first].expression - 1].json;
		buf_add_span(out, json.data ? json : span_of("null"));
		return;
	}
	struct buf text = { 0 };
	bool failed = false;
	for (size_t i = p->first; i < p->first + p->count; i++) {
		const struct part *part = &f->t->parts[i];
		const struct filled *filled =
			part->expression ? &f->filled[part->expression - 1] : NULL;
		failed = failed || (filled && filled->failed);
		if (filled && f->t->refuses_null && !filled->failed && is_null(filled->json)) {
			template_warn(f, &f->t->expressions[part->expression - 1],
				span_of("the text that it is a part of is left out"));
			failed = true;
		}
		if (filled)
			add_characters(filled->json, &text);
		else
			buf_add_span(&text, part->literal);
	}
	if (failed)
		buf_add_text(out, "null");
	else
		json_quote(buf_span(&text), out);
	buf_free(&text);
}

/* A name that an expression gave to a member of that object. */
static void check_name(const struct filling *f, json_index object, struct span name)
{
	const struct template *t = f->t;
	const char *why = t->guarded && object == t->guarded ? t->refusal(name) : NULL;
	struct buf scratch = { 0 }, safe = { 0 }, shown = { 0 };
	if (!why || f->refused->kind != ERROR_NONE)
		return;
	text_safe(name, &safe);
	text_cut_end(buf_span(&safe), NAME_COLUMNS, &shown);
	struct span above = json_key_of(&t->doc, object, &scratch);
	error_set(f->refused, ERROR_CONFIG, "'%s.%.*s': a template gives the name '%s', which %s",
		t->path, (int)above.length, above.data, buf_text(&shown), why);
	buf_free(&scratch);
	buf_free(&safe);
	buf_free(&shown);
}

/* The names of an object that is the value of one expression. */
static void check_names(const struct filling *f, json_index object, struct span json)
{
	struct json_doc doc = { 0 };
	struct buf name = { 0 };
	bool is_object = json_scan(&doc, json.data, json.length) == JSON_OK &&
			 json_kind_of(&doc, 0) == JSON_KIND_OBJECT;
	for (json_index i = is_object ? json_first(&doc, 0) : JSON_ABSENT; i != JSON_ABSENT;
		i = json_next(&doc, 0, i)) {
		buf_clear(&name);
		check_name(f, object, json_key_of(&doc, i, &name));
	}
	buf_free(&name);
	json_doc_release(&doc);
}

static void fill_value(const struct filling *f, json_index at, struct buf *out);

static void spread(const struct filling *f, json_index object, struct span json, struct members *m)
{
	struct json_doc doc = { 0 };
	struct buf name = { 0 };
	if (json_scan(&doc, json.data, json.length) != JSON_OK ||
		(json_kind_of(&doc, 0) != JSON_KIND_OBJECT && !json_is_nothing(&doc, 0))) {
		if (f->warnings)
			buf_addf(f->warnings, "'%s': spreadValue() of what is no object\n",
				f->t->path);
	}
	for (json_index i = json_first(&doc, 0); i != JSON_ABSENT; i = json_next(&doc, 0, i)) {
		if (json_kind_of(&doc, 0) != JSON_KIND_OBJECT)
			break;
		buf_clear(&name);
		struct span key = json_key_of(&doc, i, &name);
		check_name(f, object, key);
		members_add(m, key, json_raw(&doc, i));
	}
	buf_free(&name);
	json_doc_release(&doc);
}

static void fill_member(
	const struct filling *f, json_index object, json_index at, struct members *m)
{
	struct buf key = { 0 }, name = { 0 }, value = { 0 };
	uint32_t pattern = f->t->keys[at];
	fill_value(f, at, &value);
	if (template_is_spread(f->t, pattern)) {
		spread(f, object, buf_span(&value), m);
	} else if (pattern) {
		fill_pattern(f, pattern, &key);
		if (!is_null(buf_span(&key))) {
			add_characters(buf_span(&key), &name);
			check_name(f, object, buf_span(&name));
			members_add(m, buf_span(&name), buf_span(&value));
		}
	} else {
		members_add(m, json_key_of(&f->t->doc, at, &name), buf_span(&value));
	}
	buf_free(&key);
	buf_free(&name);
	buf_free(&value);
}

static void fill_object(const struct filling *f, json_index at, struct buf *out)
{
	struct members m = { 0 };
	const struct json_doc *doc = &f->t->doc;
	for (json_index i = json_first(doc, at); i != JSON_ABSENT; i = json_next(doc, at, i))
		fill_member(f, at, i, &m);
	members_write(&m, out);
	members_release(&m);
}

static void fill_array(const struct filling *f, json_index at, struct buf *out)
{
	const struct json_doc *doc = &f->t->doc;
	json_index first = json_first(doc, at);
	buf_add_char(out, '[');
	for (json_index i = first; i != JSON_ABSENT; i = json_next(doc, at, i)) {
		if (i != first)
			buf_add_char(out, ',');
		fill_value(f, i, out);
	}
	buf_add_char(out, ']');
}

static void fill_value(const struct filling *f, json_index at, struct buf *out)
{
	enum json_kind kind = json_kind_of(&f->t->doc, at);
	size_t start = out->length;
	if (f->t->values[at])
		fill_pattern(f, f->t->values[at], out);
	if (f->t->values[at] && at == f->t->guarded)
		check_names(f, at, span_make(out->data + start, out->length - start));
	if (f->t->values[at])
		return;
	if (kind == JSON_KIND_OBJECT)
		fill_object(f, at, out);
	else if (kind == JSON_KIND_ARRAY)
		fill_array(f, at, out);
	else
		buf_add_span(out, json_raw(&f->t->doc, at));
}

bool template_fill(const struct template *t, const struct template_context *context,
	struct buf *out, struct buf *warnings, struct error *err)
{
	struct buf storage = { 0 };
	struct error refused = { 0 };
	struct filling f = {
		.t = t, .context = context, .warnings = warnings, .refused = &refused
	};
	size_t start = out->length;
	f.filled = xcalloc(t->expression_count + 1, sizeof(*f.filled));
	f.secrets = xcalloc(t->expression_count + 1, sizeof(*f.secrets));
	for (size_t i = 0; i < t->expression_count; i++)
		if (t->expressions[i].kind != EXPRESSION_JQ)
			fill_plain(&f, i);
	bool ok = template_ask(&f, &storage, err);
	if (ok)
		fill_value(&f, 0, out);
	if (ok && refused.kind != ERROR_NONE) {
		out->length = start;
		*err = refused;
		ok = false;
	}
	for (size_t i = 0; i < t->expression_count; i++)
		buf_free(&f.secrets[i]);
	free(f.secrets);
	free(f.filled);
	buf_free(&storage);
	return ok;
}
