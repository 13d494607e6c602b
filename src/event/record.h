/* A record: one message as it was received, byte for byte, and where it came from. */
#ifndef PORTLOG_EVENT_RECORD_H
#define PORTLOG_EVENT_RECORD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"

/* The numbers are stored; never renumber. */
enum record_source {
	SOURCE_KAFKA = 1,
	SOURCE_IMPORT = 2,
	SOURCE_LOCAL = 3, /* what portlog itself decided or did */
	SOURCE_API = 4,   /* kept free for Port's audit log */
};

enum timestamp_type {
	TIMESTAMP_NONE = 0,
	TIMESTAMP_CREATE = 1,
	TIMESTAMP_APPEND = 2,
};

/* Why a record has no events, or none that were understood. Stored; never renumber. */
enum record_problem {
	PROBLEM_NONE = 0,
	PROBLEM_TOMBSTONE = 1,
	PROBLEM_EMPTY = 2,
	PROBLEM_NOT_JSON = 3,
	PROBLEM_NOT_UTF8 = 4,
	PROBLEM_TOO_DEEP = 5,
	PROBLEM_UNKNOWN_SHAPE = 6,
};

struct record_header {
	struct span name;
	struct span value; /* absent: Kafka's null */
};

/* Everything in it is borrowed from whoever made it. */
struct record {
	enum record_source source;
	struct span topic; /* absent: none (local records, imported lines without one) */
	int32_t partition; /* -1: none */
	int64_t epoch;     /* counts how often the topic was made anew; -1: none */
	int64_t offset;    /* -1: none */
	int64_t timestamp_ms;
	enum timestamp_type timestamp_type; /* TIMESTAMP_NONE: timestamp_ms means nothing */
	int64_t received_ms;
	struct span key; /* absent is not empty */
	const struct record_header *headers;
	size_t header_count;
	struct span value; /* absent: a tombstone */
	uint32_t copy;     /* imported without an offset: its count among equals, from 1 */
};

const char *record_source_word(enum record_source source);
bool record_source_of(struct span word, enum record_source *ret_source);
const char *timestamp_type_word(enum timestamp_type type);
bool timestamp_type_of(struct span word, enum timestamp_type *ret_type);
const char *record_problem_word(enum record_problem problem); /* NULL for PROBLEM_NONE */
bool record_problem_of(struct span word, enum record_problem *ret_problem);

/* Headers as the compact JSON [["NAME","BASE64"],["NAME",null]] of the hashed form (contract.md,
 * "The hashed form"), appended to out; nothing where there are none. Names percent-encoded.
 * That text is also how they are stored. */
void record_headers_write(const struct record_header *headers, size_t count, struct buf *out);
/* The way back. The headers (ret_headers is to be freed) point into storage, which must outlive
 * them. False: the text is not of that form. */
bool record_headers_read(struct span text, struct buf *storage, struct record_header **ret_headers,
	size_t *ret_count);

#endif
