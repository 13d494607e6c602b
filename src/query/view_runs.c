/* Runs, each in its latest known state: `portlog runs`. In a feed a run comes again with each
 * record that changes it. */
#include "query/view.h"

const struct view_field run_fields[] = {
	FIELD("run_id", TEXT, 2, 18),
	FIELD("kind", WORD, 0, 6),
	FIELD("time", TIME, 1, 19),
	FIELD("time_ms", NUMBER, 0, 13),
	FIELD("status", WORD, 1, 11),
	FIELD("action", TEXT, 2, 10),
	FIELD("operation", WORD, 0, 6),
	FIELD("blueprint", TEXT, 6, 9),
	FIELD("entity", TEXT, 5, 10),
	FIELD("title", TEXT, 0, 10),
	FIELD("actor", TEXT, 3, 10),
	FIELD("user_id", TEXT, 0, 10),
	FIELD("origin", WORD, 0, 4),
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
	FIELD("duration_ms", DURATION_MS, 4, 8),
	FIELD("summary", TEXT, 7, 12),
	FIELD("link", JSON, 0, 10),
	FIELD("external_run_id", TEXT, 0, 10),
	FIELD("execution_count", NUMBER, 0, 3),
	FIELD("seq", NUMBER, 0, 3),
	FIELD("last_seq", NUMBER, 0, 3),
	{ .name = "group", .as = AS_TEXT, .least = 10, .sql = "\"group\"" },
	{ 0 },
};

#define BY_SEQ                                                  \
	"r.id IN (SELECT v.run FROM run_event v WHERE v.seq IN" \
	" (SELECT rowid FROM search WHERE search MATCH @))"

static const struct view_filter filters[] = {
	FILTER_INDEX(ENTITY, ENTITY, "+r.entity @", "r.entity @", "run r WHERE r.entity @", true),
	FILTER_FACET(BLUEPRINT, TEXT, RUN_BLUEPRINT, "+r.blueprint @", BY_SEQ),
	FILTER_INDEX(USER, USER, "+r.user @", "r.user @", "run r WHERE r.user @", true),
	FILTER_INDEX(RUN, RUN, "+r.id @", "r.id @", "run r WHERE r.id @", false),
	FILTER_FACET(ACTION, TEXT, RUN_ACTION, "+r.action @", BY_SEQ),
	FILTER_FACET(OPERATION, TEXT, RUN_OPERATION, "+r.operation @", BY_SEQ),
	FILTER_INDEX(STATUS, TEXT, "+r.status @", "r.status <> 0 AND r.status @",
		"run r WHERE r.status <> 0 AND r.status @", true),
	FILTER_FACET(ORIGIN, TEXT, RUN_ORIGIN, "+r.origin @", BY_SEQ),
	FILTER_TEST(KIND, KIND, "+r.kind @"),
	FILTER_TEST(TOPIC, TOPIC,
		"EXISTS (SELECT 1 FROM record j WHERE j.seq = r.seq AND +j.stream @)"),
	FILTER_INDEX(SEARCH, WORDS,
		"EXISTS (SELECT 1 FROM run_event v JOIN search ON search.rowid = v.seq"
		" WHERE v.run = r.id AND search MATCH @)",
		BY_SEQ, "search WHERE search MATCH @", false),
	FILTER_END,
};

const struct view view_runs = {
	.name = "runs",
	.command = "runs",
	.fields = run_fields,
	.filters = filters,
	.table = "run r",
	.shown = "+r.kind <> 5",
	.time = "r.time_ms",
	.time_key = "r.time_ms",
	.seq_key = "r.seq",
	.part_key = "r.id",
	.seqs = "SELECT v.seq FROM run_event v WHERE v.run = ?2",
	.messages = "SELECT value FROM journal WHERE seq IN (SELECT v.seq FROM run_event v WHERE "
		    "v.run = ?2)",
	/* By seq: run_ids are random, and so are the pages of their index. */
	.fetch = "runs WHERE seq = ?1 AND +run_id = (SELECT n.run_id FROM run_name n WHERE n.id = "
		 "?2)",
	.feed_key = "r.last_seq",
	.feed_fetch = "runs WHERE last_seq = ?1 AND +run_id = (SELECT n.run_id FROM run_name n"
		      " WHERE n.id = ?2)",
	.nothing = "no run is recorded here yet",
	.what = "run",
};
