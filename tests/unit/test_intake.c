/* The rules of recording: where it begins and goes on, what is a gap, what is committed. */
#include "intake_bench.h"

#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "record/local_record.h"
#include "record/status.h"

static void test_begins_with_what_the_brokers_say(void **state)
{
	struct bench *b = *state;
	give_partitions(b, 2);
	assert_asked(b, "assign; ask 0 committed; ask 1 committed; ");
	say(b, 0, 3, "too early");
	answer(b, 0, 5, 9, CONSUMER_NONE);
	answer(b, 1, 0, 0, CONSUMER_NONE);
	settle(b);
	assert_asked(b, "assign 0@5 1@0; commit 0@5 1@0 seq 0; ");
	say(b, 0, 5, "a");
	say(b, 0, 6, "b");
	say(b, 0, 6, "b");
	say_end(b, 1, 0);
	settle(b);
	assert_asked(b, "commit 0@7 1@0 seq 2; "); /* the seq goes with all of them */
	assert_rows(b, records, "0|0|5|a 0|0|6|b");
	assert_rows(b, positions, "0|0|7 1|0|0");
	assert_rows(b, gaps, "");
}

static void test_goes_on_and_checks_the_record_before(void **state)
{
	struct bench *b = *state;
	give_partitions(b, 1);
	answer(b, 0, 0, 9, CONSUMER_NONE);
	say(b, 0, 0, "a");
	say(b, 0, 1, "b");
	intake_revoked(&b->intake, false);
	buf_clear(&b->asked);
	give_partitions(b, 1);
	assert_asked(b, "assign 0@1; ask 0 committed; ");
	say(b, 0, 1, "b");
	say(b, 0, 2, "c");
	intake_revoked(&b->intake, false);
	assert_asked(b, ""); /* what the group has committed is not known yet */
	assert_rows(b, records, "0|0|0|a 0|0|1|b 0|0|2|c");
}

static void test_other_bytes_mean_a_topic_made_anew(void **state)
{
	struct bench *b = *state;
	give_partitions(b, 1);
	answer(b, 0, 0, 9, CONSUMER_NONE);
	say(b, 0, 0, "a");
	say(b, 0, 1, "b");
	intake_revoked(&b->intake, false);
	give_partitions(b, 1);
	answer(b, 0, 0, 9, 2);
	buf_clear(&b->asked);
	say(b, 0, 1, "other");
	say(b, 0, 2, "dropped, to be read again");
	assert_asked(b, "ask 0; ");
	answer(b, 0, 0, 9, CONSUMER_NONE);
	settle(b);
	assert_asked(b, "assign 0@0; commit 0@0 seq 3; ");
	say(b, 0, 0, "A");
	say(b, 0, 1, "other");
	settle(b);
	assert_rows(b, records, "0|0|0|a 0|0|1|b 0|1|0|A 0|1|1|other");
	assert_rows(b, "SELECT value FROM journal WHERE source = 'local'",
		"{\"what\":\"epoch\",\"topic\":\"runs\",\"partition\":0,\"epoch\":1,"
		"\"first_offset\":0}");
}

/* Where the position is behind a transaction's marker, as an end tells, there is no record right
 * before it. */
static void record_behind_a_marker(struct bench *b)
{
	give_partitions(b, 1);
	answer(b, 0, 0, 9, CONSUMER_NONE);
	say(b, 0, 0, "a");
	say(b, 0, 1, "b");
	say_end(b, 0, 3);
	intake_revoked(&b->intake, false);
	buf_clear(&b->asked);
	give_partitions(b, 1);
	assert_asked(b, "assign 0@1; ask 0 committed; ");
}

static void test_the_last_record_is_checked_behind_a_marker(void **state)
{
	struct bench *b = *state;
	record_behind_a_marker(b);
	say(b, 0, 1, "other");
	assert_asked(b, "ask 0 committed; ");
	answer(b, 0, 0, 9, CONSUMER_NONE);
	settle(b);
	say(b, 0, 0, "A");
	settle(b);
	assert_rows(b, records, "0|0|0|a 0|0|1|b 0|1|0|A");
}

