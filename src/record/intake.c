#include "record/intake.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/xalloc.h"
#include "record/intake_state.h"
#include "record/local_record.h"
#include "store/journal.h"
#include "store/owed.h"

enum {
	COMMIT_EVERY_MS = 100,
	ASK_BEHIND_MS = 5000, /* how far we are behind */
	ASK_AT_END_MS = 30000,
	LOOK_WAITING_MS = 30000, /* nothing comes although there is more */
	STUCK_MS = 60000,
	LOOK_EVERY_MS = 60000,
	LOOK_APART_MS = 10000, /* troubles come in crowds */
	LOOK_THROUGH = 1000,   /* records that a look reads one by one; of more, some */
	REVOKE_MS = 5000,      /* who gets the partitions waits for us, and the group for both */
	TICK_MS = 1000,
	FLOORS_MS = 2000, /* recording does not wait longer for what decides on executions */
};

static void free_partitions(struct intake *in)
{
	for (size_t i = 0; i < in->partition_count; i++) {
		free(in->partitions[i]->topic);
		free(in->partitions[i]);
	}
	free(in->partitions);
	in->partitions = NULL;
	in->partition_count = 0;
}

void intake_release(struct intake *in)
{
	free_partitions(in);
	batch_release(&in->batch);
}

bool intake_wants_time(const struct intake *in, const struct partition *p)
{
	return in->from == FROM_TIME && !p->has_position;
}

static void ask(struct intake *in, struct partition *p)
{
	const struct consumer_partition question = {
		.topic = p->topic, .partition = p->partition, .data = p
	};
	p->asked = true;
	p->asked_ms = clock_monotonic_ms();
	in->source.ask(in->source.data, &question, !p->floor_known,
		intake_wants_time(in, p) ? in->from_ms : CONSUMER_NONE);
}

static void assign_now(struct intake *in)
{
	struct error err = { 0 };
	struct consumer_partition *list =
		xcalloc(in->partition_count ? in->partition_count : 1, sizeof(*list));
	size_t count = 0;
	for (size_t i = 0; i < in->partition_count; i++) {
		struct partition *p = in->partitions[i];
		if (p->state == PARTITION_UNREAD || p->state == PARTITION_ASKING ||
			in->floors_until_ms > 0)
			continue;
		list[count++] = (struct consumer_partition){ .topic = p->topic,
			.partition = p->partition,
			.offset = p->state == PARTITION_CHECKING ? p->read_from : p->next,
			.data = p };
	}
	in->assign_due = in->rolled_back = false;
	if (!in->source.assign(in->source.data, list, count, &err))
		intake_die(in, &err); /* nothing would ever be delivered */
	free(list);
}

void intake_assigned(struct intake *in, const struct consumer_partition *partitions, size_t count)
{
	int64_t now = clock_now_ms();
	free_partitions(in);
	in->partitions = xcalloc(count ? count : 1, sizeof(*in->partitions));
	in->partition_count = count;
	in->assigned = in->assigned_ever = true;
	in->committing = false;
	in->assigned_seq = store_size(in->store);
	in->look_wanted = in->look_due = false;
	in->looked_ms = clock_monotonic_ms();
	in->floors_until_ms = in->owe ? in->looked_ms + FLOORS_MS : 0;
	in->changes++;
	for (size_t i = 0; i < count; i++) {
		struct partition *p = xcalloc(1, sizeof(*p));
		in->partitions[i] = p;
		p->topic = xstrdup(partitions[i].topic);
		p->partition = partitions[i].partition;
		p->commit_floor = p->low = p->end = OFFSET_NONE;
		p->checked = p->mark = p->misfiled_to = OFFSET_NONE;
		p->sent = p->acked = OFFSET_NONE;
		p->assigned_ms = now;
		intake_forget_position(p);
	}
	in->assign_due = true;
	if (intake_load_positions(in))
		assign_now(in);
	for (size_t i = 0; i < count; i++)
		ask(in, in->partitions[i]);
	log_event(in->log, LOG_LEVEL_INFO, "partitions assigned", log_int("count", (int64_t)count));
}

