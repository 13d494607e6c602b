/* Writes JSON text into a buffer: commas, quotes and escapes are its business, the order of calls
 * (object, key, value …) is the caller's. Strings that are not valid UTF-8 get U+FFFD for what is
 * wrong. Starts as { .out = buffer }; .indent > 0 breaks lines. */
#ifndef PORTLOG_BASE_JSON_WRITE_H
#define PORTLOG_BASE_JSON_WRITE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"

struct json_writer {
	struct buf *out;
	int indent;
	int depth;
	bool comma; /* something stands before on this level */
	bool after_key;
};

void json_object_start(struct json_writer *w);
void json_object_end(struct json_writer *w);
void json_array_start(struct json_writer *w);
void json_array_end(struct json_writer *w);
void json_key(struct json_writer *w, const char *name);
void json_key_span(struct json_writer *w, struct span name);
void json_span_value(struct json_writer *w, struct span text); /* absent: null */
void json_text_value(struct json_writer *w, const char *text); /* NULL: null */
void json_int_value(struct json_writer *w, int64_t number);
void json_bool_value(struct json_writer *w, bool value);
void json_null_value(struct json_writer *w);
/* Text that is JSON already, copied as it is. absent: null. */
void json_raw_value(struct json_writer *w, struct span json);

/* A member in one call. */
void json_member_text(struct json_writer *w, const char *name, const char *text);
void json_member_span(struct json_writer *w, const char *name, struct span text);
void json_member_int(struct json_writer *w, const char *name, int64_t number);
void json_member_bool(struct json_writer *w, const char *name, bool value);

/* The string with its quotes, alone. */
void json_quote(struct span text, struct buf *out);

/* Appends JSON text without the white space between its parts; all else stays byte for byte. */
void json_compact(struct span json, struct buf *out);

#endif
