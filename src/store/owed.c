#include "store/owed.h"

#include <inttypes.h>

#include "store/internal.h"

/* The indexes are named: the planner would walk the ids. */
#define COLUMNS                                                                               \
	"SELECT x.id, x.seq, x.idx, n.run_id, x.state, x.attempt, x.created_ms, x.next_ms, "  \
	"x.rules,"                                                                            \
	" x.rule, x.digest, x.kind, x.reason, s.topic, s.partition, s.epoch, r.kafka_offset," \
	" coalesce(r.timestamp_ms, r.received_ms), x.once FROM execution x "
#define JOINS                                    \
	" CROSS JOIN run_name n ON n.id = x.run" \
	" CROSS JOIN record r ON r.seq = x.seq"  \
	" CROSS JOIN stream s ON s.id = r.stream"
#define OPEN                                      \
	COLUMNS "INDEXED BY execution_open" JOINS \
		" WHERE x.state IN ('owed', 'running', 'waiting') AND x.id > ?1"
#define SKIPPED \
	COLUMNS "INDEXED BY execution_skipped" JOINS " WHERE x.born_skipped <> 0 AND x.id > ?1"

static const char list_open[] = OPEN " ORDER BY 1";
static const char list_all[] = OPEN " UNION ALL " SKIPPED " ORDER BY 1";
static const char get_one[] = COLUMNS JOINS " WHERE x.id = ?1";
static const char get_newest[] = "SELECT max(x.id) FROM execution x WHERE x.run = (SELECT id FROM "
				 "run_name WHERE run_id = ?1)";
static const char get_last_step[] = "SELECT max(seq) FROM execution_step WHERE execution = ?1";
static const char list_reports[] =
	"SELECT p.id, p.execution, n.run_id, p.owed_ms, t.attempt, t.next_ms, p.not_before_ms"
	" FROM report p INDEXED BY report_pending CROSS JOIN run_name n ON n.id = p.run"
	" LEFT JOIN report_try t ON t.report = p.id"
	" WHERE p.state = 'pending' AND p.id > ?1 ORDER BY p.id";
static const char put_try[] =
	"INSERT OR REPLACE INTO report_try (report, attempt, next_ms, http_status)"
	" SELECT id, ?2, ?3, nullif(?4, 0) FROM report WHERE id = ?1 AND state = 'pending'";
static const char get_value[] =
	"SELECT portlog_body(b.seq, b.dictionary, b.bytes), r.headers"
	" FROM body b CROSS JOIN record r ON r.seq = b.seq WHERE b.seq = ?1";
static const char count_all[] = "SELECT (SELECT count(*) FROM execution WHERE state = 'owed'),"
				" (SELECT count(*) FROM execution WHERE state = 'running'),"
				" (SELECT count(*) FROM execution WHERE state = 'waiting'),"
				" (SELECT count(*) FROM report WHERE state = 'pending')";

static const char get_floor[] =
	"SELECT f.\"offset\" FROM floor f WHERE f.stream ="
	" (SELECT id FROM stream WHERE topic = ?1 AND partition = ?2 AND epoch = ?3)";

static int64_t int_or(struct stmt *s, int column, int64_t absent)
{
	return stmt_column_is_null(s, column) ? absent : stmt_column_int(s, column);
}

