#include "unit.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "config/config.h"

static bool parse(const char *text, struct config *config, struct error *err)
{
	return config_parse(span_of(text), "sample.json", NULL, config, err);
}

static void test_reads(void **state)
{
	(void)state;
	struct config c = { 0 };
	struct error err = { 0 };
	setenv("SAMPLE_SECRET", "hush", 1);
	assert_true(parse(
		"{\"org\": \"org_1\", \"store\": \"/s.db\","
		"\"kafka\": {\"bootstrap.servers\": \"b:9196\", \"session.timeout.ms\": 45000,"
		"            \"enable.ssl.certificate.verification\": true},"
		"\"topics\": [\"a\", \"b\"], \"compression\": \"off\","
		"\"port\": {\"client_id\": \"id\", \"client_secret\": {\"env\": "
		"\"SAMPLE_SECRET\"}, \"former_client_secrets\": [\"old\", {\"env\": "
		"\"SAMPLE_SECRET\"}]},"
		"\"fields\": {\"entity\": [\".a.b\"]}, \"secrets\": {\"ci\": \"t\"},"
		"\"rules\": [{\"name\": \"x\"}]}",
		&c, &err));
	assert_string_equal(c.org, "org_1");
	assert_string_equal(c.store, "/s.db");
	assert_string_equal(text_pairs_get(&c.kafka, "bootstrap.servers"), "b:9196");
	assert_string_equal(text_pairs_get(&c.kafka, "session.timeout.ms"), "45000");
	assert_string_equal(
		text_pairs_get(&c.kafka, "enable.ssl.certificate.verification"), "true");
	assert_int_equal(c.topics.count, 2);
	assert_int_equal(c.compression, CONFIG_COMPRESSION_OFF);
	assert_string_equal(c.port.client_secret, "hush");
	assert_string_equal(config_former_secrets(&c)[0], "old");
	assert_string_equal(config_former_secrets(&c)[1], "hush");
	assert_null(config_former_secrets(&c)[2]);
	assert_string_equal(c.fields, "{\"entity\":[\".a.b\"]}");
	assert_string_equal(text_pairs_get(&c.secrets, "ci"), "t");
	assert_string_equal(c.rules, "[{\"name\":\"x\"}]");
	assert_true(config_has_no_mapping(&c, false, &err));
	c.agent_mapping = strdup("mapping.json");
	assert_false(config_has_no_mapping(&c, false, &err));
	assert_int_equal(error_exit_status(&err), 2);
	assert_true(config_has_no_mapping(&c, true, &err));
	config_release(&c);
}

static void test_relative_paths(void **state)
{
	(void)state;
	struct config c = { 0 };
	struct error err = { 0 };
	assert_true(config_parse(span_of("{\"store\": \"s.db\", \"agent_mapping\": \"/m.json\"}"),
		"x", "/etc/portlog", &c, &err));
	assert_string_equal(c.store, "/etc/portlog/s.db");
	assert_string_equal(c.agent_mapping, "/m.json");
	config_release(&c);
}

