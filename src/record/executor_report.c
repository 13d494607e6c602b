/* Telling Port: each report is in the journal from when it is owed to when it is sent or refused.
 * Of a run they go one after another; a try that failed is working state, so that an outage of
 * hours fills nothing. */
#include <stdio.h>
#include <stdlib.h>

#include "base/clock.h"
#include "base/crypto.h"
#include "base/xalloc.h"
#include "event/local_report.h"
#include "record/backoff.h"
#include "record/executor_state.h"
#include "record/run_calls.h"

enum {
	AGAIN_FIRST_MS = 1000,
	AGAIN_MOST_MS = 300000,
};

void report_owe(struct executor *ex, int64_t execution, const char *run_id,
	const struct port_call *call, int64_t not_before_ms)
{
	struct buf text = { 0 };
	if (!ex->tools->api)
		return;
	const struct local_report report = { .execution = execution,
		.run_id = span_of(run_id ? run_id : ""),
		.report = span_of(call->what),
		.method = span_of(call->method),
		.path = buf_span(&call->path),
		.body = call->body.length > 0 ? buf_span(&call->body) : span_of(NULL),
		.if_open = not_before_ms > 0,
		.not_before_ms = not_before_ms };
	local_report_write(&report, &text);
	executor_write(ex, &text);
	ex->reports_left = true;
}

void report_free(struct pending_report *report)
{
	report_work_free(report->work);
	free(report);
}

static void forget(struct executor *ex, struct pending_report *report)
{
	by_id_remove(&ex->reports, report->id);
	report_free(report);
}

static bool add(void *data, const struct owed_report *owed)
{
	struct executor *ex = data;
	if (ex->reports.count == REPORTS_IN_HAND) {
		ex->reports_left = true;
		return false;
	}
	struct pending_report *report = xcalloc(1, sizeof(*report));
	report->id = ex->last_report = owed->id;
	report->execution = owed->execution;
	report->attempt = owed->attempt;
	by_id_put(&ex->reports, report);
	int64_t next_ms = backoff_due_ms(owed->next_ms, BACKOFF_MOST_MS, 0);
	/* Earlier the run may still be running elsewhere. */
	int64_t later_ms = gate_later_ms(ex);
	int64_t not_before_ms = backoff_due_ms(owed->not_before_ms, later_ms, later_ms);
	const struct schedule_job job = { .id = owed->id,
		.lane = LANE_REPORT,
		.key = owed->run_id.length > 0 ? executor_key(owed->run_id) : 0,
		.due_ms = next_ms > not_before_ms ? next_ms : not_before_ms };
	scheduler_add(ex->scheduler, &job);
	return true;
}

bool report_load_is_due(const struct executor *ex)
{
	return ex->reports_left && ex->tools->api && ex->reports.count <= REPORTS_IN_HAND / 2;
}

void report_load(struct executor *ex)
{
	struct error err;
	if (!report_load_is_due(ex))
		return;
	ex->reports_left = false;
	if (!owed_reports(ex->store, ex->last_report, add, ex, &err))
		executor_fail(ex, &err);
}

static void write_end(struct executor *ex, const struct pending_report *report,
	enum local_what what, int status, struct span answer)
{
	struct buf text = { 0 }, masked = { 0 };
	mask_text(&ex->tools->run.mask, answer, &masked);
	const struct local_report_end end = { .report = report->id,
		.attempt = report->attempt,
		.http_status = status,
		.answer = masked.length > 0 ? buf_span(&masked) : span_of(NULL) };
	local_report_end_write(what, &end, &text);
	executor_write(ex, &text);
	buf_free(&masked);
}

void report_start(struct executor *ex, const struct schedule_job *job)
{
	struct buf value = { 0 };
	struct error err;
	struct pending_report *report = by_id_find(&ex->reports, job->id);
	if (!owed_value(ex->store, (uint64_t)job->id, &value, &err)) {
		executor_fail(ex, &err);
	} else if (!(report->work = report_work_new(ex->tools->api, job->id, buf_span(&value)))) {
		write_end(ex, report, LOCAL_REPORT_REFUSED, 0,
			span_of("portlog cannot read what it was to report"));
		scheduler_ended(ex->scheduler, LANE_REPORT, job->id);
		forget(ex, report);
	} else {
		report->tools = ex->tools;
		report->tools->users++;
		workers_give(ex->workers[LANE_REPORT], &report->work->work);
	}
	buf_free(&value);
}

