#include "proof/merkle.h"

#include <inttypes.h>

void merkle_node(const struct hash *left, const struct hash *right, struct hash *ret_hash)
{
	const struct span parts[] = { span_make("\1", 1),
		span_make((const char *)left->bytes, HASH_BYTES),
		span_make((const char *)right->bytes, HASH_BYTES) };
	sha256(parts, sizeof(parts) / sizeof(parts[0]), ret_hash);
}

static bool bit(uint64_t number, unsigned k)
{
	return number >> k & 1;
}

/* Adding a leaf is adding one to a binary number: each carry joins two complete subtrees. */
void merkle_edge_add(struct merkle_edge *edge, const struct hash *leaf)
{
	struct hash node = *leaf;
	unsigned level = 0;
	for (; bit(edge->size, level); level++)
		merkle_node(&edge->nodes[level], &node, &node);
	edge->nodes[level] = node;
	edge->size++;
}

void merkle_edge_root(const struct merkle_edge *edge, struct hash *ret_root)
{
	if (edge->size == 0) {
		sha256(NULL, 0, ret_root);
		return;
	}
	/* From the smallest subtree, at the right, to the largest. */
	unsigned level = 0;
	while (!bit(edge->size, level))
		level++;
	struct hash root = edge->nodes[level];
	for (level++; level < 64; level++) {
		if (bit(edge->size, level))
			merkle_node(&edge->nodes[level], &root, &root);
	}
	*ret_root = root;
}

/* The largest power of two below count, which is at least 2: where RFC 6962 splits a tree. */
static unsigned split_level(uint64_t count)
{
	return 63 - (unsigned)__builtin_clzll(count - 1);
}

/* The root of count leaves from first on, a multiple of the smallest power of two that is not below
 * count, as it is wherever a tree was split. */
static bool range_root(const struct merkle_source *source, uint64_t first, uint64_t count,
	struct hash *ret_root, struct error *err)
{
	struct merkle_edge parts = { .size = count };
	for (unsigned level = 64; level-- > 0;) {
		if (!bit(count, level))
			continue;
		if (!source->fetch(source->data, level, first >> level, &parts.nodes[level], err))
			return false;
		first += UINT64_C(1) << level;
	}
	merkle_edge_root(&parts, ret_root);
	return true;
}

bool merkle_root(
	const struct merkle_source *source, uint64_t size, struct hash *ret_root, struct error *err)
{
	return range_root(source, 0, size, ret_root, err);
}

static bool add_range(const struct merkle_source *source, uint64_t first, uint64_t count,
	struct merkle_proof *proof, struct error *err)
{
	if (!range_root(source, first, count, &proof->hashes[proof->count], err))
		return false;
	proof->count++;
	return true;
}

/* PATH of RFC 6962, 2.1.1, over the count leaves from first on. */
static bool add_path(const struct merkle_source *source, uint64_t index, uint64_t first,
	uint64_t count, struct merkle_proof *proof, struct error *err)
{
	if (count == 1)
		return true;
	uint64_t left = UINT64_C(1) << split_level(count);
	if (index < left)
		return add_path(source, index, first, left, proof, err) &&
		       add_range(source, first + left, count - left, proof, err);
	return add_path(source, index - left, first + left, count - left, proof, err) &&
	       add_range(source, first, left, proof, err);
}

bool merkle_inclusion(const struct merkle_source *source, uint64_t index, uint64_t size,
	struct merkle_proof *ret_proof, struct error *err)
{
	if (index >= size)
		return error_set(err, ERROR_NEGATIVE, "no leaf %" PRIu64 " in a tree of %" PRIu64,
			index, size);
	ret_proof->count = 0;
	return add_path(source, index, 0, size, ret_proof, err);
}

