/* What log, runs and records share: options, and writing a view's rows. */
#ifndef PORTLOG_CLI_LISTING_H
#define PORTLOG_CLI_LISTING_H

#include "cli/command.h"
#include "query/view.h"
#include "render/render.h"

struct listing_settings {
	struct filter_settings filter;
	struct output_settings output;
	struct option_number limit;
	bool reverse;
	bool count;
	struct option_number after;
	struct option_number before;
	bool follow;
};
extern const struct option listing_options[];

bool listing_run(struct invocation *call, const struct listing_settings *settings,
	const struct view *view, struct error *err);

struct query;
/* Says on stderr why no row can be shown: the view has none at all, or a filter names nothing that
 * is here (and what it may have meant). */
bool listing_hint(
	struct invocation *call, struct query *query, const struct view *view, struct error *err);

/* How rows go to stdout as it is: a terminal, a pipe. */
struct render_settings listing_render(
	const struct invocation *call, int format, const struct field_list *fields);

/* Writes what is in the buffer to stdout and empties it. False, without an error to say, when
 * nobody reads there any more. */
bool listing_write(struct buf *out);

#endif
