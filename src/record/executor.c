/* The executor's life: what it is made of, its loop, and its books in the store. */
#include "record/executor.h"

#include <errno.h>
#include <inttypes.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/crypto.h"
#include "base/xalloc.h"
#include "record/backoff.h"
#include "record/executor_state.h"
#include "store/journal.h"

enum {
	SECOND_MS = 1000,
	RETRY_MS = 1000,
	TICK_MS = 1000,
	THREAD_END_MS = 500, /* for idle threads, after the rest */
	TURNS = 3,           /* of the loop, before others have theirs */
	START_MOST = 1000,   /* in one of them */
};

void executor_fail(struct executor *ex, const struct error *err)
{
	if (ex->failed)
		return;
	ex->failed = true;
	ex->error = *err;
}

uint64_t executor_key(struct span text)
{
	struct hash hash;
	uint64_t key;
	sha256(&text, 1, &hash);
	memcpy(&key, hash.bytes, sizeof(key));
	return key ? key : 1;
}

struct execution *execution_find(const struct executor *ex, int64_t id)
{
	return by_id_find(&ex->executions, id);
}

static void execution_free(struct execution *e)
{
	run_work_free(e->work);
	free(e->run_id);
	free(e->topic);
	free(e->rules);
	free(e->last_rule);
	free(e->cancelled);
	free(e);
}

void execution_forget(struct executor *ex, struct execution *e)
{
	if (!e->is_open)
		ex->held--;
	by_id_remove(&ex->executions, e->id);
	execution_free(e);
}

char *execution_cancelled_text(struct span reason, struct span by)
{
	return xasprintf("cancelled by %.*s: %.*s", (int)by.length, by.data ? by.data : "",
		(int)reason.length, reason.data ? reason.data : "");
}

/* The recorder ended between a person's request to cancel one that ran, and its end. */
static char *read_cancelled(struct executor *ex, int64_t id)
{
	struct buf value = { 0 };
	struct json_doc doc = { 0 };
	struct arena texts = { 0 };
	struct local_request request;
	enum local_what what;
	struct error err;
	uint64_t seq;
	char *text = NULL;
	if (!owed_last_step(ex->store, id, &seq, &err) ||
		(seq > 0 && !owed_value(ex->store, seq, &value, &err)))
		executor_fail(ex, &err);
	else if (local_what_read(buf_span(&value), &what) && what == LOCAL_CANCEL &&
		 json_scan(&doc, value.data, value.length) == JSON_OK &&
		 local_request_read(&doc, &texts, &request))
		text = execution_cancelled_text(request.reason, request.by);
	json_doc_release(&doc);
	arena_free(&texts);
	buf_free(&value);
	return text;
}

static struct execution *keep(struct executor *ex, const struct owed_execution *owed)
{
	struct execution *e = xcalloc(1, sizeof(*e));
	*e = (struct execution){ .id = owed->id,
		.seq = owed->seq,
		.idx = owed->idx,
		.run_id = span_dup(owed->run_id),
		.once = owed->once,
		.topic = span_dup(owed->topic),
		.partition = owed->partition,
		.epoch = owed->epoch,
		.offset = owed->offset,
		.timestamp_ms = owed->timestamp_ms,
		.created_ms = owed->created_ms,
		.due_ms = backoff_due_ms(owed->next_ms, BACKOFF_MOST_MS, 0),
		.attempt = owed->attempt,
		.rules = span_dup(owed->rules),
		.last_rule = span_dup(owed->rule),
		.asked = owed->state == EXECUTION_OWED && owed->reason.data,
		.was_running = owed->state == EXECUTION_RUNNING };
	if (e->was_running)
		e->cancelled = read_cancelled(ex, e->id);
	by_id_put(&ex->executions, e);
	ex->held++;
	return e;
}

