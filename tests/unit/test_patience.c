/* An append that takes too long: given up wherever it stands it adds nothing, says that trying
 * again may help, and the store goes on as if it had not been tried. */
#include "store_bench.h"
#include "unit.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <sqlite3.h>

#include "base/clock.h"
#include "base/xalloc.h"
#include "store/journal.h"

enum { RECORDS = 40 };

struct bench {
	char folder[64];
	char path[96];
	struct store *store;
	int64_t asked;
	int64_t most; /* how often the answer is yes */
};

static bool count_down(void *data)
{
	struct bench *b = data;
	return ++b->asked <= b->most;
}

static bool until(void *data)
{
	const int64_t *deadline_ms = data;
	return clock_monotonic_ms() < *deadline_ms;
}

static int set_up(void **state)
{
	struct bench *b = xcalloc(1, sizeof(*b));
	const char *tmp = getenv("TMPDIR");
	const struct decoder decoder = { 0 };
	struct error err = { 0 };
	snprintf(b->folder, sizeof(b->folder), "%s/portlog-patience-XXXXXX", tmp ? tmp : "/tmp");
	assert_non_null(mkdtemp(b->folder));
	snprintf(b->path, sizeof(b->path), "%s/s.db", b->folder);
	const struct store_settings settings = { .path = b->path };
	assert_true(store_open(&settings, &decoder, &b->store, &err));
	*state = b;
	return 0;
}

static int tear_down(void **state)
{
	struct bench *b = *state;
	store_close(b->store);
	store_remove(b->path);
	assert_int_equal(rmdir(b->folder), 0);
	free(b);
	return 0;
}

static bool append(struct bench *b, int64_t from, bool hurry, struct error *err)
{
	struct record records[RECORDS];
	char *texts[RECORDS];
	for (int64_t i = 0; i < RECORDS; i++) {
		texts[i] = xasprintf("{\"action\":\"UPDATE\",\"resourceType\":\"entity\","
				     "\"context\":{\"entity\":\"e%d\",\"blueprint\":\"b\"},"
				     "\"diff\":{\"before\":{\"properties\":{\"n\":1}},"
				     "\"after\":{\"properties\":{\"n\":%d}}}}",
			(int)i, (int)(from + i));
		records[i] = (struct record){ .source = SOURCE_KAFKA,
			.topic = span_of("t"),
			.offset = from + i,
			.received_ms = 5,
			.value = span_of(texts[i]) };
	}
	const struct journal_batch batch = { .records = records, .count = RECORDS, .hurry = hurry };
	bool ok = journal_append(b->store, &batch, NULL, err);
	for (size_t i = 0; i < RECORDS; i++)
		free(texts[i]);
	return ok;
}

static int64_t next_offset(struct bench *b)
{
	struct store_position at;
	struct error err;
	assert_true(store_position(b->store, span_of("t"), 0, &at, &err));
	return at.found ? at.next_offset : 0;
}

/* Once at each of the places where it may be given up. */
static void test_given_up_anywhere(void **state)
{
	struct bench *b = *state;
	int64_t next = 0;
	bool given_up = true;
	for (b->most = 0; given_up; b->most++) {
		struct error err = { 0 };
		b->asked = 0;
		store_set_patience(b->store, count_down, b);
		given_up = !append(b, next, b->most % 2 == 0, &err);
		store_set_patience(b->store, NULL, NULL);
		if (!given_up)
			break;
		assert_true(err.transient);
		assert_int_equal(err.kind, ERROR_STORE);
		assert_non_null(strstr(err.text, "took too long"));
		assert_int_equal(b->asked, b->most + 1); /* it is not asked again */
		assert_int_equal(store_size(b->store), next);
		assert_int_equal(next_offset(b), next);
		if (!append(b, next, false, &err))
			fail_msg("again: %s", err.text);
		next += RECORDS;
		assert_int_equal(store_size(b->store), next);
	}
	assert_true(b->most > 5);
	print_message("# given up at %d places\n", (int)b->most);
}

/* Another program holds the lock. */
static void test_no_waiting_for_others(void **state)
{
	struct bench *b = *state;
	struct error err = { 0 };
	sqlite3 *other;
	assert_int_equal(sqlite3_open(b->path, &other), SQLITE_OK);
	assert_int_equal(sqlite3_exec(other, "BEGIN IMMEDIATE", NULL, NULL, NULL), SQLITE_OK);
	int64_t start_ms = clock_monotonic_ms();
	int64_t deadline_ms = start_ms + 100;
	store_set_patience(b->store, until, &deadline_ms);
	assert_false(append(b, 0, false, &err));
	assert_true(err.transient);
	assert_true(clock_monotonic_ms() >= deadline_ms);
	assert_true(clock_monotonic_ms() < start_ms + 1500); /* less than without a deadline */
	store_set_patience(b->store, NULL, NULL);
	sqlite3_close(other);
	assert_true(append(b, 0, false, &err));
}

int main(void)
{
#define CASE(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
	const struct CMUnitTest tests[] = {
		CASE(test_given_up_anywhere),
		CASE(test_no_waiting_for_others),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
