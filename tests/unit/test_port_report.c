/* The calls that tell Port, as texts. tests/web/port.py sends them to a strict stand-in. */
#include "unit.h"

#include <stdlib.h>
#include <string.h>

#include "net/port_api.h"
#include "net/port_report.h"

#define S(text) span_of(text)

static void check(struct port_call *call, const char *what, const char *method, const char *path,
	const char *body)
{
	assert_string_equal(call->what, what);
	assert_string_equal(call->method, method);
	assert_string_equal(buf_text(&call->path), path);
	assert_string_equal(buf_text(&call->body), body);
	port_call_release(call);
}

static void test_status(void **state)
{
	(void)state;
	struct port_call call;
	const struct port_run_report all = { S("SUCCESS"), S("Done \"now\""), S("[\"https://a\"]"),
		S("deployed"), S("42"), { 0 } };
	const struct port_run_report label = { .status_label = S("building") };
	const struct port_run_report failure = { .status = S("FAILURE"),
		.link = S("\"https://a\"") };
	port_call_status(S("r_1"), &all, &call);
	check(&call, "status", "PATCH", "/v1/actions/runs/r_1",
		"{\"status\":\"SUCCESS\",\"statusLabel\":\"Done \\\"now\\\"\",\"link\":[\"https://"
		"a\"],\"summary\":\"deployed\",\"externalRunId\":\"42\"}");
	port_call_status(S("r_1"), &label, &call);
	check(&call, "status", "PATCH", "/v1/actions/runs/r_1", "{\"statusLabel\":\"building\"}");
	port_call_status(S("wfnr_1"), &failure, &call);
	check(&call, "status", "PATCH", "/v1/workflows/nodes/runs/wfnr_1",
		"{\"status\":\"COMPLETED\",\"result\":\"FAILED\",\"links\":[\"https://a\"]}");
	port_call_status(S("wfnr_1"), &label, &call);
	check(&call, "status", "PATCH", "/v1/workflows/nodes/runs/wfnr_1",
		"{\"status\":\"IN_PROGRESS\"}");
	port_call_status(S("wfnr_1"), &all, &call);
	check(&call, "status", "PATCH", "/v1/workflows/nodes/runs/wfnr_1",
		"{\"status\":\"COMPLETED\",\"result\":\"SUCCESS\",\"links\":[\"https://a\"]}");
}

static void test_log(void **state)
{
	(void)state;
	struct port_call call;
	const struct span none = { 0 };
	port_call_log(S("r_1"), S("one\ntwo \x1b \xff"), none, none, &call);
	check(&call, "log", "POST", "/v1/actions/runs/r_1/logs",
		"{\"message\":\"one\\ntwo \\u001b \xef\xbf\xbd\"}");
	port_call_log(S("r_1"), S("end"), S("FAILURE"), S("broken"), &call);
	check(&call, "log", "POST", "/v1/actions/runs/r_1/logs",
		"{\"message\":\"end\",\"terminationStatus\":\"FAILURE\",\"statusLabel\":"
		"\"broken\"}");
	port_call_log(S("wfnr_1"), S("line"), none, none, &call);
	check(&call, "log", "POST", "/v1/workflows/nodes/runs/wfnr_1/logs",
		"{\"logs\":[{\"level\":\"INFO\",\"message\":\"line\"}]}");
}

static void test_response_and_node(void **state)
{
	(void)state;
	struct port_call call;
	port_call_response(S("r_1"), S("{\"n\":1.10}"), &call);
	check(&call, "response", "PATCH", "/v1/actions/runs/r_1/response",
		"{\"response\":{\"n\":1.10}}");
	const struct port_run_report node = { .status = S("SUCCESS"), .output = S("{\"a\":1}") };
	port_call_status(S("wfnr_1"), &node, &call);
	check(&call, "status", "PATCH", "/v1/workflows/nodes/runs/wfnr_1",
		"{\"status\":\"COMPLETED\",\"result\":\"SUCCESS\",\"output\":{\"a\":1}}");
	/* A run of an action has none. */
	port_call_status(S("r_1"), &node, &call);
	check(&call, "status", "PATCH", "/v1/actions/runs/r_1", "{\"status\":\"SUCCESS\"}");
}

