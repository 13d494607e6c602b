/* What a message says reaches a program as data and is nothing else; what comes of the program is
 * told rightly, however much it prints and however it ends. */
#include "unit.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "action/exec_request.h"
#include "action/kinds.h"
#include "base/clock.h"
#include "base/json_scan.h"
#include "base/process.h"
#include "base/sanitizer.h"
#include "base/xalloc.h"

static char *directory; /* for the tests' files */

static struct action_result result;
static struct error error;

static bool run_job(struct action_job *job, const char *request)
{
	action_result_release(&result);
	error = (struct error){ 0 };
	job->request = span_of(request);
	if (!job->message.data)
		job->message = span_of("{}");
	return action_exec.run(job, &result, &error);
}

static void run(const char *request)
{
	struct action_job job = { .execution = 7, .attempt = 1, .timeout_ms = 20000 };
	if (!run_job(&job, request))
		fail_msg("%s: %s", request, error.text);
}

static void assert_failed(bool hopeless, bool unknown, const char *reason)
{
	assert_int_equal(result.outcome, ACTION_FAILED);
	assert_non_null(result.reason);
	assert_string_equal(result.reason, reason);
	assert_int_equal(result.hopeless, hopeless);
	assert_int_equal(result.unknown, unknown);
}

static void assert_output(const char *expected)
{
	assert_string_equal(buf_text(&result.output), expected);
}

static char *file_of(const char *name)
{
	return xasprintf("%s/%s", directory, name);
}

static char *write_file(const char *name, const char *text, mode_t mode)
{
	char *path = file_of(name);
	int file = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, mode);
	assert_int_equal(write(file, text, strlen(text)), strlen(text));
	close(file);
	return path;
}

static void test_arguments_are_data(void **state)
{
	char *ran = file_of("ran"), *request, *expected;
	(void)state;
	request =
		xasprintf("{\"argv\": [\"sh\", \"-c\", \"printf '<%%s>' \\\"$@\\\"\", \"sh\","
			  "\"; touch %s\", \"$(touch %s)\", \"`touch %s`\", \"a\\nb\", \"\", "
			  "\"--help\", \"../..\", \"*\", \"'\\\"\\\\\", \"\\u00e9\\r\\u001b[2J\", "
			  "9007199254740993, 1.10, true, {\"a\": [1e-7, \"b c\"]}]}",
			ran, ran, ran);
	expected =
		xasprintf("<; touch %s><$(touch %s)><`touch %s`><a\nb><><--help><../..><*><'\"\\>"
			  "<\xc3\xa9\r\x1b[2J><9007199254740993><1.10><true>"
			  "<{\"a\":[1e-7,\"b c\"]}>",
			ran, ran, ran);
	run(request);
	assert_int_equal(result.outcome, ACTION_SUCCEEDED);
	assert_null(result.reason);
	assert_output(expected);
	assert_int_equal(access(ran, F_OK), -1);
	free(ran);
	free(request);
	free(expected);
}

/* One argument of so many bytes. */
static char *long_request(size_t length)
{
	char *word = xcalloc(length + 1, 1);
	memset(word, 'x', length);
	char *request = xasprintf("{\"argv\": [\"true\", \"%s\"]}", word);
	free(word);
	return request;
}

static void test_large_arguments(void **state)
{
	char *request = long_request(128 * 1024 - 1);
	(void)state;
	run(request);
	assert_int_equal(result.outcome, ACTION_SUCCEEDED);
	free(request);
	request = long_request(1000000);
	run(request);
	assert_non_null(strstr(result.reason, "/true': argv[1] has 1000000 bytes, an argument at "
					      "most 131071; what is large belongs on stdin"));
	assert_true(result.hopeless && !result.unknown);
	free(request);
}

