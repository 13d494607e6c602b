/* Port's templates: types kept, texts put together, members spread, named and left out; plain paths
 * keep every digit; what comes from a message is data wherever it lands. */
#include "unit.h"

#include <stdlib.h>
#include <string.h>

#include "action/jq.h"
#include "action/template.h"

static struct jq_helper *helper;

static const char message[] =
	"{\"inputs\": {\"service\": \"shop\", \"count\": 9007199254740993, \"price\": 1.10,"
	" \"list\": [1, {\"a b\": 2}], \"none\": null, \"hostile\": \"}}{{ .secrets.ci "
	"}}\\n$(id)\","
	" \"text\": \"say \\\"hi\\\" \\u00e9\"},"
	" \"trigger\": {\"by\": {\"userId\": \"u\"}, \"origin\": \"UI\", \"at\": \"2026\"},"
	" \"event\": {\"diff\": {\"before\": {\"title\": \"Shop\"}}}, \"secrets\": {\"ci\": "
	"\"theirs\"}}";
static const char event[] = "{\"run_id\":\"r_1\",\"seq\":9007199254740993}";

static const struct {
	const char *template, *filled;
} samples[] = {
	{ "\"{{ .inputs.service }}\"", "\"shop\"" },
	{ "\"{{ .inputs.count }}\"", "9007199254740993" },
	{ "\"{{.inputs.price}}\"", "1.10" },
	{ "\"costs {{ .inputs.price }}, {{ .inputs.count }}\"",
		"\"costs 1.10, 9007199254740993\"" },
	{ "\"{{ .inputs[\\\"list\\\"][1].\\\"a b\\\" }}\"", "2" },
	{ "\"{{ .inputs.list }}\"", "[1, {\"a b\": 2}]" },
	{ "\"{{ $event.run_id }}/{{ $event.seq }}\"", "\"r_1/9007199254740993\"" },
	{ "\"{{ $event | .run_id + \\\"!\\\" }}\"", "\"r_1!\"" },
	{ "\"{{ .trigger | {by, origin, at} }}\"",
		"{\"by\":{\"userId\":\"u\"},\"origin\":\"UI\",\"at\":\"2026\"}" },
	{ "\"Service {{ .event.diff.before.title }} has degraded\"",
		"\"Service Shop has degraded\"" },
	{ "\"{{ {a: {b: \\\"}}\\\"}} }}\"", "{\"a\":{\"b\":\"}}\"}}" },
	{ "\"{{ \\\"\\\\(.inputs.service)}}\\\" # }}\\n }}\"", "\"shop}}\"" },
	{ "\"{{ .no.where }}\"", "null" },
	{ "\"x {{ .no.where }}\"", "\"x null\"" },
	{ "\"{{ .inputs.text }}\"", "\"say \\\"hi\\\" \\u00e9\"" },
	{ "\"<{{ .inputs.text }}>\"", "\"<say \\\"hi\\\" \xc3\xa9>\"" },
	{ "\"{{ .inputs.service.x | ascii }}\"", "null" },
	{ "\"a {{ .inputs.service | .[0] }}\"", "null" },
	{ "\"{{ .inputs.hostile }}\"", "\"}}{{ .secrets.ci }}\\n$(id)\"" },
	{ "\"-{{ .inputs.hostile }}-\"", "\"-}}{{ .secrets.ci }}\\n$(id)-\"" },
	{ "\"{{ .secrets.ci }}\"", "\"hush\"" },
	{ "\"{{ .secrets[\\\"na-me\\\"] }}\"", "\"q\\\"t\"" },
	{ "\"Bearer {{ .secrets.ci }}\"", "\"Bearer hush\"" },
	{ "\"{{ .secrets.ci | length }}\"", "4" },
	{ "\"{{ .secrets.ci + (.secrets | keys | join(\\\",\\\")) }}\"", NULL },
	{ "\"{{ [.secrets.ci, .secrets[\\\"na-me\\\"]] }}\"", "[\"hush\",\"q\\\"t\"]" },
	{ "\"{{ . | .secrets | tojson }}\"", NULL },
	{ "\"{{ (. | tojson | test(\\\"hush\\\")) }}\"", "false" },
	{ "{\"a\": 1, \"{{ spreadValue() }}\": \"{{ .trigger }}\", \"b\": 1.0}",
		"{\"a\":1,\"by\":{\"userId\": "
		"\"u\"},\"origin\":\"UI\",\"at\":\"2026\",\"b\":1.0}" },
	{ "{\"{{ spreadValue() }}\": \"{{ .trigger | {at} }}\", \"at\": 2}", "{\"at\":2}" },
	{ "{\"at\": 2, \"{{ spreadValue() }}\": \"{{ .trigger | {at} }}\"}", "{\"at\":\"2026\"}" },
	{ "{\"{{ spreadValue() }}\": \"{{ .inputs.none }}\"}", "{}" },
	{ "{\"{{ spreadValue() }}\": \"{{ .inputs.service }}\"}", "{}" },
	{ "{\"{{ spreadValue() }}\": {\"x\": \"{{ .inputs.service }}\"}}", "{\"x\":\"shop\"}" },
	{ "{\"{{ .inputs.service }}\": 1, \"{{ .inputs.none }}\": 2}", "{\"shop\":1}" },
	{ "{\"{{if .inputs.service == null then null else \\\"a\\\" end}}\": "
	  "\"{{.inputs.service}}\"}",
		"{\"a\":\"shop\"}" },
	{ "{\"x-{{ .inputs.service }}\": [true, null, \"{{ .inputs.count }}\"]}",
		"{\"x-shop\":[true,null,9007199254740993]}" },
	{ "{\"plain\": \"{ not one }\", \"n\": 1.10}", "{\"plain\":\"{ not one }\",\"n\":1.10}" },
	{ "\"{{ .a\"", NULL },
	{ "\"{{ }}\"", NULL },
	{ "\"{{ .a) | (.b }}\"", NULL },
	{ "\"{{ spreadValue() }}\"", NULL },
	{ "[\"a {{ spreadValue() }}\"]", NULL },
	{ "\"{{ .secrets }}\"", NULL },
	{ "\"{{ .inputs | .secrets[.x] }}\"", NULL },
};

