/* How rows are found: on a store of some thousand changes, no filter reads a large table from end
 * to end, and no body is unpacked for a row that is not shown. */
#include "store_bench.h"
#include "unit.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/xalloc.h"
#include "query/blame.h"
#include "query/cause.h"
#include "query/keys.h"
#include "query/query.h"
#include "query/sql.h"
#include "query/sql_split.h"
#include "query/within.h"
#include "store/journal.h"
#include "store/reader.h"

enum { RECORDS = 6000, BATCH = 200, BATCHES_MOST = 500 };

struct fixture {
	char directory[64];
	char *path;
	sqlite3 *reader;
};

static char *message_text(int number)
{
	if (number % 5 == 0)
		return xasprintf(
			"{\"action\":\"deploy_%d\",\"resourceType\":\"run\",\"status\":"
			"\"TRIGGERED\","
			"\"trigger\":{\"by\":{\"orgId\":\"o\",\"userId\":\"u%d\"},\"origin\":"
			"\"UI\","
			"\"at\":\"2026-11-20T08:%02d:%02d.000Z\"},\"context\":{\"entity\":\"e%d\","
			"\"blueprint\":\"b%d\",\"runId\":\"r_%d\"},\"payload\":{\"properties\":{}}"
			"}",
			number % 7, number % 50, number / 60 % 60, number % 60, number % 997,
			number % 5, number);
	return xasprintf(
		"{\"action\":\"UPDATE\",\"resourceType\":\"entity\",\"status\":\"SUCCESS\","
		"\"trigger\":{\"by\":{\"orgId\":\"o\",\"userId\":\"u%d\"},\"origin\":\"UI\","
		"\"at\":\"2026-11-20T08:%02d:%02d.000Z\"},\"context\":{\"entity\":\"e%d\","
		"\"blueprint\":\"b%d\",\"runId\":\"r_%d\"},\"diff\":{\"before\":{\"properties\":"
		"{\"p%d\":1}},\"after\":{\"properties\":{\"p%d\":2,\"note\":\"rare%d\"}}}}",
		number % 50, number / 60 % 60, number % 60, number % 997, number % 5,
		number / 9 * 5, number % 11, number % 11, number);
}

static void append_batch(struct store *store, int first)
{
	struct record records[BATCH];
	char *texts[BATCH];
	struct error err = { 0 };
	for (int i = 0; i < BATCH; i++) {
		texts[i] = message_text(first + i);
		records[i] = (struct record){
			.source = SOURCE_KAFKA,
			.topic = span_of("t"),
			.partition = 0,
			.epoch = 0,
			.offset = first + i,
			.timestamp_ms = 1795000000000 + first + i,
			.timestamp_type = TIMESTAMP_CREATE,
			.received_ms = 1795000000000,
			.value = span_of(texts[i]),
		};
	}
	struct journal_batch batch = { .records = records, .count = BATCH };
	if (!journal_append(store, &batch, NULL, &err))
		fail_msg("%s", err.text);
	for (int i = 0; i < BATCH; i++)
		free(texts[i]);
}

static int64_t packed(sqlite3 *reader)
{
	struct sql_text sql = { 0 };
	struct error err = { 0 };
	int64_t count;
	sql_add(&sql, "SELECT count(*) FROM (SELECT 1 FROM journal WHERE body = 'zstd' LIMIT 200)");
	if (!statement_integer(reader, &sql, &count, &err))
		fail_msg("%s", err.text);
	sql_text_release(&sql);
	return count;
}

static int set_up(void **state)
{
	struct fixture *f = xcalloc(1, sizeof(*f));
	struct error err = { 0 };
	struct decoder decoder = { 0 };
	struct store *store;
	const char *base = getenv("TMPDIR");
	snprintf(f->directory, sizeof(f->directory), "%.40s/portlog-query.XXXXXX",
		base ? base : "/tmp");
	assert_non_null(mkdtemp(f->directory));
	f->path = xasprintf("%s/store.db", f->directory);
	struct store_settings settings = { .path = f->path };
	if (!store_open(&settings, &decoder, &store, &err))
		fail_msg("%s", err.text);
	if (!reader_open(f->path, &f->reader, &err))
		fail_msg("%s", err.text);
	/* Until the dictionary has been trained beside, and something was packed with it. */
	for (int i = 0; i < BATCHES_MOST && (i * BATCH < RECORDS || packed(f->reader) < BATCH); i++)
		append_batch(store, i * BATCH);
	store_close(store);
	*state = f;
	return 0;
}

