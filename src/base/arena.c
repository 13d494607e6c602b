#include "base/arena.h"

#include <stdalign.h>
#include <stdlib.h>
#include <string.h>

#include "base/xalloc.h"

struct arena_block {
	struct arena_block *next;
	size_t used;
	size_t size;
	alignas(max_align_t) char data[];
};

static struct arena_block *block_new(size_t size, struct arena_block *next)
{
	struct arena_block *b = xmalloc(sizeof(*b) + size);
	*b = (struct arena_block){ .next = next, .size = size };
	return b;
}

void *arena_alloc(struct arena *a, size_t size)
{
	size_t step = alignof(max_align_t);
	size = (size + step - 1) / step * step;
	struct arena_block *b = a->blocks;
	if (!b || b->size - b->used < size) {
		size_t block_size = b ? 2 * b->size : 4096;
		if (block_size > (1 << 20))
			block_size = 1 << 20;
		if (block_size < size)
			block_size = size;
		b = a->blocks = block_new(block_size, b);
	}
	void *memory = b->data + b->used;
	b->used += size;
	return memory;
}

struct span arena_copy(struct arena *a, struct span bytes)
{
	if (!bytes.data)
		return bytes;
	char *copy = arena_alloc(a, bytes.length);
	if (bytes.length)
		memcpy(copy, bytes.data, bytes.length);
	return span_make(copy, bytes.length);
}

void arena_clear(struct arena *a)
{
	struct arena_block *b = a->blocks;
	if (!b)
		return;
	struct arena_block *old = b->next;
	while (old) {
		struct arena_block *next = old->next;
		free(old);
		old = next;
	}
	b->next = NULL;
	b->used = 0;
	/* One huge message must not stay for ever. */
	if (b->size > (1 << 20)) {
		free(b);
		a->blocks = NULL;
	}
}

void arena_free(struct arena *a)
{
	arena_clear(a);
	free(a->blocks);
	a->blocks = NULL;
}
