/* Names that are spelled like a text but for the case of letters, in an index that is in the order
 * of its bytes: from each name that is met it is clear which spelling may come next, so that what
 * lies between is skipped. Finding a random id among a million takes about twenty steps. */
#ifndef PORTLOG_QUERY_SPELLING_H
#define PORTLOG_QUERY_SPELLING_H

#include "base/buf.h"

/* Starts as { 0 }. */
struct spelling {
	struct span text;
	struct buf chosen; /* for each character of text, which of its variants */
	struct buf at;     /* the spelling itself */
};

/* at: the first of all spellings. text is ASCII, and borrowed. */
void spelling_begin(struct spelling *spelling, struct span text);
void spelling_release(struct spelling *spelling);

enum spelling_met {
	SPELLING_BEGINS, /* name begins with a spelling, and that is `at` now */
	SPELLING_BEHIND, /* at: the first spelling behind name */
	SPELLING_ENDED,  /* there is none behind it */
};

/* name is not below `at`. */
enum spelling_met spelling_meet(struct spelling *spelling, struct span name);
/* at: the next spelling; false where there is none. */
bool spelling_next(struct spelling *spelling);

#endif
