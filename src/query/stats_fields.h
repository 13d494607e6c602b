/* Statistics as rows of a listing: what each group is called, and its numbers. */
#ifndef PORTLOG_QUERY_STATS_FIELDS_H
#define PORTLOG_QUERY_STATS_FIELDS_H

#include "query/field.h"
#include "query/stats.h"

/* "overview", "user" … ended by NULL. */
extern const char *const stats_by_words[];

/* The fields of a group's row; ended by a row without a name. */
const struct view_field *stats_fields(enum stats_by by);

/* Where the values of a row, and the texts among them, are kept. Starts as { 0 }. */
struct stats_row {
	struct value *values; /* as many as there are fields: a user may name one twice */
	struct buf key;
	struct row row;
};

/* The row of group `index`: the values that `fields` (some of stats_fields) want. */
const struct row *stats_row(struct stats *stats, enum stats_by by, size_t index,
	const struct field_list *fields, struct stats_row *row);
void stats_row_release(struct stats_row *row);

/* Of the runs that succeeded or failed, which part failed; false where none did either. */
bool stats_failure_rate(const struct tally *tally, double *ret_rate);

/* "2026-11-24" */
void stats_day_text(int64_t day, struct buf *out);
/* "monday" */
const char *stats_weekday_word(int64_t weekday);

#endif
