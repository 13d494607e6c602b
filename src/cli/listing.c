#include "cli/listing.h"

#include <poll.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cli/output.h"
#include "cli/terminal.h"
#include "query/query.h"
#include "store/reader.h"

enum {
	FOLLOW_FIRST = 10,     /* rows shown at once by --follow */
	FOLLOW_EVERY_MS = 100, /* how often the store is asked for more */
	FOLLOW_PATIENCE = 50,  /* how often it may fail, one time after the other */
};

const struct option listing_options[] = {
	OPTION_GROUP("Filters (each but the times has a twin --not-…)"),
	OPTION_INCLUDE(listing_settings, filter, filter_options),
	OPTION_GROUP("Which rows, and how"),
	OPTION(listing_settings, limit, 'n', NUMBER, "N", "at most N rows", .min = 0),
	OPTION(listing_settings, reverse, 'r', FLAG, NULL, "the other way round"),
	OPTION(listing_settings, count, '\0', FLAG, NULL, "only say how many there are"),
	OPTION(listing_settings, after, '\0', NUMBER, "SEQ",
		"what was recorded or changed after SEQ, in order of arrival, oldest first",
		.min = 0),
	OPTION(listing_settings, before, '\0', NUMBER, "SEQ",
		"what was recorded before SEQ, likewise; with -n the last ones", .min = 0),
	OPTION(listing_settings, follow, 'f', FLAG, NULL,
		"the last 10 (-n), then each new one as it is recorded; runs and executions "
		"again whenever they change"),
	OPTION_INCLUDE(listing_settings, output, output_options),
	OPTION_END,
};

/* A listing as it runs. */
struct listing {
	struct invocation *call;
	const struct listing_settings *settings;
	struct query_settings query;
	struct field_list fields;
	struct renderer *renderer;
	struct buf out;
	bool closed; /* nobody reads the output any more */
	bool hinted;
	struct stat file; /* what is followed */
};

struct render_settings listing_render(
	const struct invocation *call, int format, const struct field_list *fields)
{
	return (struct render_settings){
		.format = format,
		.fields = fields,
		.terminal = call->terminal,
		.color = call->color,
		.width = call->width,
		.now_ms = call->now_ms,
	};
}

bool listing_write(struct buf *out)
{
	bool ok = output_write(buf_span(out)) && output_flush();
	buf_clear(out);
	return ok;
}

/* All rows of the query; whenever the next is not at hand, what there is goes out first. */
static bool write_rows(struct listing *l, struct query *query, struct error *err)
{
	const struct row *row;
	while (!l->closed) {
		if (!query_is_ready(query) && l->out.length > 0)
			l->closed = !listing_write(&l->out);
		if (!query_next(query, &row, err))
			return false;
		if (!row)
			break;
		renderer_row(l->renderer, row);
	}
	return true;
}

bool listing_hint(
	struct invocation *call, struct query *query, const struct view *view, struct error *err)
{
	struct buf hints = { 0 };
	if (call->global->quiet)
		return true;
	terminal_write_to(STDERR_FILENO);
	bool ok = query_nothing(call->reader, view, &hints, err) &&
		  (hints.length > 0 || query_hints(query, &hints, err));
	terminal_write_to(STDOUT_FILENO);
	if (ok)
		fputs(buf_text(&hints), stderr);
	buf_free(&hints);
	return ok;
}

/* Once: what is followed is asked for again and again. */
static bool hint(struct listing *l, struct query *query, struct error *err)
{
	if (l->hinted)
		return true;
	l->hinted = true;
	return listing_hint(l->call, query, l->query.view, err);
}

static bool list(struct listing *l, struct error *err)
{
	struct query *query;
	if (!query_open(l->call->reader, &l->query, &query, err))
		return false;
	bool ok = hint(l, query, err) && write_rows(l, query, err);
	query_close(query);
	return ok;
}

static bool count(struct listing *l, struct error *err)
{
	struct query *query;
	int64_t number;
	l->query.fields = NULL;
	if (!query_open(l->call->reader, &l->query, &query, err))
		return false;
	bool ok = hint(l, query, err) && query_count(query, &number, err);
	if (ok)
		printf("%lld\n", (long long)number);
	query_close(query);
	return ok;
}

/* True where somebody may still read stdout. */
static bool wait_a_moment(void)
{
	struct pollfd out = { .fd = STDOUT_FILENO };
	poll(&out, 1, FOLLOW_EVERY_MS);
	return !(out.revents & (POLLERR | POLLHUP));
}

