/* The journal read back: records as they were received, in order, a page at a time. Between pages
 * no statement is open, so a long replay holds no snapshot. */
#ifndef PORTLOG_STORE_REPLAY_H
#define PORTLOG_STORE_REPLAY_H

#include <sqlite3.h>

#include "base/buf.h"
#include "base/error.h"
#include "event/record.h"

struct replayed {
	struct record record;
	uint64_t seq;
	enum record_problem problem;
};

struct replay;

/* handle has portlog's functions (a reader, or the write handle); borrowed. Begins behind
 * after_seq. */
struct replay *replay_new(sqlite3 *handle, uint64_t after_seq);
void replay_free(struct replay *r);
/* At most so many records per page; without it, 500. */
void replay_page_of(struct replay *r, size_t most);
/* The next records, valid until the next call; *ret_count 0 at the end. */
bool replay_page(struct replay *r, const struct replayed **ret_records, size_t *ret_count,
	struct error *err);

/* Appends " (TOPIC[PARTITION]@OFFSET)" of the record; nothing where it has none. */
void replay_place(sqlite3 *handle, uint64_t seq, struct buf *out);

#endif
