#include "render/overview.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/text.h"
#include "base/time.h"
#include "base/time_hour.h"
#include "base/xalloc.h"
#include "query/stats_fields.h"
#include "render/plot.h"

enum {
	LABEL = 11,      /* columns before what is said */
	DAYS_MOST = 366, /* in the sparkline */
	DAY_WIDEST = 3,
	DAY_NAME = 4,    /* columns before the heat map */
	HOUR_WIDEST = 6, /* in it */
	BESIDE = 76,     /* columns from which the two lists stand side by side */
	BETWEEN = 4,     /* columns between them */
	NAME_LEAST = 10,
	NAME_MOST = 48,
	NUMBER = 9, /* columns of a number */
	BAR_LEAST = 6,
};

/* What is drawn with: knows in which column it is. */
struct pen {
	const struct overview_style *style;
	struct buf *out;
	size_t column;
};

static void put(struct pen *pen, struct span text)
{
	buf_add_span(pen->out, text);
	pen->column += text_width(text);
}

static void put_text(struct pen *pen, const char *text)
{
	put(pen, span_of(text));
}

static void move_to(struct pen *pen, size_t column)
{
	for (; pen->column < column; pen->column++)
		buf_add_char(pen->out, ' ');
}

static void end_line(struct pen *pen)
{
	while (pen->out->length > 0 && pen->out->data[pen->out->length - 1] == ' ')
		pen->out->length--;
	buf_add_char(pen->out, '\n');
	pen->column = 0;
}

static void put_bold(struct pen *pen, const char *text)
{
	buf_add_text(pen->out, pen->style->color ? "\033[1m" : "");
	put_text(pen, text);
	buf_add_text(pen->out, pen->style->color ? "\033[m" : "");
}

static void put_label(struct pen *pen, const char *label)
{
	put_bold(pen, label);
	move_to(pen, LABEL);
}

/* One of several things that are said in a row, on the next line where this one is full. */
static void put_part(struct pen *pen, const char *text)
{
	size_t gap = pen->column > LABEL ? 3 : 0;
	if (gap > 0 && pen->column + gap + text_width(span_of(text)) > pen->style->width) {
		end_line(pen);
		move_to(pen, LABEL);
		gap = 0;
	}
	move_to(pen, pen->column + gap);
	put_text(pen, text);
}

/* "1,234,567" */
static void add_number(int64_t number, struct buf *out)
{
	char digits[24];
	int length = snprintf(digits, sizeof(digits), "%" PRId64, number);
	for (int i = 0; i < length; i++) {
		buf_add_char(out, digits[i]);
		if (i + 1 < length && (length - i - 1) % 3 == 0)
			buf_add_char(out, ',');
	}
}

static void put_count(struct pen *pen, int64_t count, const char *what)
{
	struct buf text = { 0 };
	add_number(count, &text);
	buf_add_text(&text, what);
	put_part(pen, buf_text(&text));
	buf_free(&text);
}

static void put_duration(struct pen *pen, const char *name, struct tally *tally, int percent)
{
	struct buf text = { 0 };
	char duration[TIME_TEXT_SIZE];
	int64_t ms;
	if (!tally_percentile(tally, percent, &ms))
		return;
	time_format_duration(ms, duration);
	buf_addf(&text, "%s %s", name, duration);
	put_part(pen, buf_text(&text));
	buf_free(&text);
}

static void draw_totals(struct pen *pen, struct stats *times)
{
	struct tally *total = &times->total;
	double rate;
	char failed[40] = " failed";
	put_label(pen, "changes");
	put_count(pen, total->changes, "");
	end_line(pen);
	if (!times->has_runs)
		return;
	put_label(pen, "runs");
	put_count(pen, total->runs, "");
	if (stats_failure_rate(total, &rate))
		snprintf(failed, sizeof(failed), " failed (%.1f%%)", 100 * rate);
	if (total->runs > 0) {
		put_count(pen, total->succeeded, " succeeded");
		put_count(pen, total->failed, failed);
		put_count(pen, total->runs - total->succeeded - total->failed, " neither");
	}
	end_line(pen);
	if (total->duration_count == 0)
		return;
	put_label(pen, "run time");
	put_duration(pen, "p50", total, 50);
	put_duration(pen, "p95", total, 95);
	put_duration(pen, "max", total, 100);
	end_line(pen);
}

static void draw_range(struct pen *pen, int64_t first, int64_t last)
{
	struct buf text = { 0 };
	char zone[TIME_TEXT_SIZE];
	stats_day_text(first, &text);
	buf_add_text(&text, " to ");
	stats_day_text(last, &text);
	time_zone_text(pen->style->now_ms, zone);
	buf_addf(&text, ", %s", zone);
	put_bold(pen, buf_text(&text));
	end_line(pen);
	buf_free(&text);
}

