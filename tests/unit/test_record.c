#include "unit.h"

#include <stdlib.h>

#include "event/record.h"

static void test_words(void **state)
{
	(void)state;
	for (unsigned i = 1; i <= SOURCE_API; i++) {
		enum record_source source = 0;
		assert_true(record_source_of(span_of(record_source_word(i)), &source));
		assert_int_equal(source, i);
	}
	for (unsigned i = 0; i <= TIMESTAMP_APPEND; i++) {
		enum timestamp_type type = 0;
		assert_true(timestamp_type_of(span_of(timestamp_type_word(i)), &type));
		assert_int_equal(type, i);
	}
	for (unsigned i = 1; i <= PROBLEM_UNKNOWN_SHAPE; i++) {
		enum record_problem problem = 0;
		assert_true(record_problem_of(span_of(record_problem_word(i)), &problem));
		assert_int_equal(problem, i);
	}
	enum record_problem problem = PROBLEM_EMPTY;
	assert_null(record_problem_word(PROBLEM_NONE));
	assert_false(record_problem_of(span_of("fine"), &problem));
	assert_false(record_problem_of(span_of(NULL), &problem));
	assert_int_equal(problem, PROBLEM_EMPTY);
}

static void test_headers_written(void **state)
{
	(void)state;
	const struct record_header headers[] = {
		{ span_of("trace-id"), span_of("abc") },
		{ span_of("na me\"%\\\xff"), span_of("") },
		{ span_of(""), span_of(NULL) },
	};
	static const char expected[] =
		"[[\"trace-id\",\"YWJj\"],[\"na%20me%22%25%5c%ff\",\"\"],[\"\",null]]";
	struct buf text = { 0 };
	record_headers_write(NULL, 0, &text);
	assert_int_equal(text.length, 0);
	record_headers_write(headers, 3, &text);
	assert_string_equal(buf_text(&text), expected);

	struct buf storage = { 0 };
	struct record_header *read = NULL;
	size_t count = 0;
	assert_true(record_headers_read(buf_span(&text), &storage, &read, &count));
	assert_int_equal(count, 3);
	for (size_t i = 0; i < count; i++) {
		assert_true(span_equal(read[i].name, headers[i].name));
		assert_true(span_equal(read[i].value, headers[i].value));
	}
	free(read);
	buf_free(&storage);
	buf_free(&text);
}

static void test_headers_read(void **state)
{
	(void)state;
	static const struct {
		const char *text;
		bool ok;
		size_t count;
	} rows[] = {
		{ NULL, true, 0 },
		{ "", true, 0 },
		{ "[[\"a\",\"YQ==\"]]", true, 1 },
		{ "[]", false, 0 },
		{ "[[\"a\", \"YQ==\"]]", false, 0 },
		{ "[[\"%41\",null]]", false, 0 },
		{ "[[\"a\",\"YQ=\"]]", false, 0 },
		{ "[[\"a\"]]", false, 0 },
		{ "[[\"a\",null,null]]", false, 0 },
		{ "[[\"a b\",null]]", false, 0 },
		{ "[[\"%4\",null]]", false, 0 },
		{ "[[\"%4G\",null]]", false, 0 },
		{ "[[1,null]]", false, 0 },
		{ "[[\"a\",1]]", false, 0 },
		{ "[1]", false, 0 },
		{ "{}", false, 0 },
		{ "[", false, 0 },
	};
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct buf storage = { 0 };
		struct record_header *headers = NULL;
		size_t count = 99;
		bool ok = record_headers_read(span_of(rows[i].text), &storage, &headers, &count);
		assert_int_equal(ok, rows[i].ok);
		assert_int_equal(count, ok ? rows[i].count : 99);
		free(headers);
		buf_free(&storage);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = { TEST(test_words), TEST(test_headers_written),
		TEST(test_headers_read) };
	return cmocka_run_group_tests(tests, NULL, NULL);
}