static void test_the_same_record_behind_a_marker(void **state)
{
	struct bench *b = *state;
	record_behind_a_marker(b);
	say(b, 0, 1, "b");
	say(b, 0, 3, "d");
	settle(b);
	assert_rows(b, records, "0|0|0|a 0|0|1|b 0|0|3|d");
	assert_rows(b, gaps, "0|0|2|2|undelivered");
}

/* Compaction or retention has taken it: that tells nothing. */
static void test_the_last_record_is_gone(void **state)
{
	struct bench *b = *state;
	record_behind_a_marker(b);
	say(b, 0, 4, "e");
	settle(b);
	assert_rows(b, records, "0|0|0|a 0|0|1|b 0|0|4|e");
	say_end(b, 0, 6);
	intake_revoked(&b->intake, false);
	give_partitions(b, 1);
	buf_clear(&b->asked);
	intake_out_of_range(&b->intake, b->intake.partitions[0]);
	answer(b, 0, 5, 9, 5);
	settle(b);
	assert_asked(b, "ask 0 committed; assign 0@6; commit 0@6 seq 6; ");
	assert_rows(b, gaps, "0|0|2|2|undelivered 0|0|3|3|undelivered 0|0|5|5|undelivered");
}

static void test_an_end_before_our_position_means_made_anew(void **state)
{
	struct bench *b = *state;
	give_partitions(b, 1);
	answer(b, 0, 0, 9, CONSUMER_NONE);
	for (int64_t i = 0; i < 5; i++)
		say(b, 0, i, "a");
	intake_revoked(&b->intake, false);
	give_partitions(b, 1);
	buf_clear(&b->asked);
	intake_out_of_range(&b->intake, b->intake.partitions[0]);
	answer(b, 0, 0, 2, 5); /* the commit is the old topic's, too */
	settle(b);
	assert_asked(b, "ask 0 committed; assign 0@0; commit 0@0 seq 6; ");
	say(b, 0, 0, "b");
	settle(b);
	assert_rows(b, positions, "0|0|5 0|1|1");
}

static void test_what_expired_is_a_gap(void **state)
{
	struct bench *b = *state;
	give_partitions(b, 1);
	answer(b, 0, 0, 9, CONSUMER_NONE);
	say(b, 0, 0, "a");
	settle(b);
	buf_clear(&b->asked);
	intake_out_of_range(&b->intake, b->intake.partitions[0]);
	say(b, 0, 5, "dropped");
	answer(b, 0, 7, 9, CONSUMER_NONE);
	settle(b);
	assert_asked(b, "ask 0; assign 0@7; commit 0@7 seq 2; ");
	say(b, 0, 7, "h");
	settle(b);
	assert_rows(b, gaps, "0|0|1|6|expired");
	assert_rows(b, records, "0|0|0|a 0|0|7|h");
}

static void test_holes_inside_the_log_are_passed(void **state)
{
	struct bench *b = *state;
	give_partitions(b, 1);
	answer(b, 0, 0, 9, CONSUMER_NONE);
	say(b, 0, 0, "a");
	say(b, 0, 3, "d");
	say_end(b, 0, 6);
	settle(b);
	assert_rows(b, gaps, "0|0|1|2|undelivered 0|0|4|5|undelivered");
	assert_rows(b, positions, "0|0|6");
	assert_true(b->intake.partitions[0]->at_end);
	assert_true(intake_is_at_end(&b->intake));
}

/* Between two assignments nothing is at its end. */
static void test_no_end_without_partitions(void **state)
{
	struct bench *b = *state;
	assert_false(intake_is_at_end(&b->intake));
	give_partitions(b, 1);
	answer(b, 0, 0, 2, CONSUMER_NONE);
	say(b, 0, 0, "a");
	intake_revoked(&b->intake, true);
	assert_false(intake_is_at_end(&b->intake));
	give_partitions(b, 0);
	settle(b);
	assert_true(intake_is_at_end(&b->intake));
}

static void test_from_the_end(void **state)
{
	struct bench *b = *state;
	b->intake.from = FROM_END;
	give_partitions(b, 1);
	answer(b, 0, 2, 9, CONSUMER_NONE);
	settle(b);
	assert_rows(b, gaps, "0|0|2|8|started_later");
	assert_rows(b, positions, "0|0|9");
}