static void test_errors(void **state)
{
	(void)state;
	static const struct {
		const char *text, *error;
	} rows[] = {
		{ "{\"kafak\": {}}", "'kafak' is no setting; did you mean 'kafka'?" },
		{ "{\"port\": {\"client_scret\": \"s3cr3t\"}}",
			"'port.client_scret' is no setting; did you mean 'port.client_secret'?" },
		{ "{\"frobnicate\": 1}", "'frobnicate' is no setting; see portlog-config(5) or "
					 "'portlog check --schema'" },
		{ "{\"org\": 5}", "'org' must be a string, {\"env\": \"NAME\"} or {\"file\": "
				  "\"PATH\"}, not a number" },
		{ "{\"topics\": \"a\"}", "'topics' must be an array of strings, not a string" },
		{ "{\"topics\": [\"a\", null]}", "'topics[1]' must be a string, {\"env\": "
						 "\"NAME\"} or {\"file\": \"PATH\"}, not null" },
		{ "{\"kafka\": []}", "'kafka' must be an object, not an array" },
		{ "{\"kafka\": {\"a\": 1.5}}", "'kafka.a' must be a string, {\"env\": \"NAME\"} or "
					       "{\"file\": \"PATH\"}, not a number" },
		{ "{\"port\": true}", "'port' must be an object, not true or false" },
		{ "{\"compression\": \"zstd\"}", "compression: 'zstd' is none of auto or off" },
		{ "{\"org\": {\"env\": \"SAMPLE_NOT_SET\"}}",
			"'org': the environment variable 'SAMPLE_NOT_SET' is not set" },
		{ "{\"org\": {\"file\": \"/nonexistent/x\"}}",
			"'org': cannot read the file that is named there (it may be the value "
			"itself, so it is not shown): No such file or directory" },
		{ "{\"org\": {\"file\": \"/etc/nonexistent/x\"}}",
			"'org': cannot read '/etc/nonexistent/x': No such file or directory" },
		{ "{\"secrets\": {\"ci\": {\"file\": \"/s3cr3t/+x\"}}}",
			"'secrets.ci': cannot read the file that is named there (it may be the "
			"value itself, so it is not shown): No such file or directory" },
		{ "{\"secrets\": {\"ci\": {\"env\": \"s3cr3t\"}}}",
			"'secrets.ci': the environment variable that is named there is not set (it "
			"may be the value itself, so it is not shown)" },
		{ "{\"org\": {\"evn\": \"X\"}}", "'org' must be a string, {\"env\": \"NAME\"} or "
						 "{\"file\": \"PATH\"}, not an object" },
		{ "[]", "'(all of it)' must be an object, not an array" },
		{ "{\"org\": \"a\",\n \"org\": \"b\"}", "line 2, column 6: duplicate object key" },
		{ "{\"port\": {\"client_secret\": \"s3cr3t\" \"x\"}}",
			"line 1, column 39: '}' expected" },
		{ "", "line 1, column 0: '[' or '{' expected" },
	};
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct config c = { 0 };
		struct error err = { 0 };
		char expected[600];
		assert_false(parse(rows[i].text, &c, &err));
		snprintf(expected, sizeof(expected), "cannot use the configuration sample.json: %s",
			rows[i].error);
		assert_string_equal(err.text, expected);
		assert_null(strstr(err.text, "s3cr3t"));
		assert_int_equal(error_exit_status(&err), 2);
		config_release(&c);
	}
}

static void load(const struct config_sources *sources, struct config **ret_config)
{
	struct error err = { 0 };
	if (!config_load(sources, ret_config, &err))
		fail_msg("%s", err.text);
}

/* Flag over environment over file over default. */
static void test_order(void **state)
{
	(void)state;
	struct config *c = NULL;
	struct config_sources sources = { 0 };
	struct config_flags flags = { 0 };
	setenv("PORTLOG_CONFIG_JSON",
		"{\"org\": \"org_file\", \"kafka\": {\"a.b\": \"file\", \"c\": \"file\", \"d\": "
		"\"file\"}}",
		1);
	load(&sources, &c);
	assert_string_equal(c->org, "org_file");
	assert_string_equal(c->port.api, "https://api.port.io");
	assert_string_equal(c->topics.items[0], "org_file.runs");
	assert_string_equal(c->topics.items[1], "org_file.change.log");
	assert_string_equal(c->group, "org_file.portlog");
	config_free(c);

	setenv("PORT_ORG_ID", "org_env", 1);
	setenv("PORTLOG_KAFKA_A_B", "env", 1);
	setenv("PORTLOG_KAFKA_C", "env", 1);
	setenv("KAFKA_CONSUMER_GROUP_ID", "org_env.agent", 1);
	setenv("KAFKA_RUNS_TOPIC", "my.runs", 1);
	flags.org = strdup("org_flag");
	text_pairs_set(&flags.kafka, "a.b", "flag");
	load(&sources, &c);
	assert_string_equal(c->org, "org_env");
	assert_string_equal(c->group, "org_env.agent");
	assert_string_equal(c->topics.items[0], "my.runs");
	assert_string_equal(c->topics.items[1], "org_env.change.log");
	config_free(c);

	sources.flags = &flags;
	load(&sources, &c);
	assert_string_equal(c->org, "org_flag");
	assert_string_equal(text_pairs_get(&c->kafka, "a.b"), "flag");
	assert_string_equal(text_pairs_get(&c->kafka, "c"), "env");
	assert_string_equal(text_pairs_get(&c->kafka, "d"), "file");
	config_free(c);
	struct option_set set = { config_flag_options, &flags };
	option_release(&set);
	static const char *const used[] = { "PORTLOG_CONFIG_JSON", "PORT_ORG_ID",
		"PORTLOG_KAFKA_A_B", "PORTLOG_KAFKA_C", "KAFKA_CONSUMER_GROUP_ID",
		"KAFKA_RUNS_TOPIC" };
	for (size_t i = 0; i < sizeof(used) / sizeof(used[0]); i++)
		unsetenv(used[i]);
}

