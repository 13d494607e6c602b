/* Packs what came before the first dictionary, in slices: nothing that is recorded meanwhile waits
 * long. What a killed process left is found again when the store is opened. */
#include <inttypes.h>
#include <stdlib.h>

#include "store/internal.h"

enum {
	REPACK_MOST = 40000, /* a store that was never meant to be packed is not rewritten */
	SLICE_LEAST = 250,   /* some 10 ms */
};

static const char dictionary_bytes[] = "SELECT bytes FROM dictionary WHERE id = ?1";
static const char plain_bodies[] = "SELECT seq, bytes FROM body WHERE seq > ?1 AND seq <= ?2"
				   " AND dictionary IS NULL ORDER BY seq LIMIT 1";
/* Deleted and put anew: an UPDATE would leave pages that are mostly empty. */
static const char drop_plain[] = "DELETE FROM body WHERE seq = ?1";
static const char put_packed[] = "INSERT INTO body (seq, dictionary, bytes) VALUES (?1, ?2, ?3)";
static const char mark_packed[] = "UPDATE record SET body = 2 WHERE seq = ?1";

void repack_end(struct store *store)
{
	packer_free(store->repacker);
	store->repacker = NULL;
	store->plain_next = store->plain_last = 0;
}

void repack_plan(struct store *store)
{
	repack_end(store);
	if (!store->compress || store->dictionary != 1)
		return;
	store->plain_last = store->size;
	store->plain_next = store->size > REPACK_MOST ? store->size - REPACK_MOST : 0;
}

static bool make_packer(struct store *store, struct error *err)
{
	struct stmt *s = stmt(&store->connection, dictionary_bytes);
	bool row;
	if (store->repacker)
		return true;
	stmt_int(s, 1, store->dictionary);
	if (!stmt_row(s, &row, err))
		return false;
	if (!row)
		return error_set(err, ERROR_INTEGRITY, "the store lacks its dictionary");
	store->repacker = packer_new(stmt_column(s, 0));
	stmt_reset(s);
	return true;
}

static bool repack_one(
	struct store *store, uint64_t seq, struct span value, struct buf *packed, struct error *err)
{
	if (!packer_pack(store->repacker, value, packed))
		return true;
	struct stmt *drop = stmt(&store->connection, drop_plain);
	stmt_int(drop, 1, (int64_t)seq);
	struct stmt *put = stmt(&store->connection, put_packed);
	stmt_int(put, 1, (int64_t)seq);
	stmt_int(put, 2, store->dictionary);
	stmt_blob(put, 3, buf_span(packed));
	struct stmt *mark = stmt(&store->connection, mark_packed);
	stmt_int(mark, 1, (int64_t)seq);
	return stmt_run(drop, err) && stmt_run(put, err) && stmt_run(mark, err);
}

/* Of the records behind seq, up to last. From a damaged page SQLite may give a row that was not
 * asked for, and again and again: each must come after the one before it. */
static bool repack_range(struct store *store, uint64_t seq, uint64_t last, struct error *err)
{
	struct buf value = { 0 }, packed = { 0 };
	bool ok = true;
	while (ok) {
		bool row;
		struct stmt *s = stmt(&store->connection, plain_bodies);
		stmt_int(s, 1, (int64_t)seq);
		stmt_int(s, 2, (int64_t)last);
		ok = stmt_row(s, &row, err);
		if (!ok || !row)
			break;
		uint64_t found = (uint64_t)stmt_column_int(s, 0);
		if (found <= seq || found > last) {
			stmt_reset(s);
			ok = error_set(err, ERROR_INTEGRITY,
				"the store is damaged (record %" PRIu64
				"); restore a backup: what it lacks is recorded again",
				seq + 1);
			break;
		}
		seq = found;
		buf_clear(&value);
		buf_add_span(&value, stmt_column(s, 1));
		stmt_reset(s);
		ok = repack_one(store, seq, buf_span(&value), &packed, err);
	}
	buf_free(&value);
	buf_free(&packed);
	return ok;
}

static bool slice(struct store *store, uint64_t count, struct error *err)
{
	uint64_t left = store->plain_last - store->plain_next;
	uint64_t last = store->plain_next + (left < count ? left : count);
	if (!store_begin(store, err))
		return false;
	if (!make_packer(store, err) || !repack_range(store, store->plain_next, last, err) ||
		!store_commit(store, err)) {
		if (store->gave_up)
			store_gave_up(err);
		store_rollback(store);
		return false;
	}
	store->plain_next = last;
	if (last == store->plain_last)
		repack_end(store);
	return true;
}

/* What may succeed later stays planned. */
static bool give_up(struct store *store, const struct error *err)
{
	if (err->transient)
		return false;
	repack_end(store);
	store->unpacked = true;
	store->unpacked_error = *err;
	return false;
}

void repack_slice(struct store *store, size_t added)
{
	struct error err;
	if (store->plain_next < store->plain_last &&
		!slice(store, added > SLICE_LEAST ? added : SLICE_LEAST, &err))
		give_up(store, &err);
}

bool repack_all(struct store *store, struct error *err)
{
	while (store->plain_next < store->plain_last)
		if (!slice(store, SLICE_LEAST, err))
			return give_up(store, err);
	return true;
}
