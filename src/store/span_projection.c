/* record_span: between which times the records of a segment, and their changes, lie. */
#include "store/projections.h"

/* As the column of portlog records: Kafka's timestamp, else when it was received. */
static int64_t time_of(const struct record *r)
{
	return r->timestamp_type == TIMESTAMP_NONE ? r->received_ms : r->timestamp_ms;
}

static bool apply(struct projecting *p, const struct prepared *r, struct error *err)
{
	if (!spans_record(p->spans, p->connection, (int64_t)r->seq, err))
		return false;
	time_span_add(&p->spans->records, time_of(r->record));
	for (size_t i = 0; i < r->events.count; i++)
		if (r->events.items[i].kind == EVENT_CHANGE)
			time_span_add(
				&p->spans->changes, projected_time(r->record, &r->events.items[i]));
	return true;
}

static const char *const tables[] = { "record_span", NULL };
const struct projection span_projection = { "span", tables, apply };