static void put_days_legend(struct pen *pen, int64_t first, size_t count, const int64_t *days)
{
	struct buf text = { 0 };
	size_t most = 0;
	for (size_t i = 0; i < count; i++)
		most = days[i] > days[most] ? i : most;
	stats_day_text(first, &text);
	buf_add_text(&text, " to ");
	stats_day_text(first + (int64_t)count - 1, &text);
	move_to(pen, LABEL);
	put_part(pen, buf_text(&text));
	buf_clear(&text);
	buf_add_text(&text, "most: ");
	add_number(days[most], &text);
	buf_add_text(&text, " on ");
	stats_day_text(first + (int64_t)most, &text);
	put_part(pen, buf_text(&text));
	end_line(pen);
	buf_free(&text);
}

/* The newest days; a clock that was wrong must not push them off, so what is to come is left out.
 */
static void draw_days(struct pen *pen, const struct overview *o, int64_t first, int64_t last)
{
	struct time_hours *hours = xcalloc(1, sizeof(*hours));
	int64_t today = time_hour_day(time_hour(hours, pen->style->now_ms));
	size_t room = pen->style->width > LABEL + 8 ? pen->style->width - LABEL : 8;
	free(hours);
	if (last > today && first <= today)
		last = today;
	size_t count = last - first >= DAYS_MOST ? DAYS_MOST : (size_t)(last - first + 1);
	count = count > room ? room : count;
	size_t each = room / count > DAY_WIDEST ? DAY_WIDEST : room / count;
	int64_t *days = xcalloc(count, sizeof(*days));
	int64_t *wide = xcalloc(count * each, sizeof(*wide));
	struct buf line = { 0 };
	overview_days(o, last, count, days);
	for (size_t i = 0; i < count * each; i++)
		wide[i] = days[i / each];
	plot_sparkline(wide, count * each, pen->style->ascii, &line);
	put_label(pen, "per day");
	put(pen, buf_span(&line));
	end_line(pen);
	put_days_legend(pen, last - (int64_t)count + 1, count, days);
	buf_free(&line);
	free(wide);
	free(days);
}

/* On a narrow terminal only what the darkest is. */
static void put_week_legend(struct pen *pen, const struct plot_shades *shades)
{
	struct plot_shades plain = *shades;
	struct buf text = { 0 };
	plain.color = false;
	plot_shade_legend(&plain, &text);
	move_to(pen, DAY_NAME);
	if (DAY_NAME + text_width(buf_span(&text)) <= pen->style->width) {
		plot_shade_legend(shades, pen->out);
	} else {
		buf_clear(&text);
		buf_add_text(&text, "most: ");
		add_number(shades->most, &text);
		put(pen, buf_span(&text));
	}
	end_line(pen);
	buf_free(&text);
}

static void draw_week(struct pen *pen, const struct overview *o)
{
	static const char *const names[] = { "Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun" };
	int64_t week[7][24];
	struct plot_shades shades = { .ascii = pen->style->ascii, .color = pen->style->color };
	size_t room = pen->style->width > DAY_NAME ? (pen->style->width - DAY_NAME) / 24 : 1;
	shades.cell_width = room < 1 ? 1 : room > HOUR_WIDEST ? HOUR_WIDEST : room;
	overview_week(o, week);
	for (size_t i = 0; i < 7; i++)
		for (size_t hour = 0; hour < 24; hour++)
			shades.most = week[i][hour] > shades.most ? week[i][hour] : shades.most;
	for (int hour = 0; hour < 24; hour += 3) {
		char text[24];
		snprintf(text, sizeof(text), "%d", hour);
		move_to(pen, DAY_NAME + (size_t)hour * shades.cell_width);
		put_text(pen, text);
	}
	end_line(pen);
	for (size_t i = 0; i < 7; i++) {
		put_text(pen, names[i]);
		move_to(pen, DAY_NAME);
		plot_shade_row(&shades, week[i], 24, pen->out);
		end_line(pen);
	}
	put_week_legend(pen, &shades);
}

/* One of the two lists, from column left on. */
struct list {
	const char *title;
	const struct stats *stats;
	bool with_blueprint;
	size_t left, name, bar; /* where it begins, and how wide its columns are */
};

static void put_name(struct pen *pen, const struct list *list, size_t index)
{
	const struct stats_name *name = &list->stats->names[index];
	struct buf text = { 0 }, cut = { 0 };
	if (list->with_blueprint && name->more) {
		text_safe(span_of(name->more), &text);
		buf_add_char(&text, '/');
	}
	if (name->name)
		text_safe(span_of(name->name), &text);
	text_cut_middle(buf_span(&text), list->name, &cut);
	put(pen, buf_span(&cut));
	buf_free(&text);
	buf_free(&cut);
}

