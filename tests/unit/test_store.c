/* The store through its own door: what is appended comes back, once; what fails changes nothing; a
 * rebuilt store equals the store. */
#include "store_bench.h"
#include "unit.h"

#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/xalloc.h"
#include "event/leaf.h"
#include "proof/merkle.h"
#include "store/journal.h"
#include "store/reader.h"
#include "store/replay.h"

struct place {
	char folder[64];
	char path[96];
};

static int set_up(void **state)
{
	struct place *p = xcalloc(1, sizeof(*p));
	const char *tmp = getenv("TMPDIR");
	snprintf(p->folder, sizeof(p->folder), "%s/portlog-store-XXXXXX", tmp ? tmp : "/var/tmp");
	assert_non_null(mkdtemp(p->folder));
	snprintf(p->path, sizeof(p->path), "%s/s.db", p->folder);
	*state = p;
	return 0;
}

static int tear_down(void **state)
{
	struct place *p = *state;
	store_remove(p->path);
	assert_int_equal(rmdir(p->folder), 0);
	free(p);
	return 0;
}

static struct store *open_store(struct place *p, enum store_compression compression)
{
	struct store_settings settings = { .path = p->path, .compression = compression };
	struct decoder decoder = { 0 };
	struct store *store = NULL;
	struct error err = { 0 };
	if (!store_open(&settings, &decoder, &store, &err))
		fail_msg("%s", err.text);
	return store;
}

static struct record message(int64_t offset, const char *value)
{
	return (struct record){ .source = SOURCE_KAFKA,
		.topic = span_of("org_x.change.log"),
		.partition = 2,
		.epoch = 0,
		.offset = offset,
		.timestamp_ms = 1795515330123 + offset,
		.timestamp_type = TIMESTAMP_CREATE,
		.received_ms = 1795515331000,
		.value = span_of(value) };
}

static char *change_text(int number)
{
	return xasprintf(
		"{\"action\":\"UPDATE\",\"resourceType\":\"entity\",\"status\":\"SUCCESS\","
		"\"trigger\":{\"by\":{\"orgId\":\"org_x\",\"userId\":\"auth0|%d\",\"user\":{"
		"\"email\":"
		"\"p%d@x.example\"}},\"origin\":\"UI\",\"at\":\"2026-11-24T10:%02d:30.123Z\"},"
		"\"context\":{\"entity\":\"svc-%d\",\"blueprint\":\"service\"},\"diff\":{"
		"\"before\":"
		"{\"identifier\":\"svc-%d\",\"title\":\"S\",\"blueprint\":\"service\","
		"\"properties\":"
		"{\"replicas\":%d},\"relations\":{}},\"after\":{\"identifier\":\"svc-%d\","
		"\"title\":\"S\","
		"\"blueprint\":\"service\",\"properties\":{\"replicas\":%d.10},\"relations\":{}}}}",
		number % 7, number % 7, number % 60, number % 11, number % 11, number, number % 11,
		number + 1);
}

static struct journal_result append(struct store *store, const struct record *records, size_t count)
{
	struct journal_batch batch = { .records = records, .count = count };
	struct journal_result result;
	struct error err = { 0 };
	if (!journal_append(store, &batch, &result, &err))
		fail_msg("%s", err.text);
	return result;
}

#define assert_rows(path, sql, expected)              \
	do {                                          \
		char *rows_ = store_rows(path, sql);  \
		assert_string_equal(rows_, expected); \
		free(rows_);                          \
	} while (0)

