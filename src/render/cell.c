#include "render/cell.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/crypto.h"
#include "base/json_scan.h"
#include "base/json_write.h"
#include "base/text.h"
#include "base/time.h"
#include "render/json_print.h"

struct span cell_name(const struct view_field *field)
{
	struct span name = span_of(field->name);
	if (field->as == AS_TIME_MS || field->as == AS_DURATION_MS)
		name.length -= strlen("_ms");
	return name;
}

/* The shortest digits that give the same number again. */
static void add_real(double real, struct buf *out)
{
	char text[40];
	for (int digits = 15; digits <= 17; digits++) {
		snprintf(text, sizeof(text), "%.*g", digits, real);
		if (strtod(text, NULL) == real)
			break;
	}
	buf_add_text(out, text);
	if (isfinite(real) && !strpbrk(text, ".e"))
		buf_add_text(out, ".0");
}

void cell_exact(const struct value *value, struct buf *out)
{
	switch (value->kind) {
	case VALUE_NULL:
		break;
	case VALUE_INTEGER:
		buf_addf(out, "%" PRId64, value->integer);
		break;
	case VALUE_REAL:
		add_real(value->real, out);
		break;
	case VALUE_TEXT:
		buf_add_span(out, value->text);
		break;
	case VALUE_BYTES:
		buf_add_text(out, "base64:");
		base64_write(value->text, out);
		break;
	}
}

static void add_time(int64_t ms, struct buf *out)
{
	char text[TIME_TEXT_SIZE];
	time_format(ms, text);
	buf_add_text(out, text);
}

/* "replicas, relations.env": what is not said to be elsewhere is among the properties. */
static void add_paths(struct span json, struct buf *out)
{
	static const char usual[] = "properties.";
	struct json_doc doc = { 0 };
	struct buf scratch = { 0 };
	bool first = true;
	if (json_scan(&doc, json.data, json.length) == JSON_OK) {
		for (json_index at = json_first(&doc, 0); at != JSON_ABSENT;
			at = json_next(&doc, 0, at)) {
			buf_clear(&scratch);
			struct span path = json_text(&doc, at, &scratch);
			size_t cut = sizeof(usual) - 1;
			if (path.length > cut && memcmp(path.data, usual, cut) == 0)
				path = span_make(path.data + cut, path.length - cut);
			buf_add_text(out, first ? "" : ", ");
			text_safe(path, out);
			first = false;
		}
	}
	json_doc_release(&doc);
	buf_free(&scratch);
}

static void add_text(const struct view_field *field, struct span text, struct buf *out)
{
	int64_t ms;
	if (field->as == AS_TIME && clock_parse_rfc3339(text, &ms))
		add_time(ms, out);
	else if (field->as == AS_PATHS)
		add_paths(text, out);
	else
		text_safe(text, out);
}

void cell_text(const struct view_field *field, const struct value *value, struct buf *out)
{
	char duration[TIME_TEXT_SIZE];
	if (value->kind == VALUE_TEXT) {
		add_text(field, value->text, out);
	} else if (value->kind == VALUE_BYTES) {
		text_safe(value->text, out);
	} else if (value->kind == VALUE_INTEGER && field->as == AS_TIME_MS) {
		add_time(value->integer, out);
	} else if (value->kind == VALUE_INTEGER && field->as == AS_YES) {
		buf_add_text(out, value->integer ? "yes" : "no");
	} else if (value->kind == VALUE_INTEGER && field->as == AS_DURATION_MS) {
		time_format_duration(value->integer, duration);
		buf_add_text(out, duration);
	} else if (value->kind == VALUE_REAL && (field->as == AS_PERCENT || field->as == AS_BAR)) {
		buf_addf(out, "%.1f%%", 100 * value->real);
	} else {
		cell_exact(value, out);
	}
}

/* The columns that hold JSON, for rows of which SQL alone knows where they come from. */
static bool is_json_name(const char *name)
{
	static const char *const names[] = { "before", "after", "state", "old", "new", "inputs",
		"link", "headers", "body", "answer", "changed" };
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (strcmp(names[i], name) == 0)
			return true;
	return false;
}

static bool holds_json(const struct view_field *field, struct span text)
{
	bool may = field->as == AS_JSON || field->as == AS_PATHS ||
		   (field->as == AS_ANY && is_json_name(field->name));
	return may && json_is_valid(text);
}

static void add_json_text(
	const struct view_field *field, struct span text, bool terminal, struct buf *out)
{
	struct json_layout layout = { .terminal = terminal };
	if (holds_json(field, text)) {
		json_print(text, &layout, out);
	} else if (!terminal) {
		json_quote(text, out);
	} else {
		struct buf quoted = { 0 };
		json_quote(text, &quoted);
		json_print(buf_span(&quoted), &layout, out);
		buf_free(&quoted);
	}
}

void cell_json(
	const struct view_field *field, const struct value *value, bool terminal, struct buf *out)
{
	switch (value->kind) {
	case VALUE_NULL:
		buf_add_text(out, "null");
		break;
	case VALUE_TEXT:
		add_json_text(field, value->text, terminal, out);
		break;
	case VALUE_BYTES:
		buf_add_text(out, "{\"base64\":\"");
		base64_write(value->text, out);
		buf_add_text(out, "\"}");
		break;
	case VALUE_REAL:
		if (isfinite(value->real))
			add_real(value->real, out);
		else
			buf_add_text(out, value->real > 0 ? "1e999" : "-1e999");
		break;
	case VALUE_INTEGER:
		cell_exact(value, out);
		break;
	}
}
