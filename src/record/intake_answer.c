/* What the brokers answer about a partition: where it begins, whether its topic was made anew, and
 * what the group has committed. */
#include "base/clock.h"
#include "record/intake_state.h"
#include "record/local_record.h"

enum { ASK_AGAIN_MS = 1000 };

static void log_partition(struct intake *in, enum log_level level, const char *message,
	const struct partition *p, struct log_field more)
{
	log_event(in->log, level, message, log_text("topic", p->topic),
		log_int("partition", p->partition), more);
}

static void begin_epoch(struct intake *in, struct partition *p, const struct assignment_plan *plan)
{
	struct buf text = { 0 };
	local_epoch_write(p->topic, p->partition, plan->epoch, plan->start, &text);
	batch_add_local(&in->batch, buf_take(&text), clock_now_ms());
	log_partition(in, LOG_LEVEL_ERROR,
		"the topic was made anew: its offsets begin again, a new epoch begins", p,
		log_int("epoch", plan->epoch));
	p->commit_floor = p->sent = OFFSET_NONE; /* they were the old topic's */
	p->durable_next = p->last = p->acked = OFFSET_NONE;
	p->checked = p->mark = OFFSET_NONE;
	p->facts.made_anew = true;
	p->facts.low = plan->start;
	p->floor_decided = false;
	in->changes++;
}

static void follow(struct intake *in, struct partition *p, const struct assignment_plan *plan)
{
	if (plan->new_epoch)
		begin_epoch(in, p, plan);
	p->epoch = plan->epoch;
	for (size_t i = 0; i < plan->gap_count; i++) {
		const struct assignment_gap *gap = &plan->gaps[i];
		intake_add_gap(in, p, gap->first, gap->last, gap->reason);
		log_event(in->log, LOG_LEVEL_WARNING, "offsets are not here",
			log_text("topic", p->topic), log_int("partition", p->partition),
			log_int("first", gap->first), log_int("last", gap->last),
			log_text("reason", gap->reason));
	}
	p->made_anew = p->must_ask = false;
	p->read_from = plan->read_from;
	p->state = plan->read_from < plan->start ? PARTITION_CHECKING : PARTITION_RECORDING;
	if (!p->has_position)
		p->durable_next = OFFSET_NONE;
	p->next = plan->start;
	p->has_position = true;
	in->assign_due = true;
}

static void take_facts(struct intake *in, struct partition *p, const struct consumer_answer *answer)
{
	struct span uuid = { 0 };
	uint64_t seq = 0;
	struct floor_facts *f = &p->facts;
	f->has_commit = p->commit_floor != OFFSET_NONE;
	f->committed = p->commit_floor;
	f->group_has_commit = answer->committed >= 0;
	f->commit_is_ours = floor_metadata_read(answer->metadata, &uuid, &seq) &&
			    span_is(uuid, store_uuid(in->store));
	f->newer_elsewhere = f->commit_is_ours && seq > in->assigned_seq;
	f->low = answer->low;
	f->high = answer->high;
	p->facts_of_group = true;
	in->changes++;
}

void intake_answer(struct intake *in, const struct consumer_answer *answer)
{
	struct partition *p = answer->data;
	p->asked = false;
	if (!answer->ok) {
		log_partition(in, LOG_LEVEL_WARNING, "no answer about a partition", p,
			log_text("reason", answer->error));
		p->told_ms = 0;
		p->ask_again_ms = clock_monotonic_ms() + ASK_AGAIN_MS;
		return;
	}
	if (!p->floor_known && answer->metadata) {
		p->floor_known = true;
		p->commit_floor = assignment_commit_floor(answer->committed, answer->high);
		take_facts(in, p, answer);
	}
	p->low = answer->low;
	p->end = answer->high;
	p->told_ms = clock_monotonic_ms();
	if (p->has_position && p->end <= p->next)
		p->caught_up_ms = clock_now_ms();
	/* What was asked only to wake librdkafka does not tell what the group has committed. */
	if (p->state != PARTITION_ASKING || !p->floor_known || in->stalled || in->dead)
		return;
	/* Nor when it began, if it was asked before that was wanted: then it is asked again. */
	if (intake_wants_time(in, p) && !p->made_anew && answer->at_time == CONSUMER_NONE)
		return;
	const struct assignment_facts facts = { .has_position = p->has_position,
		.epoch = p->epoch,
		.next = p->next,
		.last = p->last,
		.made_anew = p->made_anew,
		.low = answer->low,
		.high = answer->high,
		.committed = p->commit_floor,
		.from = in->from,
		.at_time = answer->at_time };
	struct assignment_plan plan = assignment_plan(&facts);
	follow(in, p, &plan);
}