/* Back to what the store has; everything behind is read again. */
static void roll_back(struct intake *in)
{
	batch_clear(&in->batch);
	for (size_t i = 0; i < in->partition_count; i++)
		intake_forget_position(in->partitions[i]);
	in->assign_due = in->rolled_back = true;
	intake_load_positions(in);
}

static void start_again_from(struct intake *in, struct partition *p)
{
	p->state = PARTITION_ASKING;
	p->must_ask = true;
	p->at_end = false;
	in->assign_due = true;
	ask(in, p);
}

/* Where only a look has told, some of the new topic's records may have been taken for the old one's
 * before: all are read again, into the new epoch. */
static void found_made_anew(struct intake *in, struct partition *p)
{
	p->made_anew = true;
	p->misfiled_to = p->next;
	start_again_from(in, p);
}

/* Of a topic that was made anew, the first record there is tells; of a log that went back, the
 * first that was written since. */
static void look(struct intake *in)
{
	if (!intake_flush(in))
		return;
	for (size_t i = 0; i < in->partition_count; i++) {
		struct partition *p = in->partitions[i];
		/* Of what was recorded Kafka may have nothing any more. */
		if (p->state != PARTITION_RECORDING || p->last == OFFSET_NONE || p->last < p->low)
			continue;
		p->state = PARTITION_CHECKING;
		p->mark = p->mark == OFFSET_NONE ? p->last : p->mark;
		p->read_from = p->low >= 0 && p->low < p->checked ? p->low : p->checked;
	}
	in->look_wanted = in->look_due = false;
	in->looked_ms = clock_monotonic_ms();
	in->assign_due = true;
}

void intake_look(struct intake *in)
{
	if (!in->assigned)
		return;
	for (size_t i = 0; i < in->partition_count; i++) {
		struct partition *p = in->partitions[i];
		if (p->state == PARTITION_RECORDING && p->mark == OFFSET_NONE)
			p->mark = p->last;
	}
	in->look_wanted = true;
	in->look_due |= clock_monotonic_ms() - in->looked_ms >= LOOK_APART_MS;
}

void intake_unreachable(struct intake *in)
{
	for (size_t i = 0; i < in->partition_count; i++)
		in->partitions[i]->told_ms = 0;
}

static bool find_conflict(struct intake *in, const struct record *r)
{
	bool found = false;
	for (size_t i = 0; i < in->partition_count; i++) {
		struct partition *p = in->partitions[i];
		if (p->partition != r->partition || !span_is(r->topic, p->topic))
			continue;
		found = true;
		if (!p->made_anew)
			found_made_anew(in, p);
	}
	return found;
}

/* Which partitions of the batch the journal knows otherwise. False: it cannot be read. */
static bool find_conflicts(struct intake *in, bool *ret_found, struct error *err)
{
	*ret_found = false;
	for (size_t i = 0; i < in->batch.count; i++) {
		const struct record *r = &in->batch.records[i];
		enum journal_known known;
		if (r->source != SOURCE_KAFKA)
			continue;
		if (!journal_lookup(in->store, r, &known, err))
			return false;
		if (known == JOURNAL_OTHER && find_conflict(in, r))
			*ret_found = true;
	}
	return true;
}

static void append_failed(struct intake *in, const struct error *err)
{
	struct error unread;
	bool found;
	if (err->transient && in->give_up_ms > 0)
		log_event(in->log, LOG_LEVEL_WARNING,
			"cannot record the last messages in time; they will be read again",
			log_text("reason", err->text));
	else if (err->kind != ERROR_INTEGRITY)
		intake_store_failed(in, err);
	else if (!find_conflicts(in, &found, &unread))
		intake_store_failed(in, &unread);
	else if (found)
		roll_back(in);
	else
		intake_die(in, err);
}

static size_t moved_positions(struct intake *in, struct journal_position *positions)
{
	size_t count = 0;
	for (size_t i = 0; i < in->partition_count; i++) {
		const struct partition *p = in->partitions[i];
		if (p->has_position && p->next > p->durable_next)
			positions[count++] = (struct journal_position){ .topic = span_of(p->topic),
				.partition = p->partition,
				.epoch = p->epoch,
				.next_offset = p->next };
	}
	return count;
}

