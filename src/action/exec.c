/* A program, run without a shell: what a message says becomes arguments, variables and input, and
 * is never more than that. */
#include "action/kinds.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "action/exec_environment.h"
#include "action/exec_judge.h"
#include "action/exec_output.h"
#include "action/exec_request.h"
#include "action/transcript.h"
#include "base/json_write.h"
#include "base/xalloc.h"

enum { GRACE_MS = 2000 };

static bool check(struct span settings, const char *path, struct error *err)
{
	struct exec_request request;
	if (!exec_request_make(settings, path, false, &request, err))
		return false;
	exec_request_release(&request);
	return true;
}

static void write_argv(const struct exec_request *request, struct json_writer *w)
{
	json_key(w, "argv");
	json_array_start(w);
	for (size_t i = 0; i < request->argv.count; i++)
		json_text_value(w, request->argv.items[i]);
	json_array_end(w);
}

static void write_request(const struct exec_request *request, struct buf *out)
{
	struct json_writer w = { .out = out };
	json_object_start(&w);
	write_argv(request, &w);
	json_member_text(&w, "cwd", request->cwd);
	json_object_end(&w);
}

static void write_response(struct action_result *result, struct span json)
{
	struct json_writer w = { .out = &result->response };
	json_object_start(&w);
	if (result->exit_code >= 0)
		json_member_int(&w, "exitCode", result->exit_code);
	else
		json_member_text(&w, "exitCode", NULL);
	json_member_span(&w, "text", buf_span(&result->output));
	json_key(&w, "json");
	json_raw_value(&w, json);
	json_object_end(&w);
}

/* An attempt, as far as it got. */
struct attempt {
	const struct action_job *job;
	struct exec_attempt facts;
	struct exec_request request;
	struct text_list environment;
	char *file;
	char *output; /* $PORTLOG_OUTPUT */
	struct transcript transcript;
};

static void take_output(void *data, struct span bytes)
{
	transcript_add(data, bytes);
}

/* Says something of its own into what the program said. */
static void note(struct transcript *t, const char *what, const char *why)
{
	char *text = xasprintf("portlog: %s: %s\n", what, why);
	transcript_add(t, span_of(text));
	free(text);
}

static bool prepare(struct attempt *a, struct error *err)
{
	struct text_pairs variables = { 0 };
	char *id = xasprintf("%" PRId64, a->job->execution);
	bool ok = exec_variables(a->job, id, a->output, &variables, err);
	if (ok) {
		exec_environment(&variables, &a->request.env, &a->environment);
		for (size_t i = 0; i < a->environment.count; i++)
			a->facts.environment_bytes += strlen(a->environment.items[i]) + 1;
	}
	text_pairs_clear(&variables);
	free(id);
	return ok;
}

static bool run_program(struct attempt *a, struct error *err)
{
	const struct action_job *job = a->job;
	const struct process_settings settings = { .program = a->file,
		.arguments = a->request.argv.items,
		.environment = a->environment.items,
		.directory = a->request.cwd,
		.leftover = a->output,
		.input = a->request.has_stdin ? buf_span(&a->request.input) : job->message,
		.timeout_ms = job->timeout_ms,
		.grace_ms = GRACE_MS,
		.stop = job->stop,
		.output = take_output,
		.data = &a->transcript };
	a->facts.request = &a->request;
	a->facts.file = a->file;
	a->facts.timeout_ms = job->timeout_ms;
	return process_run(&settings, &a->facts.process, err);
}

static void conclude(struct attempt *a, struct action_result *result)
{
	struct buf json = { 0 };
	const char *why = exec_output_read(a->output, &json);
	if (why)
		note(&a->transcript, "$PORTLOG_OUTPUT is left out", why);
	if (a->facts.process.left)
		note(&a->transcript, "it goes on", "some of what it started could not be ended");
	transcript_end(&a->transcript, &result->output);
	exec_judge(&a->facts, result);
	if (a->facts.process.failed == PROCESS_STARTED)
		write_response(result, json.length > 0 ? buf_span(&json) : (struct span){ 0 });
	buf_free(&json);
}

/* It could not begin, through no fault of the request's; hopeless: nor can it later. */
static void fail(struct action_result *result, bool hopeless, struct error *err)
{
	result->outcome = ACTION_FAILED;
	result->hopeless = hopeless;
	result->reason = xstrdup(err->text);
	*err = (struct error){ 0 };
}

static void attempt_release(struct attempt *a)
{
	exec_request_release(&a->request);
	text_list_clear(&a->environment);
	transcript_release(&a->transcript);
	exec_output_remove(a->output);
	free(a->file);
}

static bool run(const struct action_job *job, struct action_result *ret_result, struct error *err)
{
	struct action_result result = { .exit_code = -1 };
	struct attempt a = { .job = job, .transcript = { .tell = job->tell, .data = job->data } };
	if (!exec_request_make(job->request, "exec", true, &a.request, err))
		return false;
	bool ok = true;
	write_request(&a.request, &result.request);
	if (job->stop && atomic_load(job->stop)) {
		result.outcome = ACTION_STOPPED;
		result.reason = xstrdup("it was stopped before it had begun");
	} else if (!exec_find(&a.request, &a.file, err)) {
		error_prefix(err, "cannot run the program");
		fail(&result, true, err);
	} else if (!exec_output_make(&a.output, err)) {
		result.not_begun = err->transient;
		fail(&result, false, err);
	} else if (!prepare(&a, err)) {
		ok = false;
	} else if (!run_program(&a, err)) {
		result.not_begun = true;
		fail(&result, false, err);
	} else {
		conclude(&a, &result);
	}
	attempt_release(&a);
	if (ok)
		*ret_result = result;
	else
		action_result_release(&result);
	return ok;
}

static void write_env(
	const struct text_pairs *variables, const struct text_pairs *rule, struct json_writer *w)
{
	const struct text_pairs *const both[] = { variables, rule };
	json_key(w, "env");
	json_object_start(w);
	for (size_t i = 0; i < 2; i++)
		for (size_t j = 0; j < both[i]->count; j++)
			json_member_text(w, both[i]->items[j].name, both[i]->items[j].value);
	json_object_end(w);
}

static bool describe(const struct action_job *job, struct buf *ret_text, struct error *err)
{
	struct json_writer w = { .out = ret_text };
	struct text_pairs variables = { 0 };
	struct exec_request request;
	if (!exec_request_make(job->request, "exec", true, &request, err))
		return false;
	bool ok = exec_variables(job, NULL, NULL, &variables, err);
	if (ok) {
		json_object_start(&w);
		write_argv(&request, &w);
		if (request.cwd)
			json_member_text(&w, "cwd", request.cwd);
		write_env(&variables, &request.env, &w);
		if (request.has_stdin) /* else it is the message */
			json_member_span(&w, "stdin", buf_span(&request.input));
		json_object_end(&w);
	}
	text_pairs_clear(&variables);
	exec_request_release(&request);
	return ok;
}

const struct action_kind action_exec = { "exec", "env", exec_variable_refusal, check, run,
	describe };