static void try_again(
	struct executor *ex, struct pending_report *report, const struct report_work *w)
{
	uint64_t random;
	random_bytes(&random, sizeof(random));
	int64_t wait_ms = backoff_ms(AGAIN_FIRST_MS, AGAIN_MOST_MS, report->attempt, random);
	if (wait_ms < w->answer.retry_after_ms)
		wait_ms = w->answer.retry_after_ms;
	if (ex->try_count == ex->try_capacity) {
		ex->try_capacity = ex->try_capacity ? 2 * ex->try_capacity : 64;
		ex->tries = xreallocarray(ex->tries, ex->try_capacity, sizeof(*ex->tries));
	}
	const struct owed_try failed = { .report = report->id,
		.attempt = report->attempt,
		.next_ms = clock_now_ms() + wait_ms,
		.http_status = w->answered ? w->answer.status : 0 };
	ex->tries[ex->try_count++] = failed;
	scheduler_again(ex->scheduler, LANE_REPORT, report->id, clock_monotonic_ms() + wait_ms);
	log_event(ex->log, LOG_LEVEL_WARNING, "Port was not told; trying again",
		log_int("http_status", failed.http_status),
		log_varying(log_text("reason", w->answered ? "" : w->error.text)),
		log_varying(log_int("report", report->id)));
}

/* Whole characters of what Port said. */
static struct span said(const struct report_work *w)
{
	struct span text = buf_span(&w->answer.body);
	if (text.length > LOCAL_ANSWER_MOST)
		text.length = LOCAL_ANSWER_MOST;
	return text;
}

static void refused(
	struct executor *ex, const struct pending_report *report, const struct report_work *w)
{
	write_end(ex, report, LOCAL_REPORT_REFUSED, w->answer.status, said(w));
	log_event(ex->log, LOG_LEVEL_WARNING, "Port refused a report",
		log_int("http_status", w->answer.status), log_text("call", w->method),
		log_varying(log_text("path", w->path)),
		log_varying(log_int("execution", report->execution)));
}

/* A run must not stay open for what a rule says of it: the end alone is told. */
static void tell_plainly(
	struct executor *ex, const struct pending_report *report, const struct report_work *w)
{
	int status = w->answer.status;
	struct port_call call;
	char why[64];
	snprintf(why, sizeof(why), "Port refused what was reported of this run (%d)", status);
	if ((status != 400 && status != 413 && status != 422) || !w->is_status ||
		!run_call_plainer(span_of(w->run_id), buf_span(&w->body), why, &call))
		return;
	report_owe(ex, report->execution, w->run_id, &call, 0);
	port_call_release(&call);
}

static void take(struct executor *ex, struct report_work *w)
{
	struct pending_report *report = by_id_find(&ex->reports, w->report);
	bool stopped = atomic_load(&w->work.stop);
	report->attempt++;
	report->tools->users--;
	if (w->answered && w->answer.retry_after_ms > 0)
		ex->pause_until_ms = clock_monotonic_ms() + w->answer.retry_after_ms;
	if (!w->answered || (w->answer.verdict == PORT_TRY_AGAIN && !w->not_open)) {
		if (!stopped)
			try_again(ex, report, w);
		report_work_free(w);
		report->work = NULL;
		return;
	}
	if (w->answer.verdict == PORT_REFUSED) {
		refused(ex, report, w);
		tell_plainly(ex, report, w);
	} else {
		write_end(ex, report, LOCAL_REPORT_SENT, w->not_open ? 0 : w->answer.status,
			w->not_open               ? span_of("not sent: the run has ended")
			: w->answer.status >= 300 ? said(w)
						  : span_of(NULL));
	}
	scheduler_ended(ex->scheduler, LANE_REPORT, report->id);
	forget(ex, report);
}

void report_take(struct executor *ex)
{
	struct work *work;
	while ((work = workers_take(ex->workers[LANE_REPORT])))
		take(ex, (struct report_work *)work);
	/* Where Port asked for a pause, or is no longer known, nothing is begun. */
	bool pause = !ex->tools->api || clock_monotonic_ms() < ex->pause_until_ms;
	scheduler_lane_most(ex->scheduler, LANE_REPORT, pause ? 0 : REPORT_THREADS);
}
