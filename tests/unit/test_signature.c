/* tests/data/signed_messages.jsonl holds messages that node signed as Port does
 * (tests/tools/sign_messages.js); the first test is port-agent's own vector. */
#include "unit.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "event/signature.h"

static enum signature_status check_former(
	struct span text, const char *secret, const char *const *former)
{
	struct json_doc doc = { 0 };
	assert_int_equal(json_scan(&doc, text.data, text.length), JSON_OK);
	enum signature_status status = signature_check(&doc, text, secret, former);
	json_doc_release(&doc);
	return status;
}

static enum signature_status check(struct span text, const char *secret)
{
	return check_former(text, secret, NULL);
}

/* A line is {"name","status","secret","text"}. */
static void check_line(struct span line)
{
	struct json_doc doc = { 0 };
	struct buf name = { 0 }, status = { 0 }, secret = { 0 }, text = { 0 };
	assert_int_equal(json_scan(&doc, line.data, line.length), JSON_OK);
	buf_add_span(&name, json_text(&doc, json_path(&doc, 0, ".name"), &name));
	buf_add_span(&secret, json_text(&doc, json_path(&doc, 0, ".secret"), &secret));
	struct span message = json_text(&doc, json_path(&doc, 0, ".text"), &text);
	struct span expected = json_text(&doc, json_path(&doc, 0, ".status"), &status);
	const char *key = secret.length > 0 ? buf_text(&secret) : NULL;
	const char *found = signature_status_word(check(message, key));
	if (!span_is(expected, found))
		fail_msg("%s: %s, not %.*s", buf_text(&name), found, (int)expected.length,
			expected.data);
	buf_free(&name);
	buf_free(&status);
	buf_free(&secret);
	buf_free(&text);
	json_doc_release(&doc);
}

static void test_signed_messages(void **state)
{
	(void)state;
	FILE *file = fopen("../data/signed_messages.jsonl", "r");
	assert_non_null(file);
	char *line = NULL;
	size_t capacity = 0;
	int count = 0;
	for (ssize_t length; (length = getline(&line, &capacity, file)) > 0; count++)
		check_line(span_make(line, (size_t)length));
	assert_true(count > 50);
	free(line);
	fclose(file);
}

/* The published vector of port-agent's tests: secret, time, text and signature as they are there.
 * The empty headers stay in what is signed. */
#define AGENT_MESSAGE(headers)                                                                     \
	"{\"action\":\"Create\",\"resourceType\":\"run\",\"status\":\"TRIGGERED\",\"trigger\":{"   \
	"\"by\":"                                                                                  \
	"{\"orgId\":\"test_org\",\"userId\":\"test_user\"},\"origin\":\"UI\",\"at\":"              \
	"\"2022-11-16T16:31:32.447Z\"},\"context\":{\"entity\":null,\"blueprint\":\"Service\","    \
	"\"runId\":"                                                                               \
	"\"r_jE5FhDURh4Uen2Qr\"},\"payload\":{\"entity\":null,\"action\":{\"id\":"                 \
	"\"action_34aweFQtayw7SCVb\",\"identifier\":\"Create\",\"title\":\"Create\",\"icon\":"     \
	"\"DefaultBlueprint\",\"userInputs\":{\"properties\":{\"foo\":{\"type\":\"string\","       \
	"\"description\":\"Description\"},\"bar\":{\"type\":\"number\",\"description\":"           \
	"\"Description\"}},\"required\":[]},\"invocationMethod\":{\"type\":\"WEBHOOK\",\"agent\":" \
	"true,"                                                                                    \
	"\"url\":\"http://localhost:80/api/test\"},\"trigger\":\"CREATE\",\"description\":\"\","   \
	"\"blueprint\":\"Service\",\"createdAt\":\"2022-11-15T09:58:52.863Z\",\"createdBy\":"      \
	"\"test_user\",\"updatedAt\":\"2022-11-15T09:58:52.863Z\",\"updatedBy\":\"test_user\"},"   \
	"\"properties\":{}},\"headers\":" headers "}"

static void test_agent_vector(void **state)
{
	(void)state;
	static const char message[] =
		AGENT_MESSAGE("{\"X-Port-Signature\":"
			      "\"v1,uuBMfcio3oscejO5bOtL97K1AmiZjxDvou7sChjMNeE=\","
			      "\"X-Port-Timestamp\":1713277889}");
	assert_int_equal(check(span_of(message), "test"), SIGNATURE_GOOD);
	assert_int_equal(check(span_of(message), "tesu"), SIGNATURE_BAD);
	assert_int_equal(check(span_of(message), NULL), SIGNATURE_UNVERIFIABLE);
	assert_int_equal(check(span_of(message), ""), SIGNATURE_UNVERIFIABLE);
	assert_int_equal(check(span_of(AGENT_MESSAGE("{}")), "test"), SIGNATURE_NONE);
}

static void test_former_secrets(void **state)
{
	(void)state;
	static const struct {
		const char *secret;
		const char *former[4];
		enum signature_status status;
	} rows[] = {
		{ "new", { "test", "older" }, SIGNATURE_GOOD },
		{ "new", { "older", "", "test" }, SIGNATURE_GOOD },
		{ "test", { "older" }, SIGNATURE_GOOD },
		{ "new", { "older" }, SIGNATURE_BAD },
		{ NULL, { "test" }, SIGNATURE_GOOD },
		/* The one in use is not known here. */
		{ NULL, { "older" }, SIGNATURE_UNVERIFIABLE },
		{ "", { "", "older" }, SIGNATURE_UNVERIFIABLE },
		{ NULL, { NULL }, SIGNATURE_UNVERIFIABLE },
	};
	static const char message[] =
		AGENT_MESSAGE("{\"X-Port-Signature\":"
			      "\"v1,uuBMfcio3oscejO5bOtL97K1AmiZjxDvou7sChjMNeE=\","
			      "\"X-Port-Timestamp\":1713277889}");
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		assert_int_equal(check_former(span_of(message), rows[i].secret, rows[i].former),
			rows[i].status);
}

int main(void)
{
	const struct CMUnitTest tests[] = { TEST(test_signed_messages), TEST(test_agent_vector),
		TEST(test_former_secrets) };
	return cmocka_run_group_tests(tests, NULL, NULL);
}
