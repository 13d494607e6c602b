#include "store/journal.h"

#include <inttypes.h>
#include <stdlib.h>

#include "base/xalloc.h"
#include "store/import_projection.h"
#include "store/internal.h"
#include "store/owing.h"

static const char put_record[] = "INSERT INTO record (seq, source, stream, kafka_offset, "
				 "timestamp_ms, timestamp_type, received_ms,"
				 " size, body, problem, key, headers)"
				 " VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12)";
static const char put_body[] = "INSERT INTO body (seq, dictionary, bytes) VALUES (?1, ?2, ?3)";

enum body_kind {
	BODY_NONE = 0,
	BODY_PLAIN = 1,
	BODY_ZSTD = 2,
};

static void int_unless(struct stmt *s, int position, bool absent, int64_t value)
{
	if (absent)
		stmt_null(s, position);
	else
		stmt_int(s, position, value);
}

static bool insert_row(
	struct store *store, const struct prepared *p, int64_t stream, struct error *err)
{
	const struct record *r = p->record;
	bool tombstone = !r->value.data;
	struct stmt *s = stmt(&store->connection, put_record);
	stmt_int(s, 1, (int64_t)p->seq);
	stmt_int(s, 2, r->source);
	stmt_int(s, 3, stream);
	int_unless(s, 4, r->offset < 0, r->offset);
	int_unless(s, 5, r->timestamp_type == TIMESTAMP_NONE, r->timestamp_ms);
	stmt_int(s, 6, r->timestamp_type);
	stmt_int(s, 7, r->received_ms);
	int_unless(s, 8, tombstone, (int64_t)r->value.length);
	stmt_int(s, 9, tombstone ? BODY_NONE : p->is_packed ? BODY_ZSTD : BODY_PLAIN);
	stmt_int(s, 10, p->events.problem);
	stmt_bytes(s, 11, r->key);
	stmt_text(s, 12, p->headers);
	return stmt_run(s, err);
}

static bool insert_body(struct store *store, const struct prepared *p, struct error *err)
{
	if (!p->record->value.data)
		return true;
	struct stmt *s = stmt(&store->connection, put_body);
	stmt_int(s, 1, (int64_t)p->seq);
	int_unless(s, 2, !p->is_packed, store->dictionary);
	if (p->is_packed)
		stmt_blob(s, 3, buf_span(&p->packed));
	else
		stmt_bytes(s, 3, p->record->value);
	return stmt_run(s, err);
}

static bool insert_one(struct store *store, struct projecting *projecting, const struct prepared *p,
	struct error *err)
{
	const struct record *r = p->record;
	struct stream *stream;
	if (!streams_find(store->streams, r->topic, r->partition, r->epoch, &stream, err))
		return false;
	if (r->offset > stream->last_offset)
		stream->last_offset = r->offset;
	if (r->source == SOURCE_KAFKA)
		stream_move(stream, r->offset + 1);
	return insert_row(store, p, stream->id, err) && insert_body(store, p, err) &&
	       tree_add(&store->connection, &store->tree, &p->leaf, err) &&
	       projections_apply(projecting, p, err);
}

bool journal_insert(
	struct store *store, const struct record *const *records, size_t count, struct error *err)
{
	struct projecting projecting = store_projecting(store);
	struct prepare_job job = { records, count, store->size + 1, false };
	struct prepared *p;
	preparer_start(store->preparer, &job);
	while ((p = preparer_next(store->preparer))) {
		if (!insert_one(store, &projecting, p, err)) {
			preparer_stop(store->preparer);
			return false;
		}
		store->size = p->seq;
	}
	return true;
}

static const char find_by_offset[] = "SELECT r.timestamp_ms, r.timestamp_type, r.key, r.headers,"
				     " coalesce(portlog_body(r.seq, b.dictionary, b.bytes),"
				     " CASE WHEN r.body <> 0 THEN portlog_lost(NULL, r.seq) END)"
				     " FROM record r LEFT JOIN body b ON b.seq = r.seq WHERE "
				     "r.stream = ?1 AND r.kafka_offset = ?2";

static struct span absent_if_empty(struct span text)
{
	return text.length ? text : (struct span){ 0 };
}

