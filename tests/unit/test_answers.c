/* What show and completion ask of a store reads no large table from end to end: at 5 million
 * changes that is the difference between 3 ms and 400. SQLite counts the steps of such scans
 * itself. */
#include "store_bench.h"
#include "unit.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/xalloc.h"
#include "event/local_execution.h"
#include "event/local_report.h"
#include "query/complete.h"
#include "query/detail.h"
#include "store/journal.h"
#include "store/reader.h"

enum {
	RECORDS = 3000,
	NEWEST_MOST = 2000, /* so many of the newest rows a completion may look at */
};

struct fixture {
	char directory[64];
	char *path;
	sqlite3 *reader;
	int scanned;
};

#define TRIGGER                                                                                   \
	"\"trigger\":{\"by\":{\"userId\":\"u%d\"},\"origin\":\"UI\",\"at\":\"2026-11-20T08:%02d:" \
	"%02d.000Z\"},\"context\":{\"entity\":\"e%d\",\"blueprint\":\"b\",\"runId\":\"r_%d\"},"

/* Every tenth asks for a run, the others change something in one. */
static char *message_text(int n)
{
	if (n % 10 == 0)
		return xasprintf("{\"action\":\"deploy\",\"resourceType\":\"run\",\"status\":"
				 "\"TRIGGERED\"," TRIGGER "\"payload\":{\"properties\":{}}}",
			n % 50, n / 60 % 60, n % 60, n % 997, n);
	return xasprintf(
		"{\"action\":\"UPDATE\",\"resourceType\":\"entity\",\"status\":\"SUCCESS\"," TRIGGER
		"\"diff\":{\"before\":{\"properties\":{\"p\":1}},\"after\":"
		"{\"properties\":{\"p\":2}}}}",
		n % 50, n / 60 % 60, n % 60, n % 997, n / 10 * 10);
}

static void append_all(struct store *store)
{
	static struct record records[RECORDS];
	struct error err = { 0 };
	for (int i = 0; i < RECORDS; i++)
		records[i] = (struct record){ .source = SOURCE_KAFKA,
			.topic = span_of("t"),
			.offset = i,
			.timestamp_ms = 1795000000000 + i,
			.timestamp_type = TIMESTAMP_CREATE,
			.received_ms = 1795000000000,
			.value = span_of(message_text(i)) };
	struct journal_batch batch = { .records = records, .count = RECORDS };
	if (!journal_append(store, &batch, NULL, &err))
		fail_msg("%s", err.text);
	for (int i = 0; i < RECORDS; i++)
		free((char *)(uintptr_t)records[i].value.data);
}

/* Each run has been executed, and Port is told of it. */
static void append_executions(struct store *store)
{
	static struct record records[RECORDS / 5];
	struct error err = { 0 };
	size_t count = 0;
	for (int i = 0; i < RECORDS; i += 10) {
		struct buf run = { 0 }, owed = { 0 }, report = { 0 };
		buf_addf(&run, "r_%d", i);
		local_owed_write(
			&(struct local_owed){ .seq = (uint64_t)i + 1,
				.run_id = buf_span(&run),
				.rules = span_of(
					"[{\"name\":\"n\",\"digest\":\"d\",\"kind\":\"k\"}]") },
			&owed);
		local_report_write(&(struct local_report){ .run_id = buf_span(&run),
					   .report = span_of("log") },
			&report);
		records[count++].value = span_of(buf_take(&owed));
		records[count++].value = span_of(buf_take(&report));
		buf_free(&run);
	}
	for (size_t i = 0; i < count; i++)
		records[i] = (struct record){ .source = SOURCE_LOCAL,
			.partition = -1,
			.epoch = -1,
			.offset = -1,
			.received_ms = 1795000000000,
			.value = records[i].value };
	struct journal_batch batch = { .records = records, .count = count };
	if (!journal_append(store, &batch, NULL, &err))
		fail_msg("%s", err.text);
	for (size_t i = 0; i < count; i++)
		free((char *)(uintptr_t)records[i].value.data);
}

static int count_scanned(unsigned what, void *data, void *statement, void *ignored)
{
	(void)what;
	(void)ignored;
	*(int *)data += sqlite3_stmt_status(statement, SQLITE_STMTSTATUS_FULLSCAN_STEP, 1);
	return 0;
}

