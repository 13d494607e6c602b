/* The rules of recording, with a store and without a broker: what Kafka would tell is told by the
 * test, and what the intake asks of Kafka is written down as text. */
#include "unit.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/xalloc.h"
#include "record/intake.h"
#include "store/journal.h"
#include "store/reader.h"

struct bench {
	char directory[32];
	char path[64];
	struct store *store;
	struct log *log;
	struct buf asked; /* of Kafka, in order */
	struct intake intake;
};

static bool fake_assign(
	void *data, const struct consumer_partition *partitions, size_t count, struct error *err)
{
	struct bench *b = data;
	(void)err;
	buf_add_text(&b->asked, "assign");
	for (size_t i = 0; i < count; i++)
		buf_addf(&b->asked, " %" PRId32 "@%" PRId64, partitions[i].partition,
			partitions[i].offset);
	buf_add_text(&b->asked, "; ");
	return true;
}

static void fake_pause(void *data)
{
	struct bench *b = data;
	buf_add_text(&b->asked, "pause; ");
}

static void fake_ask(
	void *data, const struct consumer_partition *partition, bool committed, int64_t time_ms)
{
	struct bench *b = data;
	(void)time_ms;
	buf_addf(&b->asked, "ask %" PRId32 "%s; ", partition->partition,
		committed ? " committed" : "");
}

static void fake_commit(
	void *data, const struct consumer_partition *partitions, size_t count, const char *metadata)
{
	struct bench *b = data;
	buf_add_text(&b->asked, "commit");
	for (size_t i = 0; i < count; i++)
		buf_addf(&b->asked, " %" PRId32 "@%" PRId64, partitions[i].partition,
			partitions[i].offset);
	buf_addf(&b->asked, " seq %s; ", strrchr(metadata, ' ') + 1);
	assert_int_equal(strncmp(metadata, "portlog/1 ", 10), 0);
	intake_committed(&b->intake, NULL);
	b->intake.committed_ms = 0; /* no waiting for the next one */
}

static void open_bench(struct bench *b)
{
	struct error err = { 0 };
	const struct store_settings settings = { .path = b->path };
	const struct decoder decoder = { 0 };
	assert_true(store_open(&settings, &decoder, &b->store, &err));
	b->intake = (struct intake){ .store = b->store,
		.log = b->log,
		.source = { b, fake_assign, fake_pause, fake_ask, fake_commit } };
}

static void close_bench(struct bench *b)
{
	intake_release(&b->intake);
	store_close(b->store);
}

/* A disk that cannot be read, as SQLite's way to the files of this process. */
static struct {
	bool broken;
	int (*open)(sqlite3_vfs *, const char *, sqlite3_file *, int, int *);
	int (*read)(sqlite3_file *, void *, int, sqlite3_int64);
	sqlite3_io_methods methods[2]; /* with locks, and without: the WAL's */
} disk;

static int disk_read(sqlite3_file *file, void *to, int count, sqlite3_int64 at)
{
	return disk.broken ? SQLITE_IOERR_READ : disk.read(file, to, count, at);
}

static int disk_open(
	sqlite3_vfs *vfs, const char *name, sqlite3_file *file, int flags, int *ret_flags)
{
	int result = disk.open(vfs, name, file, flags, ret_flags);
	if (result != SQLITE_OK)
		return result;
	sqlite3_io_methods *methods = &disk.methods[flags & SQLITE_OPEN_MAIN_DB ? 0 : 1];
	disk.read = file->pMethods->xRead;
	*methods = *file->pMethods;
	methods->xRead = disk_read;
	file->pMethods = methods;
	return result;
}

static void install_disk(void)
{
	static sqlite3_vfs vfs;
	vfs = *sqlite3_vfs_find(NULL);
	disk.open = vfs.xOpen;
	vfs.zName = "disk";
	vfs.pNext = NULL;
	vfs.xOpen = disk_open;
	assert_int_equal(sqlite3_vfs_register(&vfs, 1), SQLITE_OK);
}

static int set_up(void **state)
{
	static struct bench bench;
	const struct log_settings settings = { .fd = STDERR_FILENO };
	bench = (struct bench){ .directory = P_tmpdir "/intake.XXXXXX" };
	assert_non_null(mkdtemp(bench.directory));
	snprintf(bench.path, sizeof(bench.path), "%s/p.db", bench.directory);
	log_set_level(LOG_LEVEL_ERROR);
	bench.log = log_new(&settings);
	open_bench(&bench);
	*state = &bench;
	return 0;
}