/* What the system does not give now is no failure of the request. */
static void test_no_descriptor(void **state)
{
	struct rlimit before, few;
	(void)state;
	assert_int_equal(getrlimit(RLIMIT_NOFILE, &before), 0);
	few = before;
	for (rlim_t limit = 3; limit < 7; limit++) { /* from none to almost enough */
		few.rlim_cur = limit;
		assert_int_equal(setrlimit(RLIMIT_NOFILE, &few), 0);
		run("{\"argv\": [\"true\"]}");
		assert_int_equal(setrlimit(RLIMIT_NOFILE, &before), 0);
		assert_int_equal(result.outcome, ACTION_FAILED);
		assert_true(result.not_begun);
		assert_non_null(strstr(result.reason, "Too many open files"));
	}
	run("{\"argv\": [\"true\"]}");
	assert_int_equal(result.outcome, ACTION_SUCCEEDED);
	assert_false(result.not_begun);
}

/* Nothing is begun. */
static void test_no_request(void **state)
{
	static const struct {
		const char *request, *error;
	} wrong[] = {
		{ "{}", "exec needs an 'argv'" },
		{ "[]", "exec must be an object" },
		{ "{\"argv\": []}", "exec.argv must begin with a program" },
		{ "{\"argv\": [\"\"]}", "exec.argv must begin with a program" },
		{ "{\"argv\": \"true\"}", "exec.argv must be an array" },
		{ "{\"argv\": [\"true\", \"a\\u0000b\"]}",
			"exec.argv[1] must not hold a NUL character" },
		{ "{\"argv\": [\"true\", null]}", "exec.argv[1] is null: there is no such value" },
		{ "{\"argv\": [\"true\"], \"cwd\": \"tmp\"}", "exec.cwd must be an absolute path" },
		{ "{\"argv\": [\"true\"], \"env\": {\"A=B\": 1}}",
			"exec.env.A=B is no name of a variable" },
		{ "{\"argv\": [\"true\"], \"env\": {\"A\": \"\\u0000\"}}",
			"exec.env.A must not hold a NUL character" },
		{ "{\"argv\": [\"true\"], \"env\": {\"PORTLOG_OUTPUT\": \"x\"}}",
			"exec.env.PORTLOG_OUTPUT is portlog's own: it sets it by itself" },
		{ "{\"argv\": [\"true\"], \"stdni\": 1}",
			"exec.stdni is no setting; did you mean 'stdin'?" },
	};
	(void)state;
	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
		struct action_job job = { 0 };
		assert_false(run_job(&job, wrong[i].request));
		assert_string_equal(error.text, wrong[i].error);
		assert_int_equal(error.kind, ERROR_CONFIG);
	}
	struct action_job job = { .event.entity = { "a\0b", 3 } };
	assert_false(run_job(&job, "{\"argv\": [\"true\"]}"));
	assert_string_equal(
		error.text, "PORTLOG_ENTITY cannot be set: the message has a NUL character there");
}

/* As written: what a template will be is not known. */
static void test_check(void **state)
{
	static const struct {
		const char *request, *error; /* NULL: it can be */
	} all[] = {
		{ "{\"argv\": [\"true\", \"{{ .a }}\"], \"cwd\": \"{{ .b }}\"}", NULL },
		{ "{\"argv\": \"{{ .a }}\", \"env\": \"{{ .env }}\"}", NULL },
		{ "{\"argv\": [\"true\"], \"env\": {\"{{ spreadValue() }}\": \"{{ .a }}\"}}",
			NULL },
		{ "{\"argv\": [\"true\"], \"{{ spreadValue() }}\": \"{{ .a }}\"}",
			"rules[0].exec.{{ spreadValue() }} cannot name a setting" },
		{ "{\"argv\": [1]}", NULL },
		{ "{\"argv\": \"true\"}", "rules[0].exec.argv must be an array" },
		{ "{\"argv\": [\"true\"], \"cwd\": 7}", "rules[0].exec.cwd must be a string" },
		{ "{\"argvs\": [\"true\"]}",
			"rules[0].exec.argvs is no setting; did you mean 'argv'?" },
	};
	(void)state;
	for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++) {
		struct error err = { 0 };
		bool ok = action_exec.check(span_of(all[i].request), "rules[0].exec", &err);
		assert_int_equal(ok, !all[i].error);
		assert_string_equal(err.text, all[i].error ? all[i].error : "");
	}
}