static void put_right(struct pen *pen, size_t end, int64_t number)
{
	struct buf text = { 0 };
	add_number(number, &text);
	size_t width = text.length < NUMBER ? text.length : NUMBER;
	move_to(pen, end - width);
	put(pen, buf_span(&text));
	buf_free(&text);
}

static void put_list_line(struct pen *pen, const struct list *list, size_t index)
{
	const struct tally *tally = &list->stats->groups.items[index];
	const struct tally *most = &list->stats->groups.items[0];
	size_t numbers = list->left + list->name;
	move_to(pen, list->left);
	put_name(pen, list, index);
	put_right(pen, numbers + NUMBER, tally->changes);
	if (list->stats->has_runs)
		put_right(pen, numbers + 2 * NUMBER, tally->runs);
	if (list->bar == 0)
		return;
	struct buf bar = { 0 };
	plot_bar((double)(tally->changes + tally->runs) / (double)(most->changes + most->runs),
		list->bar, pen->style->ascii, &bar);
	move_to(pen, numbers + 2 * NUMBER + 2);
	put(pen, buf_span(&bar));
	buf_free(&bar);
}

static void put_list_title(struct pen *pen, const struct list *list)
{
	static const char changes[] = "changes", runs[] = "runs";
	size_t numbers = list->left + list->name;
	move_to(pen, list->left);
	put_bold(pen, list->title);
	move_to(pen, numbers + NUMBER - (sizeof(changes) - 1));
	put_text(pen, changes);
	move_to(pen, numbers + 2 * NUMBER - (sizeof(runs) - 1));
	put_text(pen, list->stats->has_runs ? runs : "");
}

static size_t longest_name(const struct list *list)
{
	size_t longest = NAME_LEAST;
	for (size_t i = 0; i < list->stats->groups.count; i++) {
		const struct stats_name *name = &list->stats->names[i];
		size_t width = name->name ? text_width(span_of(name->name)) : 0;
		if (list->with_blueprint && name->more)
			width += text_width(span_of(name->more)) + 1;
		longest = width > longest ? width : longest;
	}
	return longest > NAME_MOST ? NAME_MOST : longest;
}

/* The name gets what it wants before a bar is drawn. */
static void lay_out(struct list *list, size_t left, size_t width)
{
	size_t longest = longest_name(list);
	size_t room = width > 2 * NUMBER + NAME_LEAST ? width - 2 * NUMBER : NAME_LEAST;
	list->left = left;
	list->name = longest < room ? longest : room;
	size_t rest = room - list->name;
	list->bar = rest >= BAR_LEAST + 2 ? rest - 2 : 0;
}

static void draw_lists(struct pen *pen, struct list *lists, size_t count)
{
	size_t most = 0;
	for (size_t i = 0; i < count; i++) {
		put_list_title(pen, &lists[i]);
		most = lists[i].stats->groups.count > most ? lists[i].stats->groups.count : most;
	}
	end_line(pen);
	for (size_t row = 0; row < most; row++) {
		for (size_t i = 0; i < count; i++)
			if (row < lists[i].stats->groups.count)
				put_list_line(pen, &lists[i], row);
		end_line(pen);
	}
}

static void draw_busiest(struct pen *pen, const struct overview *o)
{
	struct list lists[] = {
		{ .title = "busiest", .stats = &o->entities, .with_blueprint = true },
		{ .title = "by whom", .stats = &o->people }
	};
	size_t width = pen->style->width;
	if (width >= BESIDE) {
		size_t half = (width - BETWEEN) / 2;
		lay_out(&lists[0], 0, half);
		lay_out(&lists[1], half + BETWEEN, half);
		draw_lists(pen, lists, 2);
		return;
	}
	lay_out(&lists[0], 0, width);
	lay_out(&lists[1], 0, width);
	draw_lists(pen, &lists[0], 1);
	end_line(pen);
	draw_lists(pen, &lists[1], 1);
}

void overview_draw(struct overview *o, const struct overview_style *style, struct buf *out)
{
	struct pen pen = { style, out, 0 };
	int64_t first, last;
	if (!overview_range(o, &first, &last)) {
		put_text(&pen, "no changes and no runs");
		end_line(&pen);
		return;
	}
	draw_range(&pen, first, last);
	draw_totals(&pen, &o->times);
	draw_days(&pen, o, first, last);
	end_line(&pen);
	draw_week(&pen, o);
	end_line(&pen);
	draw_busiest(&pen, o);
}