static int tear_down(void **state)
{
	static const char *const suffixes[] = { "", "-wal", "-shm", ".lock" };
	struct bench *b = *state;
	close_bench(b);
	log_free(b->log);
	buf_free(&b->asked);
	for (size_t i = 0; i < sizeof(suffixes) / sizeof(suffixes[0]); i++) {
		char path[80];
		snprintf(path, sizeof(path), "%s%s", b->path, suffixes[i]);
		unlink(path);
	}
	assert_int_equal(rmdir(b->directory), 0);
	return 0;
}

/* What was asked since the last time. */
static void assert_asked(struct bench *b, const char *wanted)
{
	assert_string_equal(buf_text(&b->asked), wanted);
	buf_clear(&b->asked);
}

static void give_partitions(struct bench *b, int32_t count)
{
	struct consumer_partition partitions[4];
	for (int32_t i = 0; i < count; i++)
		partitions[i] = (struct consumer_partition){ .topic = "runs", .partition = i };
	intake_assigned(&b->intake, partitions, (size_t)count);
}

static void say(struct bench *b, int32_t partition, int64_t offset, const char *value)
{
	struct consumer_message message = { .record = { .source = SOURCE_KAFKA,
						    .topic = span_of("runs"),
						    .partition = partition,
						    .offset = offset,
						    .epoch = -1,
						    .received_ms = clock_now_ms(),
						    .value = span_of(value) } };
	intake_message(&b->intake, b->intake.partitions[partition], &message);
}

static void say_end(struct bench *b, int32_t partition, int64_t offset)
{
	intake_end(&b->intake, b->intake.partitions[partition], offset);
}

static void answer(struct bench *b, int32_t partition, int64_t low, int64_t high, int64_t committed)
{
	const struct consumer_answer message = { .topic = "runs",
		.partition = partition,
		.data = b->intake.partitions[partition],
		.ok = true,
		.low = low,
		.high = high,
		.at_time = CONSUMER_NONE,
		.committed = committed,
		.metadata = "" };
	intake_answer(&b->intake, &message);
}

/* Everything that is due, now. */
static void settle(struct bench *b)
{
	intake_flush(&b->intake);
	intake_tick(&b->intake);
}

/* The rows of a query on a second connection, columns by '|', rows by ' '. */
static void assert_rows(struct bench *b, const char *sql, const char *wanted)
{
	struct buf text = { 0 };
	struct error err = { 0 };
	sqlite3 *database;
	sqlite3_stmt *statement;
	assert_true(reader_open(b->path, &database, &err));
	assert_int_equal(sqlite3_prepare_v2(database, sql, -1, &statement, NULL), SQLITE_OK);
	while (sqlite3_step(statement) == SQLITE_ROW) {
		if (text.length > 0)
			buf_add_char(&text, ' ');
		for (int i = 0; i < sqlite3_column_count(statement); i++)
			buf_addf(&text, "%s%s", i > 0 ? "|" : "",
				(const char *)sqlite3_column_text(statement, i));
	}
	sqlite3_finalize(statement);
	reader_close(database);
	assert_string_equal(buf_text(&text), wanted);
	buf_free(&text);
}

static const char records[] = "SELECT partition, epoch, kafka_offset, value FROM journal WHERE "
			      "source = 'kafka' ORDER BY seq";
static const char gaps[] =
	"SELECT partition, epoch, first_offset, last_offset, reason FROM gaps ORDER BY 1, 2, 3";
static const char positions[] = "SELECT partition, epoch, next_offset FROM positions ORDER BY 1, 2";

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

/* What another program does to the store while it is recorded into. */
static void tamper(struct bench *b, const char *sql)
{
	sqlite3 *other;
	assert_int_equal(sqlite3_open(b->path, &other), SQLITE_OK);
	assert_int_equal(sqlite3_exec(other, sql, NULL, NULL, NULL), SQLITE_OK);
	sqlite3_close(other);
}

static void test_a_locked_store_is_waited_for(void **state)
{
	struct bench *b = *state;
	sqlite3 *other;
	give_partitions(b, 1);
	answer(b, 0, 0, 9, CONSUMER_NONE);
	settle(b);
	buf_clear(&b->asked);
	assert_int_equal(sqlite3_open(b->path, &other), SQLITE_OK);
	assert_int_equal(sqlite3_exec(other, "BEGIN IMMEDIATE", NULL, NULL, NULL), SQLITE_OK);
	say(b, 0, 0, "a");
	assert_false(intake_flush(&b->intake));
	assert_true(b->intake.stalled);
	assert_false(b->intake.dead);
	assert_asked(b, "pause; ");
	sqlite3_close(other);
	settle(b);
	assert_false(b->intake.stalled);
	assert_asked(b, "assign 0@1; commit 0@1 seq 1; ");
	assert_rows(b, records, "0|0|0|a");
}

