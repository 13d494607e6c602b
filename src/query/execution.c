#include "query/execution.h"

#include <inttypes.h>
#include <stdlib.h>

#include "query/statement.h"

bool execution_counts_read(
	sqlite3 *database, struct execution_counts *ret_counts, struct error *err)
{
	static const char sql[] = "SELECT (SELECT count(*) FROM execution WHERE state = 'owed'),"
				  " (SELECT count(*) FROM execution WHERE state = 'running'),"
				  " (SELECT count(*) FROM execution WHERE state = 'waiting'),"
				  " (SELECT count(*) FROM report WHERE state = 'pending')";
	sqlite3_stmt *row = NULL;
	bool there, ok = statement_prepare_text(database, sql, &row, err) &&
			 statement_step(row, &there, err);
	if (ok)
		*ret_counts = (struct execution_counts){
			.owed = sqlite3_column_int64(row, 0),
			.running = sqlite3_column_int64(row, 1),
			.waiting = sqlite3_column_int64(row, 2),
			.pending = sqlite3_column_int64(row, 3),
		};
	sqlite3_finalize(row);
	return ok;
}

/* Port has ended the run, or has accepted our report that it has. */
static const char look_sql[] =
	"SELECT x.state, n.run_id,"
	" (SELECT s.text FROM run r JOIN name s ON s.id = r.status WHERE r.id = x.run"
	" AND s.text IN ('SUCCESS', 'FAILURE', 'CANCELLED')),"
	" EXISTS (SELECT 1 FROM report p WHERE p.run = x.run AND p.what IN ('status', 'node')"
	" AND p.state = 'sent')"
	" FROM execution x LEFT JOIN run_name n ON n.id = x.run AND x.once WHERE x.id = ?1";

bool execution_look(sqlite3 *database, int64_t id, struct execution_look *ret_look, bool *ret_found,
	struct error *err)
{
	struct execution_look look = { 0 };
	sqlite3_stmt *row = NULL;
	bool found = false, ok = statement_prepare_text(database, look_sql, &row, err);
	if (ok) {
		sqlite3_bind_int64(row, 1, id);
		ok = statement_step(row, &found, err);
	}
	if (ok && found && !execution_state_of(statement_span(row, 0), &look.state))
		ok = error_set(
			err, ERROR_INTEGRITY, "execution %" PRId64 " is in no known state", id);
	if (ok && found && (statement_span(row, 2).data || sqlite3_column_int(row, 3))) {
		look.ended_run = span_dup(statement_span(row, 1));
		look.ended = span_dup(statement_span(row, 2));
	}
	sqlite3_finalize(row);
	if (ok) {
		*ret_look = look;
		*ret_found = found;
	}
	return ok;
}

void execution_look_release(struct execution_look *look)
{
	free(look->ended_run);
	free(look->ended);
	*look = (struct execution_look){ 0 };
}

static bool has_run(sqlite3 *database, const char *run_id, bool *ret_has, struct error *err)
{
	struct sql_text sql = { 0 };
	int64_t count;
	sql_add(&sql, "SELECT count(*) FROM run_name WHERE run_id = ");
	sql_bind_text(&sql, span_of(run_id));
	bool ok = statement_integer(database, &sql, &count, err);
	if (ok)
		*ret_has = count > 0;
	sql_text_release(&sql);
	return ok;
}

bool execution_ids_of_run(sqlite3 *database, const char *run_id, struct ids *ids, bool *ret_has_run,
	struct error *err)
{
	static const char sql[] = "SELECT x.id FROM run_name n CROSS JOIN execution x ON"
				  " x.run = n.id WHERE n.run_id = ?1 ORDER BY x.id";
	sqlite3_stmt *rows = NULL;
	bool row = true, ok = statement_prepare_text(database, sql, &rows, err);
	if (ok)
		sqlite3_bind_text(rows, 1, run_id, -1, SQLITE_STATIC);
	while (ok && row) {
		ok = statement_step(rows, &row, err);
		if (ok && row)
			ids_add(ids, sqlite3_column_int64(rows, 0));
	}
	sqlite3_finalize(rows);
	return ok && has_run(database, run_id, ret_has_run, err);
}
