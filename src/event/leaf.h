/* The hashed form of a record (contract.md, "The hashed form"; RFC 6962, 2.1): what the tree's
 * leaves are the hashes of. */
#ifndef PORTLOG_EVENT_LEAF_H
#define PORTLOG_EVENT_LEAF_H

#include "base/crypto.h"
#include "event/record.h"

/* SHA-256(0x00 ‖ record). headers is what record_headers_write() gives (absent or empty: none). */
void record_leaf(
	const struct record *record, uint64_t seq, struct span headers, struct hash *ret_leaf);
/* The form itself, appended to out: for people who check by hand, and tests. */
void record_hashed_form(const struct record *record, uint64_t seq, struct buf *out);

#endif