static void test_kept(void **state)
{
	struct place *p = *state;
	struct store *store = open_store(p, COMPRESSION_OFF);
	struct record_header headers[] = { { span_of("h 1"), span_of("v") },
		{ span_of("n"), { 0 } } };
	struct record records[] = { message(5, "{\"a\": 1.10}"), message(6, ""),
		message(7, "\xff\x00z"), message(9, "not json") };
	records[0].key = span_of("");
	records[0].headers = headers;
	records[0].header_count = 2;
	records[1].value = (struct span){ 0 };
	records[2].value = span_make("\xff\x00z", 3);
	struct journal_result result = append(store, records, 4);
	assert_int_equal(result.added, 4);
	assert_int_equal(result.first_seq, 1);
	assert_rows(p->path,
		"SELECT seq, source, topic, partition, epoch, kafka_offset, timestamp_type, key, "
		"headers,"
		" hex(value), size, body, problem FROM journal",
		"1|kafka|org_x.change.log|2|0|5|create||[[\"h%201\",\"dg==\"],[\"n\",null]]|"
		"7B2261223A20312E31307D|11|plain|unknown_shape\n"
		"2|kafka|org_x.change.log|2|0|6|create|NULL|NULL||NULL|none|tombstone\n"
		"3|kafka|org_x.change.log|2|0|7|create|NULL|NULL|FF007A|3|plain|not_utf8\n"
		"4|kafka|org_x.change.log|2|0|9|create|NULL|NULL|6E6F74206A736F6E|8|plain|not_"
		"json\n");
	struct store_position at;
	struct error err = { 0 };
	assert_true(store_position(store, span_of("org_x.change.log"), 2, &at, &err));
	assert_true(at.found);
	assert_int_equal(at.next_offset, 10);
	assert_true(store_position(store, span_of("org_x.change.log"), 1, &at, &err));
	assert_false(at.found);
	store_close(store);
}

static void test_once(void **state)
{
	struct place *p = *state;
	struct error err = { 0 };
	struct store *store = open_store(p, COMPRESSION_OFF);
	struct record records[] = { message(5, "{}"), message(6, "{}"), message(6, "{}") };
	assert_int_equal(append(store, records, 3).passed_over, 1);
	store_close(store);
	store = open_store(p, COMPRESSION_OFF);
	assert_int_equal(append(store, records, 2).added, 0);
	struct record other[] = { message(7, "{}"), message(5, "{\"other\":1}") };
	struct journal_batch batch = { .records = other, .count = 2 };
	assert_false(journal_append(store, &batch, NULL, &err));
	assert_int_equal(err.kind, ERROR_INTEGRITY);
	assert_int_equal(store_size(store), 2);
	enum journal_known known;
	assert_true(journal_lookup(store, &other[0], &known, &err));
	assert_int_equal(known, JOURNAL_UNKNOWN);
	assert_true(journal_lookup(store, &other[1], &known, &err));
	assert_int_equal(known, JOURNAL_OTHER);
	assert_true(journal_lookup(store, &records[0], &known, &err));
	assert_int_equal(known, JOURNAL_SAME);
	assert_int_equal(append(store, other, 1).first_seq, 3);
	store_close(store);
}

static void test_copies(void **state)
{
	struct place *p = *state;
	struct store *store = open_store(p, COMPRESSION_OFF);
	struct record line = { .source = SOURCE_IMPORT,
		.topic = span_of("t"),
		.partition = -1,
		.epoch = -1,
		.offset = -1,
		.received_ms = 1,
		.value = span_of("{}"),
		.copy = 1 };
	struct record records[] = { line, line };
	records[1].copy = 2;
	assert_int_equal(append(store, records, 2).added, 2);
	assert_int_equal(append(store, records, 2).added, 0);
	records[1].copy = 3;
	assert_int_equal(append(store, &records[1], 1).added, 1);
	store_close(store);
}

static void test_one_writer(void **state)
{
	struct place *p = *state;
	struct store *store = open_store(p, COMPRESSION_OFF), *second = NULL;
	struct store_settings settings = { .path = p->path };
	struct decoder decoder = { 0 };
	struct error err = { 0 };
	assert_false(store_open(&settings, &decoder, &second, &err));
	assert_int_equal(err.kind, ERROR_STORE);
	char *pid = xasprintf("process %ld", (long)getpid());
	assert_non_null(strstr(err.text, pid));
	free(pid);
	store_close(store);
}

