/* The rules that hold before anything is connected. */
#include "unit.h"

#include <stdlib.h>
#include <string.h>

#include "kafka/kafka.h"

static void test_group_must_be_one_that_port_allows(void **state)
{
	(void)state;
	static const struct {
		const char *group;
		const char *org;
		const char *username;
		const char *wrong; /* part of the error; NULL: allowed */
	} rows[] = {
		{ "org_1.portlog", "org_1", NULL, NULL },
		{ "org_1.a.b", "org_1", "user", NULL },
		{ "user", "org_1", "user", NULL },
		{ "anything", NULL, NULL, NULL },
		{ "org_1", "org_1", "org_1", NULL },
		{ "org_1", "org_1", NULL, "use 'org_1.<name>'" },
		{ "org_1.", "org_1", NULL, "use 'org_1.<name>'" },
		{ "org_12.portlog", "org_1", "user", "use 'org_1.<name>' or 'user'" },
		{ "portlog", "org_1", "user", "use 'org_1.<name>' or 'user'" },
		{ "user2", NULL, "user", "use 'user'" },
		{ "", "org_1", NULL, "empty" },
	};
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct error err = { 0 };
		bool allowed =
			kafka_group_allowed(rows[i].group, rows[i].org, rows[i].username, &err);
		assert_int_equal(allowed, rows[i].wrong == NULL);
		if (rows[i].wrong) {
			assert_non_null(strstr(err.text, rows[i].wrong));
			assert_int_equal(error_exit_status(&err), 2);
		}
	}
}

static void test_properties_that_are_refused(void **state)
{
	(void)state;
	static const struct {
		const char *name;
		const char *value;
		const char *wrong;
	} rows[] = {
		{ "session.timeout.ms", "6000", NULL },
		{ "sasl.password", "secret", NULL },
		{ "group.id", "x", "portlog's own: use the setting 'group'" },
		{ "enable.auto.commit", "true", "portlog's own" },
		{ "enable.auto.offset.store", "true", "portlog's own" },
		{ "auto.offset.reset", "latest", "portlog's own" },
		{ "topic.auto.offset.reset", "latest", "portlog's own" },
		{ "isolation.level", "read_uncommitted", "portlog's own" },
		{ "enable.partition.eof", "false", "portlog's own" },
		{ "partition.assignment.strategy", "cooperative-sticky", "portlog's own" },
		{ "group.protocol", "consumer", "portlog's own" },
		{ "sesion.timeout.ms", "6000", "'sesion.timeout.ms' is not known" },
		{ "session.timeout.ms", "hunter2", "'session.timeout.ms' cannot have that value" },
	};
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct error err = { 0 };
		struct text_pairs properties = { 0 };
		text_pairs_set(&properties, rows[i].name, rows[i].value);
		bool allowed = kafka_properties_check(&properties, &err);
		assert_int_equal(allowed, rows[i].wrong == NULL);
		if (rows[i].wrong) {
			assert_non_null(strstr(err.text, rows[i].wrong));
			assert_null(strstr(err.text, "hunter2"));
			assert_int_equal(error_exit_status(&err), 2);
		}
		text_pairs_clear(&properties);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_group_must_be_one_that_port_allows),
		TEST(test_properties_that_are_refused),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
