/* What a store holds, in a few numbers; for reading beside a recorder or without one. */
#ifndef PORTLOG_STORE_SUMMARY_H
#define PORTLOG_STORE_SUMMARY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"

struct sqlite3;

struct summary_partition {
	char *topic;
	int32_t partition;
	int64_t epoch;
	int64_t next_offset;
};

struct summary_gap {
	char *reason;
	int64_t count;
	int64_t offsets; /* how many are not here */
};

struct summary {
	int64_t records;
	int64_t feeds;                        /* runs of automations that only send events to us */
	int64_t bytes;                        /* of the file and its WAL */
	int64_t last_received_ms;             /* 0: nothing yet */
	struct summary_partition *partitions; /* the newest epochs, by topic and partition */
	size_t partition_count;
	struct summary_gap *gaps; /* by reason */
	size_t gap_count;
};

/* Through a connection of reader_open to that path. Release with summary_release. */
bool summary_read(
	struct sqlite3 *reader, const char *path, struct summary *ret_summary, struct error *err);
void summary_release(struct summary *summary);

#endif