/* What no lock can keep away: a program that is not portlog. */
static void test_other_writer(void **state)
{
	struct place *p = *state;
	struct store *store = open_store(p, COMPRESSION_OFF);
	struct record records[] = { message(5, "{}"), message(6, "{}") };
	struct journal_batch batch = { .records = &records[1], .count = 1 };
	struct journal_result result;
	struct error err = { 0 };
	sqlite3 *other = NULL;
	append(store, records, 1);
	assert_int_equal(sqlite3_open(p->path, &other), SQLITE_OK);
	assert_int_equal(sqlite3_exec(other,
				 "INSERT INTO record (seq, source, stream, timestamp_type, "
				 "received_ms, body, problem) VALUES (2, 1, 1, 0, 0, 0, 0)",
				 NULL, NULL, NULL),
		SQLITE_OK);
	sqlite3_close(other);
	assert_false(journal_append(store, &batch, &result, &err));
	assert_non_null(strstr(err.text, "another program writes to this store"));
	store_close(store);
}

/* Another program that keeps its view of the store. */
static void test_readers(void **state)
{
	struct place *p = *state;
	struct store *store = open_store(p, COMPRESSION_OFF);
	struct record record = message(5, "{}");
	struct buf readers = { 0 };
	char line[32];
	append(store, &record, 1);
	store_readers(store, &readers);
	assert_string_equal(buf_text(&readers), "");
	char *command = xasprintf("exec python3 -c 'import os, sqlite3, sys, time\n"
				  "c = sqlite3.connect(sys.argv[1], isolation_level=None)\n"
				  "c.execute(\"BEGIN\")\n"
				  "c.execute(\"SELECT seq FROM record\").fetchall()\n"
				  "print(os.getpid(), flush=True)\n"
				  "time.sleep(600)' %s",
		p->path);
	FILE *other = popen(command, "r");
	assert_non_null(other);
	assert_non_null(fgets(line, sizeof(line), other));
	store_readers(store, &readers);
	kill((pid_t)strtol(line, NULL, 10), SIGKILL);
	line[strcspn(line, "\n")] = '\0';
	assert_true(readers.length == 0 /* no /proc/locks */ ||
		    strncmp(buf_text(&readers), line, strlen(line)) == 0);
	pclose(other);
	buf_free(&readers);
	free(command);
	store_close(store);
}

enum { MANY = 12000 };

static void append_many(struct store *store)
{
	enum { BATCH = 1500 };
	for (int start = 0; start < MANY; start += BATCH) {
		struct record records[BATCH];
		char *texts[BATCH];
		for (int i = 0; i < BATCH; i++) {
			texts[i] = change_text(start + i);
			records[i] = message(start + i, texts[i]);
		}
		assert_int_equal(append(store, records, BATCH).added, BATCH);
		for (int i = 0; i < BATCH; i++)
			free(texts[i]);
	}
}

/* Everything that reindex rebuilds. */
static const char *const projections[] = { "SELECT * FROM change ORDER BY seq, idx",
	"SELECT * FROM property_change ORDER BY seq", "SELECT * FROM entity_state ORDER BY entity",
	"SELECT * FROM user ORDER BY id", "SELECT * FROM run ORDER BY id",
	"SELECT * FROM run_event ORDER BY run, seq, idx", "SELECT * FROM gap ORDER BY seq",
	"SELECT rowid FROM search('\"svc-3\"')", "SELECT problem FROM record ORDER BY seq",
	"SELECT * FROM change_counter ORDER BY quarter, operation, resource, status, origin" };
enum { PROJECTION_COUNT = sizeof(projections) / sizeof(projections[0]) };

/* The dictionary comes into use when its training has ended, however long that takes. Returns the
 * next offset. */
static int64_t append_until_trained(struct place *p, struct store *store)
{
	struct record more = message(MANY, "{}");
	char *trained = NULL;
	for (int i = 0; i < 2000 && (!trained || strcmp(trained, "1\n") != 0); i++) {
		free(trained);
		append(store, &more, 1);
		more.offset++;
		trained = store_rows(p->path, "SELECT count(*) FROM dictionary");
		usleep(5000); /* training runs beside us */
	}
	assert_string_equal(trained, "1\n");
	free(trained);
	return more.offset;
}

