/* Rules: what is wrong with one is said with its place; which of them an event is for; what a
 * signature lets run; a digest that knows the rule, not how it is written. */
#include "unit.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "action/jq.h"
#include "action/rule.h"

static struct jq_helper *helper;

static const struct {
	const char *rules, *error;
} wrong[] = {
	{ "{}", "'rules' must be an array of objects" },
	{ "[1]", "'rules[0]' must be an object, not a number" },
	{ "[{}]", "'rules[0].name' is missing" },
	{ "[{\"name\": \"a\"}]",
		"'rules[0]' needs exactly one of exec, webhook, lambda and container, not 0" },
	{ "[{\"name\": \"a\", \"exec\": {\"argv\": [\"x\"]}, \"lambda\": {}}]",
		"'rules[0]' needs exactly one of exec, webhook, lambda and container, not 2" },
	{ "[{\"name\": \"a\", \"exec\": []}]", "'rules[0].exec' must be an object" },
	{ "[{\"name\": \"a\", \"exec\": {\"argv\": [\"x\"]}}, {\"name\": \"a\", \"exec\": "
	  "{\"argv\": [\"x\"]}}]",
		"'rules[1].name': 'a' is rules[0], too" },
	{ "[{\"name\": \"a\", \"matsch\": {}}]",
		"'rules[0].matsch' is no setting; did you mean 'rules[0].match'?" },
	{ "[{\"name\": \"a\", \"match\": {\"acton\": \"x\"}}]",
		"'rules[0].match.acton' is no setting; did you mean 'rules[0].match.action'?" },
	{ "[{\"name\": \"a\", \"name\": \"b\"}]", "'rules[0].name' is there more than once" },
	{ "[{\"name\": \"a\", \"match\": {\"user\": [1]}}]",
		"'rules[0].match.user[0]' must be a string, not a number" },
	{ "[{\"on\": \"runs\"}]",
		"rules[0].on: 'runs' is none of run, run_update or change; did you mean 'run'?" },
	{ "[{\"idempotent\": \"yes\"}]",
		"'rules[0].idempotent' must be true or false, not a string" },
	{ "[{\"name\": \"a\", \"exec\": {\"argv\": [\"{{ .a\"]}}]",
		"'rules[0].exec': '}}' is missing" },
	{ "[{\"name\": \"a\", \"exec\": {\"argv\": [\"x\"]}, \"when\": [\"true\", \"(.a\"]}]",
		"'rules[0].when[1]': ')' is missing" },
	{ "[{\"name\": \"a\", \"exec\": {\"argv\": [\"x\"]}, \"report\": {\"sumary\": \"x\"}}]",
		"'rules[0].report.sumary' is no setting; did you mean 'rules[0].report.summary'?" },
	{ "[{\"name\": \"a\", \"exec\": {\"argv\": [\"x\"]}, \"report\": {\"entities\": "
	  "[{\"blueprint\": \"x\"}]}}]",
		"'rules[0].report.entities[0]' needs blueprint and identifier" },
};

static void test_wrong(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
		struct rules *rules;
		struct error err = { 0 };
		if (rules_parse(span_of(wrong[i].rules), span_of(NULL), &rules, &err))
			fail_msg("%s is right", wrong[i].rules);
		assert_string_equal(err.text, wrong[i].error);
		assert_int_equal(err.kind, ERROR_CONFIG);
	}
}

static struct rules *parse(const char *text, const char *execution)
{
	struct rules *rules;
	struct error err = { 0 };
	if (!rules_parse(span_of(text), span_of(execution), &rules, &err))
		fail_msg("%s", err.text);
	return rules;
}

static void test_defaults(void **state)
{
	struct rules *rules = parse("[{\"name\": \"a\", \"exec\": {\"argv\": [\"true\"]}}]", NULL);
	const struct rule_settings *s = rule_settings_of(rules_at(rules, 0));
	(void)state;
	assert_int_equal(s->on, RULE_ON_RUN);
	assert_int_equal(s->timeout, 600000);
	assert_int_equal(s->retry.attempts, 1);
	assert_int_equal(rules_execution(rules)->max_age, 3600000);
	assert_int_equal(rules_execution(rules)->concurrency, 4);
	assert_string_equal(rule_kind(rules_at(rules, 0)), "exec");
	assert_ptr_equal(rules_find(rules, span_of("a")), rules_at(rules, 0));
	assert_null(rules_find(rules, span_of("b")));
	rules_free(rules);
}

