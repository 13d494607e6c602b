/* portlog stats: how much there was of what; without --by an overview. */
#include <langinfo.h>
#include <locale.h>
#include <stdio.h>
#include <string.h>

#include "cli/listing.h"
#include "query/overview.h"
#include "query/query.h"
#include "query/stats_fields.h"
#include "render/overview.h"

struct stats_settings {
	int by; /* enum stats_by */
	struct filter_settings filter;
	struct option_number limit;
	bool reverse;
	struct output_settings output;
};

static const struct option options[] = {
	OPTION(stats_settings, by, '\0', CHOICE, "WHAT",
		"count for each of these; without it an overview", .choices = stats_by_words,
		.fallback = "overview"),
	OPTION_GROUP("Filters (each but the times has a twin --not-…)"),
	OPTION_INCLUDE(stats_settings, filter, filter_options),
	OPTION_INCLUDE(stats_settings, filter, all_options),
	OPTION_GROUP("Which rows, and how"),
	OPTION(stats_settings, limit, 'n', NUMBER, "N",
		"at most N rows: those with the most, or the newest days", .min = 0),
	OPTION(stats_settings, reverse, 'r', FLAG, NULL, "the other way round"),
	OPTION_INCLUDE(stats_settings, output, output_options),
	OPTION_END,
};

/* Blocks and shades only where the locale says that they are shown. */
static bool is_ascii(void)
{
	locale_t locale = newlocale(LC_CTYPE_MASK, "", (locale_t)0);
	if (!locale)
		return true;
	bool ascii = strcmp(nl_langinfo_l(CODESET, locale), "UTF-8") != 0;
	freelocale(locale);
	return ascii;
}

static bool hint(struct invocation *call, const struct filter_settings *filter, struct error *err)
{
	bool runs = filter->kind.any_of.count || filter->kind.none_of.count;
	struct query_settings settings = {
		.view = runs ? &view_runs : &view_changes, .filter = filter, .limit = -1
	};
	struct query *query;
	if (!query_open(call->reader, &settings, &query, err))
		return false;
	bool ok = listing_hint(call, query, runs ? &view_runs : &view_changes_and_runs, err);
	query_close(query);
	return ok;
}

static double largest_share(const struct stats *stats)
{
	double most = 0, all = (double)(stats->total.changes + stats->total.runs);
	for (size_t i = 0; all > 0 && i < stats->groups.count; i++) {
		const struct tally *tally = &stats->groups.items[i];
		double share = (double)(tally->changes + tally->runs) / all;
		most = share > most ? share : most;
	}
	return most;
}

static void write_rows(
	struct invocation *call, struct stats *stats, const struct field_list *fields)
{
	const struct stats_settings *settings = call->settings;
	struct render_settings render = listing_render(call, settings->output.output, fields);
	struct stats_row row = { 0 };
	struct buf out = { 0 };
	render.keep_columns = settings->output.columns;
	render.bar_most = largest_share(stats);
	render.ascii = is_ascii();
	struct renderer *renderer = renderer_new(&render, &out);
	command_page(call);
	renderer_begin(renderer);
	bool open = true;
	for (size_t i = 0; open && i < stats->groups.count; i++) {
		renderer_row(
			renderer, stats_row(stats, (enum stats_by)settings->by, i, fields, &row));
		if (out.length > 1 << 16)
			open = listing_write(&out);
	}
	renderer_end(renderer);
	if (open)
		listing_write(&out);
	renderer_free(renderer);
	stats_row_release(&row);
	buf_free(&out);
}

static bool list(struct invocation *call, struct error *err)
{
	const struct stats_settings *settings = call->settings;
	struct stats_request request = {
		.filter = &settings->filter,
		.by = (enum stats_by)settings->by,
		.limit = settings->limit.given ? settings->limit.value : -1,
		.reverse = settings->reverse,
	};
	struct field_list fields = { 0 };
	struct stats stats;
	if (!field_list_choose(stats_fields((enum stats_by)settings->by), settings->output.columns,
		    &fields, err))
		return false;
	bool ok = hint(call, &settings->filter, err) &&
		  stats_read(call->reader, &request, &stats, err);
	if (ok) {
		write_rows(call, &stats, &fields);
		stats_release(&stats);
	}
	field_list_release(&fields);
	return ok;
}

/* As many as can be read at a glance; machines get ten. */
static int64_t busiest(const struct invocation *call)
{
	const struct stats_settings *settings = call->settings;
	int format = settings->output.output;
	if (settings->limit.given)
		return settings->limit.value;
	return format == RENDER_JSON || format == RENDER_JSONL || call->width >= 120 ? 10 : 5;
}

static bool overview(struct invocation *call, struct error *err)
{
	const struct stats_settings *settings = call->settings;
	int format = settings->output.output;
	struct overview overview;
	struct buf out = { 0 };
	if (format == RENDER_CSV || format == RENDER_TSV || settings->output.columns)
		return error_set(err, ERROR_USAGE,
			"the overview is no table: say which one, as in --by day");
	if (!hint(call, &settings->filter, err) ||
		!overview_read(call->reader, &settings->filter, busiest(call), &overview, err))
		return false;
	if (format == RENDER_JSON || format == RENDER_JSONL) {
		overview_json(&overview, format == RENDER_JSON, call->terminal, &out);
	} else {
		struct overview_style style = {
			.width = call->width,
			.now_ms = call->now_ms,
			.ascii = is_ascii(),
			.color = call->color,
		};
		overview_draw(&overview, &style, &out);
	}
	command_page(call);
	listing_write(&out);
	overview_release(&overview);
	buf_free(&out);
	return true;
}

static bool run(struct invocation *call, struct error *err)
{
	const struct stats_settings *settings = call->settings;
	return settings->by == STATS_BY_NOTHING ? overview(call, err) : list(call, err);
}

const struct command cmd_stats = {
	.name = "stats",
	.summary = "count changes and runs by who, what or when",
	.description =
		"Counts changes, and runs with how many of them failed, which part that is of "
		"those "
		"that succeeded or failed, and how long they took: half of them at most p50, 95 % "
		"at "
		"most p95. Without --by: an overview. Filters as for log; with one that runs have "
		"no field for (--resource, --property), changes alone are counted, with --kind "
		"runs "
		"alone.",
	.options = options,
	.settings_size = sizeof(struct stats_settings),
	.needs = NEED_STORE,
	.run = run,
};
