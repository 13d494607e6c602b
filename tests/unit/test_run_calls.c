/* What Port is told of an end: by what happened, by the rule's report where that says something
 * that Port takes, and entities before the status. */
#include "unit.h"

#include <stdlib.h>

#include "base/xalloc.h"
#include "record/run_calls.h"

static struct run_ending ending_of(const char *run_id, const char *reason)
{
	return (struct run_ending){ .run_id = span_of(run_id),
		.asked = true,
		.succeeded = !reason,
		.reason = span_of(reason) };
}

/* Each call on a line: what, path, body. */
static void check(struct run_calls *calls, const char *wanted)
{
	struct buf text = { 0 };
	for (size_t i = 0; i < calls->count; i++)
		buf_addf(&text, "%s %s %s\n", calls->items[i].what, buf_text(&calls->items[i].path),
			buf_text(&calls->items[i].body));
	assert_string_equal(buf_text(&text), wanted);
	buf_free(&text);
	run_calls_release(calls);
}

static void test_plain(void **state)
{
	(void)state;
	struct run_calls calls = { 0 };
	struct run_ending ending = ending_of("r_1", "exit status 3");
	run_calls_plain(&ending, &calls);
	check(&calls, "status /v1/actions/runs/r_1 "
		      "{\"status\":\"FAILURE\",\"summary\":\"exit status 3\"}\n");
	ending.asked = false; /* an update of a run: nobody waits */
	run_calls_plain(&ending, &calls);
	check(&calls, "");
	ending = ending_of("wfnr_1", "exit status 3");
	run_calls_plain(&ending, &calls);
	check(&calls, "log /v1/workflows/nodes/runs/wfnr_1/logs "
		      "{\"logs\":[{\"level\":\"ERROR\",\"message\":\"exit status 3\"}]}\n"
		      "status /v1/workflows/nodes/runs/wfnr_1 "
		      "{\"status\":\"COMPLETED\",\"result\":\"FAILED\"}\n");
}

static const char outcome[] =
	"{\"body\":{\"v\":\"1.2\"},\"request\":null,\"response\":{\"statusCode\":201,"
	"\"json\":{\"url\":\"https://ci/7\",\"n\":7,\"status\":\"FAILURE\"}}}";

/* The rule has that report; what came of it is checked. */
static void report(
	const char *report, const struct run_ending *ending, const char *wanted, const char *warned)
{
	struct buf text = { 0 }, warnings = { 0 };
	struct rules *rules;
	struct json_doc doc = { 0 };
	struct run_calls calls = { 0 };
	struct error err = { 0 };
	buf_addf(&text, "[{\"name\":\"a\",\"exec\":{\"argv\":[\"true\"]},\"report\":%s}]", report);
	if (!rules_parse(buf_span(&text), span_of(NULL), &rules, &err))
		fail_msg("%s", err.text);
	assert_int_equal(json_scan(&doc, outcome, sizeof(outcome) - 1), JSON_OK);
	const struct template_context context = { .message = &doc };
	assert_true(
		run_calls_reported(ending, rules_at(rules, 0), &context, &calls, &warnings, &err));
	assert_string_equal(buf_text(&warnings), warned);
	check(&calls, wanted);
	json_doc_release(&doc);
	rules_free(rules);
	buf_free(&warnings);
	buf_free(&text);
}

#define RUN "status /v1/actions/runs/r_1 "

static void test_reported(void **state)
{
	(void)state;
	const struct run_ending good = ending_of("r_1", NULL), bad = ending_of("r_1", "it broke");
	report("{\"summary\":\"answered {{ .response.statusCode }}\",\"status_label\":\"{{ .body.v "
	       "}}\","
	       "\"externalRunId\":\"{{ .response.json.n }}\",\"link\":\"{{ .response.json.url "
	       "}}\"}",
		&good,
		RUN "{\"status\":\"SUCCESS\",\"statusLabel\":\"1.2\",\"link\":\"https://ci/7\","
		    "\"summary\":\"answered 201\",\"externalRunId\":\"7\"}\n",
		"");
	report("{\"status\":\"{{ .response.json.status }}\",\"summary\":\"done\"}", &good,
		RUN "{\"status\":\"FAILURE\",\"summary\":\"the rule's report calls it a "
		    "failure\"}\n",
		"");
	report("{\"status\":\"{{ .body.v }}\"}", &bad,
		RUN "{\"status\":\"FAILURE\",\"summary\":\"it broke\"}\n", "");
	report("{\"link\":[\"a\",\"{{ .response.json.url }}\"]}", &good,
		RUN "{\"status\":\"SUCCESS\",\"link\":[\"a\",\"https://ci/7\"]}\n", "");
	report("{\"link\":\"{{ .response.json.n }}\"}", &good, RUN "{\"status\":\"SUCCESS\"}\n",
		"report.link: neither a text nor texts; it is left out\n");
	report("{\"link\":[\"{{ .response.json.n }}\"]}", &good, RUN "{\"status\":\"SUCCESS\"}\n",
		"report.link: neither a text nor texts; it is left out\n");
	report("{\"link\":\"{{ .nothing }}\"}", &good, RUN "{\"status\":\"SUCCESS\"}\n", "");
}

