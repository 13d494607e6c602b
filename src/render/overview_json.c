#include "base/json_write.h"
#include "base/time_hour.h"
#include "query/stats_fields.h"
#include "render/cell.h"
#include "render/json_print.h"
#include "render/overview.h"

static void write_measure(struct json_writer *w, const char *name, struct tally *tally, int percent)
{
	int64_t ms;
	json_key(w, name);
	if (tally_percentile(tally, percent, &ms))
		json_int_value(w, ms);
	else
		json_null_value(w);
}

static void write_rate(struct json_writer *w, const struct tally *tally)
{
	static const struct view_field field = { .name = "failure_rate" };
	struct value value = { .kind = VALUE_REAL };
	struct buf text = { 0 };
	if (!stats_failure_rate(tally, &value.real))
		value.kind = VALUE_NULL;
	cell_json(&field, &value, false, &text);
	json_key(w, field.name);
	json_raw_value(w, buf_span(&text));
	buf_free(&text);
}

static void write_totals(struct json_writer *w, struct stats *times)
{
	struct tally *total = &times->total;
	json_member_int(w, "changes", total->changes);
	if (!times->has_runs)
		return;
	json_member_int(w, "runs", total->runs);
	json_member_int(w, "succeeded", total->succeeded);
	json_member_int(w, "failed", total->failed);
	write_rate(w, total);
	write_measure(w, "p50_ms", total, 50);
	write_measure(w, "p95_ms", total, 95);
	write_measure(w, "max_ms", total, 100);
}

static void write_counts(
	struct json_writer *w, const struct stats *stats, int64_t changes, int64_t runs)
{
	json_member_int(w, "changes", changes);
	if (stats->has_runs)
		json_member_int(w, "runs", runs);
}

/* The days that have something. */
static void write_days(struct json_writer *w, const struct stats *times)
{
	struct buf text = { 0 };
	json_key(w, "days");
	json_array_start(w);
	for (size_t i = 0; i < times->groups.count;) {
		int64_t day = time_hour_day(times->groups.items[i].key), changes = 0, runs = 0;
		for (; i < times->groups.count && time_hour_day(times->groups.items[i].key) == day;
			i++) {
			changes += times->groups.items[i].changes;
			runs += times->groups.items[i].runs;
		}
		buf_clear(&text);
		stats_day_text(day, &text);
		json_object_start(w);
		json_member_text(w, "day", buf_text(&text));
		write_counts(w, times, changes, runs);
		json_object_end(w);
	}
	json_array_end(w);
	buf_free(&text);
}

/* Changes and runs together: for each weekday an array of 24 hours. */
static void write_week(struct json_writer *w, const struct overview *o)
{
	int64_t week[7][24];
	overview_week(o, week);
	json_key(w, "week");
	json_object_start(w);
	for (int day = 0; day < 7; day++) {
		json_key(w, stats_weekday_word(day));
		json_array_start(w);
		for (int hour = 0; hour < 24; hour++)
			json_int_value(w, week[day][hour]);
		json_array_end(w);
	}
	json_object_end(w);
}

static void write_list(struct json_writer *w, const char *title, const char *name, const char *more,
	const struct stats *stats)
{
	json_key(w, title);
	json_array_start(w);
	for (size_t i = 0; i < stats->groups.count; i++) {
		json_object_start(w);
		json_member_text(w, name, stats->names[i].name);
		json_member_text(w, more, stats->names[i].more);
		write_counts(w, stats, stats->groups.items[i].changes, stats->groups.items[i].runs);
		json_object_end(w);
	}
	json_array_end(w);
}

void overview_json(struct overview *o, bool indented, bool terminal, struct buf *out)
{
	struct buf text = { 0 };
	struct json_writer w = { .out = &text };
	struct json_layout layout = { .indent = indented && terminal ? 2 : 0,
		.terminal = terminal };
	json_object_start(&w);
	write_totals(&w, &o->times);
	write_days(&w, &o->times);
	write_week(&w, o);
	write_list(&w, "busiest_entities", "entity", "blueprint", &o->entities);
	write_list(&w, "busiest_people", "actor", "user_id", &o->people);
	json_object_end(&w);
	json_print(buf_span(&text), &layout, out);
	buf_add_char(out, '\n');
	buf_free(&text);
}