static int tear_down(void **state)
{
	struct fixture *f = *state;
	reader_close(f->reader);
	store_remove(f->path);
	rmdir(f->directory);
	free(f->path);
	free(f);
	return 0;
}

/* The plan's lines, and the first that reads a large table from end to end. */
static bool scans(sqlite3 *database, const struct sql_text *keys, struct buf *plan)
{
	struct sql_text sql = *keys;
	struct error err = { 0 };
	sqlite3_stmt *statement;
	bool row, found = false;
	sql.text = (struct buf){ 0 };
	buf_add_text(&sql.text, "EXPLAIN QUERY PLAN ");
	buf_add_span(&sql.text, buf_span(&keys->text));
	if (!statement_prepare(database, &sql, &statement, &err))
		fail_msg("%s: %s", err.text, buf_text(&sql.text));
	while (statement_step(statement, &row, &err) && row) {
		const char *line = (const char *)sqlite3_column_text(statement, 3);
		buf_addf(plan, "%s\n", line);
		if (strncmp(line, "SCAN ", 5) == 0 && !strstr(line, "VIRTUAL TABLE") &&
			!strstr(line, "USING"))
			found = true;
		if (strstr(line, "SCAN c USING") || strstr(line, "SCAN r USING"))
			found = true;
	}
	sqlite3_finalize(statement);
	buf_free(&sql.text);
	return found;
}

static void assert_no_scan(sqlite3 *reader, struct sql_text *sql, const char *what)
{
	struct buf lines = { 0 };
	if (scans(reader, sql, &lines))
		fail_msg("%s:\n%s\n%s", what, buf_text(&sql->text), buf_text(&lines));
	buf_free(&lines);
	sql_text_release(sql);
}

/* What indexes and full text are asked for a window. The plan is for its rows then. */
static void look_into_window(
	sqlite3 *reader, struct plan *plan, struct window *window, const char *what)
{
	struct error err = { 0 };
	size_t size = 2;
	if (!plan_window(reader, plan, INT64_MAX, 50, &size, window, &err))
		fail_msg("%s", err.text);
	for (size_t i = 0; i < plan->count; i++) {
		struct sql_text sql = { 0 };
		if (!within_knows(&plan->conditions[i]))
			continue;
		condition_add_within(&plan->conditions[i], window, &sql);
		assert_no_scan(reader, &sql, what);
	}
}

static void test_no_scan(void **state)
{
	struct fixture *f = *state;
	static const struct {
		const struct view *view;
		enum filter_name name;
		const char *value;
	} cases[] = {
		{ &view_changes, FILTER_ENTITY, "e7" },
		{ &view_changes, FILTER_ENTITY, "b1/E7*" },
		{ &view_changes, FILTER_USER, "u7" },
		{ &view_changes, FILTER_RUN, "r_35" },
		{ &view_changes, FILTER_SEARCH, "rare77" },
		{ &view_changes, FILTER_PROPERTY, "p3" },
		{ &view_changes, FILTER_BLUEPRINT, "b3" },
		{ &view_changes, FILTER_ACTION, "deploy_3" },
		{ &view_changes, FILTER_STATUS, "success" },
		{ &view_changes, FILTER_OPERATION, "update" },
		{ &view_changes, FILTER_ORIGIN, "ui" },
		{ &view_changes, FILTER_RESOURCE, "entity" },
		{ &view_changes, FILTER_TOPIC, "t" },
		{ &view_runs, FILTER_ENTITY, "e7*" },
		{ &view_runs, FILTER_USER, "u5" },
		{ &view_runs, FILTER_RUN, "r_35" },
		{ &view_runs, FILTER_ACTION, "deploy_3" },
		{ &view_runs, FILTER_BLUEPRINT, "b0" },
		{ &view_runs, FILTER_STATUS, "in_progress" },
		{ &view_runs, FILTER_OPERATION, "*" },
		{ &view_runs, FILTER_ORIGIN, "ui" },
		{ &view_runs, FILTER_TOPIC, "t" },
		{ &view_runs, FILTER_SEARCH, "deploy_3" },
		{ &view_records, FILTER_SEARCH, "rare77" },
		{ &view_records, FILTER_PROBLEM, "any" },
		{ &view_records, FILTER_TOPIC, "t" },
	};
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		for (int way = 0; way < 3; way++) {
			struct filter_settings filter = { 0 };
			const struct text_match *match = filter_values(&filter, cases[i].name);
			struct text_list *values = (struct text_list *)(uintptr_t)&match->any_of;
			struct error err = { 0 };
			struct plan plan;
			struct sql_text sql = { 0 };
			struct window window = { 0 };
			struct key from = { .time_ms = 1795161600000, .seq = 5000 };
			struct plan_page page = { .descending = true,
				.from = &from,
				.limit = 50,
				.newest_ms = INT64_MAX };
			char *what = xasprintf("%s --%s %s", cases[i].view->command,
				filter_word(cases[i].name), cases[i].value);
			text_list_add(values, cases[i].value);
			struct plan_request request = { .view = cases[i].view,
				.asked = cases[i].view,
				.filter = &filter,
				.limit = -1,
				.by_seq = way == 1,
				.newest_first = way == 2 };
			if (!plan_make(f->reader, &request, &plan, &err))
				fail_msg("%s", err.text);
			if (plan.windowed == PLAN_SEGMENTS) {
				look_into_window(f->reader, &plan, &window, what);
				page.window = &window;
			}
			if (plan_keys(&plan, 1, &page, &sql))
				assert_no_scan(f->reader, &sql, what);
			else
				assert_true(plan.windowed == PLAN_SEGMENTS);
			window_release(&window);
			free(what);
			plan_release(&plan);
			text_list_clear(values);
		}
}

