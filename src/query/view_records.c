/* Records as they were received: `portlog records`. They have no time of their own but Kafka's, so
 * their order is that of arrival. */
#include "query/view.h"

const struct view_field record_fields[] = {
	FIELD("seq", NUMBER, 1, 5),
	FIELD("source", WORD, 6, 6),
	FIELD("topic", TEXT, 3, 14),
	FIELD("partition", NUMBER, 5, 9),
	FIELD("epoch", NUMBER, 0, 3),
	FIELD("kafka_offset", NUMBER, 4, 12),
	FIELD("timestamp_ms", TIME_MS, 2, 19),
	FIELD("timestamp_type", WORD, 0, 6),
	FIELD("key", TEXT, 3, 10),
	FIELD("headers", JSON, 0, 10),
	FIELD("value", TEXT, 0, 10),
	FIELD("size", NUMBER, 2, 6),
	FIELD("body", WORD, 0, 4),
	FIELD("received_ms", TIME_MS, 0, 19),
	FIELD("problem", WORD, 2, 10),
	{ 0 },
};

static const struct view_filter filters[] = {
	FILTER_TEST(TOPIC, TOPIC, "+r.stream @"),
	FILTER_INDEX(SEARCH, WORDS,
		"EXISTS (SELECT 1 FROM search WHERE search MATCH @ AND search.rowid = r.seq)",
		"r.seq IN (SELECT rowid FROM search WHERE search MATCH @)",
		"search WHERE search MATCH @", false),
	FILTER_TEST(
		KIND, KIND, "EXISTS (SELECT 1 FROM run_event v WHERE v.seq = r.seq AND +v.kind @)"),
	FILTER_INDEX(PROBLEM, PROBLEM, "+r.problem @", "r.problem <> 0 AND r.problem @",
		"record r WHERE r.problem <> 0 AND r.problem @", false),
	FILTER_END,
};

const struct view view_records = {
	.name = "journal",
	.command = "records",
	.fields = record_fields,
	.filters = filters,
	.table = "record r",
	.time = "coalesce(r.timestamp_ms, r.received_ms)",
	.seq_key = "r.seq",
	.in_segments = "r.seq IN (SELECT r.seq FROM record_span s CROSS JOIN record r ON"
		       " r.seq BETWEEN s.segment << 12 AND (s.segment << 12) + 4095",
	.messages = "SELECT value FROM journal WHERE seq = ?1",
	.fetch = "journal WHERE seq = ?1",
	.nothing = "the store is empty: nothing has been recorded or imported yet",
};