static void test_a_broken_store_is_not(void **state)
{
	struct bench *b = *state;
	give_partitions(b, 1);
	answer(b, 0, 0, 9, CONSUMER_NONE);
	settle(b);
	tamper(b, "DROP TABLE body");
	say(b, 0, 0, "a");
	assert_false(intake_flush(&b->intake));
	assert_true(b->intake.dead);
	assert_int_equal(error_exit_status(&b->intake.error), 4);
}

/* The append is cut off, and what is to be read again then cannot be. */
static bool break_disk(void *data)
{
	bool *asked = data;
	disk.broken = *asked;
	*asked = true;
	return !disk.broken;
}

/* A store that cannot be read when partitions come must not be taken for a new one. */
static void test_an_unreadable_store_is_not_a_new_one(void **state)
{
	struct bench *b = *state;
	bool asked = false;
	give_partitions(b, 1);
	answer(b, 0, 0, 9, CONSUMER_NONE);
	say(b, 0, 0, "a");
	say(b, 0, 1, "b");
	settle(b);
	for (int64_t i = 2; i < 60; i++)
		say(b, 0, i, "{\"c\":1}");
	store_set_patience(b->store, break_disk, &asked);
	assert_false(intake_flush(&b->intake));
	store_set_patience(b->store, NULL, NULL);
	assert_true(disk.broken);
	intake_revoked(&b->intake, false);
	buf_clear(&b->asked);
	give_partitions(b, 1);
	assert_asked(b, "pause; ask 0 committed; ");
	answer(b, 0, 0, 90, 2);
	say(b, 0, 0, "dropped");
	b->intake.retry_ms = 0;
	intake_tick(&b->intake);
	assert_true(b->intake.stalled);
	assert_asked(b, "");
	disk.broken = false;
	b->intake.retry_ms = 0;
	intake_tick(&b->intake);
	assert_false(b->intake.stalled);
	assert_asked(b, "assign 0@1; commit 0@2 seq 2; ");
	say(b, 0, 1, "b");
	say(b, 0, 2, "c");
	settle(b);
	assert_rows(b, records, "0|0|0|a 0|0|1|b 0|0|2|c");
	assert_rows(b, gaps, "");
}

/* As a disk that is so slow that the time is over when the store looks for the first time. */
static bool out_of_time(void *data)
{
	struct intake *in = data;
	int64_t now = clock_monotonic_ms();
	assert_in_range(in->give_up_ms, now + 1, now + 5000);
	in->give_up_ms = now;
	return intake_is_patient(in);
}

static void test_a_slow_store_is_not_waited_for_when_revoked(void **state)
{
	struct bench *b = *state;
	give_partitions(b, 1);
	answer(b, 0, 0, 9, CONSUMER_NONE);
	settle(b);
	say(b, 0, 0, "a");
	settle(b);
	say(b, 0, 1, "b");
	buf_clear(&b->asked);
	log_set_level(LOG_LEVEL_ERROR);
	store_set_patience(b->store, out_of_time, &b->intake);
	intake_revoked(&b->intake, false);
	store_set_patience(b->store, NULL, NULL);
	assert_asked(b, "");
	assert_int_equal(b->intake.give_up_ms, 0);
	assert_rows(b, records, "0|0|0|a");
	give_partitions(b, 1);
	assert_asked(b, "assign 0@0; ask 0 committed; ");
	say(b, 0, 0, "a");
	say(b, 0, 1, "b");
	settle(b);
	assert_rows(b, records, "0|0|0|a 0|0|1|b");
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
		CASE(test_from_the_end),
		CASE(test_from_a_time),
		CASE(test_commits_nothing_below_what_was_found),
		CASE(test_a_conflict_in_the_middle_of_a_batch),
		CASE(test_a_batch_is_full_of_headers),
		CASE(test_what_comes_before_the_assignment_is_read_again),
		CASE(test_a_locked_store_is_waited_for),
		CASE(test_a_broken_store_is_not),
		CASE(test_an_unreadable_store_is_not_a_new_one),
		CASE(test_a_slow_store_is_not_waited_for_when_revoked),
	};
	install_disk();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
