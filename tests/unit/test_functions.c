/* What SQL is given by us. */
#include "unit.h"

#include <string.h>

#include "store/codec.h"
#include "store/functions.h"
#include "store/stmt.h"

static void assert_unpacks(sqlite3 *db, struct packer *packer, char fill)
{
	char value[500];
	struct buf packed = { 0 };
	sqlite3_stmt *s = NULL;
	memset(value, fill, sizeof(value));
	assert_true(packer_pack(packer, span_make(value, sizeof(value)), &packed));
	assert_int_equal(
		sqlite3_prepare_v2(db, "SELECT portlog_body(7, 0, ?1)", -1, &s, NULL), SQLITE_OK);
	sqlite3_bind_blob(s, 1, packed.data, (int)packed.length, SQLITE_STATIC);
	assert_int_equal(sqlite3_step(s), SQLITE_ROW);
	assert_int_equal(sqlite3_column_bytes(s, 0), sizeof(value));
	assert_memory_equal(sqlite3_column_text(s, 0), value, sizeof(value));
	sqlite3_finalize(s);
	buf_free(&packed);
}

/* After a rollback another record may get the seq: the value that was unpacked last is not its. */
static void test_rolled_back_value(void **state)
{
	(void)state;
	sqlite3 *db = NULL;
	struct error err = { 0 };
	struct packer *packer = packer_new((struct span){ 0 });
	assert_int_equal(sqlite3_open(":memory:", &db), SQLITE_OK);
	assert_true(functions_register(db, &err));
	assert_true(stmt_exec(db,
		"CREATE TABLE dictionary (id, bytes);"
		"INSERT INTO dictionary VALUES (0, x'')",
		&err));
	assert_true(stmt_exec(db, "BEGIN IMMEDIATE", &err));
	assert_unpacks(db, packer, 'a');
	assert_true(stmt_exec(db, "ROLLBACK", &err));
	assert_unpacks(db, packer, 'b');
	packer_free(packer);
	sqlite3_close(db);
}

static void test_member(void **state)
{
	(void)state;
	static const struct {
		const char *json, *name, *type, *value;
	} cases[] = {
		{ "{\"a\":\"x\"}", "a", "text", "x" },
		{ "{\"a\":\"x\",\"a\":\"y\"}", "a", "text", "y" },
		{ "{\"a\":\"\"}", "a", "text", "" },
		{ "{\"a\":-12}", "a", "integer", "-12" },
		{ "{\"a\":9223372036854775807}", "a", "integer", "9223372036854775807" },
		{ "{\"a\":1.0}", "a", "null", NULL },
		{ "{\"a\":9223372036854775808}", "a", "null", NULL },
		{ "{\"a\":[1]}", "a", "null", NULL },
		{ "{\"a\":null}", "a", "null", NULL },
		{ "{\"a\":1}", "b", "null", NULL },
		{ "[\"a\"]", "a", "null", NULL },
		{ "not json", "a", "null", NULL },
		{ "", "a", "null", NULL },
		{ NULL, "a", "null", NULL },
		{ "{\"a\":1}", NULL, "null", NULL },
	};
	sqlite3 *db = NULL;
	sqlite3_stmt *s = NULL;
	struct error err = { 0 };
	assert_int_equal(sqlite3_open(":memory:", &db), SQLITE_OK);
	assert_true(functions_register(db, &err));
	assert_int_equal(sqlite3_prepare_v2(db,
				 "SELECT typeof(portlog_member(?1, ?2)), portlog_member(?1, ?2)",
				 -1, &s, NULL),
		SQLITE_OK);
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		sqlite3_bind_text(s, 1, cases[i].json, -1, SQLITE_STATIC);
		sqlite3_bind_text(s, 2, cases[i].name, -1, SQLITE_STATIC);
		assert_int_equal(sqlite3_step(s), SQLITE_ROW);
		const char *value = (const char *)sqlite3_column_text(s, 1);
		assert_string_equal(sqlite3_column_text(s, 0), cases[i].type);
		assert_string_equal(
			value ? value : "none", cases[i].value ? cases[i].value : "none");
		sqlite3_reset(s);
	}
	/* All of a text, whatever is in it. */
	sqlite3_bind_text(s, 1, "{\"a\":\"x\\u0000y\"}", -1, SQLITE_STATIC);
	sqlite3_bind_text(s, 2, "a", -1, SQLITE_STATIC);
	assert_int_equal(sqlite3_step(s), SQLITE_ROW);
	assert_int_equal(sqlite3_column_bytes(s, 1), 3);
	assert_memory_equal(sqlite3_column_blob(s, 1), "x\0y", 3);
	sqlite3_finalize(s);
	sqlite3_close(db);
}

int main(void)
{
	const struct CMUnitTest tests[] = { TEST(test_rolled_back_value), TEST(test_member) };
	return cmocka_run_group_tests(tests, NULL, NULL);
}
