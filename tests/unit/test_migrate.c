/* A store that an older portlog made is brought to today's version by the next recorder, and
 * answers as if it had always been: nothing of the journal is lost, projections are made anew. Run
 * in tests/unit, from where the older schema is read. */
#include "store_bench.h"
#include "unit.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/xalloc.h"
#include "store/journal.h"
#include "store/reader.h"
#include "store/schema.h"

static const char message[] =
	"{\"action\":\"UPDATE\",\"resourceType\":\"entity\",\"status\":\"SUCCESS\",\"context\":"
	"{\"entity\":\"e\",\"blueprint\":\"b\"},\"diff\":{\"before\":{\"identifier\":\"e\","
	"\"properties\":{\"n\":1.10,\"q\":\"'\",\"t\":\"a\",\"u\":null}},\"after\":{\"identifier\":"
	"\"e\",\"properties\":{\"n\":1e-7,\"q\":\"\\u0027\\\"\",\"t\":{\"k\": [1, 2]},\"u\":\"\","
	"\"v\":\"0123456789012345678901234567890123456789012345678901234567890123456789012345678901"
	"23456789012345678901234567890123456789012345678901234567890123456789012345678901234567890"
	"12345678901234567890123456789012345678901\"}}}}";

static char *read_file(const char *path)
{
	struct buf text = { 0 };
	FILE *file = fopen(path, "rb");
	assert_non_null(file);
	int c;
	while ((c = fgetc(file)) != EOF)
		buf_add_char(&text, (char)c);
	fclose(file);
	return buf_take(&text);
}

static void run(sqlite3 *db, const char *sql)
{
	char *why = NULL;
	if (sqlite3_exec(db, sql, NULL, NULL, &why) != SQLITE_OK)
		fail_msg("%s: %.60s", why, sql);
}

/* As version 1 left it, with one record; enough of it for what comes after. */
static void make_version_1(const char *path)
{
	char *schema = read_file("../../schema/001_store.sql");
	sqlite3 *db = NULL;
	assert_int_equal(sqlite3_open(path, &db), SQLITE_OK);
	run(db, "PRAGMA page_size = 16384; PRAGMA journal_mode = WAL; BEGIN");
	run(db, schema);
	char *rest = sqlite3_mprintf(
		"PRAGMA application_id = %d; PRAGMA user_version = 1;"
		"INSERT INTO store VALUES (1, '0c4f1e0e-5b6a-4b0e-8d6e-0d1f5a1c2b3d', 5, 'old', "
		"'');"
		"INSERT INTO stream VALUES (1, 't', 0, 0);"
		"INSERT INTO record VALUES (1, 1, 1, 7, 1000, 1, 2000, length(%Q), 1, 0, 'k', NULL,"
		" zeroblob(32));"
		"INSERT INTO body VALUES (1, NULL, %Q);"
		"INSERT INTO position VALUES (1, 8); COMMIT",
		SCHEMA_APPLICATION_ID, message, message);
	run(db, rest);
	sqlite3_free(rest);
	sqlite3_close(db);
	free(schema);
}

static char *rows(sqlite3 *db, const char *sql)
{
	sqlite3_stmt *s = NULL;
	struct buf text = { 0 };
	if (sqlite3_prepare_v2(db, sql, -1, &s, NULL) != SQLITE_OK)
		fail_msg("%s", sqlite3_errmsg(db));
	while (sqlite3_step(s) == SQLITE_ROW)
		for (int i = 0; i < sqlite3_column_count(s); i++) {
			const char *value = (const char *)sqlite3_column_text(s, i);
			buf_addf(&text, "%s%s", value ? value : "NULL",
				i + 1 < sqlite3_column_count(s) ? "|" : "\n");
		}
	sqlite3_finalize(s);
	return buf_take(&text);
}

static void assert_answer(sqlite3 *db, const char *sql, const char *expected)
{
	char *answer = rows(db, sql);
	assert_string_equal(answer, expected);
	free(answer);
}

static void check(sqlite3 *db)
{
	assert_answer(db, "SELECT path, old, substr(new, 1, 20) FROM property_changes",
		"properties.n|1.10|1e-7\n"
		"properties.q|\"'\"|\"\\u0027\\\"\"\n"
		"properties.t|\"a\"|{\"k\": [1, 2]}\n"
		"properties.u|null|\"\"\n"
		"properties.v|NULL|\"0123456789012345678\n");
	assert_answer(db, "SELECT length(new) FROM property_changes WHERE path = 'properties.v'",
		"214\n");
	assert_answer(db,
		"SELECT topic, kafka_offset, key, value = after IS NOT NULL FROM journal"
		" JOIN changes USING (seq)",
		"t|7|k|1\n");
	assert_answer(db, "SELECT next_offset FROM positions", "8\n");
	assert_answer(db, "SELECT * FROM record_span", "0|1000|1000|1000|1000\n");
	assert_answer(db,
		"SELECT name FROM sqlite_schema WHERE name IN"
		" ('entity_nocase', 'user_name', 'change_blueprint')",
		"user_name\n");
	assert_answer(db,
		"SELECT count(once) FROM execution UNION ALL SELECT count(last_seq) FROM report"
		" UNION ALL SELECT count(next_ms) FROM report_try",
		"0\n0\n0\n");
	assert_answer(db, "PRAGMA integrity_check", "ok\n");
}

/* A reader that comes before the projections are made anew finds the records by their times. */
static void check_before(const char *path)
{
	sqlite3 *db = NULL;
	struct error err = { 0 };
	if (!reader_open(path, &db, &err))
		fail_msg("%s", err.text);
	assert_answer(db, "SELECT * FROM record_span", "0|1000|1000|NULL|NULL\n");
	reader_close(db);
}

static void test_version_1(void **state)
{
	(void)state;
	char path[] = "/var/tmp/portlog-migrate-XXXXXX";
	struct store_settings settings = { .path = path };
	struct decoder decoder = { 0 };
	struct store *store = NULL;
	struct error err = { 0 };
	int file = mkstemp(path);
	assert_true(file >= 0);
	close(file);
	make_version_1(path);
	sqlite3 *db = NULL;
	assert_false(reader_open(path, &db, &err));
	assert_non_null(strstr(err.text, "older version 1"));
	if (!store_open(&settings, &decoder, &store, &err))
		fail_msg("%s", err.text);
	assert_true(store_needs_reindex(store));
	check_before(path);
	if (!store_reindex(store, NULL, NULL, &err))
		fail_msg("%s", err.text);
	store_close(store);
	assert_true(reader_open(path, &db, &err));
	check(db);
	reader_close(db);
	store_remove(path);
}

int main(void)
{
	const struct CMUnitTest tests[] = { TEST(test_version_1) };
	return cmocka_run_group_tests(tests, NULL, NULL);
}