/* What is said of a success is not said of a failure, nor is anything told as the word "null". */
static void test_failure(void **state)
{
	(void)state;
	const struct run_ending good = ending_of("r_1", NULL), bad = ending_of("r_1", "it broke");
	static const char words[] =
		"{\"status\":\"SUCCESS\",\"summary\":\"deployed {{ .body.v }}\","
		"\"status_label\":\"up\",\"link\":\"https://up\",\"externalRunId\":\"7\"}";
	report(words, &bad, RUN "{\"status\":\"FAILURE\",\"summary\":\"it broke\"}\n", "");
	report(words, &good,
		RUN "{\"status\":\"SUCCESS\",\"statusLabel\":\"up\",\"link\":\"https://up\","
		    "\"summary\":\"deployed 1.2\",\"externalRunId\":\"7\"}\n",
		"");
	static const char both[] =
		"{\"summary\":\"deployed\",\"status\":\"{{ .response.json.status }}\","
		"\"on_failure\":{\"summary\":\"{{ .body.v }} is not up\",\"status_label\":\"down\","
		"\"link\":\"{{ .response.json.url }}\"}}";
	static const char told[] =
		RUN "{\"status\":\"FAILURE\",\"statusLabel\":\"down\",\"link\":\"https://ci/7\","
		    "\"summary\":\"1.2 is not up\"}\n";
	report(both, &bad, told, "");
	report(both, &good, told, "");
	report("{\"summary\":\"deployed {{ .response.json.version }}\",\"status_label\":\"null\","
	       "\"link\":[\"null\"],\"externalRunId\":null}",
		&good, RUN "{\"status\":\"SUCCESS\"}\n",
		"'rules[0].report': {{ .response.json.version }} is null: the text that it is a "
		"part of is left out\n"
		"report.link: neither a text nor texts; it is left out\n");
	report("{\"on_failure\":{\"summary\":\"{{ .response.json.why }}: no\"}}", &bad,
		RUN "{\"status\":\"FAILURE\",\"summary\":\"it broke\"}\n",
		"'rules[0].report.on_failure': {{ .response.json.why }} is null: the text that it "
		"is a part of is left out\n");
	report("{\"entities\":[{\"blueprint\":\"d\",\"identifier\":\"x-{{ .body.no }}\"},"
	       "{\"blueprint\":\"d\",\"identifier\":\"y\",\"title\":\"t {{ .body.no }}\"}]}",
		&good,
		"entity /v1/blueprints/d/entities?upsert=false&run_id=r_1 "
		"{\"identifier\":\"y\"}\n" RUN "{\"status\":\"SUCCESS\"}\n",
		"'rules[0].report': {{ .body.no }} is null: the text that it is a part of is left "
		"out\n"
		"'rules[0].report': {{ .body.no }} is null: the text that it is a part of is left "
		"out\n"
		"report.entities: one without an identifier is left out\n");
	struct run_ending node = ending_of("wfnr_1", "it broke");
	report(both, &node,
		"log /v1/workflows/nodes/runs/wfnr_1/logs "
		"{\"logs\":[{\"level\":\"ERROR\",\"message\":\"1.2 is not up\"}]}\n"
		"status /v1/workflows/nodes/runs/wfnr_1 {\"status\":\"COMPLETED\","
		"\"result\":\"FAILED\",\"links\":[\"https://ci/7\"]}\n",
		"");
}

#define ENTITY "{\"blueprint\":\"{{ .body.b }}\",\"identifier\":\"x\"}"

static void test_entities(void **state)
{
	(void)state;
	const struct run_ending good = ending_of("r_1", NULL), bad = ending_of("r_1", "it broke");
	const struct run_ending update = { .succeeded = true };
	static const char two[] =
		"{\"entities\":[{\"blueprint\":\"d\",\"identifier\":\"{{ .body.v }}\","
		"\"properties\":{\"n\":\"{{ .response.json.n }}\"},\"upsert\":true,\"merge\":true},"
		"{\"blueprint\":\"f\",\"identifier\":\"y\",\"on_failure\":true}]}";
	report(two, &good,
		"entity /v1/blueprints/d/entities?upsert=true&merge=true&run_id=r_1 "
		"{\"identifier\":\"1.2\",\"properties\":{\"n\":7}}\n"
		"entity /v1/blueprints/f/entities?upsert=false&run_id=r_1 "
		"{\"identifier\":\"y\"}\n" RUN "{\"status\":\"SUCCESS\"}\n",
		"");
	report(two, &bad,
		"entity /v1/blueprints/f/entities?upsert=false&run_id=r_1 "
		"{\"identifier\":\"y\"}\n" RUN
		"{\"status\":\"FAILURE\",\"summary\":\"it broke\"}\n",
		"");
	report(two, &update,
		"entity /v1/blueprints/d/entities?upsert=true&merge=true "
		"{\"identifier\":\"1.2\",\"properties\":{\"n\":7}}\n"
		"entity /v1/blueprints/f/entities?upsert=false {\"identifier\":\"y\"}\n",
		"");
	report("{\"entities\":[" ENTITY "]}", &good, RUN "{\"status\":\"SUCCESS\"}\n",
		"report.entities: one without a blueprint is left out\n");
}

