/* report: what Port is told, as local records tell. What does not fit the row's state changes
 * nothing. How often a pending one was tried is working state, of use until it has ended. */
#include "store/projections.h"

#include "event/local_report.h"

static const char put_owed[] =
	"INSERT OR REPLACE INTO report (id, execution, run, what, body, state, attempt, owed_ms,"
	" not_before_ms, last_seq) VALUES (?1, ?2, ?3, ?4, ?5, 'pending', 0, ?6, ?7, ?1)";
static const char put_end[] = "UPDATE report SET state = ?2, attempt = ?3, http_status = ?4,"
			      " answer = ?5, ended_ms = ?6, last_seq = ?7"
			      " WHERE id = ?1 AND state = 'pending'";
static const char forget_tries[] = "DELETE FROM report_try WHERE report = ?1";

static void positive(struct stmt *s, int position, int64_t value)
{
	if (value > 0)
		stmt_int(s, position, value);
	else
		stmt_null(s, position);
}

static bool fold_owed(struct projecting *p, const struct prepared *r, const struct json_doc *doc,
	struct arena *texts, struct error *err)
{
	struct local_report report;
	int64_t run;
	if (!local_report_read(doc, texts, &report))
		return true;
	if (!intern_run(p->intern, report.run_id, &run, err))
		return false;
	struct stmt *s = stmt(p->connection, put_owed);
	stmt_int(s, 1, (int64_t)r->seq);
	positive(s, 2, report.execution);
	stmt_int(s, 3, run);
	stmt_text(s, 4, report.report);
	stmt_text(s, 5, report.body);
	stmt_int(s, 6, r->record->received_ms);
	positive(s, 7, report.not_before_ms);
	return stmt_run(s, err);
}

static bool fold_end(struct projecting *p, const struct prepared *r, const struct json_doc *doc,
	struct arena *texts, bool sent, struct error *err)
{
	struct local_report_end end;
	if (!local_report_end_read(doc, texts, &end))
		return true;
	struct stmt *s = stmt(p->connection, put_end);
	stmt_int(s, 1, end.report);
	stmt_text(s, 2, span_of(sent ? "sent" : "refused"));
	stmt_int(s, 3, end.attempt > 0 ? end.attempt : 1);
	positive(s, 4, end.http_status);
	stmt_text(s, 5, end.answer);
	stmt_int(s, 6, r->record->received_ms);
	stmt_int(s, 7, (int64_t)r->seq);
	if (!stmt_run(s, err))
		return false;
	struct stmt *tries = stmt(p->connection, forget_tries);
	stmt_int(tries, 1, end.report);
	return stmt_run(tries, err);
}

static bool apply(struct projecting *p, const struct prepared *r, struct error *err)
{
	const struct record *record = r->record;
	enum local_what what;
	if (record->source != SOURCE_LOCAL || !local_what_read(record->value, &what) ||
		(what != LOCAL_REPORT_OWED && what != LOCAL_REPORT_SENT &&
			what != LOCAL_REPORT_REFUSED))
		return true;
	struct json_doc doc = { 0 };
	struct arena texts = { 0 };
	bool ok = true;
	if (json_scan(&doc, record->value.data, record->value.length) == JSON_OK)
		ok = what == LOCAL_REPORT_OWED
			     ? fold_owed(p, r, &doc, &texts, err)
			     : fold_end(p, r, &doc, &texts, what == LOCAL_REPORT_SENT, err);
	json_doc_release(&doc);
	arena_free(&texts);
	return ok;
}

static const char *const tables[] = { "report", NULL };
const struct projection report_projection = { "report", tables, apply };
