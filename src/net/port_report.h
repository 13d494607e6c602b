/* The calls that tell Port about a run, built as text: what is owed is kept before it is sent.
 * Facts: Port's OpenAPI description; port-agent for node runs and responses. */
#ifndef PORTLOG_NET_PORT_REPORT_H
#define PORTLOG_NET_PORT_REPORT_H

#include <stdbool.h>

#include "base/buf.h"

enum {
	PORT_BODY_MOST_BYTES = 1024 * 1024, /* a longer one is refused by Port (413) */
	PORT_PATH_MOST_BYTES = 8 * 1024,    /* as servers usually take it (414); names are short */
};

struct port_call {
	const char *what; /* "status", "log", "entity", "response", "node", "run" */
	const char *method;
	struct buf path;
	struct buf body; /* compact JSON; empty: none */
};
void port_call_release(struct port_call *call);

/* "wfnr_…": a node of a workflow, whose routes and words are others. */
bool port_run_is_node(struct span run_id);

/* Absent members are left out; those that say "JSON" are JSON texts. */
struct port_run_report {
	struct span status; /* "SUCCESS", "FAILURE"; absent: it goes on */
	struct span status_label;
	struct span link; /* JSON: a string, or an array of them */
	struct span summary;
	struct span external_run_id;
	struct span output; /* JSON object: of a node run alone */
};
/* For a node run, only the status, as COMPLETED or IN_PROGRESS, the link and the output are told.
 */
void port_call_status(
	struct span run_id, const struct port_run_report *report, struct port_call *ret_call);

/* Lines for the run's log; termination "SUCCESS" or "FAILURE" ends the run (absent: it goes on). */
void port_call_log(struct span run_id, struct span message, struct span termination,
	struct span status_label, struct port_call *ret_call);

/* What the webhook answered (JSON). */
void port_call_response(struct span run_id, struct span response, struct port_call *ret_call);

struct port_entity {
	struct span blueprint;
	struct span identifier; /* JSON: a string, or a search query */
	struct span title;
	struct span icon;
	struct span team;       /* JSON */
	struct span properties; /* JSON */
	struct span relations;  /* JSON */
	bool upsert;
	bool merge;
};
/* Tied to the run where run_id is not absent, which Port does only while the run goes on. */
void port_call_entity(
	struct span run_id, const struct port_entity *entity, struct port_call *ret_call);

/* Asks for the run. */
void port_call_run(struct span run_id, struct port_call *ret_call);
/* Its status in the answer, appended ("IN_PROGRESS"); of a node run its result, where it has one.
 * False: the answer holds none. */
bool port_run_status(struct span answer, struct buf *ret_status);

#endif
