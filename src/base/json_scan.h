/* A one-pass JSON scanner (RFC 8259) over text that somebody else owns. It builds a flat list of
 * nodes, in document order, that name byte ranges of the text: nothing is copied, re-printed or
 * converted, so numbers keep their digits and a value's exact text is always at hand.
 * Text must be valid UTF-8. Of duplicate keys the last counts, as in JavaScript.
 * Beware of names that jansson has, too (json_string, json_object …): it would call ours. */
#ifndef PORTLOG_BASE_JSON_SCAN_H
#define PORTLOG_BASE_JSON_SCAN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"

enum { JSON_DEPTH_MAX = 1000 };

enum json_kind {
	JSON_KIND_NULL,
	JSON_KIND_FALSE,
	JSON_KIND_TRUE,
	JSON_KIND_NUMBER,
	JSON_KIND_STRING,
	JSON_KIND_ARRAY,
	JSON_KIND_OBJECT,
};

enum json_result {
	JSON_OK,
	JSON_EMPTY,     /* no bytes, or white space only */
	JSON_MALFORMED, /* not JSON, or bytes behind the value */
	JSON_NOT_UTF8,
	JSON_TOO_DEEP, /* more than JSON_DEPTH_MAX levels */
};

struct json_node {
	uint32_t start; /* of the value's text, a string's with its quotes */
	uint32_t length;
	uint32_t key_start; /* of the member's name, without quotes, escapes still in it */
	uint32_t key_length;
	uint32_t next;     /* index of the first node behind this one and all it holds */
	uint32_t children; /* members or elements */
	uint8_t kind;      /* enum json_kind */
	bool escaped;      /* the string has a backslash in it */
	bool key_escaped;
	bool has_key;
};

/* Starts as { 0 }; may be scanned into again and again and keeps its memory. */
struct json_doc {
	const char *text;
	struct json_node *nodes; /* nodes[0] is the whole value */
	size_t count;
	size_t capacity;
};

/* A node's index; JSON_ABSENT where there is none. */
#define JSON_ABSENT UINT32_MAX /* no enumerator: those are ints */
typedef uint32_t json_index;

/* Texts of 4 GiB and more are JSON_MALFORMED. On failure the document has no nodes. */
enum json_result json_scan(struct json_doc *doc, const char *text, size_t length);
/* The same, but strings may hold bytes that are not UTF-8, as kcat writes them. */
enum json_result json_scan_bytes(struct json_doc *doc, const char *text, size_t length);
void json_doc_release(struct json_doc *doc);

/* The last member of that (decoded) name; JSON_ABSENT where at is absent or no object. */
json_index json_member(const struct json_doc *doc, json_index at, struct span name);
bool json_key_is(const struct json_doc *doc, json_index at, struct span name);
/* The decoded name of a member, absent where it is none; scratch as for json_text. */
struct span json_key_of(const struct json_doc *doc, json_index at, struct buf *scratch);
/* Walks a path such as ".context.entity", ".payload[0].id", .a."b.c"; JSON_ABSENT where it leads
 * nowhere. */
json_index json_path(const struct json_doc *doc, json_index at, const char *path);

struct json_step {
	struct span name; /* of a member */
	bool is_index;
	uint32_t index; /* of an element */
};

/* Takes the first step off *path: .name, ."na.me", ["na.me"], [0]. False, and nothing taken, where
 * it does not start with one. The name points into the path, or, if it has escapes, into scratch.
 */
bool json_path_step(const char **path, struct buf *scratch, struct json_step *ret_step);

/* The first child, and the next one (JSON_ABSENT at the end). Members with the same name all come.
 */
json_index json_first(const struct json_doc *doc, json_index at);
json_index json_next(const struct json_doc *doc, json_index parent, json_index child);

enum json_kind json_kind_of(
	const struct json_doc *doc, json_index at);              /* JSON_KIND_NULL where absent */
bool json_is_nothing(const struct json_doc *doc, json_index at); /* also where absent */
/* The exact text of the value, absent where at is. */
struct span json_raw(const struct json_doc *doc, json_index at);
/* A string's decoded text. Without escapes it points into the text, else into scratch, to which it
 * is appended (earlier results in the same scratch then become invalid).
 * Lone surrogates become U+FFFD. Absent where the value is no string. */
struct span json_text(const struct json_doc *doc, json_index at, struct buf *scratch);
/* The decoded text of the inside of a string (without quotes), appended to out. */
void json_unescape(struct span inside, struct buf *out);
/* Whether the string is one that json_text() alters: it has a lone surrogate in it. */
bool json_has_lone_surrogate(const struct json_doc *doc, json_index at);

/* An object's members by name: each name once (the last one counts), sorted by its bytes. For what
 * would else look for every member of a large object in turn. Starts as { 0 }, may be used again.
 */
struct json_entry {
	struct span name; /* decoded */
	json_index value;
};

struct json_members {
	struct json_entry *items;
	size_t count;
	size_t capacity;
	struct buf texts; /* names that had escapes */
};

void json_members_sort(struct json_members *members, const struct json_doc *doc, json_index at);
json_index json_members_find(const struct json_members *members, struct span name);
void json_members_release(struct json_members *members);

/* Equal as RFC 6902, 4.6 has it: numbers by value, strings by characters, objects without order. */
bool json_same(
	const struct json_doc *a, json_index at_a, const struct json_doc *b, json_index at_b);

#endif
