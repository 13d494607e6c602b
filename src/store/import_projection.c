/* imported: how often a record without an offset was imported, so that a file can be imported
 * twice. */
#include "store/import_projection.h"

#include "store/journal.h"
#include "store/projections.h"

static const char count_one[] = "INSERT INTO imported (digest, count) VALUES (?1, 1)"
				" ON CONFLICT (digest) DO UPDATE SET count = count + 1";

bool import_is_anonymous(const struct record *record)
{
	return record->source == SOURCE_IMPORT && (!record->topic.data || record->offset < 0);
}

static void add_part(struct buf *text, struct span part)
{
	if (part.data)
		buf_addf(text, "%zu:", part.length);
	else
		buf_add_text(text, "-:");
	buf_add_span(text, part);
}

void journal_digest(const struct record *record, struct hash *ret_digest)
{
	struct buf text = { 0 };
	add_part(&text, record->topic);
	if (record->timestamp_type == TIMESTAMP_NONE)
		buf_add_text(&text, "-:");
	else
		buf_addf(&text, "%lld:", (long long)record->timestamp_ms);
	add_part(&text, record->key);
	record_headers_write(record->headers, record->header_count, &text);
	buf_add_text(&text, record->value.data ? ":" : ":-");
	struct span parts[] = { buf_span(&text), record->value };
	sha256(parts, 2, ret_digest);
	buf_free(&text);
}

static bool apply(struct projecting *p, const struct prepared *r, struct error *err)
{
	if (!import_is_anonymous(r->record))
		return true;
	struct hash digest;
	journal_digest(r->record, &digest);
	struct stmt *s = stmt(p->connection, count_one);
	stmt_blob(s, 1, span_make((const char *)digest.bytes, HASH_BYTES));
	return stmt_run(s, err);
}

static const char *const tables[] = { "imported", NULL };
const struct projection import_projection = { "import", tables, apply };
