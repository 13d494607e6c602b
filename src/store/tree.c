#include "store/tree.h"

#include <inttypes.h>
#include <string.h>

#include "event/leaf.h"
#include "store/replay.h"

enum { STEP = 4 }; /* of the levels, only multiples are stored: 1/15 of a hash per record */

static const char put_node[] =
	"INSERT OR REPLACE INTO node (level, position, hash) VALUES (?1, ?2, ?3)";
static const char get_node[] = "SELECT hash FROM node WHERE level = ?1 AND position = ?2";

static const char drop_leaves[] = "DELETE FROM node WHERE level = 0 AND position < ?1";

/* What becomes of a node that is stored. */
typedef bool node_function(struct connection *c, unsigned level, uint64_t index,
	const struct hash *hash, struct error *err);

static bool write_node(struct connection *c, unsigned level, uint64_t index,
	const struct hash *hash, struct error *err)
{
	struct stmt *s = stmt(c, put_node);
	stmt_int(s, 1, level);
	stmt_int(s, 2, (int64_t)index);
	stmt_blob(s, 3, span_make((const char *)hash->bytes, HASH_BYTES));
	return stmt_run(s, err);
}

static bool add_leaf(struct connection *c, struct merkle_edge *edge, const struct hash *leaf,
	node_function *each, struct error *err)
{
	/* The roots of the complete subtrees that end with this leaf, before the edge swallows
	 * them. */
	struct hash hash = *leaf;
	for (unsigned level = 0; edge->size >> level & 1;) {
		merkle_node(&edge->nodes[level], &hash, &hash);
		if (++level % STEP == 0 && !each(c, level, edge->size >> level, &hash, err))
			return false;
	}
	merkle_edge_add(edge, leaf);
	return true;
}

bool tree_add(struct connection *c, struct tree *tree, const struct hash *leaf, struct error *err)
{
	tree->tail[tree->edge.size % TREE_GROUP] = *leaf;
	return add_leaf(c, &tree->edge, leaf, write_node, err);
}

static uint64_t group_start(uint64_t size)
{
	return size - size % TREE_GROUP;
}

bool tree_flush(struct connection *c, struct tree *tree, struct error *err)
{
	uint64_t size = tree->edge.size, start = group_start(size);
	if (group_start(tree->kept) < start) {
		struct stmt *s = stmt(c, drop_leaves);
		stmt_int(s, 1, (int64_t)start);
		if (!stmt_run(s, err))
			return false;
	}
	for (uint64_t i = tree->kept > start ? tree->kept : start; i < size; i++)
		if (!write_node(c, 0, i, &tree->tail[i % TREE_GROUP], err))
			return false;
	tree->kept = size;
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

static bool find_node(struct connection *c, unsigned level, uint64_t index, bool *ret_found,
	struct hash *ret_hash, struct error *err)
{
	struct stmt *s = stmt(c, get_node);
	bool row;
	stmt_int(s, 1, level);
	stmt_int(s, 2, (int64_t)index);
	if (!stmt_row(s, &row, err))
		return false;
	struct span hash = row ? stmt_column(s, 0) : (struct span){ 0 };
	*ret_found = hash.length == HASH_BYTES;
	if (*ret_found)
		memcpy(ret_hash->bytes, hash.data, HASH_BYTES);
	if (row)
		stmt_reset(s);
	return true;
}

static bool read_node(struct connection *c, unsigned level, uint64_t index, struct hash *ret_hash,
	struct error *err)
{
	bool found;
	if (!find_node(c, level, index, &found, ret_hash, err))
		return false;
	return found || error_set(err, ERROR_INTEGRITY,
				"the tree has no node %" PRIu64 " on level %u", index, level);
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

/* Stores that were written before leaves were kept have none: those are hashed. */
static bool load_tail(struct connection *c, uint64_t size, struct tree *tree, struct error *err)
{
	bool all_found = true;
	for (uint64_t i = tree->kept; i < size; i++) {
		bool found;
		struct hash *leaf = &tree->tail[i % TREE_GROUP];
		if (!find_node(c, 0, i, &found, leaf, err) ||
			(!found && !hash_record(c, i, leaf, err)))
			return false;
		merkle_edge_add(&tree->edge, leaf);
		all_found &= found;
	}
	if (all_found)
		tree->kept = size;
	return true;
}

bool tree_load(struct connection *c, uint64_t size, struct tree *ret_tree, struct error *err)
{
	struct tree tree = { .kept = group_start(size) };
	tree.edge.size = tree.kept;
	for (unsigned level = STEP; level < 64; level++)
		if (size >> level & 1 &&
			!tree_fetch(c, level, (size >> level) - 1, &tree.edge.nodes[level], err))
			return false;
	if (!load_tail(c, size, &tree, err))
		return false;
	*ret_tree = tree;
	return true;
}

static bool differs(struct connection *c, uint64_t first, uint64_t last, struct error *err)
{
	struct buf records = { 0 };
	buf_addf(&records, "%s %" PRIu64, first < last ? "one of the records" : "record", first);
	replay_place(c->handle, first, &records);
	if (first < last) {
		buf_addf(&records, " to %" PRIu64, last);
		replay_place(c->handle, last, &records);
	}
	error_set(err, ERROR_INTEGRITY,
		"%s is not as it was recorded: the store is damaged or was altered",
		buf_text(&records));
	buf_free(&records);
	return false;
}

static bool compare_node(struct connection *c, unsigned level, uint64_t index,
	const struct hash *hash, struct error *err)
{
	struct hash stored;
	if (!read_node(c, level, index, &stored, err))
		return false;
	return hash_equal(&stored, hash) ||
	       differs(c, (index << level) + 1, (index + 1) << level, err);
}

bool tree_check(struct connection *c, const struct tree *tree, struct merkle_edge *edge,
	const struct hash *leaf, struct error *err)
{
	uint64_t index = edge->size;
	if (index >= group_start(tree->edge.size) &&
		!hash_equal(&tree->tail[index % TREE_GROUP], leaf))
		return differs(c, index + 1, index + 1, err);
	return add_leaf(c, edge, leaf, compare_node, err);
}
