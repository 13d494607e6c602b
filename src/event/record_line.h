/* A record as one line of JSON: what `portlog export` writes, and kcat's -J lines. */
#ifndef PORTLOG_EVENT_RECORD_LINE_H
#define PORTLOG_EVENT_RECORD_LINE_H

#include "base/arena.h"
#include "base/error.h"
#include "base/json_scan.h"
#include "event/record.h"

/* What a line says. Members that it lacks are as in an empty struct record: partition, epoch and
 * offset -1, no timestamp, source SOURCE_IMPORT, received_ms 0. */
struct record_line {
	struct record record; /* borrowed from the arena and the line */
	uint64_t seq;         /* 0: the line has none, so it is not of our export */
};

/* Reads {"seq","source","topic","partition","epoch","offset","ts","tstype","received","key",
 * "headers","payload"}; all but payload may be missing, others are passed over. Bytes are a text
 * (what is not UTF-8 in it stands as it is, as kcat writes it), null (absent) or {"base64": TEXT};
 * a payload of another kind is its exact text. Headers are [NAME, VALUE] pairs, or kcat's flat
 * list. doc is scratch. ERROR_USAGE says what is wrong with the line. */
bool record_line_read(struct span line, struct json_doc *doc, struct arena *texts,
	struct record_line *ret_line, struct error *err);

/* Appends the line, with its end. */
void record_line_write(const struct record *record, uint64_t seq, struct buf *out);

#endif
