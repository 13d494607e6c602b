/* A disk that fails: at every write, sync and truncation of a small workload in turn, once with
 * each kind of failure (an error, a full disk, a write that was cut short). The failing append adds
 * nothing and, repeated, everything; the store is consistent and equals one that met no failure;
 * the same after it is closed and opened again. */
#include "store_bench.h"
#include "unit.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/xalloc.h"
#include "store/journal.h"
#include "store/reader.h"

enum fault {
	FAULT_ERROR,
	FAULT_FULL,
	FAULT_SHORT,
	FAULT_COUNT,
};

/* The plan of one turn: the countdown'th operation fails, once. */
static struct {
	int countdown; /* 0: nothing fails any more */
	enum fault fault;
	bool met;
} plan;

struct faulty_file {
	sqlite3_file base;
	sqlite3_file *real;
};

static sqlite3_vfs *real_vfs;

static sqlite3_file *real_of(sqlite3_file *file)
{
	return ((struct faulty_file *)file)->real;
}

static bool strikes(void)
{
	if (plan.countdown == 0 || --plan.countdown > 0)
		return false;
	plan.met = true;
	return true;
}

static int failure(int otherwise)
{
	return plan.fault == FAULT_FULL ? SQLITE_FULL : otherwise;
}

static int file_close(sqlite3_file *file)
{
	sqlite3_file *real = real_of(file);
	int result = real->pMethods->xClose(real);
	free(real);
	return result;
}

static int file_read(sqlite3_file *file, void *to, int count, sqlite3_int64 at)
{
	return real_of(file)->pMethods->xRead(real_of(file), to, count, at);
}

static int file_write(sqlite3_file *file, const void *from, int count, sqlite3_int64 at)
{
	sqlite3_file *real = real_of(file);
	if (!strikes())
		return real->pMethods->xWrite(real, from, count, at);
	if (plan.fault == FAULT_SHORT)
		real->pMethods->xWrite(real, from, count / 2, at);
	return failure(SQLITE_IOERR_WRITE);
}

static int file_truncate(sqlite3_file *file, sqlite3_int64 size)
{
	if (strikes())
		return failure(SQLITE_IOERR_TRUNCATE);
	return real_of(file)->pMethods->xTruncate(real_of(file), size);
}

static int file_sync(sqlite3_file *file, int flags)
{
	if (strikes())
		return failure(SQLITE_IOERR_FSYNC);
	return real_of(file)->pMethods->xSync(real_of(file), flags);
}

static int file_size(sqlite3_file *file, sqlite3_int64 *size)
{
	return real_of(file)->pMethods->xFileSize(real_of(file), size);
}

static int file_lock(sqlite3_file *file, int level)
{
	return real_of(file)->pMethods->xLock(real_of(file), level);
}

static int file_unlock(sqlite3_file *file, int level)
{
	return real_of(file)->pMethods->xUnlock(real_of(file), level);
}

static int file_reserved(sqlite3_file *file, int *result)
{
	return real_of(file)->pMethods->xCheckReservedLock(real_of(file), result);
}

static int file_control(sqlite3_file *file, int operation, void *argument)
{
	return real_of(file)->pMethods->xFileControl(real_of(file), operation, argument);
}

static int file_sector(sqlite3_file *file)
{
	return real_of(file)->pMethods->xSectorSize(real_of(file));
}

static int file_characteristics(sqlite3_file *file)
{
	return real_of(file)->pMethods->xDeviceCharacteristics(real_of(file));
}

static int file_shm_map(sqlite3_file *file, int page, int size, int extend, void volatile **memory)
{
	return real_of(file)->pMethods->xShmMap(real_of(file), page, size, extend, memory);
}

static int file_shm_lock(sqlite3_file *file, int offset, int count, int flags)
{
	return real_of(file)->pMethods->xShmLock(real_of(file), offset, count, flags);
}

static void file_shm_barrier(sqlite3_file *file)
{
	real_of(file)->pMethods->xShmBarrier(real_of(file));
}

static int file_shm_unmap(sqlite3_file *file, int delete_it)
{
	return real_of(file)->pMethods->xShmUnmap(real_of(file), delete_it);
}

