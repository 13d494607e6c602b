/* Executions, each in its latest state: `portlog executions`. Their order is that of their ids: the
 * record that has an execution's id was received when the execution became owed, so what is known
 * of the times of records finds them, too. In a feed an execution comes again whenever it changes.
 */
#include "query/view.h"

const struct view_field execution_fields[] = {
	FIELD("id", NUMBER, 1, 3),
	FIELD("seq", NUMBER, 0, 3),
	FIELD("idx", NUMBER, 0, 3),
	FIELD("created_at", TIME, 1, 19),
	FIELD("state", WORD, 1, 9),
	FIELD("rule", TEXT, 2, 10),
	FIELD("kind", WORD, 6, 7),
	FIELD("run_id", TEXT, 3, 10),
	FIELD("attempt", NUMBER, 5, 7),
	FIELD("started_at", TIME, 0, 19),
	FIELD("ended_at", TIME, 0, 19),
	FIELD("next_at", TIME, 7, 19),
	FIELD("exit_code", NUMBER, 0, 3),
	FIELD("http_status", NUMBER, 0, 3),
	FIELD("reason", TEXT, 4, 14),
	FIELD("output", TEXT, 0, 10),
	FIELD("last_seq", NUMBER, 0, 3),
	{ 0 },
};

/* A rule is known by its first execution (query/resolve), a state by its number. */
#define OF_RULE "IN (SELECT y.rule FROM execution y WHERE y.id @)"
#define IN_STATE                                                                       \
	"IN (SELECT column2 FROM (VALUES (0, 'owed'), (1, 'running'), (2, 'waiting')," \
	" (3, 'succeeded'), (4, 'failed'), (5, 'timed_out'), (6, 'skipped'),"          \
	" (7, 'interrupted'), (8, 'cancelled')) WHERE column1 @)"
#define STATE_FILTER(filter)                                                   \
	FILTER_INDEX(filter, STATE, "+x.state " IN_STATE, "x.state " IN_STATE, \
		"execution x WHERE x.state " IN_STATE, false)

static const struct view_filter filters[] = {
	FILTER_INDEX(RUN, RUN, "+x.run @", "x.run @", "execution x WHERE x.run @", false),
	STATE_FILTER(STATUS),
	FILTER_INDEX(RULE, RULE, "+x.rule " OF_RULE, "x.rule " OF_RULE,
		"execution x WHERE x.rule " OF_RULE, false),
	STATE_FILTER(STATE),
	FILTER_END,
};

const struct view view_executions = {
	.name = "executions",
	.command = "executions",
	.fields = execution_fields,
	.filters = filters,
	.table = "execution x",
	.time = "x.created_ms",
	.seq_key = "x.id",
	.in_segments = "x.id IN (SELECT x.id FROM record_span s CROSS JOIN execution x ON"
		       " x.id BETWEEN s.segment << 12 AND (s.segment << 12) + 4095",
	.fetch = "executions WHERE id = ?1",
	.nothing = "nothing has been executed by the rules of this store yet",
	.feed_key = "x.last_seq",
	.feed_fetch = "executions WHERE last_seq = ?1",
};