static const char several[] =
	"[{\"name\":\"when\",\"match\":{\"action\":\"deploy*\"},\"when\":\".x\",\"exec\":{\"argv\":"
	"[\"x\"]}},"
	"{\"name\":\"deploy\",\"match\":{\"action\":[\"other\",\"DEPLOY_?\"],\"user\":\"ann\"},"
	"\"webhook\":{\"url\":\"http://ci\"}},"
	"{\"name\":\"rest\",\"exec\":{\"argv\":[\"x\"]}},{\"name\":\"never\",\"exec\":{\"argv\":["
	"\"x\"]}},"
	"{\"name\":\"change\",\"on\":\"change\",\"match\":{\"blueprint\":\"service\"},\"exec\":{"
	"\"argv\":[\"x\"]}},"
	"{\"name\":\"update\",\"on\":\"run_update\",\"exec\":{\"argv\":[\"x\"]}}]";

static void candidates(const struct event *event, const char *expected)
{
	struct rules *rules = parse(several, NULL);
	const struct rule *found[8];
	struct buf names = { 0 };
	size_t count = rules_candidates(rules, event, span_of("org.runs"), found);
	for (size_t i = 0; i < count; i++)
		buf_addf(&names, "%s%s", i ? " " : "", rule_settings_of(found[i])->name);
	assert_string_equal(buf_text(&names), expected);
	buf_free(&names);
	rules_free(rules);
}

static void test_candidates(void **state)
{
	struct event event = { .kind = EVENT_RUN,
		.requests = true,
		.action = span_of("deploy_x"),
		.user = { .email = span_of("Ann@hal.example") } };
	(void)state;
	candidates(&event, "when deploy");
	event.user.email = span_of("bob@hal.example");
	candidates(&event, "when rest");
	event.action = span_of(NULL);
	candidates(&event, "rest");
	event.requests = false;
	candidates(&event, "update");
	event = (struct event){ .kind = EVENT_CHANGE, .blueprint = span_of("service") };
	candidates(&event, "change");
	event.status = span_of("FAILURE");
	candidates(&event, "");
}

static void test_signature(void **state)
{
	static const char *const words[] = { "off", "warn", "require" };
	static const enum rule_verdict expected[3][5] = {
		/* none, good, reprinted, bad, unverifiable */
		{ RULE_MAY, RULE_MAY, RULE_MAY, RULE_MAY, RULE_MAY },
		{ RULE_MAY_WARN, RULE_MAY, RULE_MAY, RULE_MAY_NOT, RULE_MAY_WARN },
		{ RULE_MAY_NOT, RULE_MAY, RULE_MAY, RULE_MAY_NOT, RULE_MAY_NOT },
	};
	(void)state;
	for (size_t i = 0; i < 3; i++) {
		char text[128], execution[64];
		snprintf(text, sizeof(text),
			"[{\"name\":\"a\",\"exec\":{\"argv\":[\"x\"]},\"signature\":\"%s\"},{"
			"\"name\":\"b\","
			"\"exec\":{\"argv\":[\"x\"]}}]",
			words[i]);
		snprintf(execution, sizeof(execution), "{\"signature\":\"%s\"}", words[i]);
		struct rules *rules = parse(text, execution);
		for (size_t j = 0; j < 5; j++)
			for (size_t k = 0; k < 2; k++)
				assert_int_equal(rule_signature_verdict(rules_at(rules, k),
							 (enum signature_status)j),
					expected[i][j]);
		rules_free(rules);
	}
}