static void test_entity(void **state)
{
	(void)state;
	struct port_call call;
	const struct port_entity whole = { .blueprint = S("De ploy/ment"),
		.identifier = S("\"a/b\""),
		.title = S("A \"b\""),
		.icon = S("Rocket"),
		.team = S("[\"x\"]"),
		.properties = S("{\"n\":1.10}"),
		.relations = S("{\"service\":\"s\"}"),
		.upsert = true,
		.merge = true };
	const struct port_entity least = { .blueprint = S("d"), .identifier = S("\"a\"") };
	port_call_entity(S("r_1&x"), &whole, &call);
	check(&call, "entity", "POST",
		"/v1/blueprints/De%20ploy%2Fment/entities?upsert=true&merge=true&run_id=r_1%26x",
		"{\"identifier\":\"a/b\",\"title\":\"A \\\"b\\\"\",\"icon\":\"Rocket\",\"team\":"
		"[\"x\"],\"properties\":{\"n\":1.10},\"relations\":{\"service\":\"s\"}}");
	port_call_entity((struct span){ 0 }, &least, &call);
	check(&call, "entity", "POST", "/v1/blueprints/d/entities?upsert=false",
		"{\"identifier\":\"a\"}");
}

static void test_run(void **state)
{
	(void)state;
	static const char *const rows[][2] = {
		{ "{\"ok\":true,\"run\":{\"status\":\"IN_PROGRESS\"}}", "IN_PROGRESS" },
		{ "{\"ok\":true,\"run\":{\"status\":\"FAILURE\",\"result\":null}}", "FAILURE" },
		{ "{\"nodeRun\":{\"status\":\"COMPLETED\",\"result\":\"FAILED\"}}", "FAILED" },
		{ "{\"nodeRun\":{\"status\":\"IN_PROGRESS\",\"result\":null}}", "IN_PROGRESS" },
		{ "{\"ok\":false}", NULL },
		{ "<html>", NULL },
		{ "", NULL },
	};
	struct port_call call;
	port_call_run(S("r_../x"), &call);
	check(&call, "run", "GET", "/v1/actions/runs/r_..%2Fx?version=v2", "");
	port_call_run(S("wfnr_1"), &call);
	check(&call, "run", "GET", "/v1/workflows/nodes/runs/wfnr_1", "");
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct buf status = { 0 };
		assert_int_equal(port_run_status(S(rows[i][0]), &status), rows[i][1] != NULL);
		assert_string_equal(buf_text(&status), rows[i][1] ? rows[i][1] : "");
		buf_free(&status);
	}
}

static void test_verdicts(void **state)
{
	(void)state;
	static const struct {
		int status;
		enum port_verdict verdict;
	} rows[] = { { 200, PORT_SENT }, { 201, PORT_SENT }, { 207, PORT_SENT }, { 409, PORT_SENT },
		{ 400, PORT_REFUSED }, { 403, PORT_REFUSED }, { 404, PORT_REFUSED },
		{ 413, PORT_REFUSED }, { 414, PORT_REFUSED }, { 422, PORT_REFUSED },
		{ 301, PORT_TRY_AGAIN }, { 401, PORT_TRY_AGAIN }, { 405, PORT_TRY_AGAIN },
		{ 408, PORT_TRY_AGAIN }, { 418, PORT_TRY_AGAIN }, { 429, PORT_TRY_AGAIN },
		{ 500, PORT_TRY_AGAIN }, { 503, PORT_TRY_AGAIN } };
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		assert_int_equal(port_verdict_of(rows[i].status), rows[i].verdict);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_status),
		TEST(test_log),
		TEST(test_response_and_node),
		TEST(test_entity),
		TEST(test_run),
		TEST(test_verdicts),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
