/* property_change: what the record's changes changed, in one row. */
#include "store/property_projection.h"

#include <string.h>

#include "base/json_write.h"
#include "store/projections.h"

enum { SHORT = 200 }; /* contract.md: longer values are cut from the record's value */

static const char insert[] = "INSERT INTO property_change (seq, changes) VALUES (?1, ?2)";

/* As schema/002_facets.sql says. */
static void add_value(const struct record *record, struct span value, struct buf *out)
{
	buf_add_char(out, ',');
	if (!value.data) {
		buf_add_char(out, '0');
	} else if (value.length > SHORT) {
		size_t start = (size_t)(value.data - record->value.data);
		buf_addf(out, "[%zu,%zu]", start, value.length);
	} else if (value.data[0] == '"' && !memchr(value.data, '\\', value.length)) {
		buf_add_text(out, "\"'");
		buf_add(out, value.data + 1, value.length - 1);
	} else {
		json_quote(value, out);
	}
}

void property_tails_write(const struct record *record, const struct events *events,
	const struct properties *properties, struct buf *out)
{
	for (size_t i = 0; i < properties->count; i++) {
		const struct property *property = &properties->items[i];
		if (!event_succeeded(&events->items[property->idx]))
			continue;
		add_value(record, property->old_value, out);
		add_value(record, property->new_value, out);
		if (property->idx > 0)
			buf_addf(out, ",%u", property->idx);
		buf_add_text(out, "]\n");
	}
}

/* An id's digits: it is done three times per message. */
static void add_id(int64_t id, struct buf *out)
{
	char digits[20];
	size_t at = sizeof(digits);
	do
		digits[--at] = (char)('0' + id % 10);
	while ((id /= 10) > 0);
	buf_add(out, digits + at, sizeof(digits) - at);
}

static bool write_changes(
	struct projecting *p, const struct prepared *r, struct buf *out, struct error *err)
{
	const char *tail = buf_text(&r->property_tails);
	for (size_t i = 0; i < r->properties.count; i++) {
		const struct property *property = &r->properties.items[i];
		int64_t path;
		if (!event_succeeded(&r->events.items[property->idx]))
			continue;
		if (!intern_name(p->intern, property->path, &path, err))
			return false;
		const char *end = strchr(tail, '\n');
		buf_add(out, out->length ? ",[" : "[[", 2);
		add_id(path, out);
		buf_add(out, tail, (size_t)(end - tail));
		tail = end + 1;
	}
	return true;
}

static bool apply(struct projecting *p, const struct prepared *r, struct error *err)
{
	struct buf changes = { 0 };
	if (r->property_tails.length == 0)
		return true;
	bool ok = write_changes(p, r, &changes, err);
	if (ok) {
		buf_add_char(&changes, ']');
		struct stmt *s = stmt(p->connection, insert);
		stmt_int(s, 1, (int64_t)r->seq);
		stmt_text(s, 2, buf_span(&changes));
		ok = stmt_run(s, err);
	}
	buf_free(&changes);
	return ok;
}

static const char *const tables[] = { "property_change", NULL };
const struct projection property_projection = { "property", tables, apply };