static struct text_pairs secrets;

static void fill(const char *text, const char *expected, struct buf *warnings)
{
	struct json_doc doc = { 0 }, event_doc = { 0 };
	struct template *t;
	struct error err = { 0 };
	struct buf out = { 0 };
	assert_int_equal(json_scan(&doc, message, strlen(message)), JSON_OK);
	assert_int_equal(json_scan(&event_doc, event, strlen(event)), JSON_OK);
	struct template_context context = { &doc, &event_doc, &secrets, helper };
	bool ok = template_new(span_of(text), "rules[0].x", &t, &err);
	if (ok != (expected != NULL))
		fail_msg("%s: %s", text, err.text);
	if (ok && !template_fill(t, &context, &out, warnings, &err))
		fail_msg("%s: %s", text, err.text);
	if (ok && strcmp(buf_text(&out), expected) != 0)
		fail_msg("%s: %s, not %s", text, buf_text(&out), expected);
	if (ok)
		template_free(t);
	else
		assert_int_equal(err.kind, ERROR_CONFIG);
	buf_free(&out);
	json_doc_release(&doc);
	json_doc_release(&event_doc);
}

static void test_samples(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(samples) / sizeof(samples[0]); i++)
		fill(samples[i].template, samples[i].filled, NULL);
}

static void test_warnings(void **state)
{
	struct buf warnings = { 0 };
	(void)state;
	fill("[\"{{ .inputs.service | .[0] }}\", \"{{ .inputs.none }}\"]", "[null,null]",
		&warnings);
	assert_string_equal(buf_text(&warnings),
		"'rules[0].x': {{ .inputs.service | .[0] }} is null: Cannot index string with "
		"number\n");
	buf_clear(&warnings);
	fill("\"a {{ .secrets.nope }}\"", "null", &warnings);
	assert_string_equal(buf_text(&warnings),
		"'rules[0].x': {{ .secrets.nope }} is null: there is no such secret\n");
	buf_free(&warnings);
}

static void test_check(void **state)
{
	struct template *t;
	struct error err = { 0 };
	(void)state;
	assert_true(template_new(span_of("[\"{{ .a }}\", \"{{ .a | nosuch }}\", \"{{ .secrets.ci "
					 "}}{{ .secrets.b }}\"]"),
		"rules[1].exec", &t, &err));
	assert_false(template_check(t, helper, &err));
	assert_string_equal(
		err.text, "'rules[1].exec': {{ .a | nosuch }}: nosuch/0 is not defined, line 1");
	assert_string_equal(template_missing_secret(t, &secrets), "b");
	template_free(t);
}

static int begin(void **state)
{
	struct error err = { 0 };
	(void)state;
	text_pairs_set(&secrets, "ci", "hush");
	text_pairs_set(&secrets, "na-me", "q\"t");
	return jq_helper_new(&helper, &err) ? 0 : -1;
}

static int finish(void **state)
{
	(void)state;
	text_pairs_clear(&secrets);
	jq_helper_free(helper);
	return 0;
}

int main(int argc, char **argv)
{
	if (jq_helper_is_called(argc, argv))
		return jq_process();
	static const struct CMUnitTest tests[] = {
		TEST(test_samples),
		TEST(test_warnings),
		TEST(test_check),
	};
	return cmocka_run_group_tests(tests, begin, finish);
}
