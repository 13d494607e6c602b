#include "query/stats_fields.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/xalloc.h"

enum {
	DAY_MS = 24 * 60 * 60 * 1000,
	FIELDS_MOST = 10, /* of stats_fields() */
};

const char *const stats_by_words[] = {
	[STATS_BY_NOTHING] = "overview",
	[STATS_BY_USER] = "user",
	[STATS_BY_BLUEPRINT] = "blueprint",
	[STATS_BY_ACTION] = "action",
	[STATS_BY_ENTITY] = "entity",
	[STATS_BY_ORIGIN] = "origin",
	[STATS_BY_STATUS] = "status",
	[STATS_BY_HOUR] = "hour",
	[STATS_BY_DAY] = "day",
	[STATS_BY_WEEKDAY] = "weekday",
	NULL,
};

/* What every group has; stats_row() gives the values in this order. */
#define MEASURES                                                                        \
	FIELD("changes", NUMBER, 1, 7), FIELD("runs", NUMBER, 2, 4),                    \
		FIELD("failed", NUMBER, 7, 6), FIELD("failure_rate", PERCENT, 3, 12),   \
		FIELD("p50_ms", DURATION_MS, 5, 7), FIELD("p95_ms", DURATION_MS, 6, 7), \
		FIELD("max_ms", DURATION_MS, 8, 7), FIELD("share", BAR, 4, 6),          \
	{                                                                               \
		0                                                                       \
	}

static const struct view_field by_user[] = { FIELD("actor", TEXT, 1, 20),
	FIELD("user_id", TEXT, 0, 10), MEASURES };
static const struct view_field by_blueprint[] = { FIELD("blueprint", TEXT, 1, 10), MEASURES };
static const struct view_field by_action[] = { FIELD("action", TEXT, 1, 10), MEASURES };
static const struct view_field by_entity[] = { FIELD("entity", TEXT, 1, 16),
	FIELD("blueprint", TEXT, 4, 8), MEASURES };
static const struct view_field by_origin[] = { FIELD("origin", WORD, 1, 8), MEASURES };
static const struct view_field by_status[] = { FIELD("status", WORD, 1, 11), MEASURES };
static const struct view_field by_hour[] = { FIELD("hour", TIME, 1, 4), MEASURES };
static const struct view_field by_day[] = { FIELD("day", TIME, 1, 10), MEASURES };
static const struct view_field by_weekday[] = { FIELD("weekday", TIME, 1, 9), MEASURES };

const struct view_field *stats_fields(enum stats_by by)
{
	static const struct view_field *const fields[] = {
		[STATS_BY_USER] = by_user,
		[STATS_BY_BLUEPRINT] = by_blueprint,
		[STATS_BY_ACTION] = by_action,
		[STATS_BY_ENTITY] = by_entity,
		[STATS_BY_ORIGIN] = by_origin,
		[STATS_BY_STATUS] = by_status,
		[STATS_BY_HOUR] = by_hour,
		[STATS_BY_DAY] = by_day,
		[STATS_BY_WEEKDAY] = by_weekday,
	};
	assert(by > STATS_BY_NOTHING && by < STATS_BY_TIME);
	return fields[by];
}

void stats_day_text(int64_t day, struct buf *out)
{
	char text[RFC3339_SIZE];
	int64_t start_ms = 0;
	if (__builtin_mul_overflow(
		    day, DAY_MS, &start_ms)) /* the first day begins before all times */
		start_ms = INT64_MIN;
	clock_format_utc(start_ms, text);
	buf_add(out, text, strcspn(text, "T"));
}

const char *stats_weekday_word(int64_t weekday)
{
	static const char *const words[] = { "monday", "tuesday", "wednesday", "thursday", "friday",
		"saturday", "sunday" };
	assert(weekday >= 0 && weekday < 7);
	return words[weekday];
}

bool stats_failure_rate(const struct tally *tally, double *ret_rate)
{
	if (tally->succeeded + tally->failed == 0)
		return false;
	*ret_rate = (double)tally->failed / (double)(tally->succeeded + tally->failed);
	return true;
}

static struct value text_value(struct span text)
{
	return (struct value){ .kind = text.data ? VALUE_TEXT : VALUE_NULL, .text = text };
}

static struct value count_value(int64_t count, bool known)
{
	return (struct value){ .kind = known ? VALUE_INTEGER : VALUE_NULL, .integer = count };
}

static struct value duration_value(struct tally *tally, int percent)
{
	int64_t ms = 0;
	bool known = tally_percentile(tally, percent, &ms);
	return count_value(ms, known);
}

static size_t key_values(const struct stats *stats, enum stats_by by, size_t index,
	struct value *values, struct buf *text)
{
	int64_t key = stats->groups.items[index].key;
	buf_clear(text);
	if (by == STATS_BY_HOUR) {
		values[0] = count_value(key, true);
	} else if (by == STATS_BY_DAY) {
		stats_day_text(key, text);
		values[0] = text_value(buf_span(text));
	} else if (by == STATS_BY_WEEKDAY) {
		values[0] = text_value(span_of(stats_weekday_word(key)));
	} else {
		values[0] = text_value(span_of(stats->names[index].name));
		values[1] = text_value(span_of(stats->names[index].more));
	}
	return by == STATS_BY_USER || by == STATS_BY_ENTITY ? 2 : 1;
}

static void measure_values(const struct stats *stats, struct tally *tally, struct value *values)
{
	double rate = 0, all = (double)(stats->total.changes + stats->total.runs);
	bool has_rate = stats_failure_rate(tally, &rate);
	*values++ = count_value(tally->changes, true);
	*values++ = count_value(tally->runs, stats->has_runs);
	*values++ = count_value(tally->failed, stats->has_runs);
	*values++ = (struct value){ .kind = has_rate ? VALUE_REAL : VALUE_NULL, .real = rate };
	*values++ = duration_value(tally, 50);
	*values++ = duration_value(tally, 95);
	*values++ = duration_value(tally, 100);
	*values = (struct value){ .kind = VALUE_REAL,
		.real = all > 0 ? (double)(tally->changes + tally->runs) / all : 0 };
}

const struct row *stats_row(struct stats *stats, enum stats_by by, size_t index,
	const struct field_list *fields, struct stats_row *row)
{
	struct value values[FIELDS_MOST];
	const struct view_field *first = stats_fields(by);
	size_t keys = key_values(stats, by, index, values, &row->key);
	measure_values(stats, &stats->groups.items[index], values + keys);
	if (!row->values)
		row->values = xcalloc(fields->count, sizeof(*row->values));
	for (size_t i = 0; i < fields->count; i++)
		row->values[i] = values[fields->items[i] - first];
	row->row = (struct row){ row->values, fields->count };
	return &row->row;
}

void stats_row_release(struct stats_row *row)
{
	free(row->values);
	buf_free(&row->key);
}