/* Where recording begins by time, an answer that does not tell which offset that is (it was asked
 * to wake librdkafka, or before the store's position was lost in a rollback) is none. */
static void test_from_a_time(void **state)
{
	struct bench *b = *state;
	b->intake.from = FROM_TIME;
	b->intake.from_ms = 1000;
	give_partitions(b, 1);
	buf_clear(&b->asked);
	answer(b, 0, 2, 9, CONSUMER_NONE);
	settle(b);
	assert_asked(b, "ask 0; ");
	const struct consumer_answer with_time = { .topic = "runs",
		.data = b->intake.partitions[0],
		.ok = true,
		.low = 2,
		.high = 9,
		.at_time = 4,
		.committed = CONSUMER_NONE };
	intake_answer(&b->intake, &with_time);
	settle(b);
	assert_asked(b, "assign 0@4; commit 0@4 seq 1; ");
	assert_rows(b, gaps, "0|0|2|3|started_later");
}

static void write_local(struct bench *b)
{
	struct buf text = { 0 };
	local_epoch_write("runs", 9, 1, 0, &text);
	batch_add_local(&b->intake.batch, buf_take(&text), clock_now_ms());
	assert_true(intake_flush(&b->intake));
	b->intake.committed_ms = clock_monotonic_ms(); /* only just: nothing is due by itself */
}

/* What was recorded since the last commit is told when something has begun, and at the end. */
static void test_commits_the_last_seq(void **state)
{
	struct bench *b = *state;
	give_partitions(b, 1);
	answer(b, 0, 0, 4, CONSUMER_NONE);
	settle(b);
	assert_asked(b, "assign; ask 0 committed; assign 0@0; commit 0@0 seq 0; ");
	write_local(b);
	intake_tick(&b->intake);
	assert_asked(b, "");
	b->intake.committed_ms -= 200;
	intake_tick(&b->intake);
	assert_asked(b, ""); /* not only for a local record */
	b->intake.seq_soon = true;
	assert_int_equal(intake_due_ms(&b->intake), 0);
	intake_tick(&b->intake);
	assert_asked(b, "commit 0@0 seq 1; ");
	write_local(b);
	intake_revoked(&b->intake, false);
	assert_asked(b, "commit 0@0 seq 2; ");
}

static void test_commits_nothing_below_what_was_found(void **state)
{
	struct bench *b = *state;
	give_partitions(b, 1);
	answer(b, 0, 0, 9, 3); /* another store, or an older copy of this one, was further */
	settle(b);
	buf_clear(&b->asked);
	say(b, 0, 0, "a");
	say(b, 0, 1, "b");
	settle(b);
	assert_asked(b, "");
	say(b, 0, 2, "c");
	settle(b);
	assert_asked(b, "commit 0@3 seq 3; ");
	say(b, 0, 3, "d");
	settle(b);
	assert_asked(b, "commit 0@4 seq 4; ");
}

/* A recorder that went on would look healthy and record nothing. */
static void test_what_cannot_be_assigned_ends_it(void **state)
{
	struct bench *b = *state;
	b->refusing = true;
	give_partitions(b, 1);
	assert_true(b->intake.dead);
	assert_int_equal(error_exit_status(&b->intake.error), 4);
}

/* What is due for a look, now. */
static void let_look(struct bench *b)
{
	b->intake.looked_ms -= 60000;
	buf_clear(&b->asked);
	intake_tick(&b->intake);
}

/* Made anew with more in it than before, while the partition is kept: nothing but the bytes tells.
 * What was taken for the old topic's until then is read again with the rest, and owes nothing. */