static int64_t count_plain(struct place *p)
{
	char *text = store_rows(p->path, "SELECT count(*) FROM journal WHERE body = 'plain' AND "
					 "length(value) > 100 AND source = 'kafka'");
	int64_t count = strtoll(text, NULL, 10);
	free(text);
	return count;
}

/* Records that no dictionary makes smaller. Returns the first one's seq. */
static int append_noise(struct store *store, struct record *more)
{
	enum { COUNT = 600, BYTES = 90 };
	struct record records[COUNT];
	unsigned char bytes[COUNT * BYTES];
	uint32_t state = 1;
	for (size_t i = 0; i < sizeof(bytes); i++) {
		state = state * 1664525 + 1013904223;
		bytes[i] = (unsigned char)(state >> 24);
	}
	for (int i = 0; i < COUNT; i++) {
		records[i] = message(more->offset++, "");
		records[i].value = span_make((const char *)bytes + i * BYTES, BYTES);
	}
	return (int)append(store, records, COUNT).first_seq;
}

/* A copy in which some bits of the body table's root differ, a key that says which page has which
 * records: SQLite then finds the first one of the next page again and again. Returns which. */
static int copy_damaged(struct place *p, struct place *to, int from_key)
{
	struct buf file = { 0 };
	FILE *from = fopen(p->path, "r");
	assert_non_null(from);
	size_t got;
	while ((got = fread(buf_reserve(&file, 1 << 20), 1, 1 << 20, from)) > 0)
		file.length += got;
	fclose(from);
	char *number =
		store_rows(p->path, "SELECT rootpage FROM sqlite_schema WHERE name = 'body'");
	enum { PAGE = 16384, HEADER = 12, CHILD = 4 };
	unsigned char *root = (unsigned char *)file.data + PAGE * (strtol(number, NULL, 10) - 1);
	assert_int_equal(root[0], 5); /* inner page of a table */
	int key = 0;
	for (int i = 0; key < from_key; i++) {
		const unsigned char *pointer = root + HEADER + 2 * i;
		unsigned char *cell = root + pointer[0] * 256 + pointer[1] + CHILD;
		key = (cell[0] & 127) * 128 + cell[1];
		if (key >= from_key) {
			cell[0] = (unsigned char)(128 + (key + 64) / 128);
			cell[1] = (unsigned char)((key + 64) % 128);
		}
	}
	FILE *out = fopen(to->path, "w");
	assert_non_null(out);
	assert_int_equal(fwrite(file.data, 1, file.length, out), file.length);
	fclose(out);
	buf_free(&file);
	free(number);
	return key + 1;
}

/* Packing meets it and gives up, for good and with the reason; what comes is recorded. */
static void check_damage_is_passed(struct place *p, int damaged_seq, struct record more)
{
	struct error err = { 0 };
	struct store *store = open_store(p, COMPRESSION_AUTO);
	bool warned = false;
	for (int i = 0; i < 60 && !warned; i++, more.offset++) {
		assert_int_equal(append(store, &more, 1).added, 1);
		warned = store_take_warning(store, &err);
	}
	assert_true(warned);
	assert_int_equal(err.kind, ERROR_INTEGRITY);
	char *record = xasprintf("the store is damaged (record %d)", damaged_seq + 1);
	assert_non_null(strstr(err.text, record));
	free(record);
	assert_true(store_pack(store, false, &err));
	assert_false(store_take_warning(store, &err));
	store_close(store);
	store_remove(p->path);
}

/* What came before the dictionary is packed a slice with each batch, so that no batch waits long;
 * a store that was closed meanwhile goes on; nothing is altered. */
