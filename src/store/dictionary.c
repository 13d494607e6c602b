/* When a zstd dictionary is trained, and how it comes into use. */
#include <inttypes.h>
#include <stdlib.h>

#include "base/clock.h"
#include "base/json_write.h"
#include "base/xalloc.h"
#include "store/internal.h"
#include "store/journal.h"

/* The newest bodies: what is to come looks like them. */
static const char newest[] =
	"SELECT portlog_body(seq, dictionary, bytes) FROM body ORDER BY seq DESC LIMIT ?1";

static bool read_samples(struct store *store, struct buf *samples, size_t *lengths,
	size_t *ret_count, struct error *err)
{
	struct stmt *s = stmt(&store->connection, newest);
	size_t count = 0;
	stmt_int(s, 1, CODEC_SAMPLES);
	for (;;) {
		bool row;
		if (!stmt_row(s, &row, err))
			return false;
		if (!row)
			break;
		struct span body = stmt_column(s, 0);
		if (body.length == 0 || body.length > CODEC_SAMPLE_BYTES / 16)
			continue;
		if (samples->length + body.length > CODEC_SAMPLE_BYTES) {
			stmt_reset(s);
			break;
		}
		buf_add_span(samples, body);
		lengths[count++] = body.length;
	}
	*ret_count = count;
	return true;
}

void dictionary_consider(struct store *store)
{
	if (!store->compress || store->trainer || store->untrainable ||
		store->size < codec_train_at(store->dictionary))
		return;
	struct error ignored; /* the next append meets it again */
	struct buf samples = { 0 };
	size_t *lengths = xcalloc(CODEC_SAMPLES, sizeof(*lengths));
	size_t count;
	if (read_samples(store, &samples, lengths, &count, &ignored)) {
		store->trainer = trainer_start(&samples, lengths, count);
		return;
	}
	buf_free(&samples);
	free(lengths);
}

static bool put_dictionary(struct store *store, struct span bytes, struct error *err)
{
	static const char sql[] = "INSERT INTO dictionary (id, bytes) VALUES (?1, ?2)";
	struct stmt *s = stmt(&store->connection, sql);
	stmt_int(s, 1, store->dictionary + 1);
	stmt_blob(s, 2, bytes);
	return stmt_run(s, err);
}

/* The local record that says so: {"what":"dictionary","id":…,"bytes":…,"sha256":"…"}. */
static bool tell(struct store *store, struct span bytes, struct error *err)
{
	struct buf text = { 0 }, digest = { 0 };
	struct hash hash;
	sha256(&bytes, 1, &hash);
	hex_write(span_make((const char *)hash.bytes, HASH_BYTES), &digest);
	struct json_writer w = { .out = &text };
	json_object_start(&w);
	json_member_text(&w, "what", "dictionary");
	json_member_int(&w, "id", store->dictionary + 1);
	json_member_int(&w, "bytes", (int64_t)bytes.length);
	json_member_span(&w, "sha256", buf_span(&digest));
	json_object_end(&w);
	struct record record = { .source = SOURCE_LOCAL,
		.partition = -1,
		.epoch = -1,
		.offset = -1,
		.received_ms = clock_now_ms(),
		.value = buf_span(&text) };
	const struct record *records[] = { &record };
	bool ok = journal_insert(store, records, 1, err);
	buf_free(&text);
	buf_free(&digest);
	return ok;
}

/* Waits for the training's end. */
static bool adopt(struct store *store, bool silently, struct error *err)
{
	struct buf bytes = { 0 };
	bool ok = true;
	store->untrainable = !trainer_finish(store->trainer, &bytes);
	store->trainer = NULL;
	if (store->untrainable || !store->compress)
		goto out;
	/* Where this fails, the dictionary is trained again later. */
	ok = store_begin(store, err);
	if (ok) {
		ok = put_dictionary(store, buf_span(&bytes), err) &&
		     (silently || tell(store, buf_span(&bytes), err)) && store_commit(store, err);
		if (!ok && store->gave_up)
			store_gave_up(err);
		if (!ok)
			store_rollback(store);
	}
	if (ok) {
		store->dictionary++;
		ok = store_renew_preparer(store, err);
		repack_plan(store);
	}
out:
	buf_free(&bytes);
	return ok;
}

bool dictionary_adopt(struct store *store, bool silently, struct error *err)
{
	return !store->trainer || !trainer_done(store->trainer) || adopt(store, silently, err);
}

bool store_pack(struct store *store, bool silently, struct error *err)
{
	return (!store->trainer || adopt(store, silently, err)) && repack_all(store, err);
}
