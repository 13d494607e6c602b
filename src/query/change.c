#include "query/change.h"

#include <stdlib.h>

#include "base/xalloc.h"
#include "query/statement.h"

const char change_columns[] =
	"SELECT c.seq, c.idx, c.time_ms, c.entity, operation.text, resource.text, status.text,"
	" origin.text, u.label, u.user_id, blueprint.text, e.identifier, c.title, run_name.run_id,"
	" action.text, c.message, c.before_length > 0, c.after_length > 0 ";
const char change_names[] = " CROSS JOIN name operation ON operation.id = c.operation"
			    " CROSS JOIN name resource ON resource.id = c.resource"
			    " CROSS JOIN name status ON status.id = c.status"
			    " CROSS JOIN name origin ON origin.id = c.origin"
			    " CROSS JOIN name action ON action.id = c.action"
			    " CROSS JOIN name blueprint ON blueprint.id = c.blueprint"
			    " CROSS JOIN entity e ON e.id = c.entity"
			    " CROSS JOIN user u ON u.id = c.user"
			    " CROSS JOIN run_name ON run_name.id = c.run ";

static const char select_states[] = "SELECT before, after FROM changes WHERE seq = ?1 AND idx = ?2";

static struct span text_of(sqlite3_stmt *row, int column, struct arena *texts)
{
	return arena_copy(texts, statement_span(row, column));
}

void change_read(sqlite3_stmt *row, struct arena *texts, struct change *ret_change)
{
	*ret_change = (struct change){
		.seq = sqlite3_column_int64(row, 0),
		.idx = sqlite3_column_int64(row, 1),
		.time_ms = sqlite3_column_int64(row, 2),
		.entity_id = sqlite3_column_int64(row, 3),
		.operation = text_of(row, 4, texts),
		.resource = text_of(row, 5, texts),
		.status = text_of(row, 6, texts),
		.origin = text_of(row, 7, texts),
		.actor = text_of(row, 8, texts),
		.user_id = text_of(row, 9, texts),
		.blueprint = text_of(row, 10, texts),
		.entity = text_of(row, 11, texts),
		.title = text_of(row, 12, texts),
		.run_id = text_of(row, 13, texts),
		.action = text_of(row, 14, texts),
		.message = text_of(row, 15, texts),
		.has_before = sqlite3_column_int64(row, 16) != 0,
		.has_after = sqlite3_column_int64(row, 17) != 0,
	};
}

/* As event_happened() says it of an event. */
bool change_happened(const struct change *change)
{
	return span_is(change->resource, "entity") && !span_is(change->status, "FAILURE");
}

bool change_deletes(const struct change *change)
{
	return span_is(change->operation, "DELETE");
}

bool change_creates(const struct change *change)
{
	return span_is(change->operation, "CREATE") && !change->has_before;
}

bool change_is(const struct change *a, const struct change *b)
{
	return a->seq == b->seq && a->idx == b->idx;
}

void change_list_add(struct change_list *list, const struct change *change)
{
	list->items = xreallocarray(list->items, list->count + 1, sizeof(*list->items));
	list->items[list->count++] = *change;
}

void change_list_release(struct change_list *list)
{
	free(list->items);
	*list = (struct change_list){ 0 };
}

bool changes_of_record(sqlite3 *database, int64_t seq, struct arena *texts,
	struct change_list *list, struct error *err)
{
	struct sql_text sql = { 0 };
	sqlite3_stmt *rows;
	bool row = true;
	sql_add(&sql, change_columns);
	sql_add(&sql, "FROM change c");
	sql_add(&sql, change_names);
	sql_add(&sql, "WHERE c.seq = ");
	sql_bind_int(&sql, seq);
	sql_add(&sql, " ORDER BY c.idx");
	bool ok = statement_prepare(database, &sql, &rows, err);
	sql_text_release(&sql);
	if (!ok)
		return false;
	while ((ok = statement_step(rows, &row, err)) && row) {
		struct change change;
		change_read(rows, texts, &change);
		change_list_add(list, &change);
	}
	sqlite3_finalize(rows);
	return ok;
}

void state_text_set(struct state_text *state, struct span json)
{
	buf_clear(&state->text);
	state->at = JSON_ABSENT;
	state->doc.count = 0;
	if (!json.data)
		return;
	buf_add_span(&state->text, json);
	if (json_scan(&state->doc, buf_text(&state->text), state->text.length) == JSON_OK &&
		!json_is_nothing(&state->doc, 0))
		state->at = 0;
}

void state_text_release(struct state_text *state)
{
	buf_free(&state->text);
	json_doc_release(&state->doc);
}

bool states_read(
	sqlite3 *database, const struct change *change, struct states *states, struct error *err)
{
	sqlite3_stmt *rows;
	bool row = false;
	if (!statement_prepare_text(database, select_states, &rows, err))
		return false;
	sqlite3_bind_int64(rows, 1, change->seq);
	sqlite3_bind_int64(rows, 2, change->idx);
	bool ok = statement_step(rows, &row, err);
	if (ok) {
		state_text_set(&states->before, row ? statement_span(rows, 0) : (struct span){ 0 });
		state_text_set(&states->after, row ? statement_span(rows, 1) : (struct span){ 0 });
	}
	sqlite3_finalize(rows);
	return ok;
}

void states_release(struct states *states)
{
	state_text_release(&states->before);
	state_text_release(&states->after);
}