/* With so much between the two, as whoever starts a run may have typed it. */
static void report_large(
	const char *before, const char *after, const char *wanted, const char *warned)
{
	const struct run_ending good = ending_of("r_1", NULL);
	char *text = xasprintf("%s%0*d%s", before, PORT_BODY_MOST_BYTES, 0, after);
	report(text, &good, wanted, warned);
	free(text);
}

/* The run's end is told all the same. */
static void test_too_large(void **state)
{
	(void)state;
	static const char warning[] =
		"report: larger than Port takes; it is told the status alone\n";
	report_large("{\"status_label\":\"s\",\"summary\":\"", "\"}",
		RUN "{\"status\":\"SUCCESS\"}\n", warning);
	report_large("{\"status\":\"FAILURE\",\"on_failure\":{\"summary\":\"", "\"}}",
		RUN "{\"status\":\"FAILURE\",\"summary\":\"the rule's report calls it a "
		    "failure\"}\n",
		warning);
	report_large("{\"summary\":\"s\",\"link\":[\"", "\"]}", RUN "{\"status\":\"SUCCESS\"}\n",
		warning);
	static const char entity[] = "report.entities: one larger than Port takes is left out\n";
	report_large("{\"entities\":[{\"identifier\":\"x\",\"blueprint\":\"", "\"}]}",
		RUN "{\"status\":\"SUCCESS\"}\n", entity);
	report_large(
		"{\"entities\":[{\"blueprint\":\"d\",\"identifier\":\"x\",\"properties\":{\"a\":\"",
		"\"}}]}", RUN "{\"status\":\"SUCCESS\"}\n", entity);
	struct run_ending node = ending_of("wfnr_1", NULL);
	char *output = xasprintf("{\"a\":\"%0*d\"}", PORT_BODY_MOST_BYTES, 0);
	struct run_calls calls = { 0 };
	node.output = span_of(output);
	run_calls_plain(&node, &calls);
	check(&calls, "status /v1/workflows/nodes/runs/wfnr_1 "
		      "{\"status\":\"COMPLETED\",\"result\":\"SUCCESS\"}\n");
	free(output);
}

static void test_node(void **state)
{
	(void)state;
	struct run_ending node = ending_of("wfnr_1", NULL);
	node.output = span_of("{\"response\":{\"status\":200}}");
	report("{\"summary\":\"x\",\"link\":\"a\"}", &node,
		"status /v1/workflows/nodes/runs/wfnr_1 {\"status\":\"COMPLETED\",\"result\":"
		"\"SUCCESS\",\"output\":{\"response\":{\"status\":200}},\"links\":[\"a\"]}\n",
		"");
}

static void plainer(const char *run_id, const char *body, const char *wanted)
{
	struct port_call call;
	bool more = run_call_plainer(span_of(run_id), span_of(body), "refused (422)", &call);
	assert_int_equal(more, wanted != NULL);
	if (!more)
		return;
	assert_string_equal(buf_text(&call.body), wanted);
	port_call_release(&call);
}

/* Less with each time, and then an end. */
static void test_plainer(void **state)
{
	(void)state;
	plainer("r_1",
		"{\"status\":\"SUCCESS\",\"statusLabel\":\"x\",\"link\":[\"y\"],\"summary\":\"z\"}",
		"{\"status\":\"SUCCESS\",\"summary\":\"refused (422)\"}");
	plainer("r_1", "{\"status\":\"FAILURE\",\"link\":\"y\"}",
		"{\"status\":\"FAILURE\",\"summary\":\"refused (422)\"}");
	plainer("r_1", "{\"status\":\"FAILURE\",\"summary\":\"refused (422)\"}",
		"{\"status\":\"FAILURE\"}");
	plainer("r_1", "{\"status\":\"FAILURE\"}", NULL);
	plainer("r_1", "{\"summary\":\"no end\"}", NULL);
	plainer("r_1", "{", NULL);
	plainer("wfnr_1",
		"{\"status\":\"COMPLETED\",\"result\":\"FAILED\",\"output\":{\"a\":1},\"links\":["
		"\"y\"]}",
		"{\"status\":\"COMPLETED\",\"result\":\"FAILED\"}");
	plainer("wfnr_1", "{\"status\":\"COMPLETED\",\"result\":\"SUCCESS\"}", NULL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_plain),
		cmocka_unit_test(test_plainer),
		cmocka_unit_test(test_reported),
		cmocka_unit_test(test_failure),
		cmocka_unit_test(test_entities),
		cmocka_unit_test(test_too_large),
		cmocka_unit_test(test_node),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
