#include "query/cause.h"

#include "query/statement.h"

static const char select_run[] =
	"SELECT r.id, CASE r.kind WHEN 1 THEN 'action' WHEN 2 THEN 'automation' WHEN 3 THEN "
	"'workflow'"
	" WHEN 4 THEN 'workflow_node' ELSE 'feed' END, action.text, u.label, u.user_id,"
	" CASE WHEN r.decision = 1 THEN decider.label END, status.text,"
	" origin.text, blueprint.text, e.identifier, r.time_ms"
	" FROM run_name CROSS JOIN run r ON r.id = run_name.id"
	" CROSS JOIN name action ON action.id = r.action"
	" CROSS JOIN name status ON status.id = r.status"
	" CROSS JOIN name origin ON origin.id = r.origin"
	" CROSS JOIN name blueprint ON blueprint.id = r.blueprint"
	" CROSS JOIN entity e ON e.id = r.entity"
	" CROSS JOIN user u ON u.id = r.user"
	" CROSS JOIN user decider ON decider.id = r.decided_by"
	" WHERE run_name.run_id = ?1";

/* An automation's request carries what fired it, in the same record. */
static const char select_request[] =
	"SELECT v.seq FROM run_event v WHERE v.run = (SELECT id FROM run_name WHERE run_id = ?1)"
	" AND v.requests = 1 ORDER BY v.time_ms, v.seq LIMIT 1";
static const char select_fired_by_run[] =
	"SELECT n.run_id FROM run_event v JOIN run_name n ON n.id = v.run"
	" WHERE v.seq = ?1 AND v.requests = 0 AND n.run_id <> ?2 ORDER BY v.idx LIMIT 1";

/* The first of the links, and those that were found since. */
struct search {
	sqlite3 *database;
	struct arena *texts;
	struct causes *causes;
};

/* One row of a statement with a text (and a number before it). ret_row NULL: finalized, none. */
static bool first_row(sqlite3 *database, const char *sql, const int64_t *number, struct span text,
	sqlite3_stmt **ret_row, struct error *err)
{
	sqlite3_stmt *rows;
	bool row = false;
	if (!statement_prepare_text(database, sql, &rows, err))
		return false;
	if (number)
		sqlite3_bind_int64(rows, 1, *number);
	sqlite3_bind_text64(
		rows, number ? 2 : 1, text.data, text.length, SQLITE_STATIC, SQLITE_UTF8);
	bool ok = statement_step(rows, &row, err);
	if (!ok || !row) {
		sqlite3_finalize(rows);
		rows = NULL;
	}
	if (ok)
		*ret_row = rows;
	return ok;
}

static struct span copy_text(const struct search *s, sqlite3_stmt *row, int column)
{
	return arena_copy(s->texts, statement_span(row, column));
}

static bool read_run(
	struct search *s, struct span run_id, struct cause_run *ret_run, struct error *err)
{
	sqlite3_stmt *row;
	if (!first_row(s->database, select_run, NULL, run_id, &row, err))
		return false;
	*ret_run = (struct cause_run){ .run_id = run_id };
	if (!row)
		return true;
	*ret_run = (struct cause_run){
		.run_id = run_id,
		.kind = copy_text(s, row, 1),
		.action = copy_text(s, row, 2),
		.actor = copy_text(s, row, 3),
		.user_id = copy_text(s, row, 4),
		.approved_by = copy_text(s, row, 5),
		.status = copy_text(s, row, 6),
		.origin = copy_text(s, row, 7),
		.blueprint = copy_text(s, row, 8),
		.entity = copy_text(s, row, 9),
		.time_ms = sqlite3_column_int64(row, 10),
		.is_known = true,
	};
	ret_run->is_automatic =
		span_is(ret_run->kind, "automation") || span_is(ret_run->origin, "AUTOMATION");
	sqlite3_finalize(row);
	return true;
}

