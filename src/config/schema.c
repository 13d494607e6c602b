/* The configuration's JSON Schema, from the rows that read it. */
#include <stdlib.h>
#include <string.h>

#include "base/json_write.h"
#include "config/config.h"

static void object_of(struct json_writer *w, const struct option *rows);
static void object_read_later(struct json_writer *w, const struct option *rows);

static void type(struct json_writer *w, const char *name)
{
	json_member_text(w, "type", name);
}

static void reference(struct json_writer *w, const char *name)
{
	json_member_text(w, "$ref", name);
}

static void list_of_text(struct json_writer *w)
{
	type(w, "array");
	json_key(w, "items");
	json_object_start(w);
	reference(w, "#/$defs/text");
	json_object_end(w);
}

static void pairs_of_text(struct json_writer *w)
{
	type(w, "object");
	json_key(w, "additionalProperties");
	json_object_start(w);
	json_key(w, "anyOf");
	json_array_start(w);
	json_object_start(w);
	reference(w, "#/$defs/text");
	json_object_end(w);
	json_object_start(w);
	json_key(w, "type");
	json_array_start(w);
	json_text_value(w, "integer");
	json_text_value(w, "boolean");
	json_array_end(w);
	json_object_end(w);
	json_array_end(w);
	json_object_end(w);
}

static void choices_of(struct json_writer *w, const struct option *row)
{
	json_key(w, "enum");
	json_array_start(w);
	for (int i = 0; row->choices[i]; i++)
		json_text_value(w, row->choices[i]);
	json_array_end(w);
}

static void integer_of(struct json_writer *w, const struct option *row)
{
	type(w, "integer");
	json_member_int(w, "minimum", row->min);
	if (row->max)
		json_member_int(w, "maximum", row->max);
}

/* Of what is read later: texts are plain ones, a list may be a single text. */
static void member_read_later(struct json_writer *w, const struct option *row)
{
	json_key(w, row->name);
	json_object_start(w);
	json_member_text(w, "description", row->help);
	if (row->type == OPTION_TYPE_OBJECT) {
		object_read_later(w, row->rows);
	} else if (row->type == OPTION_TYPE_FLAG) {
		type(w, "boolean");
	} else if (row->type == OPTION_TYPE_INTEGER) {
		integer_of(w, row);
	} else if (row->type == OPTION_TYPE_CHOICE) {
		choices_of(w, row);
	} else if (row->type == OPTION_TYPE_LIST) {
		json_key(w, "type");
		json_array_start(w);
		json_text_value(w, "string");
		json_text_value(w, "array");
		json_array_end(w);
		json_key(w, "items");
		json_object_start(w);
		type(w, "string");
		json_object_end(w);
	} else if (row->type != OPTION_TYPE_JSON) {
		type(w, "string");
	}
	if (row->fallback && row->type == OPTION_TYPE_INTEGER)
		json_member_int(w, "default", atoll(row->fallback));
	else if (row->fallback)
		json_member_text(w, "default", row->fallback);
	json_object_end(w);
}

static void object_read_later(struct json_writer *w, const struct option *rows)
{
	type(w, "object");
	json_member_bool(w, "additionalProperties", false);
	json_key(w, "properties");
	json_object_start(w);
	for (; rows->type != OPTION_TYPE_END; rows++)
		member_read_later(w, rows);
	json_object_end(w);
}

static void read_later(struct json_writer *w, const struct option *row)
{
	if (!row->many) {
		object_read_later(w, row->rows);
		return;
	}
	type(w, "array");
	json_key(w, "items");
	json_object_start(w);
	object_read_later(w, row->rows);
	json_object_end(w);
}

static void member(struct json_writer *w, const struct option *row)
{
	json_key(w, row->name);
	json_object_start(w);
	if (row->help)
		json_member_text(w, "description", row->help);
	switch (row->type) {
	case OPTION_TYPE_OBJECT:
		object_of(w, row->rows);
		break;
	case OPTION_TYPE_FLAG:
		type(w, "boolean");
		break;
	case OPTION_TYPE_INTEGER:
	case OPTION_TYPE_NUMBER:
		integer_of(w, row);
		break;
	case OPTION_TYPE_CHOICE:
		choices_of(w, row);
		break;
	case OPTION_TYPE_LIST:
		list_of_text(w);
		break;
	case OPTION_TYPE_PAIRS:
		pairs_of_text(w);
		break;
	case OPTION_TYPE_JSON: /* whoever reads it says what is right */
		if (row->rows)
			read_later(w, row);
		break;
	default:
		reference(w, "#/$defs/text");
		break;
	}
	if (row->fallback)
		json_member_text(w, "default", row->fallback);
	json_object_end(w);
}

static void object_of(struct json_writer *w, const struct option *rows)
{
	type(w, "object");
	json_member_bool(w, "additionalProperties", false);
	json_key(w, "properties");
	json_object_start(w);
	for (; rows->type != OPTION_TYPE_END; rows++)
		if (rows->name)
			member(w, rows);
	json_object_end(w);
}

/* {"env": "NAME"} */
static void source_of_text(struct json_writer *w, const char *name, const char *help)
{
	json_object_start(w);
	json_member_text(w, "description", help);
	type(w, "object");
	json_member_bool(w, "additionalProperties", false);
	json_key(w, "required");
	json_array_start(w);
	json_text_value(w, name);
	json_array_end(w);
	json_key(w, "properties");
	json_object_start(w);
	json_key(w, name);
	json_object_start(w);
	type(w, "string");
	json_object_end(w);
	json_object_end(w);
	json_object_end(w);
}

static void definitions(struct json_writer *w)
{
	json_key(w, "$defs");
	json_object_start(w);
	json_key(w, "text");
	json_object_start(w);
	json_key(w, "anyOf");
	json_array_start(w);
	json_object_start(w);
	type(w, "string");
	json_object_end(w);
	source_of_text(w, "env", "what the environment variable holds");
	source_of_text(w, "file", "what the file holds; relative to this file");
	json_array_end(w);
	json_object_end(w);
	json_object_end(w);
}

void config_schema(struct buf *out)
{
	struct json_writer w = { .out = out, .indent = 2 };
	json_object_start(&w);
	json_member_text(&w, "$schema", "https://json-schema.org/draft/2020-12/schema");
	json_member_text(&w, "title", "portlog's configuration");
	object_of(&w, config_options);
	definitions(&w);
	json_object_end(&w);
	buf_add_char(out, '\n');
}