/* What makes two records at one offset the same. */
struct content {
	int64_t timestamp_ms;
	int64_t timestamp_type;
	struct span key;
	struct span headers; /* as they are stored */
	struct span value;
};

/* Where one of the two was imported without a timestamp, it says nothing against it. */
static bool same(const struct content *a, const struct content *b)
{
	bool timed = a->timestamp_type != TIMESTAMP_NONE && b->timestamp_type != TIMESTAMP_NONE;
	return (!timed || a->timestamp_ms == b->timestamp_ms) && span_equal(a->key, b->key) &&
	       span_equal(absent_if_empty(a->headers), absent_if_empty(b->headers)) &&
	       span_equal(a->value, b->value);
}

/* headers is where they are written. */
static struct content content_of(const struct record *r, struct buf *headers)
{
	record_headers_write(r->headers, r->header_count, headers);
	return (struct content){ r->timestamp_ms, r->timestamp_type, r->key, buf_span(headers),
		r->value };
}

/* Whether the row of find_by_offset is that record. */
static bool is_row(struct stmt *row, const struct record *record)
{
	struct buf headers = { 0 };
	struct content here = { stmt_column_int(row, 0), stmt_column_int(row, 1),
		stmt_column(row, 2), stmt_column(row, 3), stmt_column(row, 4) };
	struct content there = content_of(record, &headers);
	bool ok = same(&here, &there);
	buf_free(&headers);
	return ok;
}

static bool same_records(const struct record *one, const struct record *other)
{
	struct buf headers = { 0 }, other_headers = { 0 };
	struct content a = content_of(one, &headers), b = content_of(other, &other_headers);
	bool ok = same(&a, &b);
	buf_free(&headers);
	buf_free(&other_headers);
	return ok;
}

static bool lookup_in(struct store *store, const struct stream *stream, const struct record *record,
	enum journal_known *ret_known, struct error *err)
{
	struct stmt *s = stmt(&store->connection, find_by_offset);
	stmt_int(s, 1, stream->id);
	stmt_int(s, 2, record->offset);
	bool row;
	if (!stmt_row(s, &row, err))
		return false;
	*ret_known = !row ? JOURNAL_UNKNOWN : is_row(s, record) ? JOURNAL_SAME : JOURNAL_OTHER;
	if (row)
		stmt_reset(s);
	return true;
}

bool journal_lookup(struct store *store, const struct record *record, enum journal_known *ret_known,
	struct error *err)
{
	const struct stream *stream = store->streams ? streams_known(store->streams, record->topic,
							       record->partition, record->epoch)
						     : NULL;
	if (stream)
		return lookup_in(store, stream, record, ret_known, err);
	*ret_known = JOURNAL_UNKNOWN;
	return true;
}

/* Which records of a batch are to be added; what they owe comes between them. */
struct acceptance {
	const struct record **records;
	size_t count;
	size_t passed_over;
	struct owing owing;
};

/* A batch may hold one record twice; the journal can't know it yet. */
static const struct record *find_in_batch(const struct acceptance *a, const struct record *record)
{
	for (size_t i = 0; i < a->count; i++) {
		const struct record *other = a->records[i];
		if (other->offset == record->offset && other->partition == record->partition &&
			other->epoch == record->epoch && span_equal(other->topic, record->topic))
			return other;
	}
	return NULL;
}

static bool conflict(const struct record *r, struct error *err)
{
	return error_set(err, ERROR_INTEGRITY,
		"another record than the one that is here stands at %.*s[%d]@%" PRId64,
		(int)r->topic.length, r->topic.data, r->partition, r->offset);
}

static bool accept_by_offset(struct store *store, struct acceptance *a, const struct record *r,
	bool *ret_new, struct error *err)
{
	struct stream *stream;
	enum journal_known known = JOURNAL_UNKNOWN;
	if (!streams_find(store->streams, r->topic, r->partition, r->epoch, &stream, err))
		return false;
	if (r->offset > stream->last_offset) {
		stream->last_offset = r->offset;
		*ret_new = true;
		return true;
	}
	if (!lookup_in(store, stream, r, &known, err))
		return false;
	if (known == JOURNAL_OTHER)
		return conflict(r, err);
	if (known == JOURNAL_SAME && r->source == SOURCE_KAFKA)
		stream_move(stream, r->offset + 1);
	if (known == JOURNAL_UNKNOWN) {
		const struct record *twin = find_in_batch(a, r);
		if (twin && !same_records(twin, r))
			return conflict(r, err);
		known = twin ? JOURNAL_SAME : JOURNAL_UNKNOWN;
	}
	*ret_new = known == JOURNAL_UNKNOWN;
	return true;
}

