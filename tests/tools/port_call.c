/* Calls Port's API as the reporter does: a call per line of stdin, {"method","path","body"}, by
 * THREADS threads that share one token; an answer per line, {"line","verdict","status","answer",
 * "retry_after_ms"} or {"line","error"}. Then, on stderr, how many there were a second.
 *
 *   port_call URL CLIENT_ID CLIENT_SECRET [THREADS] */
#include <inttypes.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/clock.h"
#include "base/json_scan.h"
#include "base/json_write.h"
#include "base/xalloc.h"
#include "net/port_api.h"

static struct port_api *api;
static pthread_mutex_t reading = PTHREAD_MUTEX_INITIALIZER;
static pthread_mutex_t writing = PTHREAD_MUTEX_INITIALIZER;
static atomic_long count;

static char *next_line(ssize_t *ret_length, long *ret_number)
{
	static long number;
	char *line = NULL;
	size_t capacity = 0;
	pthread_mutex_lock(&reading);
	*ret_length = getline(&line, &capacity, stdin);
	*ret_number = ++number;
	pthread_mutex_unlock(&reading);
	return line;
}

static void call(const char *line, size_t length, long number)
{
	static const char *const verdicts[] = { "sent", "refused", "try again" };
	struct json_doc doc = { 0 };
	struct buf scratch = { 0 }, out = { 0 };
	struct json_writer w = { .out = &out };
	struct port_answer answer;
	struct error err = { 0 };
	if (json_scan(&doc, line, length) != JSON_OK)
		exit(2);
	char *method = span_dup(json_text(&doc, json_path(&doc, 0, ".method"), &scratch));
	char *path = span_dup(json_text(&doc, json_path(&doc, 0, ".path"), &scratch));
	struct span body = json_raw(&doc, json_path(&doc, 0, ".body"));
	json_object_start(&w);
	json_member_int(&w, "line", number);
	if (port_api_report(api, method, path, body, &answer, &err)) {
		json_member_text(&w, "verdict", verdicts[answer.verdict]);
		json_member_int(&w, "status", answer.status);
		json_member_span(&w, "answer", buf_span(&answer.body));
		json_member_int(&w, "retry_after_ms", answer.retry_after_ms);
		port_answer_release(&answer);
	} else {
		json_member_text(&w, "error", err.text);
	}
	json_object_end(&w);
	pthread_mutex_lock(&writing);
	printf("%s\n", buf_text(&out));
	fflush(stdout);
	pthread_mutex_unlock(&writing);
	free(method);
	free(path);
	buf_free(&scratch);
	buf_free(&out);
	json_doc_release(&doc);
}

static void *work(void *data)
{
	ssize_t length;
	long number;
	(void)data;
	for (;;) {
		char *line = next_line(&length, &number);
		if (length > 0) {
			call(line, (size_t)length, number);
			atomic_fetch_add(&count, 1);
		}
		free(line);
		if (length <= 0)
			return NULL;
	}
}

int main(int argc, char **argv)
{
	if (argc < 4)
		return 2;
	const struct port_api_settings settings = {
		.url = argv[1], .client_id = argv[2], .client_secret = argv[3]
	};
	int threads = argc > 4 ? atoi(argv[4]) : 1;
	pthread_t *all = xcalloc((size_t)threads, sizeof(*all));
	int64_t start_us = clock_monotonic_us();
	api = port_api_new(&settings);
	for (int i = 0; i < threads; i++) {
		if (pthread_create(&all[i], NULL, work, NULL) != 0)
			abort();
	}
	for (int i = 0; i < threads; i++)
		pthread_join(all[i], NULL);
	double seconds = (double)(clock_monotonic_us() - start_us) / 1e6;
	fprintf(stderr, "%ld in %.2f s: %.0f/s\n", atomic_load(&count), seconds,
		(double)atomic_load(&count) / seconds);
	port_api_free(api);
	free(all);
	return 0;
}