static void test_store_places(void **state)
{
	(void)state;
	struct config *c = NULL;
	struct config_sources sources = { 0 };
	setenv("XDG_CONFIG_HOME", "/nonexistent", 1);
	setenv("HOME", "/srv/ada", 1);
	unsetenv("STATE_DIRECTORY");
	unsetenv("XDG_DATA_HOME");
	load(&sources, &c);
	assert_string_equal(c->store, "/srv/ada/.local/share/portlog/portlog.db");
	config_free(c);
	setenv("XDG_DATA_HOME", "/data", 1);
	load(&sources, &c);
	assert_string_equal(c->store, "/data/portlog/portlog.db");
	config_free(c);
	setenv("STATE_DIRECTORY", "/var/lib/pl:/other", 1);
	load(&sources, &c);
	assert_string_equal(c->store, "/var/lib/pl/portlog.db");
	config_free(c);
	sources.store = "mine.db";
	load(&sources, &c);
	assert_string_equal(c->store, "mine.db");
	config_free(c);
}

/* The file in schema/ is what the program prints. */
static void test_schema(void **state)
{
	(void)state;
	struct buf printed = { 0 }, kept = { 0 };
	config_schema(&printed);
	FILE *file = fopen("../../schema/config.schema.json", "r");
	assert_non_null(file);
	size_t count;
	while ((count = fread(buf_reserve(&kept, 4096), 1, 4096, file)) > 0)
		kept.length += count;
	fclose(file);
	buf_add_char(&kept, '\0');
	assert_string_equal(kept.data, printed.data);
	buf_free(&printed);
	buf_free(&kept);
}

struct walk {
	struct config in_use, other, blank;
	size_t count;
};

/* Another value of the row's type, whatever it means. */
static void set_other(const struct option *row, void *place)
{
	struct error err = { 0 };
	const char *text = row->type == OPTION_TYPE_PAIRS ? "a=b" : "other";
	if (row->type == OPTION_TYPE_CHOICE) {
		*(int *)place = 1;
		return;
	}
	assert_true(option_set_text(row, place, text, row->name, 0, &err));
}

static bool change_one(void *data, const struct option *row, void *place, const char *object)
{
	struct walk *w = data;
	char *at = (char *)&w->other + ((char *)place - (char *)&w->in_use), name[64];
	struct config_changes changes;
	set_other(row, at);
	snprintf(name, sizeof(name), "%s%s", object, row->name);
	config_compare(&w->in_use, &w->other, &changes);
	bool now = changes.now.length > 0;
	assert_string_equal(buf_text(now ? &changes.now : &changes.restart), name);
	assert_int_equal((now ? &changes.restart : &changes.now)->length, 0);
	assert_int_equal(changes.takers != 0, now);
	config_changes_release(&changes);

	config_take_over(&w->in_use, &w->other);
	const char *blank = (char *)&w->blank + ((char *)place - (char *)&w->in_use);
	assert_int_equal(option_same(row, place, blank), !now);
	config_take_over(&w->in_use, &w->other);
	assert_true(option_same(row, place, blank));
	option_clear(row, at);
	if (row->type == OPTION_TYPE_CHOICE)
		*(int *)at = 0;
	w->count++;
	return true;
}

/* Whatever is changed is named, once: as taken over or as what needs a restart. */
static void test_changes(void **state)
{
	(void)state;
	struct walk w = { 0 };
	struct config_changes changes;
	option_each(&(struct option_set){ config_options, &w.in_use }, change_one, &w);
	assert_in_range(w.count, 16, 100);
	config_compare(&w.in_use, &w.other, &changes);
	assert_int_equal(changes.now.length + changes.restart.length, 0);
	config_changes_release(&changes);
}

/* Of Kafka's properties, a login's other name or password alone. */
static void test_login_changes(void **state)
{
	(void)state;
	static const struct {
		const char *name, *value;
		bool now;
	} rows[] = { { "sasl.password", "two", true }, { "client.id", "x", false },
		{ "sasl.username", "u", false } };
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct config in_use = { 0 }, other = { 0 };
		struct config_changes changes;
		text_pairs_set(&in_use.kafka, "sasl.password", "one");
		text_pairs_set(&other.kafka, "sasl.password", "one");
		text_pairs_set(&other.kafka, rows[i].name, rows[i].value);
		config_compare(&in_use, &other, &changes);
		assert_int_equal(changes.takers, rows[i].now ? NOW_LOGIN : 0);
		config_take_over(&in_use, &other);
		assert_string_equal(text_pairs_get(&in_use.kafka, "sasl.password"),
			rows[i].now ? "two" : "one");
		config_changes_release(&changes);
		config_release(&in_use);
		config_release(&other);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = { TEST(test_reads), TEST(test_relative_paths),
		TEST(test_errors), TEST(test_order), TEST(test_store_places), TEST(test_schema),
		TEST(test_changes), TEST(test_login_changes) };
	return cmocka_run_group_tests(tests, NULL, NULL);
}
