#include "store/owing.h"

#include <assert.h>
#include <stdlib.h>

#include "base/xalloc.h"
#include "event/local_execution.h"
#include "store/internal.h"

static const char find_once[] =
	"SELECT x.id, x.state IN ('owed', 'running', 'waiting') FROM execution x"
	" WHERE x.run = (SELECT id FROM run_name WHERE run_id = ?1) AND x.once <> 0";

struct owing owing_of(const struct journal_batch *batch)
{
	size_t most = batch->owed_count;
	assert(most == 0 || !batch->verbatim);
	if (most == 0)
		return (struct owing){ .batch = batch };
	return (struct owing){ .batch = batch,
		.records = xcalloc(most, sizeof(struct record)),
		.once = xcalloc(most, sizeof(uint64_t)),
		.run_ids = xcalloc(most, sizeof(struct span)) };
}

void owing_release(struct owing *o)
{
	free(o->records);
	free(o->once);
	free(o->run_ids);
	free(o->voids);
	arena_free(&o->texts);
}

/* The next one that record i owes; NULL: no more. */
static const struct journal_owed *next_of(struct owing *o, size_t i)
{
	if (o->next == o->batch->owed_count)
		return NULL;
	const struct journal_owed *owed = &o->batch->owed[o->next];
	assert(owed->record >= i && owed->record < o->batch->count);
	if (owed->record != i)
		return NULL;
	o->next++;
	return owed;
}

void owing_pass_over(struct owing *o, size_t i)
{
	while (next_of(o, i))
		;
}

/* What a worker found out comes in the same batch as messages, and the projection learns of it only
 * when all of the batch is accepted. */
static void note_void(struct owing *o, const struct record *r)
{
	struct json_doc doc = { 0 };
	struct arena texts = { 0 };
	struct local_ended ended;
	enum local_what what;
	if (r->source != SOURCE_LOCAL || !local_what_read(r->value, &what) ||
		what != LOCAL_EXECUTION_ENDED)
		return;
	if (json_scan(&doc, r->value.data, r->value.length) == JSON_OK &&
		local_ended_read(&doc, &texts, &ended) && ended.state == EXECUTION_VOID) {
		if (!o->voids)
			o->voids = xcalloc(o->batch->count, sizeof(*o->voids));
		o->voids[o->void_count++] = ended.execution;
	}
	json_doc_release(&doc);
	arena_free(&texts);
}

static bool is_void(const struct owing *o, int64_t id)
{
	for (size_t i = 0; i < o->void_count; i++)
		if (o->voids[i] == id)
			return true;
	return false;
}

/* FNV-1a; never 0. */
static uint64_t hash_of(struct span text)
{
	uint64_t hash = 0xcbf29ce484222325u;
	for (size_t i = 0; i < text.length; i++)
		hash = (hash ^ (unsigned char)text.data[i]) * 0x100000001b3u;
	return hash ? hash : 1;
}

static bool in_batch(const struct owing *o, struct span run_id, uint64_t hash)
{
	for (size_t i = 0; i < o->once_count; i++)
		if (o->once[i] == hash && span_equal(o->run_ids[i], run_id))
			return true;
	return false;
}

static bool in_store(const struct owing *o, struct store *store, struct span run_id, bool *ret_is,
	struct error *err)
{
	struct stmt *s = stmt(&store->connection, find_once);
	stmt_text(s, 1, run_id);
	for (;;) {
		bool row;
		if (!stmt_row(s, &row, err))
			return false;
		if (!row) {
			*ret_is = false;
			return true;
		}
		bool open = stmt_column_int(s, 1) != 0;
		if (!open || !is_void(o, stmt_column_int(s, 0)))
			break;
	}
	stmt_reset(s);
	*ret_is = true;
	return true;
}

static void note_once(struct owing *o, struct span run_id, uint64_t hash)
{
	o->once[o->once_count] = hash;
	o->run_ids[o->once_count++] = run_id;
}

static const struct record *make(
	struct owing *o, const struct journal_owed *owed, uint64_t seq, bool once)
{
	const struct local_owed local = { .seq = seq,
		.idx = owed->idx,
		.run_id = owed->run_id,
		.rules = owed->rules,
		.once = once,
		.skipped = owed->skipped };
	struct buf text = { 0 };
	local_owed_write(&local, &text);
	struct record *r = &o->records[o->count++];
	*r = (struct record){ .source = SOURCE_LOCAL,
		.partition = -1,
		.epoch = -1,
		.offset = -1,
		.received_ms = o->batch->records[owed->record].received_ms,
		.value = arena_copy(&o->texts, buf_span(&text)) };
	buf_free(&text);
	return r;
}

bool owing_follow(struct owing *o, struct store *store, size_t i, const struct record **records,
	size_t *count, struct error *err)
{
	const struct journal_owed *owed;
	if (o->batch->owed_count == 0)
		return true;
	note_void(o, records[*count - 1]);
	uint64_t seq = store->size + *count;
	while ((owed = next_of(o, i))) {
		bool once = owed->once_per_run && owed->run_id.data;
		uint64_t hash = once ? hash_of(owed->run_id) : 0;
		bool is_there = once && in_batch(o, owed->run_id, hash);
		if (once && !is_there && !owed->below_floor &&
			!in_store(o, store, owed->run_id, &is_there, err))
			return false;
		if (is_there)
			continue;
		if (once)
			note_once(o, owed->run_id, hash);
		if (!owed->below_floor)
			records[(*count)++] = make(o, owed, seq, once);
	}
	return true;
}