struct execution *execution_load(struct executor *ex, int64_t id)
{
	struct owed_execution owed;
	struct buf storage = { 0 };
	struct error err;
	bool found;
	struct execution *e = execution_find(ex, id);
	if (e)
		return e;
	if (!owed_execution(ex->store, id, &owed, &storage, &found, &err))
		executor_fail(ex, &err);
	else if (found)
		e = keep(ex, &owed);
	buf_free(&storage);
	return e;
}

static bool keep_new(void *data, const struct owed_execution *owed)
{
	if (owed->state != EXECUTION_SKIPPED)
		keep(data, owed);
	return true;
}

/* What was recorded since the last time. */
static void read_new(struct executor *ex)
{
	uint64_t size = store_size(ex->store);
	struct error err;
	if (size == ex->read_size)
		return;
	size_t count = ex->executions.count;
	bool ok = ex->last_id == 0 ? owed_open(ex->store, 0, keep_new, ex, &err)
				   : owed_executions(ex->store, ex->last_id, keep_new, ex, &err);
	if (!ok) {
		executor_fail(ex, &err);
		return;
	}
	ex->read_size = size;
	ex->last_id = (int64_t)size;
	if (ex->executions.count != count)
		ex->gate_changes = ex->intake->changes - 1;
}

/* One lane's threads for each. */
static bool make_workers(struct workers *ret_workers[LANES], struct error *err)
{
	static const size_t most[LANES] = { 1, 1, REPORT_THREADS };
	for (size_t i = 0; i < LANES; i++) {
		ret_workers[i] = workers_new(most[i]);
		if (ret_workers[i])
			continue;
		error_set_transient(err, ERROR_STORE, "cannot start workers: %s", strerror(errno));
		while (i-- > 0)
			workers_free(ret_workers[i], 0);
		return false;
	}
	return true;
}

bool executor_new(const struct executor_settings *s, struct store *store, struct intake *intake,
	struct log *log, struct executor **ret_executor, struct error *err)
{
	struct executor_tools *tools;
	struct workers *workers[LANES];
	if (!executor_tools_new(s, &tools, err))
		return false;
	if (!make_workers(workers, err)) {
		executor_tools_free(tools);
		return false;
	}
	struct executor *ex = xcalloc(1, sizeof(*ex));
	*ex = (struct executor){ .store = store,
		.intake = intake,
		.log = log,
		.scheduler = scheduler_new(),
		.gate_changes = intake->changes - 1,
		.read_size = UINT64_MAX };
	scheduler_lane_most(ex->scheduler, LANE_DECIDE, 1);
	scheduler_lane_most(ex->scheduler, LANE_REPORT, REPORT_THREADS);
	memcpy(ex->workers, workers, sizeof(workers));
	executor_tools_use(ex, tools);
	read_new(ex);
	*ret_executor = ex;
	return true;
}

void executor_descriptors(const struct executor *ex, int ret_descriptors[EXECUTOR_DESCRIPTORS])
{
	for (size_t i = 0; i < LANES; i++)
		ret_descriptors[i] = workers_descriptor(ex->workers[i]);
}

void executor_write(struct executor *ex, struct buf *text)
{
	batch_add_local(&ex->batch, buf_take(text), clock_now_ms());
}

static void store_failed(struct executor *ex, const struct error *err)
{
	if (!err->transient) {
		executor_fail(ex, err);
		return;
	}
	if (ex->retry_ms == 0)
		log_event(ex->log, LOG_LEVEL_ERROR, "cannot record what was executed; waiting",
			log_text("reason", err->text));
	ex->retry_ms = clock_monotonic_ms() + RETRY_MS;
}

bool executor_flush(struct executor *ex, struct error *err)
{
	if (ex->batch.count > 0 || ex->try_count > 0) {
		const struct journal_batch batch = { .records = ex->batch.records,
			.count = ex->batch.count,
			.tries = ex->tries,
			.try_count = ex->try_count,
			.hurry = ex->stopping };
		if (!journal_append(ex->store, &batch, NULL, err)) {
			store_failed(ex, err);
			return false;
		}
		batch_clear(&ex->batch);
		ex->try_count = 0;
	}
	ex->retry_ms = 0;
	return true;
}

