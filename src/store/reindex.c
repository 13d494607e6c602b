/* All projections anew from the journal, in one transaction: readers see the old ones until the new
 * ones are whole, and a crash leaves the old ones. Each record is first compared with the tree:
 * what was altered since is not projected. (Building beside them and swapping would need the same
 * room twice, new names for all indexes, and statements that know two names.) */
#include <stdlib.h>
#include <string.h>

#include "base/xalloc.h"
#include "store/internal.h"
#include "store/replay.h"

/* Id 0 of user means nobody and stays; a contentless full-text table has a word of its own for it.
 */
static bool empty_table(struct store *store, const char *table, struct error *err)
{
	char *sql = strcmp(table, "search") == 0
			    ? sqlite3_mprintf("INSERT INTO search (search) VALUES ('delete-all')")
		    : strcmp(table, "user") == 0 ? sqlite3_mprintf("DELETE FROM user WHERE id > 0")
						 : sqlite3_mprintf("DELETE FROM \"%w\"", table);
	bool ok = stmt_exec(store->connection.handle, sql, err);
	sqlite3_free(sql);
	return ok;
}

static bool empty_all(struct store *store, struct error *err)
{
#define EMPTY(projection)                                                   \
	for (const char *const *table = projection.tables; *table; table++) \
		if (!empty_table(store, *table, err))                       \
			return false;
	PROJECTIONS(EMPTY)
#undef EMPTY
	users_forget(store->users);
	counters_forget(store->counters);
	store->spans = (struct spans){ 0 };
	return true;
}

/* Whether a record has events is the decoder's opinion, too. */
static bool correct_problem(
	struct store *store, const struct prepared *p, enum record_problem was, struct error *err)
{
	static const char sql[] = "UPDATE record SET problem = ?2 WHERE seq = ?1";
	if (p->events.problem == was)
		return true;
	struct stmt *s = stmt(&store->connection, sql);
	stmt_int(s, 1, (int64_t)p->seq);
	stmt_int(s, 2, p->events.problem);
	return stmt_run(s, err);
}

/* A record that was taken out would move those behind it up. */
static bool check_order(const struct replayed *page, size_t count, const struct merkle_edge *edge,
	struct error *err)
{
	for (size_t i = 0; i < count; i++)
		if (page[i].seq != edge->size + i + 1)
			return error_set(err, ERROR_INTEGRITY,
				"record %llu is missing: the store is damaged or was altered",
				(unsigned long long)(edge->size + i + 1));
	return true;
}

/* edge: of the tree of the records so far. */
static bool apply_page(struct store *store, const struct replayed *page, size_t count,
	struct merkle_edge *edge, struct error *err)
{
	if (!check_order(page, count, edge, err))
		return false;
	struct projecting projecting = store_projecting(store);
	const struct record **records = xcalloc(count, sizeof(*records));
	for (size_t i = 0; i < count; i++)
		records[i] = &page[i].record;
	struct prepare_job job = { records, count, page[0].seq, true };
	struct prepared *p;
	size_t i = 0;
	bool ok = true;
	preparer_start(store->preparer, &job);
	while (ok && (p = preparer_next(store->preparer)))
		ok = tree_check(&store->connection, &store->tree, edge, &p->leaf, err) &&
		     correct_problem(store, p, page[i++].problem, err) &&
		     projections_apply(&projecting, p, err);
	preparer_stop(store->preparer);
	free(records);
	return ok;
}

static bool replay_all(struct store *store, store_tick *tick, void *data, struct error *err)
{
	struct replay *replay = replay_new(store->connection.handle, 0);
	struct merkle_edge edge = { 0 };
	uint64_t done = 0;
	bool ok;
	for (;;) {
		const struct replayed *page;
		size_t count;
		ok = replay_page(replay, &page, &count, err);
		if (!ok || count == 0)
			break;
		ok = apply_page(store, page, count, &edge, err);
		if (!ok)
			break;
		done = page[count - 1].seq;
		if (tick && !tick(data, done, store->size)) {
			ok = error_set(err, ERROR_INTERRUPTED, "interrupted; nothing is changed");
			break;
		}
	}
	replay_free(replay);
	return ok;
}

bool store_reindex(struct store *store, store_tick *tick, void *data, struct error *err)
{
	if (!store_begin(store, err))
		return error_prefix(err, "cannot reindex");
	if (empty_all(store, err) && replay_all(store, tick, data, err) &&
		store_write_fingerprint(store, err) && store_commit(store, err)) {
		store->needs_reindex = false;
		return true;
	}
	store_rollback(store);
	return error_prefix(err, "cannot reindex; nothing is changed");
}