static void appended(struct intake *in)
{
	for (size_t i = 0; i < in->batch.count; i++)
		in->recorded += in->batch.records[i].source == SOURCE_KAFKA;
	for (size_t i = 0; i < in->partition_count; i++)
		if (in->partitions[i]->has_position)
			in->partitions[i]->durable_next = in->partitions[i]->next;
	in->commit_soon |= in->batch.owed_count > 0;
	batch_clear(&in->batch);
	if (!in->stalled)
		return;
	in->stalled = false;
	in->assign_due = true;
	for (size_t i = 0; i < in->partition_count; i++)
		in->partitions[i]->waiting_ms = 0; /* it was us that it waited for */
	log_event(in->log, LOG_LEVEL_INFO, "recording again",
		log_int("after_ms", clock_monotonic_ms() - in->stalled_ms));
}

bool intake_flush(struct intake *in)
{
	if (!intake_load_positions(in))
		return false;
	struct journal_position *positions =
		xcalloc(in->partition_count ? in->partition_count : 1, sizeof(*positions));
	struct journal_batch batch = { .records = in->batch.records,
		.count = in->batch.count,
		.owed = in->batch.owed,
		.owed_count = in->batch.owed_count,
		.positions = positions,
		.position_count = moved_positions(in, positions),
		.hurry = in->give_up_ms > 0 };
	struct error err = { 0 };
	bool ok = true;
	if (batch.count > 0 || batch.position_count > 0) {
		int64_t started_ms = clock_monotonic_ms();
		ok = journal_append(in->store, &batch, NULL, &err);
		batch_took(&in->batch, clock_monotonic_ms() - started_ms);
		if (ok)
			appended(in);
		else
			append_failed(in, &err);
	} else if (in->stalled) {
		appended(in); /* it was reading that failed; it will be tried again */
	}
	free(positions);
	return ok;
}

void intake_add_gap(struct intake *in, const struct partition *p, int64_t first, int64_t last,
	const char *reason)
{
	struct buf text = { 0 };
	const struct local_gap gap = { p->topic, p->partition, p->epoch, first, last, reason };
	local_gap_write(&gap, &text);
	batch_add_local(&in->batch, buf_take(&text), clock_now_ms());
}

/* Moves to offset; what was passed is a hole inside the log. */
static void advance(struct intake *in, struct partition *p, int64_t offset)
{
	if (offset > p->next)
		intake_add_gap(in, p, p->next, offset - 1, "undelivered");
	p->next = offset;
}

static void start_recording(struct partition *p)
{
	if (p->state == PARTITION_RECORDING)
		return;
	p->state = PARTITION_RECORDING;
	p->checked = p->last;
	p->mark = OFFSET_NONE;
}

/* Of many records that are here, a look compares the first there is, the one up to which the look
 * before it came, and those around what caused it. */
static void pass_over(struct intake *in, struct partition *p, int64_t offset)
{
	int64_t to = offset < p->checked ? p->checked : offset < p->mark ? p->mark : p->last;
	bool far = offset < p->checked || p->next - offset > LOOK_THROUGH;
	if (p->mark == OFFSET_NONE || !far || to <= offset + 1)
		return;
	p->read_from = to;
	in->assign_due = true;
}

/* Whether the message is one to record. Those that are here already are read again on purpose, or
 * Kafka went back: other bytes than ours mean another topic of the same name. */
static bool is_new(struct intake *in, struct partition *p, struct record *record)
{
	enum journal_known known;
	struct error err = { 0 };
	if (record->offset >= p->next) {
		start_recording(p);
		return true;
	}
	if (p->state == PARTITION_RECORDING && !intake_flush(in))
		return false;
	record->epoch = p->epoch;
	if (!journal_lookup(in->store, record, &known, &err))
		intake_store_failed(in, &err);
	else if (known == JOURNAL_OTHER)
		found_made_anew(in, p);
	else if (p->state == PARTITION_CHECKING)
		pass_over(in, p, record->offset);
	return false;
}