/* False where the chain ends here. */
static bool add_link(struct causes *causes, const struct cause_link *link)
{
	for (size_t i = 0; i < causes->count; i++) {
		const struct cause_link *other = &causes->links[i];
		bool same = other->is_run == link->is_run &&
			    (link->is_run ? span_equal(other->run.run_id, link->run.run_id)
					  : change_is(&other->change, &link->change));
		if (same) {
			causes->end = CAUSE_CYCLE;
			return false;
		}
	}
	if (causes->count == CAUSE_LINKS_MAX) {
		causes->end = CAUSE_LENGTH;
		return false;
	}
	causes->links[causes->count++] = *link;
	return true;
}

/* What an automation was told of a change need not name its run; the change log's record of the
 * same change does. */
static bool find_original(struct search *s, struct change *change, struct error *err)
{
	struct sql_text sql = { 0 };
	sqlite3_stmt *rows;
	bool row = true;
	if (change->run_id.data || change->entity_id == 0)
		return true;
	sql_add(&sql, change_columns);
	sql_add(&sql, "FROM (SELECT k.seq, k.idx FROM change k WHERE k.entity = ");
	sql_bind_int(&sql, change->entity_id);
	sql_add(&sql, " AND k.time_ms = ");
	sql_bind_int(&sql, change->time_ms);
	sql_add(&sql, ") f CROSS JOIN change c ON c.seq = f.seq AND c.idx = f.idx");
	sql_add(&sql, change_names);
	sql_add(&sql, "WHERE c.run <> 0 AND operation.text IS ");
	sql_bind_text(&sql, change->operation.data ? change->operation : span_of(""));
	sql_add(&sql, " ORDER BY c.seq, c.idx LIMIT 1");
	bool ok = statement_prepare(s->database, &sql, &rows, err);
	sql_text_release(&sql);
	if (!ok)
		return false;
	ok = statement_step(rows, &row, err);
	if (ok && row)
		change_read(rows, s->texts, change);
	sqlite3_finalize(rows);
	return ok;
}

static bool change_in_record(struct search *s, int64_t seq, struct change *ret_change,
	bool *ret_found, struct error *err)
{
	struct change_list list = { 0 };
	if (!changes_of_record(s->database, seq, s->texts, &list, err)) {
		change_list_release(&list);
		return false;
	}
	*ret_found = list.count > 0;
	if (list.count > 0)
		*ret_change = list.items[0];
	change_list_release(&list);
	return true;
}

/* What fired an automation's run: a change, or a step of another run. ret_more: it was found. */
static bool fired_by(struct search *s, struct span run_id, struct cause_link *next, bool *ret_more,
	struct error *err)
{
	sqlite3_stmt *row;
	*ret_more = false;
	if (!first_row(s->database, select_request, NULL, run_id, &row, err))
		return false;
	if (!row)
		return true;
	int64_t seq = sqlite3_column_int64(row, 0);
	sqlite3_finalize(row);
	*next = (struct cause_link){ 0 };
	if (!change_in_record(s, seq, &next->change, ret_more, err))
		return false;
	if (*ret_more)
		return find_original(s, &next->change, err);
	if (!first_row(s->database, select_fired_by_run, &seq, run_id, &row, err))
		return false;
	if (!row)
		return true;
	*ret_more = true;
	next->is_run = true;
	struct span other = copy_text(s, row, 0);
	sqlite3_finalize(row);
	return read_run(s, other, &next->run, err);
}

static bool cause_of(struct search *s, const struct cause_link *link, struct cause_link *next,
	bool *ret_more, struct error *err)
{
	*ret_more = false;
	if (link->is_run)
		return !link->run.is_automatic ||
		       fired_by(s, link->run.run_id, next, ret_more, err);
	if (!link->change.run_id.data)
		return true;
	*ret_more = true;
	*next = (struct cause_link){ .is_run = true };
	return read_run(s, link->change.run_id, &next->run, err);
}

bool causes_find(sqlite3 *database, const struct change *change, struct arena *texts,
	struct causes *causes, struct error *err)
{
	struct search s = { database, texts, causes };
	struct cause_link link = { .change = *change };
	bool more = true;
	while (more && add_link(causes, &link)) {
		struct cause_link next = { 0 };
		if (!cause_of(&s, &link, &next, &more, err))
			return false;
		link = next;
	}
	return true;
}
