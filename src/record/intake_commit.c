/* What the group is told: never ahead of the store, never below what was found committed. */
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/xalloc.h"
#include "record/floor.h"
#include "record/intake_state.h"

enum {
	COMMIT_SEQ_MS = 900, /* where only local records came: within a second */
	AGAIN_MS = 1000,     /* after a commit that failed */
};

static bool may_commit(const struct partition *p)
{
	return p->floor_known && p->has_position && p->durable_next >= 0 &&
	       p->durable_next >= p->commit_floor;
}

void intake_commit(struct intake *in)
{
	uint64_t seq = store_size(in->store);
	bool seq_due = seq != in->committed_seq &&
		       (in->seq_soon || clock_monotonic_ms() - in->committed_ms >= COMMIT_SEQ_MS);
	struct consumer_partition *list =
		xcalloc(in->partition_count ? in->partition_count : 1, sizeof(*list));
	size_t count = 0;
	struct error err;
	in->commit_soon = in->seq_soon = false;
	/* Else it would be acknowledged to Kafka, and be nowhere. */
	if (!store_is_there(in->store, &err)) {
		intake_die(in, &err);
		free(list);
		return;
	}
	for (size_t i = 0; i < in->partition_count; i++) {
		struct partition *p = in->partitions[i];
		if (!may_commit(p) || (p->durable_next <= p->sent && !seq_due))
			continue;
		p->sent = p->durable_next;
		list[count++] = (struct consumer_partition){
			.topic = p->topic, .partition = p->partition, .offset = p->sent, .data = p
		};
	}
	if (count > 0) {
		struct buf metadata = { 0 };
		floor_metadata_write(store_uuid(in->store), seq, &metadata);
		in->committing = true;
		in->committed_seq = seq;
		in->committed_ms = clock_monotonic_ms();
		in->source.commit(in->source.data, list, count, buf_text(&metadata));
		buf_free(&metadata);
	}
	free(list);
}

static void acknowledged(struct intake *in, const struct consumer_partition *at)
{
	for (size_t i = 0; i < in->partition_count; i++) {
		struct partition *p = in->partitions[i];
		if (p->partition == at->partition && strcmp(p->topic, at->topic) == 0 &&
			at->offset > p->acked && at->offset <= p->sent) {
			p->acked = at->offset;
			in->changes++;
		}
	}
}

void intake_committed(struct intake *in, const struct consumer_partition *partitions, size_t count,
	const char *error)
{
	in->committing = false;
	for (size_t i = 0; i < count && !error; i++)
		acknowledged(in, &partitions[i]);
	if (!error)
		return;
	log_event(in->log, LOG_LEVEL_WARNING, "offsets were not committed; they will be again",
		log_text("reason", error));
	for (size_t i = 0; i < in->partition_count; i++)
		in->partitions[i]->sent = OFFSET_NONE;
	in->committed_ms = clock_monotonic_ms() + AGAIN_MS;
}
