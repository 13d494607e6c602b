#include "record/local_record.h"

#include "base/json_write.h"
#include "event/local.h"

static void begin(struct json_writer *w, enum local_what what, const char *topic, int32_t partition,
	int64_t epoch)
{
	json_object_start(w);
	json_member_text(w, "what", local_what_word(what));
	json_member_text(w, "topic", topic);
	json_member_int(w, "partition", partition);
	json_member_int(w, "epoch", epoch);
}

void local_floor_write(const struct local_floor *floor, struct buf *out)
{
	struct json_writer w = { .out = out };
	begin(&w, LOCAL_FLOOR, floor->topic, floor->partition, floor->epoch);
	json_member_int(&w, "offset", floor->offset);
	json_member_text(&w, "because", floor->because);
	json_object_end(&w);
}

void local_gap_write(const struct local_gap *gap, struct buf *out)
{
	struct json_writer w = { .out = out };
	begin(&w, LOCAL_GAP, gap->topic, gap->partition, gap->epoch);
	json_member_int(&w, "first_offset", gap->first_offset);
	json_member_int(&w, "last_offset", gap->last_offset);
	json_member_text(&w, "reason", gap->reason);
	json_object_end(&w);
}

void local_epoch_write(
	const char *topic, int32_t partition, int64_t epoch, int64_t first_offset, struct buf *out)
{
	struct json_writer w = { .out = out };
	begin(&w, LOCAL_EPOCH, topic, partition, epoch);
	json_member_int(&w, "first_offset", first_offset);
	json_object_end(&w);
}