static int set_up(void **state)
{
	struct fixture *f = xcalloc(1, sizeof(*f));
	struct error err = { 0 };
	struct decoder decoder = { 0 };
	struct store *store;
	const char *base = getenv("TMPDIR");
	snprintf(f->directory, sizeof(f->directory), "%.40s/portlog-answers.XXXXXX",
		base ? base : "/tmp");
	assert_non_null(mkdtemp(f->directory));
	f->path = xasprintf("%s/store.db", f->directory);
	struct store_settings settings = { .path = f->path, .compression = COMPRESSION_OFF };
	if (!store_open(&settings, &decoder, &store, &err))
		fail_msg("%s", err.text);
	append_all(store);
	append_executions(store);
	store_close(store);
	if (!reader_open_bare(f->path, &f->reader, &err))
		fail_msg("%s", err.text);
	sqlite3_trace_v2(f->reader, SQLITE_TRACE_PROFILE, count_scanned, &f->scanned);
	*state = f;
	return 0;
}

static int tear_down(void **state)
{
	struct fixture *f = *state;
	reader_close(f->reader);
	store_remove(f->path);
	rmdir(f->directory);
	free(f->path);
	free(f);
	return 0;
}

/* How many rows there are. */
static int read_all(struct cursor *cursor)
{
	const struct row *row;
	struct error err = { 0 };
	int count = 0;
	while (cursor_next(cursor, &row, &err) && row)
		count++;
	assert_string_equal(err.text, "");
	cursor_free(cursor);
	return count;
}

static void test_show(void **state)
{
	struct fixture *f = *state;
	static const struct {
		const struct detail *detail;
		const char *run; /* NULL: number */
		int64_t number;
		int rows;
	} cases[] = {
		{ &detail_record, NULL, 1502, 1 },
		{ &detail_record_changes, NULL, 1502, 1 },
		{ &detail_record_run_events, NULL, 1501, 1 },
		{ &detail_run, "r_1500", 0, 1 },
		{ &detail_run_events, "r_1500", 0, 10 },
		{ &detail_run_executions, "r_1500", 0, 1 },
		{ &detail_run_reports, "r_1500", 0, 1 },
		{ &detail_entity, NULL, 7, 1 },
		{ &detail_entity_name, NULL, 7, 1 },
	};
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		const struct detail *detail = cases[i].detail;
		struct cursor *cursor;
		struct error err = { 0 };
		f->scanned = 0;
		bool ok = cases[i].run
				  ? detail_open_text(f->reader, detail, cases[i].run, &cursor, &err)
				  : detail_open_number(
					    f->reader, detail, cases[i].number, &cursor, &err);
		if (!ok)
			fail_msg("%s", err.text);
		assert_int_equal(read_all(cursor), cases[i].rows);
		/* What is sorted or joined of the few rows that fit is scanned, too. */
		if (f->scanned > 100)
			fail_msg("detail %zu (%s) scans %d rows", i, detail->name, f->scanned);
	}
}

static void on_found(void *data, struct span name, struct span note)
{
	(void)name;
	(void)note;
	++*(int *)data;
}

static void test_completion(void **state)
{
	struct fixture *f = *state;
	static const struct {
		enum complete_kind kind;
		const char *prefix;
		int most;
	} cases[] = {
		{ COMPLETE_BLUEPRINT, "", 100 },
		{ COMPLETE_ENTITY, "e9", 100 },
		{ COMPLETE_ENTITY_OF, "e9", 100 },
		{ COMPLETE_ENTITY_OF, "", 100 },
		{ COMPLETE_USER, "u4", 100 },
		{ COMPLETE_RUN, "r_1", NEWEST_MOST + 100 },
		{ COMPLETE_PROPERTY, "p", 100 },
		{ COMPLETE_ACTION, "", 2 * NEWEST_MOST + 100 },
	};
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct error err = { 0 };
		int found = 0;
		f->scanned = 0;
		if (!complete_names(f->reader, cases[i].kind, span_of(cases[i].prefix),
			    span_of("b"), on_found, &found, &err))
			fail_msg("%s", err.text);
		if (found == 0 || f->scanned > cases[i].most)
			fail_msg("completion %zu finds %d and scans %d", i, found, f->scanned);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_show),
		TEST(test_completion),
	};
	return cmocka_run_group_tests(tests, set_up, tear_down);
}