/* What portlog-views(7) says is quick for SQL that people write. */
static void test_quick_sql(void **state)
{
	struct fixture *f = *state;
	static const char *const quick[] = {
		"SELECT * FROM journal WHERE seq = 5",
		"SELECT * FROM changes WHERE seq > 50",
		"SELECT * FROM changes WHERE entity = 'e7'",
		"SELECT * FROM changes WHERE entity = 'e7' AND blueprint = 'b1'",
		"SELECT * FROM changes WHERE actor = 'u7'",
		"SELECT * FROM changes WHERE user_id = 'u7'",
		"SELECT * FROM changes WHERE time_ms >= 1795161600000 AND status = 'FAILURE'",
		"SELECT * FROM changes ORDER BY time_ms DESC LIMIT 50",
		"SELECT * FROM changes WHERE blueprint = 'b1' ORDER BY time_ms DESC LIMIT 50",
		"SELECT * FROM property_changes WHERE seq > 50",
		"SELECT * FROM property_changes WHERE entity = 'e7' AND path = 'properties.p1'",
		"SELECT * FROM property_changes WHERE actor = 'u7'",
		"SELECT * FROM property_changes WHERE user_id = 'u7'",
		"SELECT * FROM property_changes WHERE time_ms >= 1795161600000 AND path = 'p'",
		"SELECT * FROM runs WHERE run_id = 'r_35'",
		"SELECT * FROM runs WHERE entity = 'e7'",
		"SELECT * FROM runs WHERE actor = 'u7'",
		"SELECT * FROM runs WHERE user_id = 'u7'",
		"SELECT * FROM runs WHERE time_ms >= 1795161600000",
		"SELECT * FROM runs ORDER BY time_ms DESC LIMIT 50",
		"SELECT * FROM run_events WHERE run_id = 'r_35'",
		"SELECT * FROM entities WHERE entity = 'e7'",
		"SELECT * FROM executions WHERE id = 7",
		"SELECT * FROM executions WHERE state = 'owed'",
		"SELECT * FROM executions WHERE state IN ('owed', 'running', 'waiting')",
		"SELECT * FROM executions WHERE run_id = 'r_35'",
		"SELECT * FROM executions ORDER BY id DESC LIMIT 50",
		"SELECT * FROM reports WHERE id = 7",
		"SELECT * FROM reports WHERE execution_id = 7",
		"SELECT * FROM reports WHERE run_id = 'r_35'",
		"SELECT * FROM reports WHERE state = 'pending'",
		"SELECT * FROM reports ORDER BY id DESC LIMIT 50",
		"SELECT * FROM changes WHERE run_id = 'r_35'",
		"SELECT * FROM property_changes WHERE run_id = 'r_35'",
		"SELECT * FROM runs JOIN changes USING (run_id) WHERE runs.entity = 'e7'",
		"SELECT * FROM changes c JOIN runs r ON r.run_id = c.run_id WHERE c.actor = 'u7'",
		("SELECT r.actor, count(*) FROM changes c JOIN runs r USING (run_id)"
		 " WHERE r.time_ms >= 1795161600000 GROUP BY 1"),
	};
	for (size_t i = 0; i < sizeof(quick) / sizeof(quick[0]); i++) {
		struct sql_text sql = { 0 };
		struct buf lines = { 0 };
		sql_add(&sql, quick[i]);
		/* A union's result is called as its view is; an order's index is walked. */
		if (scans(f->reader, &sql, &lines) && !strstr(quick[i], "ORDER BY") &&
			!strstr(buf_text(&lines), "SCAN run_events"))
			fail_msg("%s:\n%s", quick[i], buf_text(&lines));
		if (strstr(quick[i], "ORDER BY") && strstr(buf_text(&lines), "TEMP B-TREE"))
			fail_msg("%s:\n%s", quick[i], buf_text(&lines));
		buf_free(&lines);
		sql_text_release(&sql);
	}
}

