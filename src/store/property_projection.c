/* property_change: a row for each property that a change changed. */
#include "store/projections.h"

enum { SHORT = 200 }; /* contract.md: longer values are cut from the record's value */

static const char insert[] =
	"INSERT OR IGNORE INTO property_change (seq, idx, path, old, new, old_start, old_length,"
	" new_start, new_length) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)";

/* Binds the value at `at` and its range at `range`: one of the two, or none where it is absent. */
static void bind_value(
	struct stmt *s, int at, int range, const struct record *record, struct span value)
{
	bool is_long = value.length > SHORT;
	stmt_text(s, at, is_long ? (struct span){ 0 } : value);
	if (is_long) {
		stmt_int(s, range, value.data - record->value.data);
		stmt_int(s, range + 1, (int64_t)value.length);
	} else {
		stmt_null(s, range);
		stmt_null(s, range + 1);
	}
}

static bool apply(struct projecting *p, const struct prepared *r, struct error *err)
{
	for (size_t i = 0; i < r->properties.count; i++) {
		const struct property *property = &r->properties.items[i];
		if (!event_happened(&r->events.items[property->idx]))
			continue;
		int64_t path;
		if (!intern_name(p->intern, property->path, &path, err))
			return false;
		struct stmt *s = stmt(p->connection, insert);
		stmt_int(s, 1, (int64_t)r->seq);
		stmt_int(s, 2, property->idx);
		stmt_int(s, 3, path);
		bind_value(s, 4, 6, r->record, property->old_value);
		bind_value(s, 5, 8, r->record, property->new_value);
		if (!stmt_run(s, err))
			return false;
	}
	return true;
}

static const char *const tables[] = { "property_change", NULL };
const struct projection property_projection = { "property", tables, apply };
