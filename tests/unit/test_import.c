/* Import where files are not as they should be, or much longer than memory. */
#include "store_bench.h"
#include "unit.h"

#include <malloc.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/xalloc.h"
#include "record/import.h"

enum {
	LINE = 1 << 20,
	LINES = 24,
};

struct bench {
	char folder[64];
	char path[96];
	struct store *store;
	FILE *file;
	size_t most; /* bytes in use at any tick */
	struct buf complaints;
};

static int set_up(void **state)
{
	struct bench *b = xcalloc(1, sizeof(*b));
	struct error err = { 0 };
	snprintf(b->folder, sizeof(b->folder), "%s/import.XXXXXX", P_tmpdir);
	assert_non_null(mkdtemp(b->folder));
	snprintf(b->path, sizeof(b->path), "%s/s.db", b->folder);
	const struct store_settings settings = { .path = b->path, .compression = COMPRESSION_OFF };
	const struct decoder decoder = { 0 };
	assert_true(store_open(&settings, &decoder, &b->store, &err));
	b->file = tmpfile();
	assert_non_null(b->file);
	*state = b;
	return 0;
}

static int tear_down(void **state)
{
	struct bench *b = *state;
	fclose(b->file);
	store_close(b->store);
	store_remove(b->path);
	assert_int_equal(rmdir(b->folder), 0);
	buf_free(&b->complaints);
	free(b);
	return 0;
}

static bool note_memory(void *data, uint64_t done, uint64_t total)
{
	struct bench *b = data;
	const struct mallinfo2 info = mallinfo2();
	(void)done;
	(void)total;
	if (info.uordblks + info.hblkhd > b->most)
		b->most = info.uordblks + info.hblkhd;
	return true;
}

static void note_complaint(void *data, uint64_t line, const char *text)
{
	struct bench *b = data;
	buf_addf(&b->complaints, "%d: %s\n", (int)line, text);
}

static bool import(struct bench *b, struct import_result *ret_result, struct error *err)
{
	const struct import_settings settings = {
		.complain = note_complaint, .tick = note_memory, .data = b
	};
	rewind(b->file);
	b->most = 0;
	buf_clear(&b->complaints);
	return import_file(b->store, b->file, &settings, ret_result, err);
}

static void write_line(struct bench *b, int seq, int offset, size_t size)
{
	fprintf(b->file,
		"{\"seq\":%d,\"source\":\"kafka\",\"topic\":\"t\",\"partition\":0,\"epoch\":0,"
		"\"offset\":%d,\"ts\":null,\"tstype\":\"none\",\"received\":1,\"key\":null,"
		"\"headers\":[],\"payload\":\"%*s\"}\n",
		seq, offset, (int)size, "x");
}

/* To go on after an interruption the same file is imported again, however long it is. */
static void test_lines_passed_over_take_no_memory(void **state)
{
	struct bench *b = *state;
	struct import_result result;
	struct error err = { 0 };
	for (int i = 0; i < LINES; i++)
		write_line(b, i + 1, i, LINE);
	assert_true(import(b, &result, &err));
	assert_int_equal(result.added, LINES);
	size_t before = mallinfo2().uordblks + mallinfo2().hblkhd;
	assert_true(import(b, &result, &err));
	assert_int_equal(result.passed_over, LINES);
	assert_true(b->most < before + (size_t)LINES * LINE / 2);
}

/* Passed over, it would move the seq of all that follow. */
static void test_restore_refuses_a_line_twice(void **state)
{
	struct bench *b = *state;
	struct import_result result;
	struct error err = { 0 };
	write_line(b, 1, 7, 1);
	write_line(b, 2, 7, 1);
	write_line(b, 3, 8, 1);
	assert_false(import(b, &result, &err));
	assert_int_equal(err.kind, ERROR_INTEGRITY);
	assert_int_equal(store_size(b->store), 0);
}

static void write_text(struct bench *b, const char *text)
{
	fputs(text, b->file);
	fputc('\n', b->file);
}

