#include "action/reading.h"

#include <fnmatch.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "base/text_list.h"
#include "base/xalloc.h"

bool reading_wrong(struct reading *r, struct reading_place place, const char *what)
{
	struct buf safe = { 0 }, shown = { 0 };
	text_safe(span_of(place.name), &safe);
	text_cut_end(buf_span(&safe), 80, &shown);
	error_set(r->err, ERROR_CONFIG, "%s.%s%s%s %s", r->path, place.above ? place.above : "",
		place.above ? "." : "", buf_text(&shown), what);
	buf_free(&safe);
	buf_free(&shown);
	return false;
}

bool reading_wrong_at(struct reading *r, struct reading_place place)
{
	struct error why = *r->err;
	reading_wrong(r, place, "");
	size_t length = strlen(r->err->text);
	r->err->text[length - 1] = '\0'; /* the space */
	struct error at = *r->err;
	*r->err = why;
	return error_prefix(r->err, "%s", at.text);
}

bool reading_has_template(const struct reading *r, json_index at)
{
	struct span raw = json_raw(&r->doc, at);
	return !r->filled && raw.data && memmem(raw.data, raw.length, "{{", 2);
}

bool reading_scalar(struct reading *r, struct reading_place place, json_index at, char **ret_text)
{
	struct buf scratch = { 0 };
	struct span text = json_raw(&r->doc, at);
	enum json_kind kind = json_kind_of(&r->doc, at);
	if (kind == JSON_KIND_STRING)
		text = json_text(&r->doc, at, &scratch);
	bool ok = kind != JSON_KIND_ARRAY && kind != JSON_KIND_OBJECT && kind != JSON_KIND_NULL;
	if (!ok)
		reading_wrong(r, place, "must be a string");
	else if (memchr(text.data, '\0', text.length))
		ok = reading_wrong(r, place, "must not hold a NUL character");
	else
		*ret_text = span_dup(text);
	buf_free(&scratch);
	return ok;
}

bool reading_string(struct reading *r, struct reading_place place, json_index at, char **ret_text)
{
	if (json_kind_of(&r->doc, at) != JSON_KIND_STRING)
		return reading_wrong(r, place, "must be a string");
	free(*ret_text);
	*ret_text = NULL;
	return reading_scalar(r, place, at, ret_text);
}

bool reading_members(struct reading *r, const char *above, json_index object, reading_member *read)
{
	struct buf scratch = { 0 };
	bool ok = true;
	for (json_index i = json_first(&r->doc, object); ok && i != JSON_ABSENT;
		i = json_next(&r->doc, object, i)) {
		buf_clear(&scratch);
		char *name = span_dup(json_key_of(&r->doc, i, &scratch));
		struct reading_place place = { above, name };
		bool unknown = !r->filled && strstr(name, "{{");
		if (unknown && !above)
			ok = reading_wrong(r, place, "cannot name a setting");
		else if (strlen(name) != json_key_of(&r->doc, i, &scratch).length)
			ok = reading_wrong(r, place, "has a name with a NUL character");
		else if (!unknown && !json_is_nothing(&r->doc, i))
			ok = read(r, place, i);
		free(name);
	}
	buf_free(&scratch);
	return ok;
}

bool reading_name_fits(const char *patterns, const char *name, bool any_case)
{
	struct text_list list = { 0 };
	bool fits = false;
	text_list_split(&list, patterns);
	for (size_t i = 0; i < list.count; i++)
		fits = fits || fnmatch(list.items[i], name, any_case ? FNM_CASEFOLD : 0) == 0;
	text_list_clear(&list);
	return fits;
}

static bool unknown(struct reading *r, const struct reading_row *rows, struct reading_place place)
{
	const char *names[READING_ROWS_MOST + 1] = { NULL };
	for (size_t i = 0; i < READING_ROWS_MOST && rows[i].name; i++)
		names[i] = rows[i].name;
	const char *nearest = text_nearest(place.name, names);
	if (!nearest)
		return reading_wrong(r, place, "is no setting");
	char *what = xasprintf("is no setting; did you mean '%s'?", nearest);
	reading_wrong(r, place, what);
	free(what);
	return false;
}

bool reading_by_row(struct reading *r, const struct reading_row *rows, struct reading_place place,
	json_index at)
{
	for (const struct reading_row *row = rows; row->name; row++) {
		if (strcmp(row->name, place.name) == 0)
			return row->read(r, place, at);
	}
	return unknown(r, rows, place);
}

bool reading_object(struct reading *r, struct span settings, reading_member *read)
{
	if (json_scan(&r->doc, settings.data, settings.length) != JSON_OK ||
		json_kind_of(&r->doc, 0) != JSON_KIND_OBJECT)
		return error_set(r->err, ERROR_CONFIG, "%s must be an object", r->path);
	return reading_members(r, NULL, 0, read);
}

void reading_release(struct reading *r)
{
	json_doc_release(&r->doc);
}