/* Whether it was taken for a record of the topic that had the name before, and what it asks for has
 * been executed. */
static bool was_misfiled(struct intake *in, const struct partition *p, const struct record *record)
{
	enum journal_known known;
	struct error err = { 0 };
	struct record before = *record;
	before.epoch = p->epoch - 1;
	if (record->offset >= p->misfiled_to)
		return false;
	if (journal_lookup(in->store, &before, &known, &err))
		return known == JOURNAL_SAME;
	intake_store_failed(in, &err);
	return false;
}

/* After a rollback the positions are behind what Kafka still delivers: recording that would leave
 * out what is between. */
static bool is_dropping(const struct intake *in, const struct partition *p)
{
	return in->stalled || in->dead || in->rolled_back || in->look_due ||
	       p->state == PARTITION_UNREAD || p->state == PARTITION_ASKING;
}

void intake_message(struct intake *in, struct partition *p, struct consumer_message *message)
{
	struct record *record = &message->record;
	p->waiting_ms = 0;
	if (record->offset < 0 || record->offset == INT64_MAX) {
		struct error err;
		error_set(&err, ERROR_REMOTE,
			"the broker sent a message of %s[%d] with the offset %" PRId64
			", which cannot be",
			p->topic, p->partition, record->offset);
		consumer_message_release(message);
		intake_die(in, &err);
		return;
	}
	if (is_dropping(in, p) || !is_new(in, p, record)) {
		consumer_message_release(message);
		return;
	}
	advance(in, p, record->offset);
	p->next = record->offset + 1;
	p->last = record->offset;
	p->has_position = true;
	p->at_end = false;
	if (record->timestamp_type != TIMESTAMP_NONE)
		p->last_ms = record->timestamp_ms;
	if (p->checked == OFFSET_NONE)
		p->checked = p->last;
	bool owes = in->owe && !was_misfiled(in, p, record);
	batch_add_message(&in->batch, message, p->epoch);
	if (owes)
		owe_last(in->owe, &in->batch,
			owed_is_below_floor(in->store, &in->batch.records[in->batch.count - 1]));
	if (batch_is_full(&in->batch))
		intake_flush(in);
}

void intake_end(struct intake *in, struct partition *p, int64_t offset)
{
	if (is_dropping(in, p))
		return;
	if (offset < p->next) {
		/* An end before what we have: another topic of the same name. The watermarks tell.
		 */
		start_again_from(in, p);
		return;
	}
	start_recording(p);
	advance(in, p, offset);
	p->has_position = true;
	p->at_end = p->was_at_end = true;
	p->end = offset;
	p->told_ms = clock_monotonic_ms();
	p->waiting_ms = 0;
	p->caught_up_ms = clock_now_ms();
}

void intake_out_of_range(struct intake *in, struct partition *p)
{
	if (!in->stalled && p->state != PARTITION_ASKING)
		start_again_from(in, p);
}

bool intake_is_patient(void *intake)
{
	const struct intake *in = intake;
	return in->give_up_ms == 0 || clock_monotonic_ms() < in->give_up_ms;
}

/* Commits the batch or gives it up in time. */
static void flush_before_revoked(struct intake *in)
{
	int64_t now = clock_monotonic_ms();
	int64_t give_up_ms = in->give_up_ms;
	if (in->dead || (in->stalled && now < in->retry_ms))
		return;
	if (give_up_ms == 0 || give_up_ms > now + REVOKE_MS)
		in->give_up_ms = now + REVOKE_MS;
	intake_flush(in);
	in->give_up_ms = give_up_ms;
}

void intake_revoked(struct intake *in, bool lost)
{
	flush_before_revoked(in);
	in->seq_soon = true; /* the last word, so that a copy that is hardly older can tell */
	if (!lost)
		intake_commit(in);
	log_event(in->log, LOG_LEVEL_INFO, "partitions revoked",
		log_int("count", (int64_t)in->partition_count));
	batch_clear(&in->batch); /* what could not be recorded is read again by whoever gets them */
	in->assign_due = in->rolled_back = in->look_wanted = in->look_due = false;
	in->stalled = in->assigned = false;
	in->floors_until_ms = 0;
	free_partitions(in);
}