static void assert_values(struct bench *b, const char *sql, const char *expected)
{
	char *rows = store_rows(b->path, sql);
	assert_string_equal(rows, expected);
	free(rows);
}

/* What is no message that there can be is named, counted and left out. */
static void test_bad_lines(void **state)
{
	static const struct {
		const char *line;
		const char *complaint;
	} rows[] = {
		{ "{\"topic\":\"t\",\"partition\":0,\"offset\":9223372036854775807,\"payload\":"
		  "\"a\"}",
			"1: \"offset\" is not a whole number that fits\n" },
		{ "{\"topic\":\"t\",\"partition\":2147483648,\"offset\":1,\"payload\":\"a\"}",
			"1: \"partition\" is not a whole number that fits\n" },
		{ "{\"topic\":\"t\",\"partition\":0,\"epoch\":2147483648,\"offset\":1,\"payload\":"
		  "\"a\"}",
			"1: \"epoch\" is not a whole number that fits\n" },
		{ "{\"received\":253402300800000,\"payload\":\"a\"}",
			"1: \"received\" is not a whole number that fits\n" },
		{ "{\"received\":-1,\"payload\":\"a\"}", "1: \"received\" is not a time\n" },
		/* kcat -s */
		{ "{\"topic\":\"t\",\"key\":null,\"payload\":null,\"payload_error\":\"no schema\"}",
			"1: kcat could not decode the payload: no schema; without -s it writes the "
			"bytes\n" },
		{ "{\"topic\":\"t\",\"key\":null,\"key_error\":\"no\",\"payload\":\"a\"}",
			"1: kcat could not decode the key: no; without -s it writes the bytes\n" },
		{ "{\"payload\":\"a\\ud800\"}",
			"1: \"payload\" has half a surrogate pair in it, which stands for no "
			"character\n" },
		{ "{\"payload\":\"\",\"key\":\"\\\\\\udc00\\ud83d\\ude00\"}",
			"1: \"key\" has half a surrogate pair in it, which stands for no "
			"character\n" },
		{ "{\"payload\":\"\",\"headers\":[\"\\ud83dx\",\"\"]}",
			"1: \"headers\" has half a surrogate pair in it, which stands for no "
			"character\n" },
		{ "{\"payload\":\xff}", "1: not JSON\n" },
	};
	struct bench *b = *state;
	struct import_result result;
	struct error err = { 0 };
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		rewind(b->file);
		assert_int_equal(ftruncate(fileno(b->file), 0), 0);
		write_text(b, rows[i].line);
		write_text(
			b, "{\"topic\":\"t\",\"partition\":0,\"offset\":7,\"payload\":\"good\"}");
		assert_true(import(b, &result, &err));
		assert_string_equal(buf_text(&b->complaints), rows[i].complaint);
		assert_int_equal(result.bad, 1);
	}
	assert_int_equal(store_size(b->store), 1);
}

/* Kafka's timestamp is any number: it is kept, and no duration is computed that is none. */
static void test_times_that_cannot_be(void **state)
{
	static const char *const times[] = { "-9223372036854775808", "9223372036854775807",
		"253402300800000", "-62167219200001" };
	struct bench *b = *state;
	struct import_result result;
	struct error err = { 0 };
	for (size_t i = 0; i < sizeof(times) / sizeof(times[0]); i++)
		fprintf(b->file,
			"{\"topic\":\"o.runs\",\"partition\":0,\"offset\":%zu,\"ts\":%s,"
			"\"payload\":{\"action\":\"deploy\",\"resourceType\":\"run\","
			"\"status\":\"SUCCESS\",\"context\":{\"runId\":\"r_%zu\"},\"payload\":{"
			"\"action\":{\"identifier\":\"deploy\"},\"properties\":{}},"
			"\"endedAt\":\"2026-11-05T10:00:00Z\"}}\n",
			i, times[i], i);
	assert_true(import(b, &result, &err));
	assert_int_equal(result.added, 4);
	assert_values(b, "SELECT count(*), min(time_ms), max(time_ms) FROM runs",
		"4|-9223372036854775808|9223372036854775807\n");
	assert_values(b, "SELECT min(timestamp_ms), max(timestamp_ms) FROM journal",
		"-9223372036854775808|9223372036854775807\n");
}