static void look(const char *format, const char *file, enum exec_found expected)
{
	struct error err = { 0 };
	struct buf request = { 0 };
	const char *at = strchr(format, '%');
	buf_add(&request, format, at ? (size_t)(at - format) : strlen(format));
	if (at) {
		buf_add_text(&request, file);
		buf_add_text(&request, at + 1);
	}
	assert_int_equal(exec_look(buf_span(&request), &err), expected);
	assert_int_equal(err.text[0] != '\0', expected == EXEC_MISSING || expected == EXEC_NOWHERE);
	buf_free(&request);
}

static void test_look(void **state)
{
	char *program = write_file("tool", "#!/bin/sh\necho tool\n", 0700);
	(void)state;
	look("{\"argv\": [\"sh\"]}", "", EXEC_FOUND);
	look("{\"argv\": [\"tool\"]}", "", EXEC_MISSING);
	look("{\"argv\": [\"tool\"], \"env\": {\"PATH\": \"/none:%\"}}", directory, EXEC_FOUND);
	look("{\"argv\": [\"tool\"], \"env\": {\"PATH\": \"{{ .path }}\"}}", "", EXEC_DEPENDS);
	look("{\"argv\": [\"./tool\"], \"cwd\": \"%\"}", directory, EXEC_FOUND);
	look("{\"argv\": [\"./tool\"], \"cwd\": \"/\"}", "", EXEC_MISSING);
	look("{\"argv\": [\"./tool\"], \"cwd\": \"{{ .a }}\"}", "", EXEC_DEPENDS);
	look("{\"argv\": [\"%\"]}", program, EXEC_FOUND);
	look("{\"argv\": [\"%\"]}", directory, EXEC_MISSING);
	look("{\"argv\": [\"{{ .a }}\"]}", "", EXEC_DEPENDS);
	look("{\"argv\": [\"sh\"], \"cwd\": \"/none\"}", "", EXEC_NOWHERE);
	free(program);
}

/* The request's % is a file of these tests, and so is the reason's. */
static void assert_reason(const char *request, const char *file, bool hopeless, const char *reason)
{
	struct buf texts[2] = { 0 };
	const char *const formats[] = { request, reason };
	for (int i = 0; i < 2; i++)
		for (const char *c = formats[i]; *c; c++) {
			if (*c == '%')
				buf_add_text(&texts[i], file);
			else
				buf_add_char(&texts[i], *c);
		}
	run(buf_text(&texts[0]));
	assert_failed(hopeless, false, buf_text(&texts[1]));
	assert_int_equal(result.exit_code, -1);
	buf_free(&texts[0]);
	buf_free(&texts[1]);
}

static void test_reasons_not_to_start(void **state)
{
	char *plain = write_file("plain", "text", 0600);
	char *script = write_file("script", "echo no first line\n", 0700);
	char *lost = write_file("lost", "#!/none/python\n", 0700);
	(void)state;
	assert_reason("{\"argv\": [\"no-such-program\"]}", "", true,
		"cannot run the program: 'no-such-program' is not in PATH");
	assert_reason("{\"argv\": [\"/none/x\"]}", "", true,
		"cannot run the program: '/none/x' is not there");
	assert_reason("{\"argv\": [\"%\"]}", plain, true,
		"cannot run the program: '%' is not executable (permission denied)");
	assert_reason("{\"argv\": [\"%\"]}", directory, true,
		"cannot run the program: '%' is a directory");
	assert_reason("{\"argv\": [\"%\"]}", script, true,
		"cannot run '%': it is neither a program for this machine nor a script that "
		"begins with '#!'");
	assert_reason("{\"argv\": [\"%\"]}", lost, true,
		"cannot run '%': the interpreter that its first line names is not there");
	assert_reason("{\"argv\": [\"true\"], \"cwd\": \"%/none\"}", directory, true,
		"cannot enter the directory '%/none': No such file or directory");
	free(plain);
	free(script);
	free(lost);
}