static const sqlite3_io_methods methods = { 2, file_close, file_read, file_write, file_truncate,
	file_sync, file_size, file_lock, file_unlock, file_reserved, file_control, file_sector,
	file_characteristics, file_shm_map, file_shm_lock, file_shm_barrier, file_shm_unmap, NULL,
	NULL };

static int faulty_open(
	sqlite3_vfs *vfs, const char *name, sqlite3_file *file, int flags, int *ret_flags)
{
	(void)vfs;
	struct faulty_file *f = (struct faulty_file *)file;
	f->base.pMethods = NULL;
	f->real = xcalloc(1, (size_t)real_vfs->szOsFile);
	int result = real_vfs->xOpen(real_vfs, name, f->real, flags, ret_flags);
	if (result == SQLITE_OK)
		f->base.pMethods = &methods;
	else
		free(f->real);
	return result;
}

static sqlite3_vfs faulty_vfs;

static void install(void)
{
	real_vfs = sqlite3_vfs_find(NULL);
	faulty_vfs = *real_vfs;
	faulty_vfs.zName = "faulty";
	faulty_vfs.szOsFile = (int)sizeof(struct faulty_file);
	faulty_vfs.pNext = NULL;
	faulty_vfs.xOpen = faulty_open;
	assert_int_equal(sqlite3_vfs_register(&faulty_vfs, 1), SQLITE_OK);
}

enum { BATCHES = 2, BATCH = 10 };

static char *text_of(int number)
{
	return xasprintf("{\"action\":\"UPDATE\",\"resourceType\":\"entity\",\"status\":"
			 "\"SUCCESS\",\"trigger\":"
			 "{\"by\":{\"userId\":\"auth0|%d\"},\"origin\":\"UI\",\"at\":\"2026-11-"
			 "24T10:00:%02d.000Z\"},"
			 "\"context\":{\"entity\":\"svc-%d\",\"blueprint\":\"service\"},\"diff\":{"
			 "\"before\":null,"
			 "\"after\":{\"identifier\":\"svc-%d\",\"properties\":{\"n\":%d,\"text\":"
			 "\"%0500d\"}}}}",
		number % 3, number % 60, number % 5, number % 5, number, number);
}

/* Appends the workload; each append that fails is repeated once, and then must do. Each record owes
 * an execution, of which a run has one. */
static void append_all(struct store *store)
{
	enum { RUNS = 13 };
	static const char *const runs[RUNS] = { "r_0", "r_1", "r_2", "r_3", "r_4", "r_5", "r_6",
		"r_7", "r_8", "r_9", "r_10", "r_11", "r_12" };
	static const char rules[] = "[{\"name\":\"n\",\"digest\":\"d\",\"kind\":\"exec\"}]";
	for (int batch = 0; batch < BATCHES; batch++) {
		struct record records[BATCH];
		char *texts[BATCH];
		struct journal_owed owed[BATCH];
		for (int i = 0; i < BATCH; i++) {
			int number = batch * BATCH + i;
			texts[i] = text_of(number);
			records[i] = (struct record){ .source = SOURCE_KAFKA,
				.topic = span_of("t"),
				.offset = number,
				.timestamp_ms = 1000 + number,
				.timestamp_type = TIMESTAMP_CREATE,
				.received_ms = 5,
				.value = span_of(texts[i]) };
			owed[i] = (struct journal_owed){ .record = (size_t)i,
				.run_id = span_of(runs[number % RUNS]),
				.rules = span_of(rules),
				.once_per_run = true };
		}
		struct journal_batch b = {
			.records = records, .count = BATCH, .owed = owed, .owed_count = BATCH
		};
		struct error err = { 0 };
		if (!journal_append(store, &b, NULL, &err)) {
			assert_int_equal(err.kind, ERROR_STORE);
			if (!journal_append(store, &b, NULL, &err))
				fail_msg("again: %s", err.text);
		}
		for (int i = 0; i < BATCH; i++)
			free(texts[i]);
	}
}

