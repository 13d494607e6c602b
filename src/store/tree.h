/* The Merkle tree's nodes in the store. Every fourth level from 4 on stands in the table node; what
 * is between is computed, and leaves are hashed anew from their records: at most 15 for any node.
 * The leaves after the last complete group of 16 stand there, too, as level 0: no node holds them
 * yet. */
#ifndef PORTLOG_STORE_TREE_H
#define PORTLOG_STORE_TREE_H

#include "proof/merkle.h"
#include "store/stmt.h"

enum { TREE_GROUP = 16 };

struct tree {
	struct merkle_edge edge;
	struct hash tail[TREE_GROUP]; /* leaves of the last, incomplete group */
	uint64_t kept;                /* the leaves up to this size are in the file */
};

/* The tree of that size, from what is stored. */
bool tree_load(struct connection *c, uint64_t size, struct tree *ret_tree, struct error *err);
/* Adds the leaf of the next record and writes the nodes that it completes. */
bool tree_add(struct connection *c, struct tree *tree, const struct hash *leaf, struct error *err);
/* Writes the leaves of the last group, once per transaction. */
bool tree_flush(struct connection *c, struct tree *tree, struct error *err);
/* Reading the journal again: adds the leaf of the next record to edge and compares what it
 * completes with tree. ERROR_INTEGRITY names the record that differs, or the 16 of which one does.
 */
bool tree_check(struct connection *c, const struct tree *tree, struct merkle_edge *edge,
	const struct hash *leaf, struct error *err);
/* For roots and proofs; data is a struct connection. */
bool tree_fetch(
	void *data, unsigned level, uint64_t index, struct hash *ret_hash, struct error *err);

#endif