static void test_a_look_finds_a_topic_made_anew(void **state)
{
	struct bench *b = *state;
	give_partitions(b, 2);
	answer(b, 0, 0, 2, CONSUMER_NONE);
	answer(b, 1, 0, 0, CONSUMER_NONE);
	settle(b);
	say(b, 0, 0, "a");
	say(b, 0, 1, "b");
	say_end(b, 1, 0);
	let_look(b);
	assert_asked(b, "assign 0@0 1@0; commit 0@2 1@0 seq 2; ");
	say(b, 0, 0, "a");
	say(b, 0, 1, "b");
	say_end(b, 0, 2);
	say(b, 0, 2, "new");
	let_look(b);
	assert_asked(b, "assign 0@0 1@0; commit 0@3 1@0 seq 3; ");
	say(b, 0, 0, "other");
	say(b, 0, 1, "dropped, to be read again");
	assert_asked(b, "ask 0; ");
	answer(b, 0, 0, 4, CONSUMER_NONE);
	settle(b);
	say(b, 0, 0, "other");
	say(b, 0, 1, "more");
	say(b, 0, 2, "new");
	say(b, 0, 3, "late");
	settle(b);
	assert_rows(b, records,
		"0|0|0|a 0|0|1|b 0|0|2|new 0|1|0|other 0|1|1|more 0|1|2|new 0|1|3|late");
	assert_rows(b, gaps, "");
}

/* Of many records a look reads the first that is there, the one up to which the last look came, and
 * those around what caused it. */
static void test_a_look_passes_over_what_is_between(void **state)
{
	enum { FIRST = 100, THEN = 2500, MARK = 3000, END = 6000 };
	struct bench *b = *state;
	give_partitions(b, 1);
	answer(b, 0, 0, END, CONSUMER_NONE);
	settle(b);
	for (int64_t i = 0; i < FIRST; i++)
		say(b, 0, i, "a");
	let_look(b);
	say(b, 0, FIRST - 1, "a");
	for (int64_t i = FIRST; i < THEN; i++)
		say(b, 0, i, "a");
	let_look(b);
	say(b, 0, FIRST - 1, "a");
	settle(b);
	assert_asked(b, "assign 0@0; commit 0@2500 seq 2500; assign 0@2499; ");
	say(b, 0, THEN - 1, "a");
	for (int64_t i = THEN; i <= MARK; i++)
		say(b, 0, i, "a");
	intake_look(&b->intake); /* some time after the last one: soon, not at once */
	assert_false(b->intake.look_due);
	for (int64_t i = MARK + 1; i < END; i++)
		say(b, 0, i, "a");
	let_look(b);
	assert_asked(b, "assign 0@0; commit 0@6000 seq 6000; ");
	static const int64_t probes[] = { 0, THEN - 1, MARK, END - 1 };
	for (size_t i = 0; i < 4; i++) {
		assert_int_equal(b->intake.partitions[0]->read_from, probes[i]);
		say(b, 0, probes[i], "a");
		settle(b);
	}
	assert_asked(b, "assign 0@2499; assign 0@3000; assign 0@5999; ");
	say_end(b, 0, END);
	assert_int_equal(b->intake.partitions[0]->state, PARTITION_RECORDING);
	assert_rows(b, "SELECT count(*) FROM journal", "6000");
}

/* A log that lost its end, as an unclean election leaves it, was written on before we came back. */
static void test_a_log_that_went_back(void **state)
{
	struct bench *b = *state;
	give_partitions(b, 1);
	answer(b, 0, 0, 3, CONSUMER_NONE);
	settle(b);
	say(b, 0, 0, "a");
	say(b, 0, 1, "b");
	say(b, 0, 2, "lost there");
	b->intake.looked_ms -= 60000;
	intake_look(&b->intake);
	say(b, 0, 3, "dropped: what was written before it was not seen");
	buf_clear(&b->asked);
	settle(b);
	assert_asked(b, "assign 0@0; commit 0@3 seq 3; ");
	say(b, 0, 0, "a");
	say(b, 0, 1, "b");
	say(b, 0, 2, "c");
	answer(b, 0, 0, 4, CONSUMER_NONE);
	settle(b);
	assert_rows(b, records, "0|0|0|a 0|0|1|b 0|0|2|lost there");
	say(b, 0, 0, "a");
	say(b, 0, 1, "b");
	say(b, 0, 2, "c");
	say(b, 0, 3, "d");
	settle(b);
	assert_rows(b, "SELECT kafka_offset, value FROM journal WHERE epoch = 1 ORDER BY seq",
		"0|a 1|b 2|c 3|d");
}