static bool start_some(struct executor *ex)
{
	struct schedule_job job;
	bool any = false;
	for (int i = 0; i < START_MOST && !ex->failed &&
			scheduler_next(ex->scheduler, clock_monotonic_ms(), &job);
		i++) {
		any = true;
		if (job.lane == LANE_REPORT)
			report_start(ex, &job);
		else
			run_start(ex, &job);
	}
	return any;
}

/* Where the system has no more threads for us (pids.max, ulimit -u), what was begun waits. */
static void staff(struct executor *ex)
{
	for (size_t i = 0; i < LANES; i++)
		if (!workers_staff(ex->workers[i]))
			log_say(ex->log, LOG_LEVEL_WARNING,
				"no thread can be started; what is to be executed or reported "
				"waits");
}

/* What is done once a second. */
static void each_second(struct executor *ex)
{
	int64_t now = clock_monotonic_ms();
	if (now - ex->second_ms < SECOND_MS)
		return;
	ex->second_ms = now;
	staff(ex);
	run_lines(ex);
	executor_tools_prune(ex);
}

bool executor_tick(struct executor *ex, struct error *err)
{
	if (ex->retry_ms > clock_monotonic_ms())
		return true;
	ex->more = true;
	/* Not until nothing is left: Kafka wants to be polled. */
	for (int turn = 0; turn < TURNS && ex->more && !ex->failed && executor_flush(ex, err);
		turn++) {
		run_give(ex);
		report_load(ex);
		read_new(ex);
		gate_look(ex);
		run_take(ex);
		report_take(ex);
		each_second(ex);
		ex->more = start_some(ex) || ex->batch.count > 0 || ex->try_count > 0;
	}
	if (ex->failed)
		*err = ex->error;
	return !ex->failed;
}

int64_t executor_due_ms(const struct executor *ex)
{
	int64_t now_ms = clock_monotonic_ms();
	int64_t due_ms = scheduler_due_ms(ex->scheduler);
	if (now_ms < ex->pause_until_ms && ex->pause_until_ms < due_ms)
		due_ms = ex->pause_until_ms;
	if (ex->gate_changes != ex->intake->changes && ex->held > 0 && ex->intake->assigned)
		due_ms = due_ms < now_ms + 20 ? due_ms : now_ms + 20;
	if (ex->retry_ms > 0)
		return RETRY_MS;
	if (ex->more)
		return 0;
	return due_ms >= now_ms + TICK_MS ? TICK_MS : due_ms > now_ms ? due_ms - now_ms : 0;
}

/* Those whose partition another has wait for another day. */
static bool holds_ours(const struct executor *ex)
{
	for (size_t i = 0; i < ex->executions.count && ex->held > 0; i++) {
		const struct execution *e = ex->executions.items[i];
		for (size_t k = 0; k < ex->intake->partition_count && !e->is_open; k++)
			if (ex->intake->partitions[k]->partition == e->partition &&
				strcmp(ex->intake->partitions[k]->topic, e->topic) == 0)
				return true;
	}
	return false;
}

bool executor_is_idle(const struct executor *ex)
{
	const struct scheduler *s = ex->scheduler;
	for (size_t i = 0; i < LANES; i++)
		if (scheduler_running(s, (enum lane)i) > 0)
			return false;
	return ex->read_size == store_size(ex->store) && ex->batch.count == 0 &&
	       scheduler_waiting(s, LANE_DECIDE) == 0 && scheduler_waiting(s, LANE_RUN) == 0 &&
	       !report_load_is_due(ex) && scheduler_due_ms(s) > clock_monotonic_ms() &&
	       !holds_ours(ex);
}

