/* Changes of the catalog: `portlog log`. */
#include "query/view.h"

static const struct view_field fields[] = {
	FIELD("seq", NUMBER, 5, 5),
	FIELD("idx", NUMBER, 0, 3),
	FIELD("time", TIME, 1, 19),
	FIELD("time_ms", NUMBER, 0, 13),
	FIELD("operation", WORD, 2, 9),
	FIELD("resource", WORD, 0, 6),
	FIELD("status", WORD, 1, 7),
	FIELD("origin", WORD, 0, 4),
	FIELD("blueprint", TEXT, 4, 9),
	FIELD("entity", TEXT, 1, 10),
	FIELD("title", TEXT, 0, 12),
	FIELD("actor", TEXT, 3, 10),
	FIELD("user_id", TEXT, 0, 10),
	FIELD("run_id", TEXT, 0, 10),
	FIELD("action", TEXT, 6, 8),
	{ .name = "changed", .as = AS_PATHS, .rank = 3, .least = 14, .sql = VIEW_CHANGED_PATHS },
	FIELD("before", JSON, 0, 10),
	FIELD("after", JSON, 0, 10),
	FIELD("message", TEXT, 0, 10),
	FIELD("signature", WORD, 0, 4),
	FIELD("event_id", TEXT, 0, 8),
	{ 0 },
};

/* By an index that begins with the segment of the seq. */
#define FILTER_SEGMENTS(filter, column)                                                           \
	{                                                                                         \
		.name = FILTER_##filter, .kind = NAME_##filter, .test = "+c." column " @",        \
		.drive = "c." column " @", .count = "change c WHERE c." column " @",              \
		.within = "SELECT k.seq FROM change k WHERE k.seq >> 16 IN # AND k." column " @", \
	}

static const struct view_filter filters[] = {
	FILTER_SEGMENTS(ENTITY, "entity"),
	FILTER_FACET(BLUEPRINT, TEXT, BLUEPRINT, "+c.blueprint @", NULL),
	FILTER_SEGMENTS(USER, "user"),
	FILTER_INDEX(RUN, RUN, "+c.run @", "c.run_key @", "change c WHERE c.run_key @", false),
	FILTER_FACET(ACTION, TEXT, ACTION, "+c.action @", NULL),
	FILTER_FACET(OPERATION, TEXT, OPERATION, "+c.operation @", NULL),
	FILTER_FACET(STATUS, TEXT, STATUS, "+c.status @", NULL),
	FILTER_FACET(ORIGIN, TEXT, ORIGIN, "+c.origin @", NULL),
	FILTER_FACET(RESOURCE, TEXT, RESOURCE, "+c.resource @", NULL),
	FILTER_TEST(TOPIC, TOPIC,
		"EXISTS (SELECT 1 FROM record r WHERE r.seq = c.seq AND +r.stream @)"),
	FILTER_FACET(PROPERTY, PATH, PATH,
		"EXISTS (SELECT 1 FROM property_change p CROSS JOIN json_each(p.changes) j"
		" WHERE p.seq = c.seq AND coalesce(json_extract(j.value, '$[3]'), 0) = c.idx"
		" AND json_extract(j.value, '$[0]') @)",
		NULL),
	FILTER_TEST(SEARCH, WORDS, NULL),
	FILTER_END,
};

static const struct view_filter together = {
	.kind = NAME_WORDS,
	.drive = "c.seq IN (SELECT rowid FROM search WHERE search MATCH @)",
	.count = "search WHERE search MATCH @",
	.found = "c.seq @",
};

const struct view view_changes = {
	.name = "changes",
	.command = "log",
	.fields = fields,
	.filters = filters,
	.table = "change c",
	.time = "c.time_ms",
	.time_key = "c.time_ms",
	.seq_key = "c.seq",
	.part_key = "c.idx",
	.messages = "SELECT value FROM journal WHERE seq = ?1",
	.fetch = "changes WHERE seq = ?1 AND idx = ?2",
	.together = &together,
	.counters = &view_counters,
	.in_times = "c.seq IN (SELECT k.seq FROM json_each(@) q CROSS JOIN change k ON"
		    " k.time_ms BETWEEN json_extract(q.value, '$[0]') AND"
		    " json_extract(q.value, '$[1]'))",
	.nothing = "no change of the catalog is recorded here yet",
	.what = "change",
};
