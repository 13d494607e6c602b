#include "store/spans.h"

static const char put[] =
	"INSERT INTO record_span (segment, first_ms, last_ms, change_first_ms, change_last_ms)"
	" VALUES (?1, ?2, ?3, ?4, ?5) ON CONFLICT (segment) DO UPDATE SET"
	" first_ms = min(first_ms, excluded.first_ms), last_ms = max(last_ms, excluded.last_ms),"
	" change_first_ms = coalesce(min(change_first_ms, excluded.change_first_ms),"
	"  change_first_ms, excluded.change_first_ms),"
	" change_last_ms = coalesce(max(change_last_ms, excluded.change_last_ms),"
	"  change_last_ms, excluded.change_last_ms)";

void time_span_add(struct time_span *span, int64_t time_ms)
{
	if (!span->any || time_ms < span->first_ms)
		span->first_ms = time_ms;
	if (!span->any || time_ms > span->last_ms)
		span->last_ms = time_ms;
	span->any = true;
}

bool spans_record(struct spans *spans, struct connection *c, int64_t seq, struct error *err)
{
	if (seq >> SPAN_SHIFT == spans->segment)
		return true;
	if (!spans_flush(spans, c, err))
		return false;
	spans->segment = seq >> SPAN_SHIFT;
	return true;
}

static void bind(struct stmt *s, int position, const struct time_span *span)
{
	if (!span->any) {
		stmt_null(s, position);
		stmt_null(s, position + 1);
		return;
	}
	stmt_int(s, position, span->first_ms);
	stmt_int(s, position + 1, span->last_ms);
}

bool spans_flush(struct spans *spans, struct connection *c, struct error *err)
{
	if (spans->records.any) {
		struct stmt *s = stmt(c, put);
		stmt_int(s, 1, spans->segment);
		bind(s, 2, &spans->records);
		bind(s, 4, &spans->changes);
		if (!stmt_run(s, err))
			return false;
	}
	*spans = (struct spans){ .segment = spans->segment };
	return true;
}
