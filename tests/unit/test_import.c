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

static void ignore_complaint(void *data, uint64_t line, const char *text)
{
	(void)data;
	(void)line;
	(void)text;
}

static bool import(struct bench *b, struct import_result *ret_result, struct error *err)
{
	const struct import_settings settings = {
		.complain = ignore_complaint, .tick = note_memory, .data = b
	};
	rewind(b->file);
	b->most = 0;
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

int main(void)
{
#define CASE(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
	const struct CMUnitTest tests[] = {
		CASE(test_lines_passed_over_take_no_memory),
		CASE(test_restore_refuses_a_line_twice),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
