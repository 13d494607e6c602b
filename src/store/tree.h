/* The Merkle tree's nodes in the store: every fourth level from 4 on stands in node; what is
 * between is computed, and leaves are hashed anew from their records: at most 15 for any node. */
#ifndef PORTLOG_STORE_TREE_H
#define PORTLOG_STORE_TREE_H

#include "proof/merkle.h"
#include "store/stmt.h"

/* Adds the leaf of the next record to the edge and writes the nodes that it completes. */
bool tree_add(
	struct connection *c, struct merkle_edge *edge, const struct hash *leaf, struct error *err);
/* The edge of the tree of that size, from what is stored. */
bool tree_edge(
	struct connection *c, uint64_t size, struct merkle_edge *ret_edge, struct error *err);
/* For roots and proofs; data is a struct connection. */
bool tree_fetch(
	void *data, unsigned level, uint64_t index, struct hash *ret_hash, struct error *err);

#endif
