#include "base/option_json.h"

#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "base/xalloc.h"

static const char *const kind_words[] = {
	[JSON_KIND_NULL] = "null",
	[JSON_KIND_FALSE] = "true or false",
	[JSON_KIND_TRUE] = "true or false",
	[JSON_KIND_NUMBER] = "a number",
	[JSON_KIND_STRING] = "a string",
	[JSON_KIND_ARRAY] = "an array",
	[JSON_KIND_OBJECT] = "an object",
};

static bool wrong_type(const struct json_doc *doc, json_index at, const char *path,
	const char *wanted, struct error *err)
{
	return error_set(err, ERROR_CONFIG, "'%.200s' must be %s, not %s", path, wanted,
		kind_words[json_kind_of(doc, at)]);
}

static bool has_nul(struct span text)
{
	return text.data && memchr(text.data, '\0', text.length);
}

static bool text_of(const struct option *row, void *place, const struct json_doc *doc,
	json_index at, const char *path, const char *wanted, struct error *err)
{
	struct buf scratch = { 0 };
	struct span text = json_text(doc, at, &scratch);
	bool ok = false;
	if (!text.data) {
		wrong_type(doc, at, path, wanted, err);
	} else if (has_nul(text)) {
		error_set(err, ERROR_CONFIG, "'%.200s' has a NUL in it", path);
	} else {
		char *copy = span_dup(text);
		ok = option_set_text(row, place, copy, path, 0, err);
		if (!ok)
			err->kind = ERROR_CONFIG;
		free(copy);
	}
	buf_free(&scratch);
	return ok;
}

static bool list_of(const struct option *row, void *place, const struct json_doc *doc,
	json_index at, const char *path, struct error *err)
{
	if (json_kind_of(doc, at) != JSON_KIND_ARRAY)
		return text_of(row, place, doc, at, path, "a string or an array of strings", err);
	size_t count = 0;
	for (json_index i = json_first(doc, at); i != JSON_ABSENT; i = json_next(doc, at, i)) {
		char *inner = xasprintf("%s[%zu]", path, count++);
		bool ok = text_of(row, place, doc, i, inner, "a string", err);
		free(inner);
		if (!ok)
			return false;
	}
	return true;
}

static bool integer_of(const struct option *row, void *place, const struct json_doc *doc,
	json_index at, const char *path, struct error *err)
{
	if (json_kind_of(doc, at) != JSON_KIND_NUMBER)
		return wrong_type(doc, at, path, "an integer", err);
	char *digits = span_dup(json_raw(doc, at));
	bool ok = option_set_text(row, place, digits, path, 0, err);
	if (!ok)
		err->kind = ERROR_CONFIG;
	free(digits);
	return ok;
}

static bool member(const struct option *row, void *settings, const struct json_doc *doc,
	json_index at, const char *path, struct error *err)
{
	void *place = (char *)settings + row->offset;
	enum json_kind kind = json_kind_of(doc, at);
	struct option_set inner = { row->rows, place };
	switch (row->type) {
	case OPTION_TYPE_OBJECT:
		return option_read_json(&inner, doc, at, path, err);
	case OPTION_TYPE_LIST:
		return list_of(row, place, doc, at, path, err);
	case OPTION_TYPE_INTEGER:
	case OPTION_TYPE_NUMBER:
		return integer_of(row, place, doc, at, path, err);
	case OPTION_TYPE_FLAG:
		if (kind != JSON_KIND_TRUE && kind != JSON_KIND_FALSE)
			return wrong_type(doc, at, path, "true or false", err);
		*(bool *)place = kind == JSON_KIND_TRUE;
		return true;
	case OPTION_TYPE_JSON:
		free(*(char **)place);
		*(char **)place = span_dup(json_raw(doc, at));
		return true;
	default:
		return text_of(row, place, doc, at, path, "a string", err);
	}
}

static bool unknown_name(
	const struct option *rows, const char *path, const char *name, struct error *err)
{
	struct text_list names = { 0 };
	for (; rows->type != OPTION_TYPE_END; rows++)
		if (rows->name)
			text_list_add(&names, rows->name);
	const char *nearest = text_nearest(name, (const char *const *)names.items);
	error_set(err, ERROR_CONFIG, "'%.200s.%.100s' is no setting%s%.100s%s%s%s", path, name,
		nearest ? "; did you mean '" : "; see portlog-config(5)", nearest ? path : "",
		nearest ? "." : "", nearest ? nearest : "", nearest ? "'?" : "");
	text_list_clear(&names);
	return false;
}

static bool read_named(const struct option_set *set, const struct json_doc *doc, json_index at,
	json_index object, const char *path, const char *name, struct error *err)
{
	const struct option *row = set->rows;
	while (row->type != OPTION_TYPE_END && (!row->name || strcmp(row->name, name) != 0))
		row++;
	if (row->type == OPTION_TYPE_END)
		return unknown_name(set->rows, path, name, err);
	if (json_member(doc, object, span_of(name)) != at)
		return error_set(
			err, ERROR_CONFIG, "'%.200s.%.100s' is there more than once", path, name);
	char *inner = xasprintf("%s.%s", path, name);
	bool ok = member(row, set->settings, doc, at, inner, err);
	free(inner);
	return ok;
}

bool option_read_json(const struct option_set *set, const struct json_doc *doc, json_index at,
	const char *path, struct error *err)
{
	if (json_kind_of(doc, at) != JSON_KIND_OBJECT)
		return wrong_type(doc, at, path, "an object", err);
	for (json_index i = json_first(doc, at); i != JSON_ABSENT; i = json_next(doc, at, i)) {
		struct buf scratch = { 0 };
		char *name = span_dup(json_key_of(doc, i, &scratch));
		bool ok = read_named(set, doc, i, at, path, name, err);
		free(name);
		buf_free(&scratch);
		if (!ok)
			return false;
	}
	return true;
}
