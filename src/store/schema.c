#include "store/schema.h"

#include <assert.h>
#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/crypto.h"
#include "schema/texts.h" /* made by schema/embed.py */
#include "store/stmt.h"

/* One text per version, in order; a released one stays as it is. */
static const char *const migrations[] = {
	schema_001_store,
	schema_002_facets,
	schema_003_counters,
	schema_004_plans,
	schema_005_executions,
	schema_006_execution_steps,
	schema_007_changes_of_runs,
	schema_008_truth_of_runs,
	schema_009_feeds,
};

/* What SQLite's planner must know to use the indexes that begin with the segment of the seq: rows,
 * then rows per segment, per entity or user in it, per time. Written by hand because ANALYZE would
 * read the whole store, and because the shape is known. Only the proportions matter. */
static const char statistics[] = "ANALYZE sqlite_schema;"
				 "DELETE FROM sqlite_stat1;"
				 "INSERT INTO sqlite_stat1 (tbl, idx, stat) VALUES"
				 " ('change', 'change', '4000000 2 1'),"
				 " ('change', 'change_entity', '4000000 65536 8 1'),"
				 " ('change', 'change_user', '4000000 65536 500 1'),"
				 " ('change', 'change_time', '4000000 2'),"
				 " ('change', 'change_run', '400000 2'),"
				 " ('property_change', NULL, '4000000'),"
				 " ('record', 'record_offset', '5000000 500000 1'),"
				 " ('record', 'record_problem', '1000 200'),"
				 " ('body', NULL, '5000000'),"
				 " ('run', 'run_time', '500000 2 2 2 1'),"
				 " ('change_counter', 'change_counter', '500000 10 5 5 2 1'),"
				 " ('run', 'run_entity', '500000 50 2'),"
				 " ('run', 'run_user', '500000 2000 2 2'),"
				 " ('run', 'run_seq', '500000 1'),"
				 " ('run', 'run_feed', '400000 1'),"
				 " ('run', 'run_last_seq', '500000 1 1'),"
				 " ('run', 'run_status', '400000 100000 2'),"
				 " ('record_span', NULL, '1200'),"
				 " ('execution', 'execution_run', '100000 1'),"
				 " ('execution', 'execution_last_seq', '100000 1'),"
				 " ('execution', 'execution_state', '100000 10000'),"
				 " ('execution', 'execution_open', '100 1'),"
				 " ('execution', 'execution_skipped', '10000 1'),"
				 " ('execution', 'execution_rule', '100000 10000'),"
				 " ('execution_step', 'execution_step', '200000 2 1'),"
				 " ('report', 'report_run', '200000 3'),"
				 " ('report', 'report_execution', '200000 3'),"
				 " ('report', 'report_pending', '100 1'),"
				 " ('report_try', NULL, '100'),"
				 " ('floor', NULL, '10'),"
				 " ('run_event', 'run_event', '1000000 3 1 1'),"
				 " ('run_event', 'run_event_seq', '1000000 1'),"
				 " ('entity', 'entity_identifier', '4000000 2 1'),"
				 " ('entity', 'entity_blueprint', '4000000 1000'),"
				 " ('entity_state', NULL, '4000000'),"
				 " ('user', 'user_user_id', '4000000 1'),"
				 " ('user', 'user_email', '4000000 1'),"
				 " ('user', 'user_name', '4000000 1'),"
				 " ('user', 'user_label', '4000000 1'),"
				 " ('run_name', 'run_name_run_id', '4000000 1'),"
				 " ('name', 'name_text', '4000000 1'),"
				 " ('stream', 'stream_name', '4000000 500000 2 1');";

int schema_version(void)
{
	return (int)(sizeof(migrations) / sizeof(migrations[0]));
}

/* What the marks in views.sql stand for. */
struct filling {
	const char *mark;
	const char *text;
};

enum { MARKS = 3 };

static const struct filling stored_filling[MARKS] = {
	{ "@VIEW@", "CREATE VIEW" },
	{ "@VALUE@", "CASE WHEN body.dictionary IS NULL THEN body.bytes END" },
	{ "@LOST@", "nullif" },
};
static const struct filling temp_filling[MARKS] = {
	{ "@VIEW@", "CREATE TEMP VIEW IF NOT EXISTS" },
	{ "@VALUE@", "portlog_body(body.seq, body.dictionary, body.bytes)" },
	{ "@LOST@", "portlog_lost" },
};

static void fill_view(struct span text, const struct filling *filling, struct buf *out)
{
	const char *at = text.data;
	const char *end = text.data + text.length;
	while (at < end) {
		const char *mark = memchr(at, '@', (size_t)(end - at));
		buf_add(out, at, (size_t)((mark ? mark : end) - at));
		if (!mark)
			break;
		size_t i = 0;
		while (i < MARKS && strncmp(mark, filling[i].mark, strlen(filling[i].mark)) != 0)
			i++;
		assert(i < MARKS);
		buf_add_text(out, filling[i].text);
		at = mark + strlen(filling[i].mark);
	}
}

/* The names of the views are read off the text: each begins with "@VIEW@ NAME AS". */
static const char view_begins[] = "\n@VIEW@ ";

static struct span view_name(const char *begin)
{
	const char *name = begin + strlen(view_begins);
	return span_make(name, strcspn(name, " "));
}

static bool is_word(char c)
{
	return isalnum((unsigned char)c) || c == '_';
}

