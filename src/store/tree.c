#include "store/tree.h"

#include <inttypes.h>
#include <string.h>

#include "event/leaf.h"
#include "store/replay.h"

enum { STEP = 4 }; /* of the levels, only multiples are stored: 1/15 of a hash per record */

static const char put[] = "INSERT OR REPLACE INTO node (level, position, hash) VALUES (?1, ?2, ?3)";
static const char get_node[] = "SELECT hash FROM node WHERE level = ?1 AND position = ?2";

bool tree_add(
	struct connection *c, struct merkle_edge *edge, const struct hash *leaf, struct error *err)
{
	/* The roots of the complete subtrees that end with this leaf, before the edge swallows
	 * them. */
	struct hash hash = *leaf;
	for (unsigned level = 0; edge->size >> level & 1;) {
		merkle_node(&edge->nodes[level], &hash, &hash);
		if (++level % STEP != 0)
			continue;
		struct stmt *s = stmt(c, put);
		stmt_int(s, 1, level);
		stmt_int(s, 2, (int64_t)(edge->size >> level));
		stmt_blob(s, 3, span_make((const char *)hash.bytes, HASH_BYTES));
		if (!stmt_run(s, err))
			return false;
	}
	merkle_edge_add(edge, leaf);
	return true;
}

/* The record's hash, from its bytes. */
static bool hash_record(
	struct connection *c, uint64_t index, struct hash *ret_hash, struct error *err)
{
	struct replay *replay = replay_new(c->handle, index);
	const struct replayed *found;
	size_t count;
	replay_page_of(replay, 1);
	bool ok = replay_page(replay, &found, &count, err);
	if (ok && (count == 0 || found->seq != index + 1))
		ok = error_set(err, ERROR_INTEGRITY, "there is no record %" PRIu64, index + 1);
	if (ok) {
		struct buf headers = { 0 };
		const struct record *record = &found->record;
		record_headers_write(record->headers, record->header_count, &headers);
		record_leaf(record, found->seq, buf_span(&headers), ret_hash);
		buf_free(&headers);
	}
	replay_free(replay);
	return ok;
}

static bool read_node(struct connection *c, unsigned level, uint64_t index, struct hash *ret_hash,
	struct error *err)
{
	struct stmt *s = stmt(c, get_node);
	bool row;
	stmt_int(s, 1, level);
	stmt_int(s, 2, (int64_t)index);
	if (!stmt_row(s, &row, err))
		return false;
	struct span hash = row ? stmt_column(s, 0) : (struct span){ 0 };
	bool ok = hash.length == HASH_BYTES;
	if (ok)
		memcpy(ret_hash->bytes, hash.data, HASH_BYTES);
	if (row)
		stmt_reset(s);
	return ok || error_set(err, ERROR_INTEGRITY, "the tree has no node %" PRIu64 " on level %u",
			     index, level);
}

bool tree_fetch(
	void *data, unsigned level, uint64_t index, struct hash *ret_hash, struct error *err)
{
	struct connection *c = data;
	if (level == 0)
		return hash_record(c, index, ret_hash, err);
	if (level % STEP == 0)
		return read_node(c, level, index, ret_hash, err);
	struct hash left, right; /* recursion ends STEP levels below */
	if (!tree_fetch(data, level - 1, 2 * index, &left, err) ||
		!tree_fetch(data, level - 1, 2 * index + 1, &right, err))
		return false;
	merkle_node(&left, &right, ret_hash);
	return true;
}

bool tree_edge(struct connection *c, uint64_t size, struct merkle_edge *ret_edge, struct error *err)
{
	struct merkle_edge edge = { .size = size };
	for (unsigned level = 0; level < 64; level++)
		if (size >> level & 1 &&
			!tree_fetch(c, level, (size >> level) - 1, &edge.nodes[level], err))
			return false;
	*ret_edge = edge;
	return true;
}