static bool has_moved(const struct intake *in)
{
	for (size_t i = 0; i < in->partition_count; i++) {
		const struct partition *p = in->partitions[i];
		if (p->has_position && p->next > p->durable_next)
			return true;
	}
	return false;
}

static void ask_again(struct intake *in, int64_t now)
{
	for (size_t i = 0; i < in->partition_count; i++) {
		struct partition *p = in->partitions[i];
		bool wanted = p->state == PARTITION_ASKING || !p->floor_known || p->told_ms == 0 ||
			      now - p->asked_ms >= (p->at_end ? ASK_AT_END_MS : ASK_BEHIND_MS);
		if (wanted && !p->asked && now >= p->ask_again_ms)
			ask(in, p);
	}
}

static void look_where_nothing_comes(struct intake *in, int64_t now)
{
	for (size_t i = 0; i < in->partition_count; i++) {
		struct partition *p = in->partitions[i];
		if (p->state == PARTITION_RECORDING && p->end <= p->next)
			p->waiting_ms = 0;
		else if (p->waiting_ms == 0)
			p->waiting_ms = now;
		else if (now - p->waiting_ms >= LOOK_WAITING_MS &&
			 now - in->looked_ms >= LOOK_WAITING_MS)
			intake_look(in);
	}
}

bool intake_is_stuck(const struct intake *in)
{
	int64_t now = clock_monotonic_ms();
	for (size_t i = 0; i < in->partition_count; i++) {
		int64_t since = in->partitions[i]->waiting_ms;
		if (since > 0 && now - since >= STUCK_MS && !in->stalled)
			return true;
	}
	return false;
}

/* The executor decides on them before the next messages come. */
static void await_floors(struct intake *in, int64_t now)
{
	bool told = true;
	if (in->floors_until_ms == 0)
		return;
	for (size_t i = 0; i < in->partition_count; i++)
		told = told && in->partitions[i]->facts_of_group;
	if (!told && now < in->floors_until_ms)
		return;
	in->floors_until_ms = 0;
	in->assign_due = true;
}

void intake_tick(struct intake *in)
{
	int64_t now = clock_monotonic_ms();
	if (in->dead)
		return;
	bool due = in->stalled           ? now >= in->retry_ms
		   : in->batch.count > 0 ? now - in->batch.opened_ms >= BATCH_MS
					 : has_moved(in);
	if (due)
		intake_flush(in);
	if (in->stalled)
		return;
	look_where_nothing_comes(in, now);
	int64_t look_ms = in->looked_ms + (in->look_wanted ? LOOK_APART_MS : LOOK_EVERY_MS);
	if (in->look_due || (in->assigned && now >= look_ms))
		look(in);
	await_floors(in, now);
	if (in->assign_due && in->floors_until_ms == 0)
		assign_now(in);
	ask_again(in, now);
	/* committed_ms lies ahead where a commit has failed */
	bool soon = in->commit_soon && now >= in->committed_ms;
	if (!in->committing && (soon || now - in->committed_ms >= COMMIT_EVERY_MS))
		intake_commit(in);
}

int64_t intake_due_ms(const struct intake *in)
{
	int64_t now = clock_monotonic_ms();
	int64_t due = now + TICK_MS;
	int64_t commit_ms = in->committed_ms + COMMIT_EVERY_MS;
	if (in->stalled)
		due = in->retry_ms < due ? in->retry_ms : due;
	else if (in->batch.count > 0)
		due = in->batch.opened_ms + BATCH_MS;
	else if (!in->committing && (in->seq_soon || (in->recorded > 0 && commit_ms > now)))
		due = commit_ms;
	return due > now ? due - now : 0;
}

bool intake_is_at_end(const struct intake *in)
{
	if (!in->assigned || in->assign_due || in->look_due || in->stalled || in->batch.count > 0)
		return false;
	for (size_t i = 0; i < in->partition_count; i++)
		if (!in->partitions[i]->was_at_end || !in->partitions[i]->floor_known ||
			in->partitions[i]->state != PARTITION_RECORDING)
			return false;
	return !has_moved(in);
}
