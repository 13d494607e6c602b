#include "store/replay.h"

#include <stdlib.h>

#include "base/arena.h"
#include "base/xalloc.h"
#include "store/stmt.h"

enum {
	PAGE = 500,
	PAGE_BYTES = 4 << 20,
};

static const char page_sql[] =
	"SELECT r.seq, r.source, s.topic, s.partition, s.epoch, r.kafka_offset, r.timestamp_ms,"
	" r.timestamp_type, r.received_ms, r.problem, r.key, r.headers,"
	" coalesce((SELECT portlog_body(b.seq, b.dictionary, b.bytes) FROM main.body b"
	"  WHERE b.seq = r.seq), CASE WHEN r.body <> 0 THEN portlog_lost(NULL, r.seq) END)"
	" FROM main.record r JOIN main.stream s ON s.id = r.stream WHERE r.seq > ?1 ORDER BY r.seq "
	"LIMIT ?2";

struct replay {
	struct connection connection;
	uint64_t after;
	size_t most;
	struct arena texts;
	struct replayed records[PAGE];
	struct record_header *headers[PAGE];
	struct buf storage[PAGE]; /* what the headers point to */
};

struct replay *replay_new(sqlite3 *handle, uint64_t after_seq)
{
	struct replay *r = xcalloc(1, sizeof(*r));
	r->connection.handle = handle;
	r->after = after_seq;
	r->most = PAGE;
	return r;
}

void replay_page_of(struct replay *r, size_t most)
{
	r->most = most < PAGE ? most : PAGE;
}

static void clear(struct replay *r)
{
	for (size_t i = 0; i < PAGE; i++) {
		free(r->headers[i]);
		r->headers[i] = NULL;
	}
	arena_clear(&r->texts);
}

void replay_free(struct replay *r)
{
	if (!r)
		return;
	clear(r);
	for (size_t i = 0; i < PAGE; i++)
		buf_free(&r->storage[i]);
	arena_free(&r->texts);
	r->connection.handle = NULL; /* borrowed */
	connection_close(&r->connection);
	free(r);
}

static int64_t int_or(struct stmt *s, int column, int64_t absent)
{
	return stmt_column_is_null(s, column) ? absent : stmt_column_int(s, column);
}

static bool read_headers(
	struct replay *r, size_t i, struct span text, struct record *record, struct error *err)
{
	if (!text.data)
		return true;
	buf_clear(&r->storage[i]);
	if (!record_headers_read(text, &r->storage[i], &r->headers[i], &record->header_count))
		return error_set(err, ERROR_INTEGRITY, "the headers of record %llu are damaged",
			(unsigned long long)r->records[i].seq);
	record->headers = r->headers[i];
	return true;
}

static bool read_row(struct replay *r, struct stmt *s, size_t i, struct error *err)
{
	struct replayed *at = &r->records[i];
	at->seq = (uint64_t)stmt_column_int(s, 0);
	/* There are no holes; and a damaged page could give the same row for ever. */
	if (at->seq > r->after + 1)
		return error_set(err, ERROR_INTEGRITY,
			"record %llu is missing: the store is damaged or was altered",
			(unsigned long long)(r->after + 1));
	if (at->seq != r->after + 1 ||
		!record_source_word((enum record_source)stmt_column_int(s, 1)))
		return error_set(err, ERROR_INTEGRITY, "the store is damaged (record %llu)",
			(unsigned long long)(r->after + 1));
	at->problem = (enum record_problem)stmt_column_int(s, 9);
	at->record = (struct record){
		.source = (enum record_source)stmt_column_int(s, 1),
		.topic = arena_copy(&r->texts, stmt_column(s, 2)),
		.partition = (int32_t)int_or(s, 3, -1),
		.epoch = int_or(s, 4, -1),
		.offset = int_or(s, 5, -1),
		.timestamp_ms = stmt_column_int(s, 6),
		.timestamp_type = (enum timestamp_type)stmt_column_int(s, 7),
		.received_ms = stmt_column_int(s, 8),
		.key = arena_copy(&r->texts, stmt_column(s, 10)),
		.value = arena_copy(&r->texts, stmt_column(s, 12)),
	};
	return read_headers(r, i, stmt_column(s, 11), &at->record, err);
}

bool replay_page(
	struct replay *r, const struct replayed **ret_records, size_t *ret_count, struct error *err)
{
	size_t count = 0, bytes = 0;
	clear(r);
	struct stmt *s = stmt(&r->connection, page_sql);
	stmt_int(s, 1, (int64_t)r->after);
	stmt_int(s, 2, (int64_t)r->most);
	for (;;) {
		bool row;
		if (!stmt_row(s, &row, err))
			return false;
		if (!row)
			break;
		if (!read_row(r, s, count, err)) {
			stmt_reset(s);
			return false;
		}
		bytes += r->records[count].record.value.length;
		r->after = r->records[count++].seq;
		if (bytes > PAGE_BYTES) {
			stmt_reset(s);
			break;
		}
	}
	*ret_records = r->records;
	*ret_count = count;
	return true;
}

void replay_place(sqlite3 *handle, uint64_t seq, struct buf *out)
{
	static const char sql[] =
		"SELECT printf(' (%s[%d]@%lld)', s.topic, s.partition, r.kafka_offset)"
		" FROM main.record r JOIN main.stream s ON s.id = r.stream"
		" WHERE r.seq = ?1 AND r.kafka_offset IS NOT NULL";
	sqlite3_stmt *s = NULL;
	if (sqlite3_prepare_v2(handle, sql, -1, &s, NULL) == SQLITE_OK &&
		sqlite3_bind_int64(s, 1, (int64_t)seq) == SQLITE_OK &&
		sqlite3_step(s) == SQLITE_ROW)
		buf_add_text(out, (const char *)sqlite3_column_text(s, 0));
	sqlite3_finalize(s);
}