static void test_packed_in_slices(void **state)
{
	static const char values[] =
		"SELECT value FROM journal WHERE source = 'kafka' ORDER BY seq";
	struct place *p = *state, damaged = *p;
	struct error err = { 0 };
	struct store *store = open_store(p, COMPRESSION_AUTO);
	append_many(store);
	struct record more = message(append_until_trained(p, store), "{}");
	int64_t plain = count_plain(p);
	assert_in_range(plain, 2000, MANY - 1);
	int noise = append_noise(store, &more);
	store_close(store);
	snprintf(damaged.path, sizeof(damaged.path), "%s/d.db", p->folder);
	check_damage_is_passed(&damaged, copy_damaged(p, &damaged, noise), more);

	store = open_store(p, COMPRESSION_AUTO);
	/* Its slices begin at the first record again, and pass over what is packed. */
	for (int i = 0; i < 60 && count_plain(p) == plain; i++, more.offset++)
		append(store, &more, 1);
	assert_in_range(count_plain(p), 1, plain - 1);
	char *before = store_rows(p->path, values);
	if (!store_pack(store, false, &err))
		fail_msg("%s", err.text);
	assert_int_equal(count_plain(p), 0);
	assert_rows(p->path, values, before);
	free(before);
	store_close(store);
}

static void test_packed_and_rebuilt(void **state)
{
	struct place *p = *state;
	struct error err = { 0 };
	struct store *store = open_store(p, COMPRESSION_AUTO);
	append_many(store);
	int64_t next = append_until_trained(p, store);
	for (int i = 0; i < 100; i++) {
		char *text = change_text(i);
		struct record late = message(next + i, text);
		append(store, &late, 1);
		free(text);
	}
	assert_rows(p->path, "SELECT count(*) > 50 FROM journal WHERE body = 'zstd'", "1\n");
	assert_rows(p->path, "SELECT count(*) FROM journal WHERE body = 'zstd' AND value IS NULL",
		"0\n");
	assert_rows(p->path,
		"SELECT count(*) FROM main.journal WHERE body = 'zstd' AND value IS NOT NULL",
		"0\n");
	assert_rows(p->path,
		"SELECT json_extract(after, '$.identifier') = changes.entity, old, new FROM "
		"changes JOIN"
		" property_changes USING (seq, idx) ORDER BY seq DESC LIMIT 1",
		"1|99|100.10\n");
	char *before[PROJECTION_COUNT];
	for (size_t i = 0; i < PROJECTION_COUNT; i++)
		before[i] = store_rows(p->path, projections[i]);
	if (!store_reindex(store, NULL, NULL, &err))
		fail_msg("%s", err.text);
	for (size_t i = 0; i < PROJECTION_COUNT; i++) {
		assert_true(strlen(before[i]) > 0 || i == 4 || i == 5 || i == 6);
		assert_rows(p->path, projections[i], before[i]);
		free(before[i]);
	}
	store_close(store);
}

/* Counters that the changes themselves give, and those that are kept; a time before 1970 too. */
static void test_counters(void **state)
{
	static const char kept[] = "SELECT * FROM change_counter ORDER BY 1, 2, 3, 4, 5";
	static const char counted[] =
		"SELECT (time_ms - ((time_ms % 900000) + 900000) % 900000) / 900000, operation,"
		" resource, status, origin, count(*) FROM change GROUP BY 1, 2, 3, 4, 5"
		" ORDER BY 1, 2, 3, 4, 5";
	struct place *p = *state;
	struct store *store = open_store(p, COMPRESSION_OFF);
	append_many(store);
	struct record early = message(MANY,
		"{\"action\":\"CREATE\",\"resourceType\":\"entity\",\"trigger\":"
		"{\"at\":\"1969-12-31T23:59:59.999Z\"},\"context\":{\"blueprint\":\"b\","
		"\"entity\":\"e\"},\"diff\":{\"before\":null,\"after\":{}}}");
	append(store, &early, 1);
	early.offset++;
	append(store, &early, 1);
	char *expected = store_rows(p->path, counted);
	assert_true(strncmp(expected, "-1|", 3) == 0 && strstr(expected, "|2\n"));
	assert_rows(p->path, kept, expected);
	free(expected);
	store_close(store);
}

/* What is in memory when a record comes, and what a restart forgot, must not decide whose change it
 * is: rebuilt in one go the people are the same. */