/* The second line is a hole in the file: zeros. */
static void test_a_line_that_is_too_long(void **state)
{
	struct bench *b = *state;
	struct import_result result;
	struct error err = { 0 };
	write_text(b, "{\"payload\":\"before\"}");
	fseek(b->file, 257L << 20, SEEK_CUR);
	write_text(b, "");
	write_text(b, "{\"payload\":\"behind\"}");
	assert_true(import(b, &result, &err));
	assert_string_equal(buf_text(&b->complaints), "2: longer than 256 MiB\n");
	assert_values(b, "SELECT value FROM journal", "before\nbehind\n");
}

/* kcat writes the bytes of keys, values and headers raw, also those that are not UTF-8. */
static void test_bytes_of_kcat(void **state)
{
	struct bench *b = *state;
	struct import_result result;
	struct error err = { 0 };
	write_text(b,
		"{\"topic\":\"t\",\"partition\":0,\"offset\":1,\"tstype\":\"create\",\"ts\":1,"
		"\"broker\":1,\"headers\":[\"h\",\"\xfe\"],\"key\":\"\xc3\",\"payload\":\"a\xff\\n"
		"\xed\xa0\x80\xc3\xa4\"}");
	write_text(b, "{\"payload\":[\"\xff\"],\"key\":\"\\ud83d\\ude00\"}");
	assert_true(import(b, &result, &err));
	assert_string_equal(buf_text(&b->complaints), "");
	assert_values(b, "SELECT hex(value), hex(key), headers FROM journal",
		"61FF0AEDA080C3A4|C3|[[\"h\",\"/g==\"]]\n5B22FF225D|F09F9880|NULL\n");
}

/* At one offset there is one record, also within a batch. */
static void test_records_at_one_offset(void **state)
{
	static const struct {
		const char *rest;
		bool same;
	} rows[] = {
		{ "\"key\":\"k\",\"headers\":[\"a\",\"1\"],\"ts\":5", true },
		{ "\"key\":\"k\",\"headers\":[[\"a\",\"1\"]],\"ts\":5,\"broker\":3", true },
		{ "\"key\":\"k\",\"headers\":[\"a\",\"1\"]", true }, /* no time given */
		{ "\"key\":\"l\",\"headers\":[\"a\",\"1\"],\"ts\":5", false },
		{ "\"headers\":[\"a\",\"1\"],\"ts\":5", false },
		{ "\"key\":\"k\",\"headers\":[\"a\",null],\"ts\":5", false },
		{ "\"key\":\"k\",\"ts\":5", false },
		{ "\"key\":\"k\",\"headers\":[\"a\",\"1\"],\"ts\":6", false },
	};
	struct bench *b = *state;
	struct import_result result;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct error err = { 0 };
		uint64_t before = store_size(b->store);
		rewind(b->file);
		assert_int_equal(ftruncate(fileno(b->file), 0), 0);
		for (size_t k = 0; k <= i; k += i > 0 ? i : 1)
			fprintf(b->file,
				"{\"topic\":\"t%zu\",\"partition\":0,\"offset\":7,"
				"\"payload\":\"v\",%s}\n",
				i, rows[k].rest);
		assert_int_equal(import(b, &result, &err), rows[i].same);
		assert_int_equal(err.kind, rows[i].same ? ERROR_NONE : ERROR_INTEGRITY);
		assert_int_equal(store_size(b->store), before + (rows[i].same ? 1 : 0));
	}
}

int main(void)
{
#define CASE(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
	const struct CMUnitTest tests[] = {
		CASE(test_lines_passed_over_take_no_memory),
		CASE(test_restore_refuses_a_line_twice),
		CASE(test_bad_lines),
		CASE(test_times_that_cannot_be),
		CASE(test_a_line_that_is_too_long),
		CASE(test_bytes_of_kcat),
		CASE(test_records_at_one_offset),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
