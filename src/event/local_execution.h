/* The local records of executions: structs to compact JSON, and back. An execution's id is the seq
 * of the record that says that it is owed. */
#ifndef PORTLOG_EVENT_LOCAL_EXECUTION_H
#define PORTLOG_EVENT_LOCAL_EXECUTION_H

#include "event/local.h"

/* Its words are in the record, in the store and in the view `executions`. */
enum execution_state {
	EXECUTION_OWED,
	EXECUTION_RUNNING,
	EXECUTION_WAITING, /* for another attempt */
	EXECUTION_SUCCEEDED,
	EXECUTION_FAILED,
	EXECUTION_TIMED_OUT,
	EXECUTION_SKIPPED,
	EXECUTION_INTERRUPTED,
	EXECUTION_CANCELLED,
	EXECUTION_VOID, /* no candidate's `when` held: there never was an execution */
};

const char *execution_state_word(enum execution_state state);
bool execution_state_of(struct span word, enum execution_state *ret_state);

enum {
	/* Of a text so much is shown in views; the journal has all of it. */
	LOCAL_OUTPUT_MOST = 64 * 1024,
	LOCAL_REASON_MOST = 4096,
};

/* A rule as a record names it. */
struct local_rule {
	struct span name;
	struct span digest; /* 64 hex digits */
	struct span kind;
};

/* Candidates as the JSON array that execution.owed holds, and back. At least one, each with all
 * three members; texts holds the list, too. */
void local_rules_write(const struct local_rule *rules, size_t count, struct buf *out);
bool local_rules_read(
	struct span json, struct arena *texts, struct local_rule **ret_rules, size_t *ret_count);

/* {"what":"execution.owed","seq":…,"idx":…,"run_id":…|null,"once":true,"rules":[…],"skipped":…} */
struct local_owed {
	uint64_t seq; /* of the record that owes it */
	uint32_t idx; /* which of its events */
	struct span run_id;
	struct span rules; /* JSON, see above */
	/* The run is executed by this one alone: what an update of a run, or a change by it, makes
	 * due is another matter. */
	bool once;
	struct span skipped; /* why it never starts; absent: it is owed */
};

/* {"what":"execution.started","execution":…,"attempt":…,"rule":…,"digest":…,"kind":…,
 * "changed":true} */
struct local_started {
	int64_t execution;
	int attempt; /* from 1 */
	struct local_rule rule;
	bool changed; /* the rule is another than when it became owed */
};

/* {"what":"execution.ended","execution":…,"attempt":…,"state":…,"reason":…,"exit_code":…,
 * "http_status":…,"output":…,"next":…} */
struct local_ended {
	int64_t execution;
	int attempt;                /* 0: none was begun */
	enum execution_state state; /* neither owed nor running */
	struct span reason;
	int exit_code;   /* -1: none */
	int http_status; /* 0: none */
	struct span output;
	int64_t next_ms; /* waiting: of the next attempt; 0: not said */
};

/* {"what":"cancel"|"retry","execution":…,"reason":…,"by":…} */
struct local_request {
	int64_t execution;
	struct span reason;
	struct span by;
};

/* Appended to out. */
void local_owed_write(const struct local_owed *owed, struct buf *out);
void local_started_write(const struct local_started *started, struct buf *out);
void local_ended_write(const struct local_ended *ended, struct buf *out);
void local_request_write(
	enum local_what what, const struct local_request *request, struct buf *out);

/* False: something is missing or of another kind. What is read lives as long as the document's text
 * and the arena. */
bool local_owed_read(const struct json_doc *doc, struct arena *texts, struct local_owed *ret_owed);
bool local_started_read(
	const struct json_doc *doc, struct arena *texts, struct local_started *ret_started);
bool local_ended_read(
	const struct json_doc *doc, struct arena *texts, struct local_ended *ret_ended);
bool local_request_read(
	const struct json_doc *doc, struct arena *texts, struct local_request *ret_request);

#endif
