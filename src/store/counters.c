/* A hash table with linear probing. A batch touches few counters, because most of its changes are
 * of the same quarter of an hour; a whole journal (reindex) writes them whenever the table is full.
 */
#include "store/counters.h"

#include <stdlib.h>
#include <string.h>

#include "base/xalloc.h"

enum {
	SLOTS = 1 << 12,
	FULL = SLOTS / 2,
};

struct counter {
	struct counter_key key;
	int64_t count; /* 0: free */
};

struct counters {
	struct connection *connection;
	struct counter *slots;
	size_t used[FULL]; /* slots in the order they were taken, so that few are quick to write */
	size_t count;
};

static const char put[] =
	"INSERT INTO change_counter (quarter, operation, resource, status, origin, count)"
	" VALUES (?1, ?2, ?3, ?4, ?5, ?6)"
	" ON CONFLICT (quarter, operation, resource, status, origin)"
	" DO UPDATE SET count = count + excluded.count";

struct counters *counters_new(struct connection *c)
{
	struct counters *counters = xcalloc(1, sizeof(*counters));
	counters->connection = c;
	counters->slots = xcalloc(SLOTS, sizeof(*counters->slots));
	return counters;
}

void counters_free(struct counters *counters)
{
	if (!counters)
		return;
	free(counters->slots);
	free(counters);
}

void counters_forget(struct counters *counters)
{
	for (size_t i = 0; i < counters->count; i++)
		counters->slots[counters->used[i]] = (struct counter){ 0 };
	counters->count = 0;
}

static size_t hash_of(const struct counter_key *key)
{
	const int64_t parts[] = { key->quarter, key->operation, key->resource, key->status,
		key->origin };
	uint64_t hash = 0;
	for (size_t i = 0; i < sizeof(parts) / sizeof(parts[0]); i++)
		hash = (hash ^ (uint64_t)parts[i]) * 0x9e3779b97f4a7c15u;
	return (size_t)(hash >> 52);
}

static bool same(const struct counter_key *a, const struct counter_key *b)
{
	return a->quarter == b->quarter && a->operation == b->operation &&
	       a->resource == b->resource && a->status == b->status && a->origin == b->origin;
}

bool counters_add(struct counters *counters, const struct counter_key *key, struct error *err)
{
	size_t at = hash_of(key) % SLOTS;
	while (counters->slots[at].count > 0 && !same(&counters->slots[at].key, key))
		at = (at + 1) % SLOTS;
	if (counters->slots[at].count++ > 0)
		return true;
	counters->slots[at].key = *key;
	counters->used[counters->count++] = at;
	return counters->count < FULL || counters_flush(counters, err);
}

static bool write_one(struct counters *counters, const struct counter *counter, struct error *err)
{
	struct stmt *s = stmt(counters->connection, put);
	stmt_int(s, 1, counter->key.quarter);
	stmt_int(s, 2, counter->key.operation);
	stmt_int(s, 3, counter->key.resource);
	stmt_int(s, 4, counter->key.status);
	stmt_int(s, 5, counter->key.origin);
	stmt_int(s, 6, counter->count);
	return stmt_run(s, err);
}

bool counters_flush(struct counters *counters, struct error *err)
{
	for (size_t i = 0; i < counters->count; i++)
		if (!write_one(counters, &counters->slots[counters->used[i]], err))
			return false;
	counters_forget(counters);
	return true;
}
