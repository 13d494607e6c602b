/* What a program says, as much as is kept of it: the beginning and the end, however much there is.
 * And, line by line, what whoever listens is told of it meanwhile. */
#ifndef PORTLOG_ACTION_TRANSCRIPT_H
#define PORTLOG_ACTION_TRANSCRIPT_H

#include <stdint.h>

#include "action/action.h"

enum {
	TRANSCRIPT_TOLD_BYTES = 256 * 1024, /* of the beginning; and ACTION_TAIL_BYTES of the end */
	TRANSCRIPT_LINE_BYTES = 16 * 1024,  /* a longer line is told in pieces */
};

struct transcript {
	void (*tell)(void *data, struct span lines); /* NULL: nobody listens */
	void *data;
	uint64_t bytes; /* all there were */
	struct buf head;
	char *ring; /* the last bytes; byte i of all is at i % ACTION_TAIL_BYTES */
	uint64_t told;
	struct buf line; /* what is not told, for more of it may come */
	bool silent;     /* the beginning has been told */
};

/* Starts with tell and data set. */
void transcript_add(struct transcript *t, struct span bytes);
/* Tells the rest, and appends what is kept. */
void transcript_end(struct transcript *t, struct buf *out);
void transcript_release(struct transcript *t);

#endif