static void test_digest(void **state)
{
	struct rules *one = parse("[{\"name\":\"a\",\"exec\":{\"stdin\":1,\"argv\":[2]}}]", NULL);
	struct rules *same =
		parse("[ {\"exec\":{\"argv\":[2],\"stdin\":1}, \"name\":\"\\u0061\"} ]", NULL);
	struct rules *other = parse("[{\"name\":\"a\",\"exec\":{\"stdin\":1,\"argv\":[3]}}]", NULL);
	(void)state;
	assert_int_equal(strlen(rule_digest(rules_at(one, 0))), 64);
	assert_string_equal(rule_digest(rules_at(one, 0)), rule_digest(rules_at(same, 0)));
	assert_string_not_equal(rule_digest(rules_at(one, 0)), rule_digest(rules_at(other, 0)));
	rules_free(one);
	rules_free(same);
	rules_free(other);
}

/* Names that a message chooses: what loaders, shells, interpreters and servers obey is refused, in
 * each of the ways a template can give a name; what the rule itself names is its own affair. */
static void test_names(void **state)
{
	static const char spread[] = "{\"argv\":[\"x\"],\"env\":{\"PATH\":\"/bin\","
				     "\"{{ spreadValue() }}\":\"{{ .inputs }}\"}}",
			  whole[] = "{\"argv\":[\"x\"],\"env\":\"{{ .inputs }}\"}",
			  single[] = "{\"argv\":[\"x\"],\"env\":{\"{{ .inputs | keys[0] }}\":1}}",
			  prefix[] = "{\"argv\":[\"x\"],\"env\":{\"{{ spreadValue() }}\":"
				     "\"{{ .inputs | with_entries(.key |= \\\"IN_\\\" + .) }}\"}}",
			  own[] = "{\"argv\":[\"x\"],\"env\":{\"LD_PRELOAD\":\"{{ .inputs }}\"}}",
			  input[] = "{\"argv\":[\"x\"],\"stdin\":\"{{ .inputs }}\"}",
			  headers[] = "{\"url\":\"http://h\",\"headers\":{\"Host\":\"h\","
				      "\"{{ spreadValue() }}\":\"{{ .inputs }}\"}}",
			  body[] = "{\"url\":\"http://h\",\"body\":\"{{ .inputs }}\"}";
	static const struct {
		const char *kind, *request, *name, *reason; /* NULL: it is filled */
	} all[] = {
		{ "exec", spread, "X", NULL },
		{ "exec", spread, "TF_VAR_x", NULL },
		{ "exec", spread, "env", NULL },
		{ "exec", spread, "BASH_FUNC_echo%%",
			"must be letters, digits and '_', not a digit first" },
		{ "exec", spread, "", "must be letters, digits and '_', not a digit first" },
		{ "exec", spread, "1A", "must be letters, digits and '_', not a digit first" },
		{ "exec", spread, "A\\u0000",
			"must be letters, digits and '_', not a digit first" },
		{ "exec", spread, "\\u0042ASH_ENV", "programs obey" },
		{ "exec", spread, "ENV", "programs obey" },
		{ "exec", spread, "PATH", "programs obey" },
		{ "exec", spread, "PS4", "programs obey" },
		{ "exec", spread, "LD_PRELOAD", "programs obey" },
		{ "exec", spread, "PYTHONPATH", "programs obey" },
		{ "exec", spread, "NODE_OPTIONS", "programs obey" },
		{ "exec", spread, "GIT_SSH_COMMAND", "programs obey" },
		{ "exec", spread, "https_proxy", "programs obey" },
		{ "exec", spread, "PORTLOG_RUN_ID", "programs obey" },
		{ "exec", whole, "X", NULL },
		{ "exec", whole, "SHELLOPTS", "programs obey" },
		{ "exec", single, "PERL5OPT", "programs obey" },
		{ "exec", prefix, "LD_PRELOAD", NULL },
		{ "exec", own, "LD_PRELOAD", NULL },
		{ "exec", input, "LD_PRELOAD", NULL },
		{ "webhook", headers, "X-Team", NULL },
		{ "webhook", headers, "hOST", "servers obey" },
		{ "webhook", headers, "Content_Length", "servers obey" },
		{ "webhook", headers, "authorization", "servers obey" },
		{ "webhook", headers, "X-Forwarded-For", "servers obey" },
		{ "webhook", body, "Host", NULL },
	};
	(void)state;
	for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++) {
		struct buf text = { 0 }, message = { 0 }, out = { 0 };
		struct json_doc doc = { 0 };
		struct error err = { 0 };
		buf_addf(&text, "[{\"name\":\"a\",\"%s\":%s}]", all[i].kind, all[i].request);
		buf_addf(&message, "{\"inputs\":{\"%s\":\"v\"}}", all[i].name);
		assert_int_equal(json_scan(&doc, message.data, message.length), JSON_OK);
		struct rules *rules = parse(buf_text(&text), NULL);
		struct template_context context = { &doc, NULL, NULL, helper };
		bool ok = rule_fill(rules_at(rules, 0), &context, &out, NULL, &err);
		if (ok != !all[i].reason || (!ok && !strstr(err.text, all[i].reason)))
			fail_msg("'%s' in %s: %s", all[i].name, all[i].request, err.text);
		assert_true(ok || (out.length == 0 && err.kind == ERROR_CONFIG));
		bool given =
			all[i].request != own && all[i].request != input && all[i].request != body;
		assert_true((rule_names_given(rules_at(rules, 0)) != NULL) == given);
		rules_free(rules);
		json_doc_release(&doc);
		buf_free(&text);
		buf_free(&message);
		buf_free(&out);
	}
}