/* Kafka never delivers again what it has delivered, unless it begins again itself. */
static void test_an_offset_below_the_next_is_compared(void **state)
{
	struct bench *b = *state;
	give_partitions(b, 1);
	answer(b, 0, 0, 9, CONSUMER_NONE);
	say(b, 0, 0, "a");
	say(b, 0, 1, "b");
	settle(b);
	buf_clear(&b->asked);
	say(b, 0, 0, "a");
	assert_asked(b, "");
	say(b, 0, 1, "other");
	assert_asked(b, "ask 0; ");
	assert_true(b->intake.partitions[0]->made_anew);
}

/* How far behind we are is known as long as the brokers tell, at the end of a partition too. */
static void test_an_unknown_lag_is_not_none(void **state)
{
	struct bench *b = *state;
	const struct others none = { .known = true };
	give_partitions(b, 1);
	struct partition *p = b->intake.partitions[0];
	assert_int_equal(intake_lag(&b->intake, &none), -1);
	answer(b, 0, 0, 2, CONSUMER_NONE);
	settle(b);
	assert_int_equal(intake_lag(&b->intake, &none), 2);
	say(b, 0, 0, "a");
	say(b, 0, 1, "b");
	say_end(b, 0, 2);
	settle(b);
	assert_int_equal(intake_lag(&b->intake, &none), 0);
	assert_int_equal(partition_lag_ms(p, clock_now_ms() + 5000), 0);
	const struct others another = { .known = true, .count = 1 };
	const struct others not_told = { .known = false };
	assert_int_equal(intake_lag(&b->intake, &another), -1);
	assert_int_equal(intake_lag(&b->intake, &not_told), -1);
	buf_clear(&b->asked);
	intake_tick(&b->intake);
	assert_asked(b, "");
	p->asked_ms -= 30000;
	intake_tick(&b->intake);
	assert_asked(b, "ask 0; ");
	p->told_ms -= 50000; /* and there is no answer */
	assert_int_equal(partition_lag(p), -1);
	answer(b, 0, 0, 3, CONSUMER_NONE);
	assert_int_equal(partition_lag(p), 1);
	assert_in_range(partition_lag_ms(p, clock_now_ms() + 5000), 5000, 15000);
	intake_unreachable(&b->intake);
	assert_int_equal(partition_lag(p), -1);
	assert_int_equal(partition_lag_ms(p, clock_now_ms()), -1);
	intake_tick(&b->intake);
	assert_asked(b, "ask 0; ");
}

/* There is more and it does not come: assigned again first, then the whole client is at fault. */
static void test_what_does_not_come_is_noticed(void **state)
{
	struct bench *b = *state;
	give_partitions(b, 1);
	struct partition *p = b->intake.partitions[0];
	answer(b, 0, 0, 1, CONSUMER_NONE);
	settle(b);
	say(b, 0, 0, "a");
	say_end(b, 0, 1);
	answer(b, 0, 0, 5, CONSUMER_NONE);
	settle(b);
	p->waiting_ms -= 30000;
	b->intake.looked_ms -= 30000;
	buf_clear(&b->asked);
	settle(b);
	assert_asked(b, "assign 0@0; ");
	assert_false(intake_is_stuck(&b->intake));
	p->waiting_ms -= 30000;
	settle(b);
	assert_true(intake_is_stuck(&b->intake));
	say(b, 0, 0, "a");
	settle(b);
	assert_false(intake_is_stuck(&b->intake));
}

