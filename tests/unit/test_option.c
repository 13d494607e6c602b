#include "unit.h"

#include <stdlib.h>
#include <string.h>

#include "base/option.h"
#include "base/text.h"

enum mode { MODE_FAST, MODE_SLOW };

struct inner {
	struct text_match entity;
	struct option_time since;
};

struct sample {
	int64_t limit;
	struct option_number after;
	bool reverse;
	bool follow;
	char *output;
	int mode;
	int64_t max_age;
	struct text_list topic;
	struct text_pairs kafka;
	struct inner inner;
};

static const char *const mode_words[] = { [MODE_FAST] = "fast", [MODE_SLOW] = "slow", NULL };

static const struct option inner_options[] = {
	OPTION_GROUP("Filters"),
	OPTION(inner, entity, '\0', MATCH, "ENTITY", "of that entity"),
	OPTION(inner, since, '\0', TIME, "TIME", "not before"),
	OPTION_END,
};

static const struct option sample_options[] = {
	OPTION(sample, limit, 'n', INTEGER, "N", "show at most N", .min = 0, .max = 1000),
	OPTION(sample, after, '\0', NUMBER, "SEQ", "what came after SEQ"),
	OPTION(sample, reverse, 'r', FLAG, NULL, "oldest first"),
	OPTION(sample, follow, 'f', FLAG, NULL, "wait for more"),
	OPTION(sample, output, 'o', TEXT, "FORMAT", "write FORMAT", .fallback = "text"),
	OPTION(sample, mode, '\0', CHOICE, NULL, "how", .choices = mode_words, .fallback = "slow"),
	OPTION(sample, max_age, '\0', DURATION, "DURATION", "no older", .fallback = "1h"),
	OPTION(sample, topic, '\0', LIST, "TOPIC", "a topic; may be repeated"),
	OPTION(sample, kafka, 'X', PAIRS, "NAME=VALUE", "a property", .letter_only = true,
		.secret = true),
	OPTION_INCLUDE(sample, inner, inner_options),
	OPTION_END,
};

enum { ARGUMENTS_MOST = 8 };

static bool parse(struct sample *sample, struct text_list *arguments, struct error *err,
	const char *const *words)
{
	struct option_set set = { sample_options, sample };
	struct option_parse parse = { .sets = &set, .set_count = 1, .now_ms = 1795515330000 };
	char *argv[ARGUMENTS_MOST];
	int argc = 0;
	for (; argc < ARGUMENTS_MOST && words[argc]; argc++)
		argv[argc] = strdup(words[argc]);
	option_defaults(&set);
	bool ok = option_parse(&parse, argc, argv, arguments, NULL, err);
	for (int i = 0; i < argc; i++)
		free(argv[i]);
	return ok;
}

static void release(struct sample *sample, struct text_list *arguments)
{
	struct option_set set = { sample_options, sample };
	option_release(&set);
	text_list_clear(arguments);
}

static void test_values(void **state)
{
	(void)state;
	static const char *const lines[][ARGUMENTS_MOST + 1] = {
		{ "-n5", "-r", "--output", "json", "--mode=fast", "--after", "7", "x" },
		{ "-rn", "5", "x", "--output=json", "--mode", "fast", "--after=7" },
	};
	for (size_t i = 0; i < sizeof(lines) / sizeof(lines[0]); i++) {
		struct sample s = { 0 };
		struct text_list arguments = { 0 };
		struct error err = { 0 };
		assert_true(parse(&s, &arguments, &err, lines[i]));
		assert_int_equal(s.limit, 5);
		assert_true(s.reverse);
		assert_false(s.follow);
		assert_string_equal(s.output, "json");
		assert_int_equal(s.mode, MODE_FAST);
		assert_int_equal(s.max_age, 3600000);
		assert_true(s.after.given && s.after.value == 7);
		assert_false(s.inner.since.given);
		assert_int_equal(arguments.count, 1);
		assert_string_equal(arguments.items[0], "x");
		release(&s, &arguments);
	}
}

static void test_repeated(void **state)
{
	(void)state;
	struct sample s = { 0 };
	struct text_list arguments = { 0 };
	struct error err = { 0 };
	text_list_add(&s.topic, "from-the-file");
	static const char *const line[] = { "--topic=a", "--topic=b", "--entity", "cart",
		"--not-entity=*-test", "-Xa.b=1", "-Xa.b=2", "--since=2h", NULL };
	assert_true(parse(&s, &arguments, &err, line));
	assert_int_equal(s.topic.count, 2);
	assert_string_equal(s.topic.items[0], "a");
	assert_string_equal(s.inner.entity.any_of.items[0], "cart");
	assert_string_equal(s.inner.entity.none_of.items[0], "*-test");
	assert_int_equal(s.kafka.count, 1);
	assert_string_equal(text_pairs_get(&s.kafka, "a.b"), "2");
	assert_true(s.inner.since.given);
	assert_int_equal(s.inner.since.ms, 1795515330000 - 7200000);
	release(&s, &arguments);
}

