/* gap: offsets that are not here, as the recorder's local records tell. */
#include "store/projections.h"

#include "event/local.h"

static const char insert[] =
	"INSERT OR REPLACE INTO gap (seq, stream, first_offset, last_offset, reason, found_ms)"
	" VALUES (?1, ?2, ?3, ?4, ?5, ?6)";

static bool add(struct projecting *p, const struct prepared *r, const struct json_doc *doc,
	struct arena *texts, struct error *err)
{
	struct span topic = local_text(doc, "topic", SIZE_MAX, texts);
	struct span reason = local_text(doc, "reason", LOCAL_NAME_MOST, texts);
	int64_t partition, epoch, first, last;
	struct stream *stream;
	/* It may come from an export that somebody altered. */
	if (!topic.data || !reason.data || !local_int(doc, "partition", 0, INT32_MAX, &partition) ||
		!local_int(doc, "epoch", 0, INT64_MAX, &epoch) ||
		!local_int(doc, "first_offset", 0, INT64_MAX, &first) ||
		!local_int(doc, "last_offset", first, INT64_MAX, &last))
		return true;
	if (!streams_find(p->streams, topic, (int32_t)partition, epoch, &stream, err))
		return false;
	struct stmt *s = stmt(p->connection, insert);
	stmt_int(s, 1, (int64_t)r->seq);
	stmt_int(s, 2, stream->id);
	stmt_int(s, 3, first);
	stmt_int(s, 4, last);
	stmt_text(s, 5, reason);
	stmt_int(s, 6, r->record->received_ms);
	return stmt_run(s, err);
}

static bool apply(struct projecting *p, const struct prepared *r, struct error *err)
{
	struct span value = r->record->value;
	enum local_what what;
	if (r->record->source != SOURCE_LOCAL || !local_what_read(value, &what) ||
		what != LOCAL_GAP)
		return true;
	struct json_doc doc = { 0 };
	struct arena texts = { 0 };
	bool ok = json_scan(&doc, value.data, value.length) != JSON_OK ||
		  add(p, r, &doc, &texts, err);
	json_doc_release(&doc);
	arena_free(&texts);
	return ok;
}

static const char *const tables[] = { "gap", NULL };
const struct projection gap_projection = { "gap", tables, apply };
