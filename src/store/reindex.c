/* All projections anew from the journal, in one transaction: readers see the old ones until the new
 * ones are whole, and a crash leaves the old ones. Each record is first compared with the tree:
 * what was altered since is not projected. (Building beside them and swapping would need the same
 * room twice, new names for all indexes, and statements that know two names.) */
#include <stdlib.h>
#include <string.h>

#include "base/xalloc.h"
#include "store/internal.h"
#include "store/reader.h"
#include "store/replay.h"

struct reindex {
	struct store *store;
	struct merkle_edge edge; /* of the records so far */
	struct connection
		before; /* what was committed last: the old projections. Opened when needed */
};

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
	streams_forget_floors(store->streams);
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

static bool is_worse_than_good(enum signature_status status)
{
	return status == SIGNATURE_BAD || status == SIGNATURE_UNVERIFIABLE;
}

/* The client secret may be another one by now, or not be known here. What was found good when it
 * was recorded stays so: the record is the same, tree_check has shown. A signature is the record's:
 * all its events have the same. */
static bool keep_good(struct reindex *r, const struct prepared *p, struct error *err)
{
	static const char sql[] =
		"SELECT signature FROM change WHERE seq = ?1 AND signature IN (1, 2) UNION ALL"
		" SELECT signature FROM run_event WHERE seq = ?1 AND signature IN (1, 2)";
	if (p->events.count == 0 || !is_worse_than_good(p->events.items[0].signature))
		return true;
	if (!r->before.handle && !reader_open_bare(r->store->path, &r->before.handle, err))
		return false;
	struct stmt *s = stmt(&r->before, sql);
	bool row;
	stmt_int(s, 1, (int64_t)p->seq);
	if (!stmt_row(s, &row, err))
		return false;
	if (!row)
		return true;
	for (size_t i = 0; i < p->events.count; i++)
		p->events.items[i].signature = (enum signature_status)stmt_column_int(s, 0);
	stmt_reset(s);
	return true;
}

static bool apply_one(struct reindex *r, struct projecting *projecting, const struct prepared *p,
	enum record_problem problem, struct error *err)
{
	struct store *store = r->store;
	return tree_check(&store->connection, &store->tree, &r->edge, &p->leaf, err) &&
	       keep_good(r, p, err) && correct_problem(store, p, problem, err) &&
	       projections_apply(projecting, p, err);
}

static bool apply_page(
	struct reindex *r, const struct replayed *page, size_t count, struct error *err)
{
	struct store *store = r->store;
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
		ok = apply_one(r, &projecting, p, page[i++].problem, err);
	preparer_stop(store->preparer);
	free(records);
	return ok;
}

static bool replay_all(struct reindex *r, store_tick *tick, void *data, struct error *err)
{
	struct store *store = r->store;
	struct replay *replay = replay_new(store->connection.handle, 0);
	uint64_t done = 0;
	bool ok;
	for (;;) {
		const struct replayed *page;
		size_t count;
		ok = replay_page(replay, &page, &count, err);
		if (!ok || count == 0)
			break;
		ok = apply_page(r, page, count, err);
		if (!ok)
			break;
		done = page[count - 1].seq;
		if (tick && !tick(data, done, store->size)) {
			ok = error_set(err, ERROR_INTERRUPTED, "interrupted");
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
	struct reindex r = { .store = store };
	bool ok = empty_all(store, err) && replay_all(&r, tick, data, err);
	connection_close(&r.before);
	if (ok && store_write_fingerprint(store, err) && store_commit(store, err)) {
		store->needs_reindex = false;
		return true;
	}
	store_rollback(store);
	return error_prefix(err, "cannot reindex; nothing is changed");
}
