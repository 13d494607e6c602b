/* The cache is a hash table with linear probing that is emptied when it is full: what is used often
 * is back at once, and memory stays flat however many names there are. */
#include "store/intern.h"

#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/xalloc.h"

enum {
	SLOTS = 1 << 16,
	FULL = SLOTS / 2,
	TEXT_BYTES = 4 << 20, /* of the cached texts together */
};

enum kind {
	KIND_NAME,
	KIND_RUN,
	KIND_ENTITY,
};

struct slot {
	uint64_t hash; /* 0: free */
	int64_t id;
	int64_t blueprint;
	struct span text;
	enum kind kind;
};

struct intern {
	struct connection *connection;
	struct slot *slots;
	size_t used;
	size_t bytes;
	struct arena texts;
};

struct intern *intern_new(struct connection *c)
{
	struct intern *in = xcalloc(1, sizeof(*in));
	in->connection = c;
	in->slots = xcalloc(SLOTS, sizeof(*in->slots));
	return in;
}

void intern_free(struct intern *in)
{
	if (!in)
		return;
	arena_free(&in->texts);
	free(in->slots);
	free(in);
}

void intern_forget(struct intern *in)
{
	memset(in->slots, 0, SLOTS * sizeof(*in->slots));
	arena_clear(&in->texts);
	in->used = 0;
	in->bytes = 0;
}

/* FNV-1a, 64 bits, over 8 bytes at a time. */
static uint64_t hash_of(enum kind kind, int64_t blueprint, struct span text)
{
	uint64_t hash = 0xcbf29ce484222325u ^ ((uint64_t)blueprint << 8) ^ (uint64_t)kind;
	size_t i = 0;
	for (; i + 8 <= text.length; i += 8) {
		uint64_t word;
		memcpy(&word, text.data + i, 8);
		hash = (hash ^ word) * 0x100000001b3u;
		hash ^= hash >> 29;
	}
	for (; i < text.length; i++)
		hash = (hash ^ (unsigned char)text.data[i]) * 0x100000001b3u;
	hash ^= hash >> 32;
	return hash ? hash : 1;
}

static struct slot *find(
	struct intern *in, uint64_t hash, enum kind kind, int64_t blueprint, struct span text)
{
	size_t at = hash % SLOTS;
	while (in->slots[at].hash != 0) {
		struct slot *s = &in->slots[at];
		if (s->hash == hash && s->kind == kind && s->blueprint == blueprint &&
			span_equal(s->text, text))
			break;
		at = (at + 1) % SLOTS;
	}
	return &in->slots[at];
}

static void remember(struct intern *in, struct slot s)
{
	if (in->used >= FULL || in->bytes > TEXT_BYTES)
		intern_forget(in);
	in->bytes += s.text.length;
	s.text = arena_copy(&in->texts, s.text);
	*find(in, s.hash, s.kind, s.blueprint, s.text) = s;
	in->used++;
}

/* One row per kind: how it is found and made. Entities bind the blueprint as ?2. What is not in the
 * cache is new more often than not, so it is made first. */
static const struct {
	const char *select;
	const char *insert;
} queries[] = {
	[KIND_NAME] = { "SELECT id FROM name WHERE text = ?1",
		"INSERT OR IGNORE INTO name (text) VALUES (?1)" },
	[KIND_RUN] = { "SELECT id FROM run_name WHERE run_id = ?1",
		"INSERT OR IGNORE INTO run_name (run_id) VALUES (?1)" },
	[KIND_ENTITY] = { "SELECT id FROM entity WHERE identifier = ?1 AND blueprint = ?2",
		"INSERT OR IGNORE INTO entity (identifier, blueprint) VALUES (?1, ?2)" },
};

static struct stmt *bound(
	struct intern *in, const char *sql, enum kind kind, struct span text, int64_t blueprint)
{
	struct stmt *s = stmt(in->connection, sql);
	stmt_text(s, 1, text);
	if (kind == KIND_ENTITY)
		stmt_int(s, 2, blueprint);
	return s;
}

static bool find_or_make(struct intern *in, enum kind kind, int64_t blueprint, struct span text,
	int64_t *ret_id, struct error *err)
{
	struct stmt *make = bound(in, queries[kind].insert, kind, text, blueprint);
	bool row;
	if (!stmt_run(make, err))
		return false;
	if (stmt_changes(make) > 0) {
		*ret_id = sqlite3_last_insert_rowid(in->connection->handle);
		return true;
	}
	struct stmt *known = bound(in, queries[kind].select, kind, text, blueprint);
	if (!stmt_row(known, &row, err))
		return false;
	if (!row)
		return error_set(err, ERROR_INTEGRITY, "a name is neither there nor can be made");
	*ret_id = stmt_column_int(known, 0);
	stmt_reset(known);
	return true;
}

static bool intern(struct intern *in, enum kind kind, int64_t blueprint, struct span text,
	int64_t *ret_id, struct error *err)
{
	if (!text.data) {
		*ret_id = 0;
		return true;
	}
	uint64_t hash = hash_of(kind, blueprint, text);
	struct slot *known = find(in, hash, kind, blueprint, text);
	if (known->hash != 0) {
		*ret_id = known->id;
		return true;
	}
	int64_t id = 0;
	if (!find_or_make(in, kind, blueprint, text, &id, err))
		return false;
	remember(in, (struct slot){ hash, id, blueprint, text, kind });
	*ret_id = id;
	return true;
}

bool intern_name(struct intern *in, struct span text, int64_t *ret_id, struct error *err)
{
	return intern(in, KIND_NAME, 0, text, ret_id, err);
}

bool intern_run(struct intern *in, struct span run_id, int64_t *ret_id, struct error *err)
{
	return intern(in, KIND_RUN, 0, run_id, ret_id, err);
}

bool intern_entity(struct intern *in, int64_t blueprint, struct span identifier, int64_t *ret_id,
	struct error *err)
{
	return intern(in, KIND_ENTITY, blueprint, identifier, ret_id, err);
}