static void test_ends(void **state)
{
	(void)state;
	run("{\"argv\": [\"sh\", \"-c\", \"echo first; echo last \\u001b[2J >&2; echo; exit 3\"]}");
	assert_failed(false, false, "sh exited with status 3: last \\x1b[2J");
	assert_int_equal(result.exit_code, 3);
	assert_string_equal(buf_text(&result.response),
		"{\"exitCode\":3,\"text\":\"first\\nlast \\u001b[2J\\n\\n\",\"json\":null}");
	run("{\"argv\": [\"sh\", \"-c\", \"kill -9 $$\"], \"cwd\": \"/\"}");
	assert_failed(false, true, "sh was ended by signal 9 (Killed)");
	assert_int_equal(result.exit_code, -1);
	assert_string_equal(buf_text(&result.request),
		"{\"argv\":[\"sh\",\"-c\",\"kill -9 $$\"],\"cwd\":\"/\"}");
	struct action_job job = { .timeout_ms = 300 };
	assert_true(run_job(&job, "{\"argv\": [\"sh\", \"-c\", \"echo on it; sleep 100\"]}"));
	assert_int_equal(result.outcome, ACTION_TIMED_OUT);
	assert_true(result.unknown);
	assert_non_null(strstr(result.reason, "sh did not end within 300 ms: "));
}

static void *stop_soon(void *data)
{
	poll(NULL, 0, 300);
	atomic_store((atomic_bool *)data, true);
	return NULL;
}

static void test_stop(void **state)
{
	atomic_bool stop = false;
	struct action_job job = { .stop = &stop };
	pthread_t thread;
	(void)state;
	assert_int_equal(pthread_create(&thread, NULL, stop_soon, &stop), 0);
	int64_t start = clock_monotonic_ms();
	assert_true(run_job(&job, "{\"argv\": [\"sleep\", \"100\"]}"));
	pthread_join(thread, NULL);
	assert_in_range(clock_monotonic_ms() - start, 300, 1500);
	assert_int_equal(result.outcome, ACTION_STOPPED);
	assert_true(result.unknown);
	char *ran = file_of("stopped");
	char *request = xasprintf("{\"argv\": [\"touch\", \"%s\"]}", ran);
	assert_true(run_job(&job, request)); /* it is stopped already */
	assert_int_equal(result.outcome, ACTION_STOPPED);
	assert_false(result.unknown);
	assert_int_equal(access(ran, F_OK), -1);
	free(ran);
	free(request);
}

/* Nothing of ours but what is listed. */
static void test_environment(void **state)
{
	struct action_job job = { .execution = 42,
		.event = { .run_id = span_of("r_1"), .entity = span_of("a b; c") } };
	(void)state;
	setenv("PORT_CLIENT_SECRET", "hush", 1);
	setenv("PORTLOG_STORE", "x", 1);
	assert_true(run_job(&job, "{\"argv\": [\"env\"], \"env\": {\"B\": 1.10, \"A\": null, "
				  "\"LANG\": \"de_DE.UTF-8\", \"C\": \"two\\nlines\"}}"));
	const char *output = buf_text(&result.output);
	static const char *const has[] = { "PATH=", "PORTLOG_RUN_ID=r_1\n",
		"PORTLOG_ENTITY=a b; c\n", "PORTLOG_EXECUTION_ID=42\n", "PORTLOG_OUTPUT=/",
		"\nB=1.10\n", "LANG=de_DE.UTF-8\n", "C=two\nlines\n" };
	static const char *const has_not[] = { "hush", "PORTLOG_STORE", "PORTLOG_ACTION", "A=" };
	for (size_t i = 0; i < sizeof(has) / sizeof(has[0]); i++)
		if (!strstr(output, has[i]))
			fail_msg("no %s in %s", has[i], output);
	for (size_t i = 0; i < sizeof(has_not) / sizeof(has_not[0]); i++)
		assert_null(strstr(output, has_not[i]));
	unsetenv("PORT_CLIENT_SECRET");
	unsetenv("PORTLOG_STORE");
}

