#include "proof/merkle.h"

#include <assert.h>

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