static bool read_row(struct stmt *s, struct owed_execution *ret_execution, struct error *err)
{
	struct owed_execution x = {
		.id = stmt_column_int(s, 0),
		.seq = (uint64_t)stmt_column_int(s, 1),
		.idx = (uint32_t)stmt_column_int(s, 2),
		.run_id = stmt_column(s, 3),
		.attempt = (int)stmt_column_int(s, 5),
		.created_ms = stmt_column_int(s, 6),
		.next_ms = stmt_column_int(s, 7),
		.rules = stmt_column(s, 8),
		.reason = stmt_column(s, 12),
		.topic = stmt_column(s, 13),
		.partition = (int32_t)int_or(s, 14, -1),
		.epoch = int_or(s, 15, -1),
		.offset = int_or(s, 16, -1),
		.timestamp_ms = stmt_column_int(s, 17),
		.once = stmt_column_int(s, 18) != 0,
	};
	if (x.attempt > 0) {
		x.rule = stmt_column(s, 9);
		x.digest = stmt_column(s, 10);
		x.kind = stmt_column(s, 11);
	}
	if (!execution_state_of(stmt_column(s, 4), &x.state))
		return error_set(
			err, ERROR_INTEGRITY, "execution %" PRId64 " is in no known state", x.id);
	*ret_execution = x;
	return true;
}

static bool list(struct store *store, const char *sql, int64_t after_id, owed_execution_each *each,
	void *data, struct error *err)
{
	struct stmt *s = stmt(&store->connection, sql);
	struct owed_execution execution;
	stmt_int(s, 1, after_id);
	for (;;) {
		bool row;
		if (!stmt_row(s, &row, err))
			return error_prefix(err, "cannot read what is owed");
		if (!row)
			return true;
		if (!read_row(s, &execution, err)) {
			stmt_reset(s);
			return error_prefix(err, "cannot read what is owed");
		}
		if (!each(data, &execution)) {
			stmt_reset(s);
			return true;
		}
	}
}

bool owed_open(struct store *store, int64_t after_id, owed_execution_each *each, void *data,
	struct error *err)
{
	return list(store, list_open, after_id, each, data, err);
}

bool owed_executions(struct store *store, int64_t after_id, owed_execution_each *each, void *data,
	struct error *err)
{
	return list(store, list_all, after_id, each, data, err);
}

/* Copies what the spans say into storage, and lets them point there. */
static void keep(struct owed_execution *x, struct buf *storage)
{
	struct span *const spans[] = { &x->run_id, &x->rules, &x->rule, &x->digest, &x->kind,
		&x->reason, &x->topic };
	enum { COUNT = sizeof(spans) / sizeof(spans[0]) };
	size_t length = 0;
	for (size_t i = 0; i < COUNT; i++)
		length += spans[i]->length;
	buf_clear(storage);
	buf_reserve(storage, length); /* so that it does not move */
	for (size_t i = 0; i < COUNT; i++) {
		if (!spans[i]->data)
			continue;
		size_t at = storage->length;
		buf_add_span(storage, *spans[i]);
		*spans[i] = span_make(storage->data + at, spans[i]->length);
	}
}

bool owed_execution(struct store *store, int64_t id, struct owed_execution *ret_execution,
	struct buf *storage, bool *ret_found, struct error *err)
{
	struct stmt *s = stmt(&store->connection, get_one);
	struct owed_execution execution;
	bool row;
	stmt_int(s, 1, id);
	bool ok = stmt_row(s, &row, err) && (!row || read_row(s, &execution, err));
	if (ok && row) {
		keep(&execution, storage);
		*ret_execution = execution;
	}
	stmt_reset(s);
	if (!ok)
		return error_prefix(err, "cannot read execution %" PRId64, id);
	*ret_found = row;
	return true;
}

bool owed_last_step(struct store *store, int64_t id, uint64_t *ret_seq, struct error *err)
{
	struct stmt *s = stmt(&store->connection, get_last_step);
	bool row;
	stmt_int(s, 1, id);
	if (!stmt_row(s, &row, err))
		return error_prefix(err, "cannot read the steps of execution %" PRId64, id);
	*ret_seq = (uint64_t)stmt_column_int(s, 0);
	stmt_reset(s);
	return true;
}

bool owed_execution_of_run(
	struct store *store, struct span run_id, int64_t *ret_id, struct error *err)
{
	struct stmt *s = stmt(&store->connection, get_newest);
	bool row;
	stmt_text(s, 1, run_id);
	if (!stmt_row(s, &row, err))
		return error_prefix(err, "cannot read the executions of a run");
	*ret_id = stmt_column_int(s, 0);
	stmt_reset(s);
	return true;
}