static void test_input(void **state)
{
	struct action_job job = { .message = span_of("{\"n\": 1.10 }\n") };
	(void)state;
	assert_true(run_job(&job, "{\"argv\": [\"cat\"]}"));
	assert_output("{\"n\": 1.10 }\n");
	assert_true(run_job(&job, "{\"argv\": [\"cat\"], \"stdin\": \"a\\u0000b\"}"));
	assert_int_equal(result.output.length, 3);
	assert_true(run_job(&job, "{\"argv\": [\"cat\"], \"stdin\": { \"a\" : [1.10 ]}}"));
	assert_output("{\"a\":[1.10]}");
	assert_true(run_job(&job, "{\"argv\": [\"cat\"], \"stdin\": null}"));
	assert_output("");
}

/* $PORTLOG_OUTPUT: the script's, what .response.json is, and what is said of it. */
static void test_output_file(void **state)
{
	static const struct {
		const char *script, *json, *said;
	} all[] = {
		{ "printf '{ \\\"url\\\": 1.10 }\\n' >$PORTLOG_OUTPUT", "{\"url\":1.10}", "" },
		{ "printf '{}' >$PORTLOG_OUTPUT.x; mv $PORTLOG_OUTPUT.x $PORTLOG_OUTPUT", "{}",
			"" },
		{ "true", "null", "" },
		{ "rm $PORTLOG_OUTPUT", "null", "" },
		{ "stat -c %a $PORTLOG_OUTPUT", "null", "600\n" },
		{ "echo [1] >$PORTLOG_OUTPUT", "null",
			"portlog: $PORTLOG_OUTPUT is left out: it is no JSON object\n" },
		{ "head -c 2000000 /dev/zero >$PORTLOG_OUTPUT", "null",
			"portlog: $PORTLOG_OUTPUT is left out: it is larger than 1 MiB\n" },
		{ "rm $PORTLOG_OUTPUT; mkfifo $PORTLOG_OUTPUT", "null",
			"portlog: $PORTLOG_OUTPUT is left out: it is no file any more\n" },
		{ "ln -sf /etc/passwd $PORTLOG_OUTPUT", "null",
			"portlog: $PORTLOG_OUTPUT is left out: Too many levels of symbolic "
			"links\n" },
	};
	(void)state;
	for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++) {
		struct json_doc doc = { 0 };
		char *request = xasprintf("{\"argv\": [\"sh\", \"-c\", \"%s\"]}", all[i].script);
		run(request);
		assert_int_equal(result.outcome, ACTION_SUCCEEDED);
		assert_int_equal(
			json_scan(&doc, buf_text(&result.response), result.response.length),
			JSON_OK);
		assert_span(json_raw(&doc, json_path(&doc, 0, ".json")), all[i].json);
		assert_output(all[i].said);
		json_doc_release(&doc);
		free(request);
	}
	run("{\"argv\": [\"sh\", \"-c\", \"printf %s $PORTLOG_OUTPUT\"]}");
	assert_int_equal(access(buf_text(&result.output), F_OK), -1); /* it is removed */
}

/* What is told. */
struct listener {
	struct buf all;
	size_t times;
	bool whole; /* each time whole lines */
	const char *touch;
};

static void listen(void *data, struct span lines)
{
	struct listener *l = data;
	buf_add_span(&l->all, lines);
	l->times++;
	l->whole = l->whole && lines.length > 0 && lines.data[lines.length - 1] == '\n';
	if (l->touch)
		close(open(l->touch, O_WRONLY | O_CREAT | O_CLOEXEC, 0600));
}

