/* Changes, and between them the runs on the same entities: `portlog log --runs`. A column that one
 * of them lacks is NULL in its rows; `what` tells them apart. */
#include "query/view.h"

static const struct view_field fields[] = {
	FIELD("seq", NUMBER, 6, 5),
	FIELD("idx", NUMBER, 0, 3),
	FIELD("time", TIME, 1, 19),
	FIELD("time_ms", NUMBER, 0, 13),
	FIELD("what", WORD, 2, 6),
	FIELD("kind", WORD, 0, 6),
	FIELD("operation", WORD, 2, 9),
	FIELD("resource", WORD, 0, 6),
	FIELD("status", WORD, 1, 7),
	FIELD("origin", WORD, 0, 4),
	FIELD("blueprint", TEXT, 5, 9),
	FIELD("entity", TEXT, 1, 10),
	FIELD("title", TEXT, 0, 12),
	FIELD("actor", TEXT, 4, 10),
	FIELD("user_id", TEXT, 0, 10),
	FIELD("run_id", TEXT, 7, 12),
	FIELD("action", TEXT, 3, 8),
	FIELD("changed", PATHS, 3, 14),
	FIELD("before", JSON, 0, 10),
	FIELD("after", JSON, 0, 10),
	FIELD("message", TEXT, 0, 10),
	FIELD("event_id", TEXT, 0, 8),
	FIELD("signature", WORD, 0, 4),
	FIELD("port_status", WORD, 0, 7),
	FIELD("status_label", TEXT, 0, 10),
	FIELD("inputs", JSON, 0, 10),
	FIELD("approved_by", TEXT, 0, 10),
	FIELD("decision", WORD, 0, 8),
	FIELD("decided_by", TEXT, 0, 10),
	FIELD("decided_at", TIME, 0, 19),
	FIELD("decision_reason", TEXT, 0, 12),
	FIELD("ended_at", TIME, 0, 19),
	FIELD("duration_ms", DURATION_MS, 0, 8),
	FIELD("summary", TEXT, 0, 12),
	FIELD("link", JSON, 0, 10),
	FIELD("external_run_id", TEXT, 0, 10),
	FIELD("execution_count", NUMBER, 0, 3),
	FIELD("last_seq", NUMBER, 0, 3),
	{ .name = "group", .as = AS_TEXT, .least = 10, .sql = "\"group\"" },
	{ 0 },
};

/* A run comes before the changes that the same record tells of. */
static const struct view *const mixed[] = { &view_runs, &view_changes, NULL };

const struct view view_changes_and_runs = {
	.name = "changes and runs",
	.command = "log --runs",
	.fields = fields,
	.mixed = mixed,
	.nothing = "no change and no run is recorded here yet",
};
