/* A line on stderr that tells how far long work is, with its rate and what remains; only where
 * stderr is a terminal. */
#ifndef PORTLOG_CLI_PROGRESS_H
#define PORTLOG_CLI_PROGRESS_H

#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"

/* Starts as { .label = "reindexing" }. */
struct progress {
	const char *label;
	bool quiet; /* says nothing: -q */
	bool started;
	bool shown;
	int terminal; /* 1: stderr is one, -1: it is not, 0: not asked yet */
	int64_t start_ms;
	int64_t last_ms;
};

/* A tick for long work (data is a struct progress); total 0: not known. Always true. */
bool progress_tick(void *data, uint64_t done, uint64_t total);
/* Removes the line. */
void progress_end(struct progress *progress);

/* The line for that state, appended to out: "reindexing  45 %  9,000/20,000  3,100/s  4s left". */
void progress_text(
	const char *label, uint64_t done, uint64_t total, int64_t elapsed_ms, struct buf *out);

#endif