/* SUBPROOF of RFC 6962, 2.1.2; known: the verifier has the old tree's root already. */
static bool add_subproof(const struct merkle_source *source, uint64_t old_count, uint64_t first,
	uint64_t count, bool known, struct merkle_proof *proof, struct error *err)
{
	if (old_count == count)
		return known || add_range(source, first, count, proof, err);
	uint64_t left = UINT64_C(1) << split_level(count);
	if (old_count <= left)
		return add_subproof(source, old_count, first, left, known, proof, err) &&
		       add_range(source, first + left, count - left, proof, err);
	return add_subproof(
		       source, old_count - left, first + left, count - left, false, proof, err) &&
	       add_range(source, first, left, proof, err);
}

bool merkle_consistency(const struct merkle_source *source, uint64_t old_size, uint64_t size,
	struct merkle_proof *ret_proof, struct error *err)
{
	if (old_size > size)
		return error_set(err, ERROR_NEGATIVE,
			"a tree of %" PRIu64 " has none of %" PRIu64 " in it", size, old_size);
	ret_proof->count = 0;
	/* Every tree begins with the empty one. */
	return old_size == 0 || add_subproof(source, old_size, 0, size, true, ret_proof, err);
}

/* The way from a node to the root, as RFC 9162, 2.1.3.2 and 2.1.4.2 walk it: node and last are the
 * indexes, on the present level, of the node and of the level's last one. */
struct climb {
	uint64_t node;
	uint64_t last;
};

static void climb_level(struct climb *c)
{
	c->node >>= 1;
	c->last >>= 1;
}

/* True where the next hash of the proof stands to the left. */
static bool climb_is_right(const struct climb *c)
{
	return bit(c->node, 0) || c->node == c->last;
}

/* One hash of the proof was used. A last node without a sibling is the same one level up. */
static void climb_next(struct climb *c)
{
	if (c->node == c->last) {
		while (c->node != 0 && !bit(c->node, 0))
			climb_level(c);
	}
	climb_level(c);
}

bool merkle_inclusion_holds(const struct hash *leaf, uint64_t index, uint64_t size,
	const struct merkle_proof *proof, const struct hash *root)
{
	if (index >= size)
		return false;
	struct climb c = { .node = index, .last = size - 1 };
	struct hash node = *leaf;
	for (size_t i = 0; i < proof->count; i++) {
		if (c.last == 0)
			return false;
		if (climb_is_right(&c))
			merkle_node(&proof->hashes[i], &node, &node);
		else
			merkle_node(&node, &proof->hashes[i], &node);
		climb_next(&c);
	}
	return c.last == 0 && hash_equal(&node, root);
}

/* Both roots are computed from the same hashes: what stands to the left is in both trees, what
 * stands to the right in the new one alone. */
static bool consistency_climb(uint64_t old_size, const struct hash *old_root, uint64_t size,
	const struct hash *root, const struct merkle_proof *proof)
{
	struct climb c = { .node = old_size - 1, .last = size - 1 };
	while (bit(c.node, 0))
		climb_level(&c);
	/* A complete subtree is not in the proof: it is the old root. */
	bool complete = (old_size & (old_size - 1)) == 0;
	if (!complete && proof->count == 0)
		return false;
	struct hash old_node = complete ? *old_root : proof->hashes[0];
	struct hash node = old_node;
	for (size_t i = complete ? 0 : 1; i < proof->count; i++) {
		if (c.last == 0)
			return false;
		if (climb_is_right(&c)) {
			merkle_node(&proof->hashes[i], &old_node, &old_node);
			merkle_node(&proof->hashes[i], &node, &node);
		} else {
			merkle_node(&node, &proof->hashes[i], &node);
		}
		climb_next(&c);
	}
	return c.last == 0 && hash_equal(&old_node, old_root) && hash_equal(&node, root);
}

bool merkle_consistency_holds(uint64_t old_size, const struct hash *old_root, uint64_t size,
	const struct hash *root, const struct merkle_proof *proof)
{
	struct hash empty;
	if (old_size > size)
		return false;
	if (old_size == size)
		return proof->count == 0 && hash_equal(old_root, root);
	if (old_size == 0) {
		sha256(NULL, 0, &empty);
		return proof->count == 0 && hash_equal(old_root, &empty);
	}
	return consistency_climb(old_size, old_root, size, root, proof);
}