enum { KEYS_MOST = 4000 };

/* All keys that are found; spent: the walk's budget is. False where nothing could drive. */
static bool read_keys(sqlite3 *reader, const struct query_settings *settings, bool spent,
	struct key keys_read[KEYS_MOST], size_t *ret_count)
{
	struct keys keys = { 0 };
	struct error err = { 0 };
	const struct key *key;
	size_t count = 0;
	if (!keys_open(&keys, reader, settings, &err))
		fail_msg("%s", err.text);
	bool falls_back = keys.budget > 0;
	for (;;) {
		/* After windows a walk may be chosen, which falls back once more. */
		if (spent && keys.budget > 0)
			keys.budget = 1;
		if (!keys_next(&keys, &key, &err) || !key)
			break;
		assert_true(count < KEYS_MOST);
		keys_read[count++] = *key;
	}
	assert_int_equal(err.kind, ERROR_NONE);
	for (size_t i = 0; falls_back && spent && i < keys.plan_count; i++)
		assert_true(keys.plans[i].windowed != PLAN_QUARTERS && keys.budget <= 1);
	keys_release(&keys);
	*ret_count = count;
	return falls_back;
}

/* A walk that takes too long goes on as a search for the index's rows: none is lost, none is told
 * twice. */
static void test_fall_back(void **state)
{
	struct fixture *f = *state;
	static const struct view *const walked[] = { &view_changes, &view_runs,
		&view_changes_and_runs };
	static struct key as_it_is[KEYS_MOST], spent[KEYS_MOST];
	int tried = 0;
	for (size_t i = 0; i < 3; i++)
		for (int way = 0; way < 3; way++) {
			struct filter_settings filter = { 0 };
			struct query_settings settings = { .view = walked[i],
				.filter = &filter,
				.limit = 600,
				.reverse = way == 1,
				.feed = way == 2 };
			size_t count, other;
			text_list_add(&filter.search.any_of, "b3");
			text_list_add(&filter.search.any_of, "b0");
			tried += read_keys(f->reader, &settings, false, as_it_is, &count);
			read_keys(f->reader, &settings, true, spent, &other);
			assert_true(count >= 600);
			assert_int_equal(count, other);
			for (size_t k = 0; k < count; k++)
				if (as_it_is[k].seq != spent[k].seq ||
					as_it_is[k].part != spent[k].part)
					fail_msg("%s, way %d: key %zu", walked[i]->command, way, k);
			text_list_clear(&filter.search.any_of);
		}
	assert_true(tried >= 5);
}

static int64_t list(struct fixture *f, const struct view *view, const char *columns, int64_t limit,
	const char *entity)
{
	struct filter_settings filter = { 0 };
	struct field_list fields = { 0 };
	struct error err = { 0 };
	struct query *query;
	const struct row *row;
	int64_t count = 0;
	if (entity)
		text_list_add(&filter.entity.any_of, entity);
	if (!field_list_choose(view->fields, columns, &fields, &err))
		fail_msg("%s", err.text);
	struct query_settings settings = {
		.view = view, .filter = &filter, .fields = &fields, .limit = limit
	};
	if (!query_open(f->reader, &settings, &query, &err))
		fail_msg("%s", err.text);
	while (query_next(query, &row, &err) && row) {
		count++;
		/* Nothing is open between rows: a pager may take its time. */
		assert_int_equal(sqlite3_txn_state(f->reader, NULL), SQLITE_TXN_NONE);
	}
	assert_int_equal(err.kind, ERROR_NONE);
	query_close(query);
	field_list_release(&fields);
	text_list_clear(&filter.entity.any_of);
	return count;
}

