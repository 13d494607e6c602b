/* Two states of a thing and what differs, written in any format. */
#ifndef PORTLOG_CLI_COMPARISON_H
#define PORTLOG_CLI_COMPARISON_H

#include "base/arena.h"
#include "cli/command.h"
#include "event/diff.h"
#include "query/change.h"
#include "render/render.h"

/* Starts as { 0 }. */
struct comparison {
	struct span blueprint;
	struct span entity;
	struct buf heading; /* safe for a terminal, without the name */
	const struct state_text *before;
	const struct state_text *after;
	struct property_change *changes;
	size_t count;
	struct arena paths;
};

/* Fills in what differs; the states must outlive the comparison. */
void comparison_make(
	struct comparison *c, const struct state_text *before, const struct state_text *after);
void comparison_release(struct comparison *c);

/* For people under a heading each; as rows; or (-o json, jsonl) the first as a patch. */
bool comparison_write(struct invocation *call, const struct output_settings *settings,
	const struct comparison *comparisons, size_t count, struct error *err);

#endif