bool owed_reports(struct store *store, int64_t after_id,
	bool (*each)(void *data, const struct owed_report *report), void *data, struct error *err)
{
	struct stmt *s = stmt(&store->connection, list_reports);
	stmt_int(s, 1, after_id);
	for (;;) {
		bool row;
		if (!stmt_row(s, &row, err))
			return error_prefix(err, "cannot read what Port is to be told");
		if (!row)
			return true;
		const struct owed_report report = {
			.id = stmt_column_int(s, 0),
			.execution = stmt_column_int(s, 1),
			.run_id = stmt_column(s, 2),
			.created_ms = stmt_column_int(s, 3),
			.attempt = (int)stmt_column_int(s, 4),
			.next_ms = stmt_column_int(s, 5),
			.not_before_ms = stmt_column_int(s, 6),
		};
		if (!each(data, &report)) {
			stmt_reset(s);
			return true;
		}
	}
}

bool owed_tries_write(
	struct store *store, const struct owed_try *tries, size_t count, struct error *err)
{
	for (size_t i = 0; i < count; i++) {
		struct stmt *s = stmt(&store->connection, put_try);
		stmt_int(s, 1, tries[i].report);
		stmt_int(s, 2, tries[i].attempt);
		stmt_int(s, 3, tries[i].next_ms);
		stmt_int(s, 4, tries[i].http_status);
		if (!stmt_run(s, err))
			return false;
	}
	return true;
}

bool owed_value(struct store *store, uint64_t seq, struct buf *ret_value, struct error *err)
{
	struct buf headers = { 0 };
	bool ok = owed_message(store, seq, ret_value, &headers, err);
	buf_free(&headers);
	return ok;
}

bool owed_message(struct store *store, uint64_t seq, struct buf *ret_value, struct buf *ret_headers,
	struct error *err)
{
	struct stmt *s = stmt(&store->connection, get_value);
	bool row;
	stmt_int(s, 1, (int64_t)seq);
	if (!stmt_row(s, &row, err))
		return error_prefix(err, "cannot read record %" PRIu64, seq);
	if (!row)
		return error_set(err, ERROR_INTEGRITY, "record %" PRIu64 " has no value", seq);
	buf_clear(ret_value);
	buf_add_span(ret_value, stmt_column(s, 0));
	buf_clear(ret_headers);
	buf_add_span(ret_headers, stmt_column(s, 1));
	stmt_reset(s);
	return true;
}

bool owed_floor(struct store *store, struct span topic, int32_t partition, int64_t epoch,
	bool *ret_found, int64_t *ret_offset, struct error *err)
{
	struct stmt *s = stmt(&store->connection, get_floor);
	stmt_text(s, 1, topic);
	stmt_int(s, 2, partition);
	stmt_int(s, 3, epoch);
	if (!stmt_row(s, ret_found, err))
		return error_prefix(err, "cannot read the execution floor");
	if (*ret_found)
		*ret_offset = stmt_column_int(s, 0);
	stmt_reset(s);
	return true;
}

bool owed_is_below_floor(const struct store *store, const struct record *record)
{
	const struct stream *stream = store->streams ? streams_known(store->streams, record->topic,
							       record->partition, record->epoch)
						     : NULL;
	return stream && record->offset < stream->floor;
}

bool owed_counts(struct store *store, struct owed_counts *ret_counts, struct error *err)
{
	struct stmt *s = stmt(&store->connection, count_all);
	bool row;
	if (!stmt_row(s, &row, err))
		return error_prefix(err, "cannot count what is owed");
	*ret_counts = (struct owed_counts){ stmt_column_int(s, 0), stmt_column_int(s, 1),
		stmt_column_int(s, 2), stmt_column_int(s, 3) };
	stmt_reset(s);
	return true;
}