static void test_bodies(void **state)
{
	struct fixture *f = *state;
	static const struct {
		const struct view *view;
		const char *columns;
		int64_t limit;
		const char *entity;
		int per_row; /* columns that are cut from the body */
	} cases[] = {
		{ &view_changes, NULL, -1, NULL, 0 },
		{ &view_changes, "seq,before", 10, NULL, 1 },
		{ &view_changes, "seq,after", -1, "e7", 1 },
		{ &view_runs, NULL, -1, NULL, 0 },
		{ &view_records, NULL, -1, NULL, 0 },
		{ &view_records, "value", 3, NULL, 1 },
	};
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		uint64_t before = reader_bodies_unpacked(f->reader);
		int64_t rows =
			list(f, cases[i].view, cases[i].columns, cases[i].limit, cases[i].entity);
		uint64_t unpacked = reader_bodies_unpacked(f->reader) - before;
		assert_true(rows > 0);
		if (unpacked > (uint64_t)(rows * cases[i].per_row))
			fail_msg("case %zu: %" PRIu64 " bodies for %" PRId64 " rows", i, unpacked,
				rows);
	}
	/* The figure is one that can rise. */
	assert_true(reader_bodies_unpacked(f->reader) > 0);
}

static void test_no_field(void **state)
{
	struct fixture *f = *state;
	struct filter_settings filter = { 0 };
	struct error err = { 0 };
	struct query *query;
	struct query_settings settings = { .view = &view_runs, .filter = &filter, .limit = -1 };
	text_list_add(&filter.property.any_of, "p1");
	assert_false(query_open(f->reader, &settings, &query, &err));
	assert_int_equal(err.kind, ERROR_USAGE);
	assert_string_equal(
		err.text, "'portlog runs' has no field for --property; 'portlog log' has");
	text_list_clear(&filter.property.any_of);
}

static void test_sql_only_reads(void **state)
{
	struct fixture *f = *state;
	static const char *const refused[] = {
		"DELETE FROM record",
		"UPDATE record SET size = 1",
		"CREATE TABLE x (a)",
		"CREATE TEMP TABLE x (a)",
		"CREATE TABLE x AS SELECT 1",
		"CREATE VIRTUAL TABLE x USING fts5 (a)",
		"CREATE INDEX x ON record (size)",
		"INSERT INTO sqlite_schema VALUES (1, 2, 3, 4, 5)",
		"DROP VIEW changes",
		"DROP TABLE record",
		"ALTER TABLE record RENAME TO r",
		"CREATE TEMP TABLE x (a)",
		"CREATE TEMP VIEW x AS SELECT 1",
		"CREATE TEMP TRIGGER x INSTEAD OF INSERT ON changes BEGIN SELECT 1; END",
		"INSERT INTO changes(seq) VALUES (1)",
		"REPLACE INTO record(seq) VALUES (1)",
		"UPDATE record SET size = 0 RETURNING seq",
		"UPDATE sqlite_schema SET sql = ''",
		"WITH x AS (SELECT 1) DELETE FROM record",
		"EXPLAIN DELETE FROM record",
		"COMMIT",
		"ROLLBACK",
		"RELEASE a",
		"ATTACH 'x' AS y",
		"ATTACH ':memory:' AS y",
		"DETACH main",
		"PRAGMA query_only = 0",
		"PRAGMA journal_mode = DELETE",
		"PRAGMA writable_schema = 1",
		"PRAGMA writable_schema",
		"PRAGMA trusted_schema = 1",
		"PRAGMA journal_mode",
		"PRAGMA user_version = 9",
		"PRAGMA temp_store_directory = 'x'",
		"PRAGMA mmap_size = 0",
		"PRAGMA optimize",
		"PRAGMA incremental_vacuum",
		"PRAGMA wal_checkpoint",
		"BEGIN",
		"SAVEPOINT a",
		"VACUUM",
		"VACUUM INTO 'x'",
		"REINDEX",
		"ANALYZE",
		"SELECT load_extension('x')",
		"SELECT readfile('x')",
		"SELECT writefile('x', 'y')",
		"SELECT fts3_tokenizer('a')",
		"SELECT edit('x')",
		"SELECT sqlite_log(1, 'x')",
		"SELECT * FROM fsdir('.')",
		"SELECT * FROM zipfile('x')",
		"INSERT INTO search(search, rank) VALUES ('merge', 1)",
		"INSERT INTO search(search) VALUES ('delete-all')",
		"INSERT INTO search(search) VALUES ('optimize')",
		"SELECT 1; DELETE FROM record",
		"SELECT 1; SELECT 2",
		"",
		"-- nothing",
		"nonsense",
	};
	static const char *const allowed[] = {
		"SELECT count(*) FROM changes",
		"SELECT 1;",
		"  SELECT 1 ; ",
		"WITH RECURSIVE n(i) AS (VALUES (1) UNION SELECT 3 - i FROM n) SELECT i FROM n",
		"EXPLAIN QUERY PLAN SELECT * FROM runs",
		"PRAGMA table_info(record)",
		"SELECT name FROM pragma_table_info('record')",
		"SELECT * FROM json_tree('[1]')",
		"SELECT json_extract(after, '$.properties') FROM changes LIMIT 1",
		"SELECT rowid FROM search WHERE search MATCH 'rare77'",
		"VALUES (1)",
		"PRAGMA index_list(record)",
		"PRAGMA user_version",
		"PRAGMA quick_check",
		"SELECT * FROM pragma_function_list",
		"EXPLAIN SELECT 1",
	};
	for (size_t i = 0; i < sizeof(refused) / sizeof(refused[0]); i++) {
		struct error err = { 0 };
		struct sql *sql;
		if (sql_open(f->reader, refused[i], &sql, NULL, &err))
			fail_msg("let pass: %s", refused[i]);
		assert_int_equal(err.kind, ERROR_USAGE);
	}
	for (size_t i = 0; i < sizeof(allowed) / sizeof(allowed[0]); i++) {
		struct error err = { 0 };
		struct sql *sql;
		const struct row *row = NULL;
		if (!sql_open(f->reader, allowed[i], &sql, NULL, &err) ||
			!sql_next(sql, &row, &err))
			fail_msg("%s: %s", allowed[i], err.text);
		assert_non_null(row);
		sql_close(sql);
	}
}

