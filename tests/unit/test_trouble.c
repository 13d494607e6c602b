/* Kafka's troubles: which end recording, and that the words say what to do. */
#include "unit.h"

#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "kafka/kafka.h"
#include "record/status_line.h"
#include "record/trouble.h"

static void test_words(void **state)
{
	(void)state;
	static const struct {
		enum consumer_trouble trouble;
		const char *text;
		const char *wanted; /* in the error; NULL: it passes */
	} rows[] = {
		{ TROUBLE_OTHER, "broker:9092: Disconnected", NULL },
		{ TROUBLE_UNREACHABLE, "1/1 brokers are down", NULL },
		{ TROUBLE_TOPIC_MISSING, "Unknown topic", NULL },
		{ TROUBLE_LOGIN, "b:9196: SASL authentication error: invalid credentials",
			"cannot log in to Kafka as 'org_1': SASL authentication error: invalid "
			"credentials; check the user and the password (librdkafka " },
		{ TROUBLE_CERTIFICATE, "certificate verify failed",
			"set the property ssl.ca.location" },
		{ TROUBLE_CERTIFICATE, "certificate has expired: SSL handshake failed",
			"it must be renewed" },
		{ TROUBLE_MECHANISM, "b:9092: SASL PLAIN mechanism handshake failed",
			"does not accept this kind of login: SASL PLAIN mechanism handshake "
			"failed; check "
			"security.protocol" },
		{ TROUBLE_PROTOCOL, "incorrect security.protocol", NULL },
		{ TROUBLE_GROUP_DENIED, "denied",
			"the consumer group 'other': Port allows ORG_ID.<name>" },
		{ TROUBLE_TOPIC_DENIED, "denied", "the topic 'org_2.runs'" },
		{ TROUBLE_FATAL, "fenced", "cannot go on: fenced" },
	};
	const struct trouble_place place = {
		.group = "other", .username = "org_1", .topic = "org_2.runs", .scram = true
	};
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct error err = { 0 };
		bool passes = trouble_passes(rows[i].trouble, rows[i].text, &place, &err);
		assert_int_equal(passes, rows[i].wanted == NULL);
		if (passes)
			continue;
		assert_non_null(strstr(err.text, rows[i].wanted));
		assert_int_equal(error_exit_status(&err), 4);
	}
}

/* A login that is right is refused by Kafka 4, which nobody would guess. */
static void test_a_library_known_to_be_harmful_is_named(void **state)
{
	(void)state;
	struct error err = { 0 };
	const char *harm = kafka_known_harm(0);
	const struct trouble_place scram = { .group = "g", .username = "u", .scram = true };
	const struct trouble_place plain = { .group = "g", .username = "u" };
	bool known = harm && strstr(harm, "SCRAM");
	trouble_passes(TROUBLE_LOGIN, "no", &scram, &err);
	assert_int_equal(strstr(err.text, "before 2.6.1") != NULL, known);
	trouble_passes(TROUBLE_LOGIN, "no", &plain, &err);
	assert_null(strstr(err.text, "before 2.6.1"));
}

static void test_the_status_line(void **state)
{
	(void)state;
	struct buf text = { 0 };
	status_line_text(1234567, 999.6, 0, &text);
	buf_add_char(&text, '\n');
	status_line_text(12, 0, -1, &text);
	assert_string_equal(
		buf_text(&text), "recorded 1,234,567 · 1,000/s · 0 behind\nrecorded 12 · 0/s");
	buf_free(&text);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_words),
		TEST(test_a_library_known_to_be_harmful_is_named),
		TEST(test_the_status_line),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
