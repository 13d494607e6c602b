/* The Merkle tree over the records (RFC 6962, 2.1): roots, inclusion and consistency proofs, and
 * their verification. Knows no store: complete subtrees are asked for through a callback. */
#ifndef PORTLOG_PROOF_MERKLE_H
#define PORTLOG_PROOF_MERKLE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/crypto.h"
#include "base/error.h"

enum { MERKLE_PROOF_MAX = 130 };

/* The right edge of the tree: all that is needed to add leaves and to know the root.
 * nodes[k] is the root of a complete subtree of 2^k leaves where bit k of size is set. */
struct merkle_edge {
	uint64_t size;
	struct hash nodes[64];
};

void merkle_node(const struct hash *left, const struct hash *right, struct hash *ret_hash);
void merkle_edge_add(struct merkle_edge *edge, const struct hash *leaf);
/* The root of the empty tree is SHA-256 of nothing. */
void merkle_edge_root(const struct merkle_edge *edge, struct hash *ret_root);

/* Gives the root of the complete subtree of 2^level leaves that begins at leaf index << level. */
typedef bool merkle_fetch(
	void *data, unsigned level, uint64_t index, struct hash *ret_hash, struct error *err);

struct merkle_source {
	merkle_fetch *fetch;
	void *data;
};

struct merkle_proof {
	struct hash hashes[MERKLE_PROOF_MAX];
	size_t count;
};

bool merkle_root(const struct merkle_source *source, uint64_t size, struct hash *ret_root,
	struct error *err);
/* That the leaf at index (from 0) is in the tree of that size. Of a failure's ret_proof nothing is
 * of use. */
bool merkle_inclusion(const struct merkle_source *source, uint64_t index, uint64_t size,
	struct merkle_proof *ret_proof, struct error *err);
/* That the tree of old_size is the beginning of the tree of size. */
bool merkle_consistency(const struct merkle_source *source, uint64_t old_size, uint64_t size,
	struct merkle_proof *ret_proof, struct error *err);

bool merkle_inclusion_holds(const struct hash *leaf, uint64_t index, uint64_t size,
	const struct merkle_proof *proof, const struct hash *root);
bool merkle_consistency_holds(uint64_t old_size, const struct hash *old_root, uint64_t size,
	const struct hash *root, const struct merkle_proof *proof);

#endif
