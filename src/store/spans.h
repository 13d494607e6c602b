/* Between which times the records of a segment of the journal lie, and their changes: added up in
 * memory, written once for each segment before the commit. Records come nearly in the order of
 * time, so this finds what happened when, and what is newest, without an index. */
#ifndef PORTLOG_STORE_SPANS_H
#define PORTLOG_STORE_SPANS_H

#include "store/stmt.h"

enum { SPAN_SHIFT = 12 }; /* a segment is seq >> 12: stored, never change */

struct time_span {
	bool any;
	int64_t first_ms;
	int64_t last_ms;
};

/* Starts as { 0 }, which also is how it is after a rollback, or when the table was emptied. */
struct spans {
	int64_t segment;
	struct time_span records;
	struct time_span changes;
};

void time_span_add(struct time_span *span, int64_t time_ms);

/* To be called for each record, in order of seq, before its times are added. */
bool spans_record(struct spans *spans, struct connection *c, int64_t seq, struct error *err);
/* To be called before each commit. */
bool spans_flush(struct spans *spans, struct connection *c, struct error *err);

#endif