/* As a word, and not as a column of something: p.changes. */
static bool is_named(struct span name, const char *sql)
{
	for (const char *at = sql; (at = memmem(at, strlen(at), name.data, name.length)); at++)
		if (!is_word(at[name.length]) && (at == sql || !(is_word(at[-1]) || at[-1] == '.')))
			return true;
	return false;
}

/* Those that the statement names; NULL: all. */
static void fill_views(const char *sql, const struct filling *filling, struct buf *out)
{
	for (const char *at = strstr(schema_views, view_begins), *end; at; at = end) {
		end = strstr(at + 1, view_begins);
		if (!sql || is_named(view_name(at), sql))
			fill_view(
				span_make(at, end ? (size_t)(end - at) : strlen(at)), filling, out);
	}
}

static bool read_int(sqlite3 *handle, const char *sql, int *ret_value, struct error *err)
{
	sqlite3_stmt *s = NULL;
	bool ok = sqlite3_prepare_v2(handle, sql, -1, &s, NULL) == SQLITE_OK &&
		  sqlite3_step(s) == SQLITE_ROW;
	if (ok)
		*ret_value = sqlite3_column_int(s, 0);
	else
		stmt_error(handle, err);
	sqlite3_finalize(s);
	return ok;
}

static bool read_versions(
	sqlite3 *handle, int *ret_version, int *ret_application, struct error *err)
{
	return read_int(handle, "PRAGMA user_version", ret_version, err) &&
	       read_int(handle, "PRAGMA application_id", ret_application, err);
}

static bool newer(int version, struct error *err)
{
	return error_set(err, ERROR_STORE,
		"the store has version %d, this portlog knows up to %d; update portlog", version,
		schema_version());
}

static bool foreign(struct error *err)
{
	return error_set(err, ERROR_STORE, "the file is an SQLite database, but no portlog store");
}

/* What the first step adds that no text can know. */
static bool found_store(sqlite3 *handle, struct error *err)
{
	char uuid[37];
	uuid_new(uuid);
	char *sql = sqlite3_mprintf("INSERT INTO store (id, uuid, created_ms, fingerprint, views)"
				    " VALUES (1, %Q, %lld, '', ''); PRAGMA application_id = %d;",
		uuid, (long long)clock_now_ms(), SCHEMA_APPLICATION_ID);
	bool ok = stmt_exec(handle, sql, err);
	sqlite3_free(sql);
	return ok;
}

static bool step(sqlite3 *handle, int version, struct error *err)
{
	char pragma[64];
	sqlite3_snprintf(sizeof(pragma), pragma, "PRAGMA user_version = %d", version + 1);
	if (stmt_exec(handle, "BEGIN IMMEDIATE", err) &&
		stmt_exec(handle, migrations[version], err) &&
		(version > 0 || found_store(handle, err)) && stmt_exec(handle, pragma, err) &&
		(version + 1 < schema_version() || stmt_exec(handle, statistics, err)) &&
		stmt_exec(handle, "COMMIT", err))
		return true;
	sqlite3_exec(handle, "ROLLBACK", NULL, NULL, NULL);
	return error_prefix(err, "cannot bring the store to version %d", version + 1);
}

static void drop_views(struct buf *out)
{
	for (const char *at = schema_views; (at = strstr(at, view_begins)); at++) {
		struct span name = view_name(at);
		buf_addf(out, "DROP VIEW IF EXISTS %.*s;\n", (int)name.length, name.data);
	}
}

/* Makes the stored views anew where the text changed. */
static bool refresh_views(sqlite3 *handle, struct error *err)
{
	struct hash hash;
	struct span text = span_of(schema_views);
	struct buf sql = { 0 }, digest = { 0 };
	sha256(&text, 1, &hash);
	hex_write(span_make((const char *)hash.bytes, HASH_BYTES), &digest);
	char *query =
		sqlite3_mprintf("SELECT count(*) FROM store WHERE views = %Q", buf_text(&digest));
	int same = 0;
	bool ok = read_int(handle, query, &same, err);
	if (ok && !same) {
		buf_add_text(&sql, "BEGIN IMMEDIATE;\n");
		drop_views(&sql);
		fill_views(NULL, stored_filling, &sql);
		buf_addf(&sql, "UPDATE store SET views = '%s';\nCOMMIT;", buf_text(&digest));
		ok = stmt_exec(handle, buf_text(&sql), err);
		if (!ok)
			sqlite3_exec(handle, "ROLLBACK", NULL, NULL, NULL);
	}
	sqlite3_free(query);
	buf_free(&sql);
	buf_free(&digest);
	return ok;
}

bool schema_migrate(sqlite3 *handle, struct error *err)
{
	int version, application, tables;
	if (!read_versions(handle, &version, &application, err) ||
		!read_int(handle, "SELECT count(*) FROM sqlite_schema", &tables, err))
		return false;
	if (application != SCHEMA_APPLICATION_ID && tables > 0)
		return foreign(err);
	if (version > schema_version())
		return newer(version, err);
	for (; version < schema_version(); version++)
		if (!step(handle, version, err))
			return false;
	return refresh_views(handle, err);
}

bool schema_check(sqlite3 *handle, struct error *err)
{
	int version, application;
	if (!read_versions(handle, &version, &application, err))
		return false;
	if (application != SCHEMA_APPLICATION_ID)
		return foreign(err);
	if (version > schema_version())
		return newer(version, err);
	if (version < schema_version())
		return error_set(err, ERROR_STORE,
			"the store has the older version %d; start the recorder once, or run "
			"'portlog reindex'",
			version);
	return true;
}

void schema_temp_views(const char *sql, struct buf *out)
{
	fill_views(sql, temp_filling, out);
}
