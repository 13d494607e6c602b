/* How recording goes, as the control socket tells it. */
#ifndef PORTLOG_RECORD_STATUS_H
#define PORTLOG_RECORD_STATUS_H

#include <stdint.h>

#include "base/buf.h"
#include "record/intake.h"

/* Partitions of our topics that are not ours. */
struct others {
	bool known; /* since partitions were assigned */
	struct consumer_held *items;
	size_t count;
};
/* Of all partitions keeps those that the intake has not. */
void others_set(struct others *others, const struct consumer_held *all, size_t count,
	const struct intake *intake);
void others_clear(struct others *others);

struct recorder_status {
	int64_t started_ms;
	double rate; /* Kafka's records per second, of late */
	const char *group;
	const char *trouble; /* what recording waits for; NULL: nothing */
	const struct others *others;
};

/* Messages between what is recorded and the end of the partition; -1: not known. */
int64_t partition_lag(const struct partition *partition);
/* How old the oldest message is that was not recorded, at most; 0 at the end; -1: not known. */
int64_t partition_lag_ms(const struct partition *partition, int64_t now_ms);
/* Over all partitions; -1: not known of one of them, or one is not ours. */
int64_t intake_lag(const struct intake *intake, const struct others *others);

/* One line of JSON. */
void status_write(
	const struct recorder_status *status, const struct intake *intake, struct buf *out);

#endif