size_t executor_running(const struct executor *ex)
{
	return scheduler_running(ex->scheduler, LANE_RUN);
}

void executor_running_text(const struct executor *ex, struct buf *out)
{
	int64_t now = clock_monotonic_ms();
	for (size_t i = 0; i < ex->executions.count; i++) {
		const struct execution *e = ex->executions.items[i];
		if (!e->work || e->work->task != RUN_ATTEMPT)
			continue;
		buf_addf(out, "%s%s %s (%" PRId64 " s)", out->length > 0 ? ", " : "", e->last_rule,
			e->run_id ? e->run_id : "-", (now - e->began_ms) / 1000);
	}
}

size_t executor_drain(struct executor *ex, int64_t *ret_limit_ms)
{
	*ret_limit_ms = rules_execution(ex->tools->run.rules)->drain;
	scheduler_lane_most(ex->scheduler, LANE_DECIDE, 0);
	scheduler_lane_most(ex->scheduler, LANE_RUN, 0);
	return executor_running(ex);
}

bool executor_is_drained(const struct executor *ex)
{
	const struct scheduler *s = ex->scheduler;
	return executor_running(ex) == 0 && scheduler_running(s, LANE_REPORT) == 0 &&
	       ex->batch.count == 0 && ex->try_count == 0 && !report_load_is_due(ex) &&
	       scheduler_due_ms(s) > clock_monotonic_ms();
}

void executor_interrupt(struct executor *ex)
{
	ex->stopping = true;
	workers_stop(ex->workers[LANE_RUN]);
}

/* Waits for what was told to stop. */
static void stop(struct executor *ex, int64_t end_ms)
{
	size_t busy = 1;
	ex->stopping = true;
	for (struct executor_tools *t = ex->tools; t; t = t->previous)
		atomic_store(&t->stop, true);
	for (size_t i = 0; i < LANES; i++)
		workers_stop(ex->workers[i]);
	run_give_up(ex);
	while (busy > 0) {
		struct pollfd wait[LANES];
		int64_t left_ms = end_ms - clock_monotonic_ms();
		run_take(ex);
		report_take(ex);
		busy = 0;
		for (size_t i = 0; i < LANES; i++) {
			wait[i] = (struct pollfd){ workers_descriptor(ex->workers[i]), POLLIN, 0 };
			busy += workers_busy(ex->workers[i]);
		}
		if (left_ms <= 0)
			break;
		if (busy > 0)
			poll(wait, LANES, (int)left_ms);
	}
	struct error ignored; /* store_failed has said it */
	executor_flush(ex, &ignored);
}

bool executor_free(struct executor *ex, int64_t timeout_ms)
{
	bool clean = true;
	int64_t end_ms = clock_monotonic_ms() + timeout_ms;
	if (!ex)
		return true;
	stop(ex, end_ms);
	ex->intake->owe = NULL;
	for (size_t i = 0; i < LANES; i++) {
		int64_t left_ms = end_ms + THREAD_END_MS - clock_monotonic_ms();
		clean = workers_busy(ex->workers[i]) == 0 &&
			workers_free(ex->workers[i], left_ms) && clean;
	}
	if (!clean)
		return false;
	for (size_t i = 0; i < ex->executions.count; i++)
		execution_free(ex->executions.items[i]);
	for (size_t i = 0; i < ex->reports.count; i++)
		report_free(ex->reports.items[i]);
	for (struct executor_tools *t = ex->tools, *previous; t; t = previous) {
		previous = t->previous;
		executor_tools_free(t);
	}
	executor_tools_free(ex->prepared);
	text_list_clear(&ex->slow);
	owe_free(ex->owe);
	scheduler_free(ex->scheduler);
	batch_release(&ex->batch);
	by_id_release(&ex->executions);
	by_id_release(&ex->reports);
	free(ex->tries);
	free(ex->starting);
	free(ex);
	return true;
}
