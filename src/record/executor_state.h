/* Inside record/: what the parts of the executor share. executor.c is its life and its loop,
 * executor_tools.c what it works
 * with; executor_gate.c says what may start at all, executor_run.c does executions,
 * executor_report.c tells Port. All in the recorder's thread. */
#ifndef PORTLOG_RECORD_EXECUTOR_STATE_H
#define PORTLOG_RECORD_EXECUTOR_STATE_H

#include "record/by_id.h"
#include "record/executor.h"
#include "record/owe.h"
#include "record/report_work.h"
#include "record/run_work.h"
#include "record/scheduler.h"
#include "store/owed.h"

enum { REPORTS_IN_HAND = 4096, REPORT_THREADS = 8 };

/* Rules and all that goes with them; old ones stay until nothing uses them. */
struct executor_tools {
	struct run_tools run;
	struct path_map *paths;
	struct port_api *api; /* NULL: Port is not told */
	atomic_bool stop;     /* of the api */
	size_t users;
	struct executor_tools *previous;
};

/* One that is owed, runs or waits. */
struct execution {
	int64_t id; /* see by_id.h */
	uint64_t seq;
	uint32_t idx;
	char *run_id; /* NULL: of no run */
	bool once;    /* the run waits for its end */
	char *topic;
	int32_t partition;
	int64_t epoch;
	int64_t offset;
	int64_t timestamp_ms;
	int64_t created_ms;
	int64_t due_ms; /* monotonic, of the next attempt; 0: at once */
	int attempt;
	int64_t began_ms; /* monotonic: when that attempt did */
	char *rules;      /* the candidates */
	char *last_rule;  /* of the attempt begun last; NULL: none */
	bool is_open;     /* it may start; else the gate holds it */
	bool asked;       /* a person wants it, however old it is */
	bool was_running; /* when the recorder started */
	char *cancelled;  /* why; NULL: it is not */
	/* While a worker has it, or its start is being written. */
	struct run_work *work;
	struct executor_tools *tools;
	const struct rule *rule; /* decided, of these tools */
};

struct pending_report {
	int64_t id; /* likewise */
	int64_t execution;
	int attempt;
	struct report_work *work;
	struct executor_tools *tools;
};

struct executor {
	struct store *store;
	struct intake *intake;
	struct log *log;
	struct executor_tools *tools;
	struct executor_tools *prepared; /* not in use yet; NULL: none */
	struct text_list slow;           /* rules that took long to decide: they come last */
	struct owe *owe;
	struct scheduler *scheduler;
	struct workers *workers[LANES];
	struct by_id executions;
	int64_t last_id;       /* read so far */
	uint64_t read_size;    /* the store's size then */
	uint64_t gate_changes; /* intake.changes when the gate was looked at */
	size_t held;
	struct by_id reports;
	int64_t last_report;
	bool reports_left;      /* more are in the store */
	int64_t pause_until_ms; /* monotonic: Port asked for it */
	struct batch batch;     /* records to be written */
	struct owed_try *tries;
	size_t try_count, try_capacity;
	struct execution **starting; /* their start is in the batch */
	size_t starting_count, starting_capacity;
	int64_t second_ms; /* when the last second's work was done */
	int64_t retry_ms;  /* the store failed: not before; 0: it did not */
	bool more;         /* the loop has something to do at once */
	bool stopping;
	bool failed;
	struct error error;
};

/* executor_tools.c */
bool executor_tools_new(const struct executor_settings *settings, struct executor_tools **ret_tools,
	struct error *err);
void executor_tools_free(struct executor_tools *tools);
/* Frees those that others have replaced, when the last that was begun by them has ended. */
void executor_tools_prune(struct executor *ex);
/* From now on; takes them. */
void executor_tools_use(struct executor *ex, struct executor_tools *tools);

/* executor.c */
void executor_fail(struct executor *ex, const struct error *err);
void executor_write(struct executor *ex, struct buf *text); /* a local record; takes it */
/* What is written is written before what follows from it is begun, or a person is told. False: it
 * is still in hand. */
bool executor_flush(struct executor *ex, struct error *err);
/* The same text, the same number; never 0. */
uint64_t executor_key(struct span text);
struct execution *execution_find(const struct executor *ex, int64_t id);
void execution_forget(struct executor *ex, struct execution *e);
/* Reads it again where it is not in hand; NULL: there is none. */
struct execution *execution_load(struct executor *ex, int64_t id);
/* Why one that a person does not want any more has ended; yours. */
char *execution_cancelled_text(struct span reason, struct span by);

/* executor_gate.c: opens what may start, ends what never will. */
void gate_look(struct executor *ex);
/* An execution was interrupted for that reason. */
bool gate_another_may_have(struct span reason);
/* How long after it was recorded Port is asked for a run that may have run elsewhere. */
int64_t gate_later_ms(const struct executor *ex);

/* executor_run.c */
/* Rules in the scheduler: by name, which stays the same when other rules come. */
uint64_t run_group(const struct rule *rule);
void run_queue(struct executor *ex, struct execution *e);
/* Other rules have come: they decide of all that is queued, and of what waits. */
void run_queue_anew(struct executor *ex);
void run_start(struct executor *ex, const struct schedule_job *job);
void run_give(struct executor *ex);    /* those whose start is written */
void run_give_up(struct executor *ex); /* instead: they have not begun */
void run_take(struct executor *ex);    /* those that have come back */
void run_lines(struct executor *ex);   /* what they printed meanwhile */
/* Ends one that no worker has and the scheduler has no more; told_ms is when Port is told of a run
 * that waits for it: TOLD_NOW, TOLD_NEVER, or then, if it is still open. It is gone after that. */
enum { TOLD_NOW = 0, TOLD_NEVER = -1 };
void run_end(struct executor *ex, struct execution *e, enum execution_state state,
	const char *reason, int64_t told_ms);

/* executor_report.c */
void report_owe(struct executor *ex, int64_t execution, const char *run_id,
	const struct port_call *call, int64_t not_before_ms);
/* Those that are new in the store, where Port is told and not too many are in hand. */
void report_load(struct executor *ex);
bool report_load_is_due(const struct executor *ex);
void report_start(struct executor *ex, const struct schedule_job *job);
void report_take(struct executor *ex);
void report_free(struct pending_report *report);

#endif