/* It is sent again though nothing new was recorded, a second later, until it is acknowledged. */
static void test_a_commit_that_failed_is_sent_again(void **state)
{
	struct bench *b = *state;
	const struct consumer_partition one = { .topic = "runs", .offset = 1 };
	give_partitions(b, 1);
	answer(b, 0, 0, 1, CONSUMER_NONE);
	intake_tick(&b->intake);
	b->unheard = true;
	say(b, 0, 0, "a");
	buf_clear(&b->asked);
	settle(b);
	assert_asked(b, "commit 0@1 seq 1; ");
	for (int i = 0; i < 2; i++) {
		intake_committed(&b->intake, &one, 1, "the coordinator is not available");
		assert_int_equal(b->intake.partitions[0]->acked, 0);
		b->intake.committed_ms -= 500;
		intake_tick(&b->intake);
		assert_asked(b, "");
		b->intake.committed_ms -= 700;
		intake_tick(&b->intake);
		assert_asked(b, "commit 0@1 seq 1; ");
	}
	intake_committed(&b->intake, &one, 1, NULL);
	assert_int_equal(b->intake.partitions[0]->acked, 1);
	b->intake.committed_ms -= 1100;
	intake_tick(&b->intake);
	assert_asked(b, "");
}

/* An import had another record at that offset: it can't be the same topic. */
static void test_a_conflict_in_the_middle_of_a_batch(void **state)
{
	struct bench *b = *state;
	struct error err = { 0 };
	const struct record imported = { .source = SOURCE_IMPORT,
		.topic = span_of("runs"),
		.partition = 0,
		.offset = 1,
		.epoch = 0,
		.value = span_of("imported") };
	const struct journal_batch batch = { .records = &imported, .count = 1 };
	assert_true(journal_append(b->store, &batch, NULL, &err));
	give_partitions(b, 2);
	answer(b, 0, 0, 9, CONSUMER_NONE);
	answer(b, 1, 0, 9, CONSUMER_NONE);
	settle(b);
	buf_clear(&b->asked);
	say(b, 0, 0, "a");
	say(b, 1, 0, "x");
	say(b, 0, 1, "b");
	assert_false(intake_flush(&b->intake));
	intake_tick(&b->intake);
	assert_asked(b, "ask 0; assign 1@0; ");
	answer(b, 0, 0, 9, CONSUMER_NONE);
	intake_tick(&b->intake);
	say(b, 1, 0, "x");
	say(b, 0, 0, "a");
	say(b, 0, 1, "b");
	settle(b);
	assert_rows(b, records, "1|0|0|x 0|1|0|a 0|1|1|b");
}

/* What Kafka delivers between the rollback and the new assignment comes from behind what was rolled
 * back: recorded at once, it would make a gap of messages that can still be read. */
static void test_what_comes_before_the_assignment_is_read_again(void **state)
{
	struct bench *b = *state;
	struct error err = { 0 };
	const struct record imported = { .source = SOURCE_IMPORT,
		.topic = span_of("runs"),
		.partition = 0,
		.offset = 0,
		.epoch = 0,
		.value = span_of("imported") };
	const struct journal_batch batch = { .records = &imported, .count = 1 };
	assert_true(journal_append(b->store, &batch, NULL, &err));
	give_partitions(b, 2);
	answer(b, 0, 0, 9, CONSUMER_NONE);
	answer(b, 1, 0, 9, CONSUMER_NONE);
	settle(b);
	say(b, 0, 0, "a");
	say(b, 1, 0, "x");
	assert_false(intake_flush(&b->intake));
	say(b, 1, 1, "y");
	say_end(b, 1, 2);
	buf_clear(&b->asked);
	intake_tick(&b->intake);
	assert_asked(b, "assign 1@0; ");
	say(b, 1, 0, "x");
	say(b, 1, 1, "y");
	settle(b);
	assert_rows(b, records, "1|0|0|x 1|0|1|y");
	assert_rows(b, gaps, "");
}

/* Headers are held in memory as values are. */
static size_t filled(struct batch *batch)
{
	batch_clear(batch);
	while (!batch_is_full(batch))
		batch_add_local(batch, xstrdup("{}"), 0);
	return batch->count;
}