static bool accept_anonymous(
	struct store *store, const struct record *r, bool *ret_new, struct error *err)
{
	static const char sql[] = "SELECT count FROM imported WHERE digest = ?1";
	struct hash digest;
	journal_digest(r, &digest);
	struct stmt *s = stmt(&store->connection, sql);
	stmt_blob(s, 1, span_make((const char *)digest.bytes, HASH_BYTES));
	bool row;
	if (!stmt_row(s, &row, err))
		return false;
	*ret_new = !row || stmt_column_int(s, 0) < (int64_t)r->copy;
	if (row)
		stmt_reset(s);
	return true;
}

static bool accept(struct store *store, struct acceptance *a, const struct journal_batch *batch,
	size_t i, struct error *err)
{
	const struct record *r = &batch->records[i];
	bool is_new = true;
	bool ok = true;
	if (r->topic.data && r->offset >= 0)
		ok = accept_by_offset(store, a, r, &is_new, err);
	else if (import_is_anonymous(r) && r->copy > 0)
		ok = accept_anonymous(store, r, &is_new, err);
	if (!ok)
		return false;
	if (!is_new) {
		a->passed_over++;
		owing_pass_over(&a->owing, i);
		return true;
	}
	a->records[a->count++] = r;
	return owing_follow(&a->owing, store, i, a->records, &a->count, err);
}

static bool move_positions(
	struct store *store, const struct journal_batch *batch, struct error *err)
{
	for (size_t i = 0; i < batch->position_count; i++) {
		const struct journal_position *p = &batch->positions[i];
		struct stream *stream;
		if (!streams_find(store->streams, p->topic, p->partition, p->epoch, &stream, err))
			return false;
		stream_move(stream, p->next_offset);
	}
	return true;
}

static bool append(struct store *store, const struct journal_batch *batch, struct acceptance *a,
	struct error *err)
{
	for (size_t i = 0; i < batch->count; i++)
		if (!accept(store, a, batch, i, err))
			return false;
	if (batch->verbatim && a->passed_over > 0)
		return error_set(
			err, ERROR_INTEGRITY, "a record stands there twice, which no export has");
	return journal_insert(store, a->records, a->count, err) &&
	       owed_tries_write(store, batch->tries, batch->try_count, err) &&
	       move_positions(store, batch, err) && store_commit(store, err);
}

bool journal_append(struct store *store, const struct journal_batch *batch,
	struct journal_result *ret_result, struct error *err)
{
	if (store->needs_reindex)
		return error_set(err, ERROR_STORE,
			"the store's projections were made by another version or with other "
			"fields; run "
			"'portlog reindex'");
	store->hurry = batch->hurry;
	if ((!batch->hurry && !dictionary_adopt(store, batch->verbatim, err)) ||
		!store_begin(store, err))
		return error_prefix(err, "cannot record");
	uint64_t before = store->size;
	struct acceptance a = {
		.records = xcalloc(batch->count + batch->owed_count, sizeof(*a.records)),
		.owing = owing_of(batch),
	};
	bool ok = append(store, batch, &a, err);
	size_t owed = a.owing.count;
	free(a.records);
	owing_release(&a.owing);
	if (!ok) {
		if (store->gave_up)
			store_gave_up(err);
		store_rollback(store);
		return error_prefix(err, "cannot record");
	}
	if (ret_result)
		*ret_result = (struct journal_result){ a.count ? before + 1 : 0, a.count - owed,
			a.passed_over, owed };
	if (!batch->hurry) {
		dictionary_consider(store);
		repack_slice(store, a.count);
	}
	return true;
}

bool journal_leaf(struct store *store, uint64_t seq, struct hash *ret_leaf, struct error *err)
{
	if (seq == 0 || seq > store->size)
		return error_set(err, ERROR_INTEGRITY, "there is no record %" PRIu64, seq);
	return tree_fetch(&store->connection, 0, seq - 1, ret_leaf, err);
}