static void test_people_do_not_depend_on_restarts(void **state)
{
	static const char *const by[] = {
		"\"userId\":\"auth0|1\",\"user\":{\"email\":\"a@x.example\"}",
		"\"user\":{\"email\":\"a@x.example\"}",
		"\"userId\":\"auth0|1\",\"user\":{\"email\":\"b@x.example\"}",
		"\"user\":{\"email\":\"a@x.example\"}",
		"\"byPort\":true,\"user\":{\"email\":\"p@x.example\"}",
		"\"byPort\":true,\"user\":{\"email\":\"q@x.example\"}",
		"\"byPort\":true",
	};
	static const char people[] = "SELECT c.seq, u.id, u.kind, u.label FROM change c JOIN user u"
				     " ON u.id = c.user ORDER BY c.seq";
	static const char wanted[] = "1|1|1|b@x.example\n2|1|1|b@x.example\n3|1|1|b@x.example\n"
				     "4|2|1|a@x.example\n5|3|3|port\n6|3|3|port\n7|3|3|port\n";
	struct place *p = *state;
	struct error err = { 0 };
	struct store *store = open_store(p, COMPRESSION_OFF);
	for (size_t i = 0; i < sizeof(by) / sizeof(by[0]); i++) {
		char *text = xasprintf("{\"action\":\"CREATE\",\"resourceType\":\"entity\","
				       "\"trigger\":{\"by\":{%s}},\"context\":{\"blueprint\":\"b\","
				       "\"entity\":\"e\"},\"diff\":{\"before\":null,\"after\":{}}}",
			by[i]);
		struct record record = message((int64_t)i, text);
		append(store, &record, 1);
		free(text);
		store_close(store);
		store = open_store(p, COMPRESSION_OFF);
	}
	assert_rows(p->path, people, wanted);
	if (!store_reindex(store, NULL, NULL, &err))
		fail_msg("%s", err.text);
	assert_rows(p->path, people, wanted);
	store_close(store);
}

/* The node over 16 leaves is what their records say; then the next group begins. */
static void check_group(struct place *p, uint64_t position, struct merkle_edge *group)
{
	struct hash root;
	struct buf hex = { 0 };
	char *sql = xasprintf(
		"SELECT lower(hex(hash)) FROM node WHERE level = 4 AND position = %" PRIu64,
		position);
	merkle_edge_root(group, &root);
	hex_write(span_make((const char *)root.bytes, HASH_BYTES), &hex);
	buf_add_char(&hex, '\n');
	assert_rows(p->path, sql, buf_text(&hex));
	*group = (struct merkle_edge){ 0 };
	buf_free(&hex);
	free(sql);
}

/* The leaves that are stored are those of the records that come back. */
static void test_leaves(void **state)
{
	struct place *p = *state;
	struct error err = { 0 };
	struct store *store = open_store(p, COMPRESSION_AUTO);
	append_many(store);
	store_close(store);
	sqlite3 *db = NULL;
	assert_true(reader_open(p->path, &db, &err));
	struct replay *replay = replay_new(db, 0);
	struct merkle_edge group = { 0 };
	uint64_t total = 0;
	for (;;) {
		const struct replayed *page;
		size_t count;
		assert_true(replay_page(replay, &page, &count, &err));
		if (count == 0)
			break;
		for (size_t i = 0; i < count; i++) {
			struct hash leaf;
			record_leaf(&page[i].record, page[i].seq, (struct span){ 0 }, &leaf);
			merkle_edge_add(&group, &leaf);
			if (group.size == 16)
				check_group(p, page[i].seq / 16 - 1, &group);
		}
		total += count;
	}
	assert_true(total >= MANY);
	replay_free(replay);
	reader_close(db);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_kept, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_once, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_copies, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_one_writer, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_other_writer, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_readers, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_packed_in_slices, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_packed_and_rebuilt, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_counters, set_up, tear_down),
		cmocka_unit_test_setup_teardown(
			test_people_do_not_depend_on_restarts, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_leaves, set_up, tear_down),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
