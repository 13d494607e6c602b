/* Memory that is given back all at once: for what lives as long as one message or one batch. Pieces
 * do not move. Starts as { 0 }. */
#ifndef PORTLOG_BASE_ARENA_H
#define PORTLOG_BASE_ARENA_H

#include <stddef.h>

#include "base/buf.h"

struct arena_block;

struct arena {
	struct arena_block *blocks; /* the one in use first */
};

/* Aligned for any type. */
void *arena_alloc(struct arena *a, size_t size);
/* A copy of the bytes; absent stays absent. */
struct span arena_copy(struct arena *a, struct span bytes);
/* Everything is free again; keeps the newest, largest block. */
void arena_clear(struct arena *a);
void arena_free(struct arena *a);

#endif
