/* What a record means: changes of the catalog and steps in the life of runs. */
#ifndef PORTLOG_EVENT_EVENT_H
#define PORTLOG_EVENT_EVENT_H

#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/json_scan.h"
#include "event/record.h"

struct path_map;

enum event_kind {
	EVENT_CHANGE = 1,
	EVENT_RUN = 2,
};

/* Stored; never renumber. */
enum run_kind {
	RUN_ACTION = 1,
	RUN_AUTOMATION = 2,
	RUN_WORKFLOW = 3,
	RUN_WORKFLOW_NODE = 4,
	RUN_FEED = 5, /* an automation's that only carried an event to us: nobody asked for work */
};

/* What happened to the run. Stored; never renumber. */
enum run_step {
	STEP_REQUESTED = 1,
	STEP_APPROVED = 2,
	STEP_DECLINED = 3,
	STEP_STARTED = 4,
	STEP_LOG = 5,
	STEP_CHANGED = 6,
	STEP_REPORTED = 7,
	STEP_ENDED = 8,
	STEP_UPDATED = 9, /* some member changed: not a step of its own in run_events */
	STEP_OWED = 10, /* Port is to be told how it ended; once Port accepts that: STEP_REPORTED */
};

/* Of a request that needs approval. Stored; never renumber. */
enum run_decision {
	DECISION_NONE = 0,
	DECISION_APPROVED = 1,
	DECISION_DECLINED = 2,
};

/* Of the message's X-Port-Signature. Stored; never renumber. */
enum signature_status {
	SIGNATURE_NONE = 0, /* the message carries none */
	SIGNATURE_GOOD = 1,
	SIGNATURE_REPRINTED = 2, /* good only after printing the JSON again */
	SIGNATURE_BAD = 3,
	SIGNATURE_UNVERIFIABLE = 4, /* no secret here, or not clear what is signed */
};

/* Who did it. Any subset may be known. */
struct identity {
	struct span id;
	struct span email;
	struct span first_name;
	struct span last_name;
	bool port; /* Port itself (trigger.by.byPort, once trigger.by.port) */
};

/* Bytes of the record's value. length 0: absent. */
struct range {
	uint32_t start;
	uint32_t length;
};

/* Texts are decoded and borrowed from the record's value or from the struct events that holds it;
 * absent where the message tells nothing. */
struct event {
	enum event_kind kind;
	bool has_time;
	int64_t time_ms;       /* what the message says */
	struct span operation; /* CREATE, UPDATE, DELETE, DAY-2, TIMER_EXPIRED … as Port has it */
	struct span resource;  /* changes: entity, blueprint, run, scorecard, integration … */
	struct span status;    /* changes: SUCCESS, FAILURE; runs: as in contract.md, NULL where not
				  told */
	struct span origin;
	struct identity user;
	struct span blueprint;
	struct span entity;
	struct span title;
	struct span run_id;
	struct span action;
	struct span message;
	struct span event_id;
	enum signature_status signature;

	/* Changes; JSON null counts as absent. Node indexes are into the events' doc. */
	struct range before;
	struct range after;
	json_index before_node;
	json_index after_node;

	/* Runs. */
	enum run_kind run_kind;
	enum run_step step;
	bool requests; /* asks to be executed (rules with on: run), not merely an update */
	struct span port_status;
	struct span status_label;
	struct range inputs;
	struct identity by; /* who took this step; of a request that is user */
	enum run_decision decision;
	struct identity decided_by;
	struct span decision_reason;
	bool has_created;
	int64_t created_ms; /* when Port made the run */
	bool has_ended;
	int64_t ended_ms;
	struct span summary;
	struct span link; /* JSON text, of the record's value: a string or an array */
	struct span external_run_id;
	struct span group;  /* the workflow's run that a node's run is part of */
	struct span detail; /* one short text for the timeline */
};

/* The events of one record; reused from record to record. Starts as { 0 }. */
struct events {
	struct event *items;
	size_t count;
	size_t capacity;
	enum record_problem problem;
	struct json_doc doc; /* of the record's value; no nodes where that is no JSON */
	struct buf *chunks;  /* decoded texts that had escapes; owned */
	size_t chunk_count;
	size_t chunk_capacity;
	struct path_map *shipped_paths; /* made when first needed; owned */
};

void events_release(struct events *events);

/* r_, run_, wfr_ or wfnr_ and something behind it. */
bool run_id_is_one(struct span id);
/* portlog's word for a status of Port's, which may be the same; absent where it has none. */
struct span run_status_word(struct span port);
const char *run_kind_word(enum run_kind kind);
const char *run_step_word(enum run_step step); /* NULL for STEP_UPDATED, STEP_OWED */
const char *signature_status_word(enum signature_status status);

#endif