/* Another file may have come to the store's place: a copy that was restored, another store. While
 * none is there, the old one is held. */
static bool has_moved(const struct listing *l, struct stat *ret_file)
{
	return stat(l->call->store_path, ret_file) == 0 &&
	       (ret_file->st_ino != l->file.st_ino || ret_file->st_dev != l->file.st_dev);
}

/* What the new file has behind the records that both have is new. */
static bool move_over(struct listing *l, const struct stat *file, int64_t *shown, struct error *err)
{
	sqlite3 *reader;
	if (!reader_open_bare(l->call->store_path, &reader, err))
		return false;
	if (!query_common_seq(l->call->reader, reader, *shown, shown, err)) {
		reader_close(reader);
		return false;
	}
	reader_close(l->call->reader);
	l->call->reader = reader;
	l->file = *file;
	return true;
}

/* What was recorded since. The filters are read anew each time: what they name may be there by now.
 */
static bool list_new(struct listing *l, int64_t *shown, struct error *err)
{
	int64_t last;
	if (!query_last_seq(l->call->reader, &last, err))
		return false;
	if (last <= *shown)
		return true;
	l->query.after = (struct option_number){ true, *shown };
	l->query.before = (struct option_number){ true, last + 1 };
	*shown = last;
	return list(l, err);
}

/* One look at the store. What is just being made, or held by its writer, may be whole the next
 * time.
 */
static bool look(struct listing *l, int64_t *shown, int *failed, struct error *err)
{
	struct stat file;
	bool moved = has_moved(l, &file);
	if ((!moved || move_over(l, &file, shown, err)) && list_new(l, shown, err)) {
		*failed = 0;
		return true;
	}
	return (moved || err->transient) && ++*failed < FOLLOW_PATIENCE;
}

static bool follow(struct listing *l, struct error *err)
{
	int64_t shown;
	int failed = 0;
	if (stat(l->call->store_path, &l->file) != 0)
		return error_set(err, ERROR_STORE, "cannot follow the store '%s': it has gone",
			l->call->store_path);
	if (!query_last_seq(l->call->reader, &shown, err))
		return false;
	if (l->query.limit < 0)
		l->query.limit = FOLLOW_FIRST;
	l->query.before = (struct option_number){ true, shown + 1 };
	bool ok = list(l, err);
	l->query.limit = -1;
	while (ok && !l->closed) {
		renderer_settle(l->renderer);
		l->closed = !listing_write(&l->out) || !wait_a_moment();
		ok = l->closed || look(l, &shown, &failed, err);
	}
	return ok;
}

static bool check(const struct listing_settings *settings, struct error *err)
{
	if (!settings->follow)
		return true;
	if (settings->count || settings->reverse || settings->before.given || settings->after.given)
		return error_set(err, ERROR_USAGE,
			"--follow goes with none of --count, --reverse, --after and --before");
	if (settings->output.output == RENDER_JSON)
		return error_set(err, ERROR_USAGE,
			"--follow never ends, an array does; -o jsonl gives a line for each");
	return true;
}

static bool write_all(struct listing *l, struct error *err)
{
	struct render_settings render =
		listing_render(l->call, l->settings->output.output, &l->fields);
	render.keep_columns = l->settings->output.columns;
	l->query.fields = &l->fields;
	l->renderer = renderer_new(&render, &l->out);
	if (!l->settings->follow)
		command_page(l->call);
	renderer_begin(l->renderer);
	bool ok = l->settings->follow ? follow(l, err) : list(l, err);
	if (ok && !l->closed) {
		renderer_end(l->renderer);
		listing_write(&l->out);
	}
	renderer_free(l->renderer);
	return ok;
}

bool listing_run(struct invocation *call, const struct listing_settings *settings,
	const struct view *view, struct error *err)
{
	struct listing l = {
		.call = call,
		.settings = settings,
		.query = {
			.view = view,
			.filter = &settings->filter,
			.limit = settings->limit.given ? settings->limit.value : -1,
			.reverse = settings->reverse,
			.after = settings->after,
			.before = settings->before,
		},
	};
	if (!check(settings, err) ||
		!field_list_choose(view->fields, settings->output.columns, &l.fields, err))
		return false;
	bool ok = settings->count ? count(&l, err) : write_all(&l, err);
	field_list_release(&l.fields);
	buf_free(&l.out);
	return ok;
}
