/* Runs actions without a recorder: for tests of the kinds, and to measure them.
 *
 *   run_action               a job per line of stdin, a result per line of stdout, one after
 * another run_action THREADS COUNT one line of stdin, run COUNT times by THREADS threads; prints
 * how many succeeded, and how many there were a second
 *
 * A job is {"op":"run|check|describe","kind","request":{…},"message":"…","secret":"…","timeout_ms",
 * "stop_after_ms"}; a result {"ok","outcome","unknown","hopeless","retry_after_ms","http_status",
 * "exit_code","reason","output","request","response"} or {"ok":false,"error"}. */
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "action/action.h"
#include "base/clock.h"
#include "base/json_scan.h"
#include "base/json_write.h"
#include "base/process.h"
#include "base/xalloc.h"

struct line {
	struct json_doc doc;
	struct buf message, secret, scratch;
	struct span op;
	const struct action_kind *kind;
	struct action_job job;
	int64_t stop_after_ms;
	atomic_bool stop;
};

static int64_t number(const struct line *line, const char *path)
{
	struct span raw = json_raw(&line->doc, json_path(&line->doc, 0, path));
	return raw.data ? strtoll(raw.data, NULL, 10) : 0;
}

static struct span text(const struct line *line, const char *path, struct buf *out)
{
	struct buf scratch = { 0 };
	struct span found = json_text(&line->doc, json_path(&line->doc, 0, path), &scratch);
	if (found.data)
		buf_add_span(out, found);
	buf_free(&scratch);
	return found.data ? buf_span(out) : (struct span){ 0 };
}

static void line_read(struct line *line, const char *data, size_t length)
{
	struct buf kind = { 0 };
	*line = (struct line){ .job.attempt = 1, .job.execution = 1 };
	if (json_scan(&line->doc, data, length) != JSON_OK)
		exit(2);
	line->op = text(line, ".op", &line->scratch);
	line->kind = action_kind_of(text(line, ".kind", &kind));
	if (!line->kind)
		exit(2);
	buf_free(&kind);
	line->job.request = json_raw(&line->doc, json_path(&line->doc, 0, ".request"));
	line->job.message = text(line, ".message", &line->message);
	line->job.secret = text(line, ".secret", &line->secret);
	line->job.timeout_ms = number(line, ".timeout_ms");
	line->stop_after_ms = number(line, ".stop_after_ms");
	line->job.stop = &line->stop;
}

static void line_release(struct line *line)
{
	json_doc_release(&line->doc);
	buf_free(&line->message);
	buf_free(&line->secret);
	buf_free(&line->scratch);
}

static void write_result(struct json_writer *w, const struct action_result *result)
{
	static const char *const outcomes[] = { "succeeded", "failed", "timed_out", "stopped" };
	json_member_text(w, "outcome", outcomes[result->outcome]);
	json_member_bool(w, "unknown", result->unknown);
	json_member_bool(w, "hopeless", result->hopeless);
	json_member_int(w, "retry_after_ms", result->retry_after_ms);
	json_member_int(w, "http_status", result->http_status);
	json_member_int(w, "exit_code", result->exit_code);
	json_member_text(w, "reason", result->reason);
	json_member_span(w, "output", buf_span(&result->output));
	json_key(w, "request");
	json_raw_value(w, result->request.data ? buf_span(&result->request) : (struct span){ 0 });
	json_key(w, "response");
	json_raw_value(w, result->response.data ? buf_span(&result->response) : (struct span){ 0 });
}

static void *stop_later(void *data)
{
	struct line *line = data;
	const struct timespec time = { line->stop_after_ms / 1000,
		line->stop_after_ms % 1000 * 1000000 };
	nanosleep(&time, NULL);
	atomic_store(&line->stop, true);
	return NULL;
}

static bool run_line(struct line *line, struct json_writer *w, struct error *err)
{
	struct action_result result = { 0 };
	pthread_t stopper;
	if (line->stop_after_ms && pthread_create(&stopper, NULL, stop_later, line) != 0)
		abort();
	bool ok = line->kind->run(&line->job, &result, err);
	if (line->stop_after_ms)
		pthread_join(stopper, NULL);
	json_member_bool(w, "ok", ok);
	if (ok)
		write_result(w, &result);
	action_result_release(&result);
	return ok;
}

static void answer(struct line *line)
{
	struct error err = { 0 };
	struct buf out = { 0 }, described = { 0 };
	struct json_writer w = { .out = &out };
	bool ok;
	json_object_start(&w);
	if (span_is(line->op, "check")) {
		char *path = xasprintf("rules[0].%s", line->kind->name);
		ok = line->kind->check(line->job.request, path, &err);
		free(path);
		json_member_bool(&w, "ok", ok);
	} else if (span_is(line->op, "describe")) {
		ok = line->kind->describe(&line->job, &described, &err);
		json_member_bool(&w, "ok", ok);
		json_key(&w, "described");
		json_raw_value(&w, ok ? buf_span(&described) : (struct span){ 0 });
	} else {
		ok = run_line(line, &w, &err);
	}
	if (!ok)
		json_member_text(&w, "error", err.text);
	json_object_end(&w);
	printf("%s\n", buf_text(&out));
	fflush(stdout);
	buf_free(&out);
	buf_free(&described);
}

struct many {
	const struct line *line;
	atomic_long left;
	atomic_long succeeded;
};

static void *run_many(void *data)
{
	struct many *many = data;
	while (atomic_fetch_sub(&many->left, 1) > 0) {
		struct action_result result = { 0 };
		struct error err = { 0 };
		if (many->line->kind->run(&many->line->job, &result, &err) &&
			result.outcome == ACTION_SUCCEEDED)
			atomic_fetch_add(&many->succeeded, 1);
		else if (atomic_load(&many->left) == 0)
			fprintf(stderr, "%s\n", result.reason ? result.reason : err.text);
		action_result_release(&result);
	}
	return NULL;
}

static void measure(const struct line *line, int threads, long count)
{
	struct many many = { .line = line };
	pthread_t *all = xcalloc((size_t)threads, sizeof(*all));
	int64_t start_us = clock_monotonic_us();
	atomic_store(&many.left, count);
	for (int i = 0; i < threads; i++) {
		if (pthread_create(&all[i], NULL, run_many, &many) != 0)
			abort();
	}
	for (int i = 0; i < threads; i++)
		pthread_join(all[i], NULL);
	double seconds = (double)(clock_monotonic_us() - start_us) / 1e6;
	printf("%ld of %ld in %.2f s: %.0f/s\n", atomic_load(&many.succeeded), count, seconds,
		(double)count / seconds);
	free(all);
}

int main(int argc, char **argv)
{
	char *data = NULL;
	size_t capacity = 0;
	if (process_supervisor_is_called(argc, argv))
		return process_supervise();
	for (ssize_t length; (length = getline(&data, &capacity, stdin)) > 0;) {
		struct line line;
		line_read(&line, data, (size_t)length);
		if (argc > 2)
			measure(&line, atoi(argv[1]), atol(argv[2]));
		else
			answer(&line);
		line_release(&line);
	}
	free(data);
	return 0;
}