/* What SQLite's own tables compile while a statement runs is looked at, too, and what the statement
 * itself cannot do is the user's mistake, not the store's. */
static void test_sql_while_it_runs(void **state)
{
	static const char *const failing[] = {
		"SELECT * FROM pragma_optimize(65535)",
		"SELECT * FROM pragma_journal_mode",
		"SELECT abs(-9223372036854775808)",
		"SELECT zeroblob(2000000000)",
	};
	struct fixture *f = *state;
	for (size_t i = 0; i < sizeof(failing) / sizeof(failing[0]); i++) {
		struct error err = { 0 };
		struct sql *sql;
		const struct row *row;
		if (sql_open(f->reader, failing[i], &sql, NULL, &err)) {
			if (sql_next(sql, &row, &err))
				fail_msg("let pass: %s", failing[i]);
			sql_close(sql);
		}
		assert_int_equal(err.kind, ERROR_USAGE);
	}
	/* Behind it the connection is as it was. */
	assert_int_equal(list(f, &view_records, NULL, 1, NULL), 1);
}

static void test_sql_mistakes(void **state)
{
	static const struct {
		const char *text, *says;
		int offset;
	} mistakes[] = {
		{ "SELECT 1 FORM changes", "near \"changes\"", 14 },
		{ "SELECT entty FROM changes", "; did you mean 'entity'?", 7 },
		{ "SELECT c.entty FROM changes c", "; did you mean 'entity'?", 7 },
		{ "SELECT 1 FROM chnges", "; did you mean 'changes'?", -1 },
		{ "SELECT cuont(*) FROM changes", "; did you mean 'count'?", 7 },
		{ "SELECT xyzzy FROM changes", "no such column: xyzzy", 7 },
	};
	struct fixture *f = *state;
	for (size_t i = 0; i < sizeof(mistakes) / sizeof(mistakes[0]); i++) {
		struct error err = { 0 };
		struct sql *sql;
		int offset = -1;
		assert_false(sql_open(f->reader, mistakes[i].text, &sql, &offset, &err));
		assert_int_equal(err.kind, ERROR_USAGE);
		if (!strstr(err.text, mistakes[i].says))
			fail_msg("%s: %s", mistakes[i].text, err.text);
		assert_int_equal(offset, mistakes[i].offset);
	}
}

