/* A store that cannot be written or read for a while, or any more, while it is recorded into. */
#include "intake_bench.h"

#include <stdlib.h>
#include <string.h>

#include <sqlite3.h>

#include "base/clock.h"

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
	b->intake.partitions[0]->waiting_ms = 1; /* since long ago */
	settle(b);
	assert_false(b->intake.stalled);
	assert_false(intake_is_stuck(&b->intake));
	assert_asked(b, "assign 0@1; commit 0@1 seq 1; ");
	assert_rows(b, records, "0|0|0|a");
}

static void test_a_store_that_went_away_is_not_acknowledged(void **state)
{
	struct bench *b = *state;
	char *elsewhere = xasprintf("%s.old", b->path);
	give_partitions(b, 1);
	answer(b, 0, 0, 9, CONSUMER_NONE);
	settle(b);
	say(b, 0, 0, "a");
	assert_true(intake_flush(&b->intake));
	buf_clear(&b->asked);
	assert_int_equal(rename(b->path, elsewhere), 0);
	settle(b);
	assert_asked(b, "");
	assert_true(b->intake.dead);
	assert_int_equal(rename(elsewhere, b->path), 0);
	free(elsewhere);
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
		CASE(test_a_store_that_went_away_is_not_acknowledged),
		CASE(test_a_locked_store_is_waited_for),
		CASE(test_a_broken_store_is_not),
		CASE(test_an_unreadable_store_is_not_a_new_one),
		CASE(test_a_slow_store_is_not_waited_for_when_revoked),
	};
	install_disk();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