static void test_arguments(void **state)
{
	(void)state;
	struct sample s = { 0 };
	struct text_list arguments = { 0 };
	struct error err = { 0 };
	static const char *const line[] = { "-", "-5", "--", "-r", "--output", NULL };
	assert_true(parse(&s, &arguments, &err, line));
	assert_int_equal(arguments.count, 4);
	assert_string_equal(arguments.items[0], "-");
	assert_string_equal(arguments.items[1], "-5");
	assert_string_equal(arguments.items[2], "-r");
	assert_string_equal(arguments.items[3], "--output");
	assert_false(s.reverse);
	release(&s, &arguments);
}

static void test_errors(void **state)
{
	(void)state;
	static const struct {
		const char *line[3];
		const char *text;
	} rows[] = {
		{ { "--entitiy=x" }, "unknown option '--entitiy'; did you mean '--entity'?" },
		{ { "--not-entiy=x" },
			"unknown option '--not-entiy'; did you mean '--not-entity'?" },
		{ { "--frobnicate" }, "unknown option '--frobnicate'; --help lists them" },
		{ { "--kafka=a=b" }, "unknown option '--kafka'; --help lists them" },
		{ { "-rz" }, "unknown option '-z'; --help lists them" },
		{ { "-n" }, "-n needs a value: -n N" },
		{ { "--output" }, "--output needs a value: --output FORMAT" },
		{ { "--reverse=yes" }, "--reverse takes no value" },
		{ { "-n", "many" }, "-n: 'many' is no integer" },
		{ { "-n", "-1" }, "-n: -1 is out of range: give 0 to 1000" },
		{ { "--limit=99999999999999999999" },
			"--limit: '99999999999999999999' is no integer" },
		{ { "--after", "-1" }, "--after: -1 is too small: give 0 or more" },
		{ { "--mode=slwo" },
			"--mode: 'slwo' is none of fast or slow; did you mean 'slow'?" },
		{ { "--max-age=5" },
			"--max-age: '5' is no duration; write 90s, 5m, 1h, 2d or 1h30m" },
		{ { "-Xpassword" }, "-X: '(secret)' is not NAME=VALUE" },
	};
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct sample s = { 0 };
		struct text_list arguments = { 0 };
		struct error err = { 0 };
		assert_false(parse(&s, &arguments, &err, rows[i].line));
		assert_string_equal(err.text, rows[i].text);
		assert_int_equal(err.kind, ERROR_USAGE);
		release(&s, &arguments);
	}
}

static void test_environment(void **state)
{
	(void)state;
	struct sample s = { 0 };
	struct text_list none = { 0 };
	struct option_set set = { sample_options, &s };
	struct error err = { 0 };
	setenv("SAMPLE_LIMIT", "9", 1);
	setenv("SAMPLE_REVERSE", "yes", 1);
	setenv("SAMPLE_TOPIC", "a,b", 1);
	setenv("SAMPLE_OUTPUT", "", 1);
	assert_true(option_parse_environment(&set, "SAMPLE", 0, &err));
	assert_int_equal(s.limit, 9);
	assert_true(s.reverse);
	assert_int_equal(s.topic.count, 2);
	assert_null(s.output);
	setenv("SAMPLE_MAX_AGE", "old", 1);
	assert_false(option_parse_environment(&set, "SAMPLE", 0, &err));
	assert_string_equal(
		err.text, "SAMPLE_MAX_AGE: 'old' is no duration; write 90s, 5m, 1h, 2d or 1h30m");
	release(&s, &none);
}

static void test_help(void **state)
{
	(void)state;
	struct buf out = { 0 };
	option_help(sample_options, NULL, NULL, 60, &out);
	assert_string_equal(buf_text(&out),
		"  -n, --limit N               show at most N\n"
		"      --after SEQ             what came after SEQ\n"
		"  -r, --reverse               oldest first\n"
		"  -f, --follow                wait for more\n"
		"  -o, --output FORMAT         write FORMAT (default: text)\n"
		"      --mode fast|slow        how (default: slow)\n"
		"      --max-age DURATION      no older (default: 1h)\n"
		"      --topic TOPIC           a topic; may be repeated\n"
		"  -X NAME=VALUE               a property\n"
		"\n"
		"Filters:\n"
		"      --entity ENTITY         of that entity; --not-entity\n"
		"      --since TIME            not before\n");
	buf_clear(&out);
	text_wrap(&out, "one two three four five six seven", 4, 4, 24);
	assert_string_equal(buf_text(&out), "one two three four\n    five six seven");
	buf_free(&out);
}

int main(void)
{
	const struct CMUnitTest tests[] = { TEST(test_values), TEST(test_repeated),
		TEST(test_arguments), TEST(test_errors), TEST(test_environment), TEST(test_help) };
	return cmocka_run_group_tests(tests, NULL, NULL);
}
