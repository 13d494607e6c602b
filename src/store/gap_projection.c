/* gap: offsets that are not here, as the recorder's local records tell. */
#include "store/projections.h"

#include <stdlib.h>

static const char insert[] =
	"INSERT OR REPLACE INTO gap (seq, stream, first_offset, last_offset, reason, found_ms)"
	" VALUES (?1, ?2, ?3, ?4, ?5, ?6)";

static int64_t number(const struct json_doc *doc, const char *name)
{
	struct span raw = json_raw(doc, json_member(doc, 0, span_of(name)));
	return raw.data ? strtoll(raw.data, NULL, 10) : -1;
}

static bool add(struct projecting *p, const struct prepared *r, const struct json_doc *doc,
	struct buf *scratch, struct error *err)
{
	struct span topic = json_text(doc, json_member(doc, 0, span_of("topic")), scratch);
	struct stream *stream;
	if (!streams_find(p->streams, topic, (int32_t)number(doc, "partition"),
		    number(doc, "epoch"), &stream, err))
		return false;
	struct stmt *s = stmt(p->connection, insert);
	stmt_int(s, 1, (int64_t)r->seq);
	stmt_int(s, 2, stream->id);
	stmt_int(s, 3, number(doc, "first_offset"));
	stmt_int(s, 4, number(doc, "last_offset"));
	/* Only a reason of ours, which has no escapes, so that the scratch stays the topic's. */
	stmt_text(s, 5, json_text(doc, json_member(doc, 0, span_of("reason")), scratch));
	stmt_int(s, 6, r->record->received_ms);
	return stmt_run(s, err);
}

static bool apply(struct projecting *p, const struct prepared *r, struct error *err)
{
	if (r->record->source != SOURCE_LOCAL || !r->record->value.data)
		return true;
	struct json_doc doc = { 0 };
	struct buf scratch = { 0 };
	bool ok = true;
	if (json_scan(&doc, r->record->value.data, r->record->value.length) == JSON_OK &&
		span_is(json_text(&doc, json_member(&doc, 0, span_of("what")), &scratch), "gap"))
		ok = add(p, r, &doc, &scratch, err);
	json_doc_release(&doc);
	buf_free(&scratch);
	return ok;
}

static const char *const tables[] = { "gap", NULL };
const struct projection gap_projection = { "gap", tables, apply };