static void test_fill(void **state)
{
	static const char message[] = "{\"a\":1.10,\"n\":null,\"yes\":true,\"run\":\"r\"}";
	struct rules *rules = parse("[{\"name\":\"a\",\"exec\":{\"argv\":[\"x\",\"{{ .a "
				    "}}\"]},\"when\":[\".yes\",\".a > 1\"],"
				    "\"key\":\"k-{{ .run }}\",\"report\":{\"summary\":\"{{ .a "
				    "}}!\",\"link\":\"{{ .n }}\"}},"
				    "{\"name\":\"b\",\"exec\":{\"argv\":[\"x\"]},\"when\":\".run\","
				    "\"key\":\"{{ .n }}\"}]",
		NULL);
	const struct rule *a = rules_at(rules, 0), *b = rules_at(rules, 1);
	struct json_doc doc = { 0 };
	struct buf out = { 0 };
	struct error err = { 0 };
	bool holds, has;
	(void)state;
	assert_int_equal(json_scan(&doc, message, strlen(message)), JSON_OK);
	struct template_context context = { &doc, NULL, NULL, helper };
	assert_true(rule_check(a, NULL, helper, &err));
	assert_true(rule_when(a, &context, &holds, NULL, &err));
	assert_true(holds);
	assert_true(rule_when(b, &context, &holds, NULL, &err));
	assert_false(holds); /* a text is not true */
	assert_true(rule_fill(a, &context, &out, NULL, &err));
	assert_string_equal(buf_text(&out), "{\"argv\":[\"x\",1.10]}");
	buf_clear(&out);
	assert_true(rule_fill_key(a, &context, &has, &out, NULL, &err));
	assert_true(has);
	assert_string_equal(buf_text(&out), "k-r");
	assert_true(rule_fill_key(b, &context, &has, &out, NULL, &err));
	assert_false(has);
	buf_clear(&out);
	assert_true(rule_fill_report(a, true, &context, &out, NULL, &err));
	assert_string_equal(buf_text(&out), "{\"link\":null,\"summary\":\"1.10!\"}");
	buf_free(&out);
	json_doc_release(&doc);
	rules_free(rules);
}

static int begin(void **state)
{
	struct error err = { 0 };
	(void)state;
	return jq_helper_new(&helper, &err) ? 0 : -1;
}

static int finish(void **state)
{
	(void)state;
	jq_helper_free(helper);
	return 0;
}

int main(int argc, char **argv)
{
	if (jq_helper_is_called(argc, argv))
		return jq_process();
	static const struct CMUnitTest tests[] = {
		TEST(test_wrong),
		TEST(test_defaults),
		TEST(test_candidates),
		TEST(test_signature),
		TEST(test_digest),
		TEST(test_names),
		TEST(test_fill),
	};
	return cmocka_run_group_tests(tests, begin, finish);
}