static void add_rows(sqlite3 *db, const char *sql, struct buf *out)
{
	sqlite3_stmt *s = NULL;
	if (sqlite3_prepare_v2(db, sql, -1, &s, NULL) != SQLITE_OK)
		fail_msg("%s", sqlite3_errmsg(db));
	while (sqlite3_step(s) == SQLITE_ROW) {
		for (int i = 0; i < sqlite3_column_count(s); i++) {
			const char *value = (const char *)sqlite3_column_text(s, i);
			buf_addf(out, "%s|", value ? value : "NULL");
		}
		buf_add_char(out, '\n');
	}
	sqlite3_finalize(s);
}

/* All that a reader sees, and what SQLite says of the file. */
static char *dump(const char *path)
{
	static const char *const queries[] = { "SELECT * FROM journal", "SELECT * FROM changes",
		"SELECT * FROM property_changes", "SELECT * FROM entities", "SELECT * FROM users",
		"SELECT * FROM positions", "SELECT * FROM executions",
		"SELECT * FROM change_counter", "SELECT hex(hash) FROM node",
		"SELECT rowid FROM search('\"svc-3\"')", "PRAGMA integrity_check" };
	sqlite3 *db = NULL;
	struct error err = { 0 };
	struct buf out = { 0 };
	if (!reader_open(path, &db, &err))
		fail_msg("%s", err.text);
	for (size_t i = 0; i < sizeof(queries) / sizeof(queries[0]); i++)
		add_rows(db, queries[i], &out);
	reader_close(db);
	assert_non_null(strstr(buf_text(&out), "\nok|\n"));
	return buf_take(&out);
}

static bool try_open(const char *path, struct store **ret_store)
{
	struct store_settings settings = { .path = path };
	struct decoder decoder = { 0 };
	struct error err = { 0 };
	return store_open(&settings, &decoder, ret_store, &err);
}

static struct store *must_open(const char *path)
{
	struct store *store = NULL;
	if (!try_open(path, &store))
		assert_true(try_open(path, &store));
	return store;
}

/* A new store costs most of the places: with one kind of failure it is made anew in each turn, with
 * the others it is a copy of one without records. */
static void copy_file(const char *from, const char *to)
{
	char block[4096];
	size_t length;
	FILE *in = fopen(from, "rb");
	FILE *out = fopen(to, "wb");
	assert_non_null(in);
	assert_non_null(out);
	while ((length = fread(block, 1, sizeof(block), in)) > 0)
		assert_int_equal(fwrite(block, 1, length, out), length);
	fclose(in);
	fclose(out);
}

/* One turn; false where the workload ended before the fault was met. */
static bool turn(
	const char *path, const char *empty, enum fault fault, int countdown, const char *expected)
{
	if (fault != FAULT_ERROR)
		copy_file(empty, path);
	plan.fault = fault;
	plan.met = false;
	plan.countdown = countdown;
	struct store *store = must_open(path);
	append_all(store);
	store_close(store);
	plan.countdown = 0;
	/* Opened again it takes what it has for what it is, and adds nothing twice. */
	store = must_open(path);
	append_all(store);
	store_close(store);
	char *seen = dump(path);
	assert_string_equal(seen, expected);
	free(seen);
	store_remove(path);
	return plan.met;
}

static void test_faults(void **state)
{
	(void)state;
	char folder[64];
	const char *tmp = getenv("TMPDIR");
	/* Memory, where there is some to be had: a thousand stores are made and synced. */
	if (!tmp)
		tmp = access("/dev/shm", W_OK) == 0 ? "/dev/shm" : "/var/tmp";
	snprintf(folder, sizeof(folder), "%s/portlog-faults-XXXXXX", tmp);
	assert_non_null(mkdtemp(folder));
	char *path = xasprintf("%s/s.db", folder);
	char *empty = xasprintf("%s/empty.db", folder);
	install();
	struct store *store = must_open(empty);
	store_close(store);
	store = must_open(path);
	append_all(store);
	store_close(store);
	char *expected = dump(path);
	store_remove(path);
	for (int fault = 0; fault < FAULT_COUNT; fault++) {
		int countdown = 1;
		while (turn(path, empty, (enum fault)fault, countdown, expected))
			countdown++;
		assert_true(countdown > 10);
		print_message("# %d places failed\n", countdown - 1);
	}
	store_remove(empty);
	free(expected);
	free(empty);
	free(path);
	assert_int_equal(rmdir(folder), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = { TEST(test_faults) };
	return cmocka_run_group_tests(tests, NULL, NULL);
}
