/* What the recorder writes into the journal itself, as compact JSON. */
#ifndef PORTLOG_RECORD_LOCAL_RECORD_H
#define PORTLOG_RECORD_LOCAL_RECORD_H

#include <stdint.h>

#include "base/buf.h"

/* Below which nothing is executed: {"what":"floor","topic":…,"partition":…,"epoch":…,"offset":…,
 * "because":…}. Appended to out. */
struct local_floor {
	const char *topic;
	int32_t partition;
	int64_t epoch;
	int64_t offset;
	const char *because;
};
void local_floor_write(const struct local_floor *floor, struct buf *out);

/* Offsets that are not here: {"what":"gap","topic":…,"partition":…,"epoch":…,"first_offset":…,
 * "last_offset":…,"reason":…}. Appended to out. */
struct local_gap {
	const char *topic;
	int32_t partition;
	int64_t epoch;
	int64_t first_offset;
	int64_t last_offset;
	const char *reason;
};
void local_gap_write(const struct local_gap *gap, struct buf *out);

/* The topic was made anew, its offsets begin again: {"what":"epoch","topic":…,"partition":…,
 * "epoch":…,"first_offset":…}; the epoch is the one that begins. */
void local_epoch_write(
	const char *topic, int32_t partition, int64_t epoch, int64_t first_offset, struct buf *out);

#endif