/* It goes on only when its first line has been told. */
static void test_told_while_it_runs(void **state)
{
	char *heard = file_of("heard");
	struct listener l = { .touch = heard, .whole = true };
	struct action_job job = { .timeout_ms = 10000, .tell = listen, .data = &l };
	char *request = xasprintf("{\"argv\": [\"sh\", \"-c\", \"echo one; until [ -e %s ]; do "
				  "sleep 0.01; done; printf two; echo; printf three\"]}",
		heard);
	(void)state;
	assert_true(run_job(&job, request));
	assert_int_equal(result.outcome, ACTION_SUCCEEDED);
	assert_string_equal(buf_text(&l.all), "one\ntwo\nthree");
	assert_output("one\ntwo\nthree");
	buf_free(&l.all);
	free(request);
	free(heard);
}

/* The beginning, how much is left out, the end; in whole lines. */
static void test_told_in_part(void **state)
{
	struct listener l = { .whole = true };
	struct action_job job = { .tell = listen, .data = &l };
	struct buf whole = { 0 };
	size_t left_out;
	int length = 0;
	(void)state;
	for (int i = 1; i <= 100000; i++)
		buf_addf(&whole, "%d\n", i);
	assert_true(run_job(&job, "{\"argv\": [\"seq\", \"100000\"]}"));
	assert_true(l.whole);
	const char *note = strstr(buf_text(&l.all), "… ");
	assert_non_null(note);
	size_t begun = (size_t)(note - l.all.data);
	assert_in_range(begun, 256 * 1024 - 16, 256 * 1024);
	assert_int_equal(sscanf(note, "… %zu bytes left out …\n%n", &left_out, &length), 1);
	size_t end = l.all.length - begun - (size_t)length;
	assert_in_range(end, 16 * 1024 - 16, 16 * 1024);
	assert_int_equal(begun + left_out + end, whole.length);
	assert_memory_equal(l.all.data, whole.data, begun);
	assert_memory_equal(note + length, whole.data + whole.length - end, end);
	assert_memory_equal(result.output.data, whole.data, ACTION_HEAD_BYTES);
	assert_memory_equal(result.output.data + result.output.length - ACTION_TAIL_BYTES,
		whole.data + whole.length - ACTION_TAIL_BYTES, ACTION_TAIL_BYTES);
	assert_in_range(result.output.length, ACTION_HEAD_BYTES + ACTION_TAIL_BYTES + 20,
		ACTION_HEAD_BYTES + ACTION_TAIL_BYTES + 60);
	buf_free(&l.all);
	buf_free(&whole);
}

/* How many bytes it was told of, or was told are left out. */
static size_t accounted(const struct listener *l)
{
	const char *note = memmem(buf_text(&l->all), l->all.length, "… ", strlen("… "));
	size_t left_out = 0;
	int length = 0;
	if (note)
		assert_int_equal(sscanf(note, "… %zu bytes left out …\n%n", &left_out, &length), 1);
	return l->all.length + left_out - (size_t)length;
}

/* Of all lengths near the bounds, nothing is lost or doubled. */
static void test_told_near_the_bounds(void **state)
{
	static const int lengths[] = { 48 * 1024, 64 * 1024 - 1, 64 * 1024, 64 * 1024 + 1,
		256 * 1024 - 1, 256 * 1024, 256 * 1024 + 1, 272 * 1024, 272 * 1024 + 1 };
	const int most_kept = ACTION_HEAD_BYTES + ACTION_TAIL_BYTES;
	(void)state;
	for (size_t i = 0; i < sizeof(lengths) / sizeof(lengths[0]); i++) {
		struct listener l = { 0 };
		struct action_job job = { .tell = listen, .data = &l };
		char *request =
			xasprintf("{\"argv\": [\"head\", \"-c\", %d, \"/dev/zero\"]}", lengths[i]);
		assert_true(run_job(&job, request));
		assert_int_equal(accounted(&l), lengths[i]);
		if (lengths[i] <= 256 * 1024)
			assert_int_equal(l.all.length, lengths[i]);
		if (lengths[i] <= most_kept)
			assert_int_equal(result.output.length, lengths[i]);
		else
			assert_in_range(result.output.length, most_kept, most_kept + 40);
		buf_free(&l.all);
		free(request);
	}
}

