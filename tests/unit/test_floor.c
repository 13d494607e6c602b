/* Each row of the table of floors, and the text of commits that they are read from. */
#include "unit.h"

#include <string.h>

#include "record/floor.h"

#define UUID "6a0f2a2c-5d5e-4a3c-9d1e-0123456789ab"

static void test_rows(void **state)
{
	(void)state;
	const struct {
		const char *because;
		int64_t offset;
		bool starts_owed;
		struct floor_facts facts;
	} rows[] = {
		{ "restart", 40, true,
			{ .has_commit = true,
				.committed = 40,
				.commit_is_ours = true,
				.group_has_commit = true,
				.has_position = true,
				.next = 45,
				.high = 90 } },
		{ "backup", 40, false,
			{ .has_commit = true,
				.committed = 40,
				.commit_is_ours = true,
				.newer_elsewhere = true,
				.group_has_commit = true,
				.has_position = true,
				.next = 20,
				.high = 90 } },
		{ "other_store", 40, false,
			{ .has_commit = true,
				.committed = 40,
				.group_has_commit = true,
				.has_position = true,
				.next = 20,
				.high = 90 } },
		/* Another went on with this partition, and another partition tells that we are old.
		 */
		{ "other_store", 40, false,
			{ .has_commit = true,
				.committed = 40,
				.group_has_commit = true,
				.newer_elsewhere = true,
				.has_position = true,
				.next = 20,
				.high = 90 } },
		{ "other_store", 40, false,
			{ .has_commit = true,
				.committed = 40,
				.group_has_commit = true,
				.store_is_new = true,
				.high = 90 } },
		{ "first_start", 90, false, { .store_is_new = true, .low = 3, .high = 90 } },
		{ "later_partition", 3, false, { .store_is_new = false, .low = 3, .high = 90 } },
		{ "later_partition", 3, false,
			{ .store_is_new = true, .group_has_commit = true, .low = 3, .high = 90 } },
		{ "made_anew", 3, false,
			{ .made_anew = true,
				.has_commit = true,
				.committed = 5,
				.commit_is_ours = true,
				.group_has_commit = true,
				.has_position = true,
				.next = 60,
				.low = 3,
				.high = 9 } },
		/* Another member went on with the new topic; so did a newer copy of ours. */
		{ "other_store", 51, false,
			{ .made_anew = true,
				.has_commit = true,
				.committed = 51,
				.group_has_commit = true,
				.has_position = true,
				.next = 60,
				.high = 55 } },
		{ "backup", 51, false,
			{ .made_anew = true,
				.has_commit = true,
				.committed = 51,
				.commit_is_ours = true,
				.newer_elsewhere = true,
				.group_has_commit = true,
				.has_position = true,
				.next = 60,
				.high = 55 } },
		/* A first start that was ended while it caught up: the floor was found at 90. */
		{ "restart", 90, true,
			{ .has_commit = true,
				.committed = 30,
				.commit_is_ours = true,
				.group_has_commit = true,
				.has_position = true,
				.next = 45,
				.high = 99,
				.has_floor = true,
				.floor = 90 } },
		{ "later_partition", 90, false, { .high = 99, .has_floor = true, .floor = 90 } },
		{ "restart", 95, true,
			{ .has_commit = true,
				.committed = 95,
				.commit_is_ours = true,
				.group_has_commit = true,
				.has_position = true,
				.next = 95,
				.high = 99,
				.has_floor = true,
				.floor = 90 } },
		{ "expired_group", 45, false,
			{ .has_position = true, .next = 45, .low = 3, .high = 90 } },
	};
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct floor_decision d = floor_decide(&rows[i].facts);
		assert_string_equal(d.because, rows[i].because);
		assert_int_equal(d.offset, rows[i].offset);
		assert_int_equal(d.starts_owed, rows[i].starts_owed);
	}
}

static void test_metadata(void **state)
{
	(void)state;
	struct buf text = { 0 };
	struct span uuid;
	uint64_t seq = 0;
	floor_metadata_write(UUID, 1234567890123, &text);
	assert_string_equal(buf_text(&text), "portlog/1 " UUID " 1234567890123");
	assert_true(floor_metadata_read(buf_text(&text), &uuid, &seq));
	assert_true(span_is(uuid, UUID));
	assert_int_equal(seq, 1234567890123);
	buf_free(&text);
	const char *const others[] = { "", "portlog/1 ", "portlog/2 " UUID " 5", "portlog/1 " UUID,
		"portlog/1 " UUID " ", "portlog/1 " UUID " -5", "portlog/1 " UUID " 5 6",
		"portlog/1 " UUID "0 5", "portlog/1 short 5", "portlog/1 " UUID " 5x",
		"portlog/1 " UUID " 99999999999999999999", "aiokafka" };
	for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++)
		assert_false(floor_metadata_read(others[i], &uuid, &seq));
	assert_false(floor_metadata_read(NULL, &uuid, &seq));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_rows),
		cmocka_unit_test(test_metadata),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