/* Whoever asks the recorder waits for a batch. */
static void test_slow_batches_become_smaller(void **state)
{
	struct batch batch = { 0 };
	(void)state;
	assert_int_equal(filled(&batch), BATCH_RECORDS_LEAST);
	batch_took(&batch, 10);
	batch_took(&batch, 10);
	assert_int_equal(filled(&batch), BATCH_RECORDS);
	batch_took(&batch, BATCH_SLOW_MS + 1);
	assert_int_equal(filled(&batch), BATCH_RECORDS / 2);
	batch_took(&batch, BATCH_SLOW_MS / 2);
	assert_int_equal(filled(&batch), BATCH_RECORDS / 2);
	batch_took(&batch, 60 * BATCH_SLOW_MS);
	assert_int_equal(filled(&batch), BATCH_RECORDS_LEAST);
	batch_took(&batch, 60 * BATCH_SLOW_MS);
	assert_int_equal(filled(&batch), BATCH_RECORDS_LEAST);
	batch_took(&batch, 10);
	batch_took(&batch, 10);
	assert_int_equal(filled(&batch), BATCH_RECORDS);
	/* One that was not full is slow for another reason. */
	batch_clear(&batch);
	batch_took(&batch, 60 * BATCH_SLOW_MS);
	assert_int_equal(filled(&batch), BATCH_RECORDS);
	batch_release(&batch);
}

static void test_a_batch_is_full_of_headers(void **state)
{
	static char bytes[BATCH_BYTES / 2];
	(void)state;
	struct record_header *header = xcalloc(1, sizeof(*header));
	*header = (struct record_header){ span_of("h"), span_make(bytes, sizeof(bytes)) };
	struct consumer_message message = { .record = { .headers = header, .header_count = 1 },
		.headers = header };
	struct batch batch = { 0 };
	batch_add_message(&batch, &message, 0);
	assert_false(batch_is_full(&batch));
	message.headers = NULL; /* the first one's */
	batch_add_message(&batch, &message, 0);
	assert_true(batch_is_full(&batch));
	batch_release(&batch);
}

/* Behind it no position could be. */
static void test_an_offset_that_cannot_be(void **state)
{
	struct bench *b = *state;
	give_partitions(b, 1);
	answer(b, 0, 5, INT64_MAX, CONSUMER_NONE);
	settle(b);
	say(b, 0, INT64_MAX, "a");
	settle(b);
	assert_true(b->intake.dead);
	assert_int_equal(b->intake.error.kind, ERROR_REMOTE);
	assert_rows(b, records, "");
}

static void test_two_lags_that_do_not_add_up(void **state)
{
	struct bench *b = *state;
	struct others others = { .known = true };
	give_partitions(b, 2);
	answer(b, 0, 0, INT64_MAX - 1, CONSUMER_NONE);
	answer(b, 1, 0, INT64_MAX - 1, CONSUMER_NONE);
	settle(b);
	assert_int_equal(intake_lag(&b->intake, &others), INT64_MAX);
}

int main(void)
{
#define CASE(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
	const struct CMUnitTest tests[] = {
		CASE(test_begins_with_what_the_brokers_say),
		CASE(test_goes_on_and_checks_the_record_before),
		CASE(test_other_bytes_mean_a_topic_made_anew),
		CASE(test_the_last_record_is_checked_behind_a_marker),
		CASE(test_the_same_record_behind_a_marker),
		CASE(test_the_last_record_is_gone),
		CASE(test_an_end_before_our_position_means_made_anew),
		CASE(test_what_expired_is_a_gap),
		CASE(test_holes_inside_the_log_are_passed),
		CASE(test_no_end_without_partitions),
		CASE(test_from_the_end),
		CASE(test_from_a_time),
		CASE(test_commits_the_last_seq),
		CASE(test_commits_nothing_below_what_was_found),
		CASE(test_a_conflict_in_the_middle_of_a_batch),
		CASE(test_a_batch_is_full_of_headers),
		CASE(test_slow_batches_become_smaller),
		CASE(test_what_comes_before_the_assignment_is_read_again),
		CASE(test_what_cannot_be_assigned_ends_it),
		CASE(test_a_look_finds_a_topic_made_anew),
		CASE(test_a_look_passes_over_what_is_between),
		CASE(test_a_log_that_went_back),
		CASE(test_an_offset_below_the_next_is_compared),
		CASE(test_an_unknown_lag_is_not_none),
		CASE(test_what_does_not_come_is_noticed),
		CASE(test_a_commit_that_failed_is_sent_again),
		CASE(test_an_offset_that_cannot_be),
		CASE(test_two_lags_that_do_not_add_up),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