static void test_sql_split(void **state)
{
	static const struct {
		const char *text;
		size_t end; /* 0: it does not */
		bool has_word;
	} rows[] = {
		{ "SELECT 1; SELECT 2", 9, true },
		{ "SELECT ';'", 0, true },
		{ "SELECT 'it''s; ' ;x", 18, true },
		{ "SELECT \";\", `;`, [;]; 2", 21, true },
		{ "-- a;\n1;", 8, true },
		{ "/* ; */ -- ;", 0, false },
		{ "/*/;*/ 1;", 9, true },
		{ "1 - 2 / 3 * 4;", 14, true },
		{ " ; ", 2, false },
		{ "'", 0, true },
		{ "", 0, false },
	};
	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct sql_split split = { 0 };
		bool ends = sql_split(&split, span_of(rows[i].text));
		if (ends != (rows[i].end > 0) || (ends && split.at != rows[i].end) ||
			split.has_word != rows[i].has_word)
			fail_msg("%s: %d %zu %d", rows[i].text, ends, split.at, split.has_word);
	}
	/* In two parts it ends where it does in one. */
	struct sql_split split = { 0 };
	assert_false(sql_split(&split, span_of("SELECT ';\n")));
	assert_true(sql_split(&split, span_of("SELECT ';\n';")));
	assert_int_equal(split.at, 12);
}

/* Rows that were stepped over in whole tables, by all statements. */
static int count_scanned(unsigned what, void *data, void *statement, void *ignored)
{
	(void)what;
	(void)ignored;
	*(int *)data += sqlite3_stmt_status(statement, SQLITE_STMTSTATUS_FULLSCAN_STEP, 0);
	return 0;
}

static int64_t entity_id(struct fixture *f, const char *name)
{
	struct text_list names = { 0 };
	struct ids ids = { 0 };
	struct error err = { 0 };
	text_list_add(&names, name);
	assert_true(resolve(f->reader, NAME_ENTITY, &names, &ids, NULL, &err));
	assert_int_equal(ids.count, 1);
	int64_t id = ids.items[0];
	ids_release(&ids);
	text_list_clear(&names);
	return id;
}

/* What one entity is, was, and who made it so: its changes are found by the index alone, and no
 * other's bodies are unpacked. */
static void test_one_entity(void **state)
{
	struct fixture *f = *state;
	struct error err = { 0 };
	struct arena texts = { 0 };
	struct state is = { 0 };
	struct blame blame = { 0 };
	struct causes causes = { 0 };
	struct text_list all = { 0 };
	int scanned = 0;
	int64_t id = entity_id(f, "b3/e993");
	sqlite3_trace_v2(f->reader, SQLITE_TRACE_PROFILE, count_scanned, &scanned);
	uint64_t before = reader_bodies_unpacked(f->reader);
	assert_true(state_at(f->reader, id, INT64_MAX, &texts, &is, &err));
	assert_int_equal(is.certainty, CERTAINTY_PROVEN);
	assert_true(reader_bodies_unpacked(f->reader) <= before + 1);
	before = reader_bodies_unpacked(f->reader);
	struct blame_request request = { .entity = id, .at_ms = INT64_MAX, .names = &all };
	assert_true(blame_make(f->reader, &request, &blame, &err));
	assert_true(blame.count >= 2);
	/* An entity has some changes in thousands; each record's body is read once. */
	assert_true(reader_bodies_unpacked(f->reader) <= before + 100);
	for (size_t i = 0; i < blame.count; i++)
		assert_true(blame.entries[i].has_change);
	assert_true(causes_find(f->reader, &blame.entries[0].change, &blame.texts, &causes, &err));
	assert_true(causes.count > 0);
	sqlite3_trace_v2(f->reader, 0, NULL, NULL);
	assert_int_equal(scanned, 0);
	blame_release(&blame);
	state_release(&is);
	arena_free(&texts);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_no_scan),
		TEST(test_quick_sql),
		TEST(test_fall_back),
		TEST(test_bodies),
		TEST(test_one_entity),
		TEST(test_no_field),
		TEST(test_sql_only_reads),
		TEST(test_sql_while_it_runs),
		TEST(test_sql_mistakes),
		TEST(test_sql_split),
	};
	return cmocka_run_group_tests(tests, set_up, tear_down);
}
