/* A hash table of digests, of which 64 bits are kept: two different messages that agree in them
 * would be taken for copies of each other once in 10^6 files of 5 million lines. */
#include "record/copies.h"

#include <stdlib.h>
#include <string.h>

#include "base/xalloc.h"
#include "store/journal.h"

struct place {
	uint64_t digest; /* 0: free */
	uint32_t count;
};

struct copies {
	struct place *places;
	size_t capacity; /* a power of two */
	size_t used;
};

struct copies *copies_new(void)
{
	struct copies *c = xcalloc(1, sizeof(*c));
	c->capacity = 1024;
	c->places = xcalloc(c->capacity, sizeof(*c->places));
	return c;
}

void copies_free(struct copies *c)
{
	if (!c)
		return;
	free(c->places);
	free(c);
}

static struct place *find(struct copies *c, uint64_t digest)
{
	size_t at = digest & (c->capacity - 1);
	while (c->places[at].digest != 0 && c->places[at].digest != digest)
		at = (at + 1) & (c->capacity - 1);
	return &c->places[at];
}

static void grow(struct copies *c)
{
	struct place *old = c->places;
	size_t count = c->capacity;
	c->capacity *= 2;
	c->places = xcalloc(c->capacity, sizeof(*c->places));
	for (size_t i = 0; i < count; i++)
		if (old[i].digest != 0)
			*find(c, old[i].digest) = old[i];
	free(old);
}

uint32_t copies_count(struct copies *c, const struct record *record)
{
	struct hash hash;
	uint64_t digest;
	journal_digest(record, &hash);
	memcpy(&digest, hash.bytes, sizeof(digest));
	digest = digest ? digest : 1;
	if (c->used > c->capacity / 2)
		grow(c);
	struct place *p = find(c, digest);
	c->used += p->digest == 0;
	p->digest = digest;
	return ++p->count;
}
