/* Changes of the catalog: `portlog log`. */
#include "query/view.h"

static const char changed_paths[] = "(SELECT json_group_array(path.text) FROM property_change p "
				    "JOIN name path ON path.id = p.path"
				    " WHERE p.seq = changes.seq AND p.idx = changes.idx)";

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
	{ .name = "changed", .as = AS_PATHS, .rank = 3, .least = 14, .sql = changed_paths },
	FIELD("before", JSON, 0, 10),
	FIELD("after", JSON, 0, 10),
	FIELD("message", TEXT, 0, 10),
	FIELD("signature", WORD, 0, 4),
	FIELD("event_id", TEXT, 0, 8),
	{ 0 },
};

static const struct view_filter filters[] = {
	FILTER_INDEX(
		ENTITY, ENTITY, "+c.entity @", "c.entity @", "change c WHERE c.entity @", false),
	FILTER_INDEX(BLUEPRINT, TEXT, "+c.blueprint @", "c.blueprint @",
		"change c WHERE c.blueprint @", true),
	FILTER_INDEX(USER, USER, "+c.user @", "c.user @", "change c WHERE c.user @", false),
	FILTER_INDEX(RUN, RUN, "+c.run @", "c.run <> 0 AND c.run @",
		"change c WHERE c.run <> 0 AND c.run @", false),
	FILTER_INDEX(ACTION, TEXT, "+c.action @", "c.action <> 0 AND c.action @",
		"change c WHERE c.action <> 0 AND c.action @", true),
	FILTER_TEST(OPERATION, TEXT, "+c.operation @"),
	FILTER_TEST(STATUS, TEXT, "+c.status @"),
	FILTER_TEST(ORIGIN, TEXT, "+c.origin @"),
	FILTER_TEST(RESOURCE, TEXT, "+c.resource @"),
	FILTER_TEST(TOPIC, TOPIC,
		"EXISTS (SELECT 1 FROM record r WHERE r.seq = c.seq AND +r.stream @)"),
	FILTER_INDEX(PROPERTY, PATH,
		"EXISTS (SELECT 1 FROM property_change p WHERE p.seq = c.seq AND p.idx = c.idx"
		" AND +p.path @)",
		"(c.seq, c.idx) IN (SELECT seq, idx FROM property_change WHERE path @)",
		"property_change WHERE path @", false),
	FILTER_INDEX(SEARCH, WORDS,
		"EXISTS (SELECT 1 FROM search WHERE search MATCH @ AND search.rowid = c.seq)",
		"c.seq IN (SELECT rowid FROM search WHERE search MATCH @)",
		"search WHERE search MATCH @", false),
	FILTER_END,
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
	.what = "change",
};
