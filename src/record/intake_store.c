/* What the intake has of the store: where each partition goes on, and what it does where the store
 * fails. */
#include "base/clock.h"
#include "record/intake_state.h"

enum {
	RETRY_FIRST_MS = 500,
	RETRY_MOST_MS = 15000,
};

void intake_die(struct intake *in, const struct error *err)
{
	in->dead = true;
	in->error = *err;
}

/* The batch stays in hand and is tried again, while we stay in the group and deliver nothing. */
static void stall(struct intake *in, const struct error *err)
{
	int64_t now = clock_monotonic_ms();
	if (!in->stalled) {
		log_event(in->log, LOG_LEVEL_ERROR, "cannot record; waiting",
			log_text("reason", err->text));
		in->source.pause(in->source.data);
		in->stalled = true;
		in->stalled_ms = now;
		in->retry_after_ms = RETRY_FIRST_MS;
	} else if (in->retry_after_ms < RETRY_MOST_MS) {
		in->retry_after_ms *= 2;
	}
	in->retry_ms = now + in->retry_after_ms;
	in->error = *err;
}

void intake_store_failed(struct intake *in, const struct error *err)
{
	if (err->transient)
		stall(in, err);
	else
		intake_die(in, err);
}

/* From the store: where this partition goes on. Without a position the brokers are asked first. */
static bool load_position(struct intake *in, struct partition *p, struct error *err)
{
	struct store_position at;
	if (!store_position(in->store, span_of(p->topic), p->partition, &at, err))
		return false;
	p->has_position = at.found;
	p->epoch = at.found ? at.epoch : 0;
	p->next = p->durable_next = at.found ? at.next_offset : 0;
	p->last = at.found ? at.last_offset : OFFSET_NONE;
	p->read_from = assignment_read_from(p->last, p->next);
	if (p->checked == OFFSET_NONE || p->checked > p->last)
		p->checked = p->last;
	if (!p->facts_of_store) {
		p->facts.has_position = at.found;
		p->facts.next = p->next;
		p->facts_of_store = true;
	}
	p->state = !at.found || p->must_ask ? PARTITION_ASKING
		   : p->read_from < p->next ? PARTITION_CHECKING
					    : PARTITION_RECORDING;
	return true;
}

bool intake_load_positions(struct intake *in)
{
	struct error err;
	for (size_t i = 0; i < in->partition_count; i++) {
		struct partition *p = in->partitions[i];
		if (p->state == PARTITION_UNREAD && !load_position(in, p, &err)) {
			intake_store_failed(in, &err);
			return false;
		}
	}
	return true;
}

void intake_forget_position(struct partition *p)
{
	p->state = PARTITION_UNREAD;
	p->has_position = p->at_end = false;
}