/* A line without end, of characters of three bytes: the pieces are whole ones. */
static void listen_whole(void *data, struct span lines)
{
	assert_int_equal(lines.length % 3, 0);
	*(size_t *)data += lines.length;
}

static void test_told_in_characters(void **state)
{
	size_t told = 0;
	struct action_job job = { .tell = listen_whole, .data = &told };
	(void)state;
	assert_true(run_job(&job, "{\"argv\": [\"sh\", \"-c\", \"yes \\u20ac | tr -d '\\\\n' | "
				  "head -c 150000\"]}"));
	assert_int_equal(told, 150000);
}

static long largest_kib(void)
{
	struct rusage usage;
	getrusage(RUSAGE_SELF, &usage);
	return usage.ru_maxrss;
}

static void test_gigabyte(void **state)
{
	struct listener l = { 0 };
	struct action_job job = { .tell = listen, .data = &l };
	(void)state;
	run("{\"argv\": [\"head\", \"-c\", 1000000, \"/dev/zero\"]}");
	long before = largest_kib();
	assert_true(run_job(&job, "{\"argv\": [\"sh\", \"-c\", \"yes | head -c 1073741824\"]}"));
	assert_int_equal(result.outcome, ACTION_SUCCEEDED);
	assert_in_range(l.all.length, 272 * 1024 - 4, 272 * 1024 + 60);
	if (!BUILT_SANITIZED)
		assert_in_range(largest_kib() - before, 0, 4096);
	buf_free(&l.all);
}

static void test_describe(void **state)
{
	struct buf text = { 0 };
	struct action_job job = { .message = span_of("m"),
		.event.run_id = span_of("r_1"),
		.request = span_of("{\"argv\": [\"x\", 1.10], \"env\": {\"A\": \"b\"}}") };
	(void)state;
	assert_true(action_exec.describe(&job, &text, &error));
	assert_string_equal(buf_text(&text), "{\"argv\":[\"x\",\"1.10\"],\"env\":{"
					     "\"PORTLOG_RUN_ID\":\"r_1\",\"A\":\"b\"}}");
	buf_clear(&text);
	job.request = span_of("{\"argv\": [\"x\"], \"cwd\": \"/\", \"stdin\": [ 1 ]}");
	assert_true(action_exec.describe(&job, &text, &error));
	assert_non_null(strstr(buf_text(&text), "\"cwd\":\"/\""));
	assert_non_null(strstr(buf_text(&text), "\"stdin\":\"[1]\""));
	buf_free(&text);
}

static int begin(void **state)
{
	const char *temporary = getenv("TMPDIR");
	(void)state;
	directory = xasprintf("%s/portlog-test-XXXXXX", temporary ? temporary : P_tmpdir);
	return mkdtemp(directory) ? 0 : -1;
}

static int finish(void **state)
{
	static const char *const names[] = { "tool", "plain", "script", "lost", "heard" };
	(void)state;
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		char *path = file_of(names[i]);
		unlink(path);
		free(path);
	}
	action_result_release(&result);
	int removed = rmdir(directory);
	free(directory);
	return removed;
}

int main(int argc, char **argv)
{
	if (process_supervisor_is_called(argc, argv))
		return process_supervise();
	static const struct CMUnitTest tests[] = {
		TEST(test_arguments_are_data),
		TEST(test_large_arguments),
		TEST(test_no_descriptor),
		TEST(test_no_request),
		TEST(test_check),
		TEST(test_look),
		TEST(test_reasons_not_to_start),
		TEST(test_ends),
		TEST(test_stop),
		TEST(test_environment),
		TEST(test_input),
		TEST(test_output_file),
		TEST(test_told_while_it_runs),
		TEST(test_told_in_part),
		TEST(test_told_near_the_bounds),
		TEST(test_told_in_characters),
		TEST(test_gigabyte),
		TEST(test_describe),
	};
	return cmocka_run_group_tests(tests, begin, finish);
}
