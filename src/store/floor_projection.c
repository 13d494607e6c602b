/* floor: below which offset nothing is executed, as the recorder's local records tell. It never
 * sinks within an epoch, else a restart while history is caught up would execute that. A restart's
 * own floor is no bound: what it owes below goes on. */
#include "store/projections.h"

#include "event/local.h"

static const char insert[] = "INSERT INTO floor (stream, \"offset\") VALUES (?1, ?2)"
			     " ON CONFLICT (stream) DO UPDATE SET \"offset\" = max(\"offset\", ?2)";

static bool add(
	struct projecting *p, const struct json_doc *doc, struct arena *texts, struct error *err)
{
	struct span topic = local_text(doc, "topic", SIZE_MAX, texts);
	struct span because = local_text(doc, "because", LOCAL_NAME_MOST, texts);
	int64_t partition, epoch, offset;
	struct stream *stream;
	/* It may come from an export that somebody altered. */
	if (!topic.data || span_is(because, "restart") ||
		!local_int(doc, "partition", 0, INT32_MAX, &partition) ||
		!local_int(doc, "epoch", 0, INT64_MAX, &epoch) ||
		!local_int(doc, "offset", 0, INT64_MAX, &offset))
		return true;
	if (!streams_find(p->streams, topic, (int32_t)partition, epoch, &stream, err))
		return false;
	if (offset > stream->floor)
		stream->floor = offset;
	struct stmt *s = stmt(p->connection, insert);
	stmt_int(s, 1, stream->id);
	stmt_int(s, 2, offset);
	return stmt_run(s, err);
}

static bool apply(struct projecting *p, const struct prepared *r, struct error *err)
{
	struct span value = r->record->value;
	enum local_what what;
	if (r->record->source != SOURCE_LOCAL || !local_what_read(value, &what) ||
		what != LOCAL_FLOOR)
		return true;
	struct json_doc doc = { 0 };
	struct arena texts = { 0 };
	bool ok = json_scan(&doc, value.data, value.length) != JSON_OK || add(p, &doc, &texts, err);
	json_doc_release(&doc);
	arena_free(&texts);
	return ok;
}

static const char *const tables[] = { "floor", NULL };
const struct projection floor_projection = { "floor", tables, apply };
