/* An execution in a worker: which of its rules it is (jq), and an attempt. Knows no store. */
#ifndef PORTLOG_RECORD_RUN_WORK_H
#define PORTLOG_RECORD_RUN_WORK_H

#include <pthread.h>

#include "action/action.h"
#include "action/mask.h"
#include "event/decode.h"
#include "record/run_calls.h"
#include "record/verdict.h"
#include "record/worker.h"

/* What all of them share: read only, and by any thread. */
struct run_tools {
	struct rules *rules;
	struct text_pairs secrets;
	struct mask mask;
	struct jq_helper *jq;
	struct decoder decoder;
	char *client_secret; /* NULL: unknown */
	struct text_list former_client_secrets;
};

enum run_task {
	RUN_DECIDE,
	RUN_ATTEMPT,
};

struct run_work {
	struct work work;
	const struct run_tools *tools;
	enum run_task task;
	int64_t execution;
	int attempt;

	/* The record that owes it. */
	struct buf value;
	struct record_header *headers;
	size_t header_count;
	struct buf header_texts;
	char *topic;
	int64_t seq;
	int64_t timestamp_ms;
	struct events events;
	const struct event *event; /* NULL: it tells it no more (another decoder's doing) */

	const struct rule **candidates; /* RUN_DECIDE */
	size_t candidate_count;
	bool has_begun; /* it is the only one, however its `when` is now: it was told to run */

	/* The one that it is: told by RUN_DECIDE (NULL: no `when` held), wanted by RUN_ATTEMPT. */
	const struct rule *rule;
	bool has_key;
	struct buf key;
	const struct rule *slow; /* RUN_DECIDE took long with it; NULL: with none */
	bool no_jq;              /* not ok, for no process of jq could be begun: nothing was done */

	bool began; /* else it was told to stop before */
	bool ok;    /* else error says why it could not be decided, or had no request */
	struct error error;
	struct action_result result; /* reason and output without secrets */
	struct verdict verdict;      /* not where it was stopped */
	struct run_calls calls;      /* where it is an end */
	struct buf warnings;

	pthread_mutex_t mutex;
	struct buf lines; /* printed and not taken yet */
};

/* Decodes value, which is taken; headers are as the store has them, topic is copied. */
struct run_work *run_work_new(const struct run_tools *tools, struct buf *value, struct span headers,
	struct span topic, int64_t seq, int64_t timestamp_ms, uint32_t idx);
void run_work_free(struct run_work *work);

/* Sets work.run by the task. */
void run_work_prepare(struct run_work *work, enum run_task task);
/* What it has printed since the last time, without secrets: appended. What may be one's beginning
 * is not told yet, unless all is to be. */
void run_work_lines(struct run_work *work, bool all, struct buf *out);

#endif
