/* Where recording goes on, as a table. */
#include "unit.h"

#include <stdlib.h>

#include "record/assignment.h"

static void test_plans(void **state)
{
	(void)state;
	static const struct {
		struct assignment_facts facts;
		struct assignment_plan plan;
	} rows[] = {
		/* Nothing here yet. */
		{ { .low = 0, .high = 10 }, { .start = 0 } },
		{ { .low = 4, .high = 10 }, { .start = 4 } },
		{ { .low = 4, .high = 10, .from = FROM_END },
			{ .start = 10, .gap_count = 1, .gaps = { { "started_later", 4, 9 } } } },
		{ { .low = 4, .high = 4, .from = FROM_END }, { .start = 4 } },
		{ { .low = 4, .high = 10, .from = FROM_TIME, .at_time = 7 },
			{ .start = 7, .gap_count = 1, .gaps = { { "started_later", 4, 6 } } } },
		{ { .low = 4, .high = 10, .from = FROM_TIME, .at_time = 2 }, { .start = 4 } },
		{ { .low = 4, .high = 10, .from = FROM_TIME, .at_time = 12 },
			{ .start = 10, .gap_count = 1, .gaps = { { "started_later", 4, 9 } } } },
		/* Going on: --from does not matter any more. */
		{ { .has_position = true,
			  .epoch = 2,
			  .next = 7,
			  .last = 6,
			  .low = 4,
			  .high = 10,
			  .from = FROM_END },
			{ .epoch = 2, .start = 7, .read_from = 6 } },
		{ { .has_position = true, .next = 10, .last = 9, .low = 4, .high = 10 },
			{ .start = 10, .read_from = 9 } },
		/* Behind control records: the last record before them. */
		{ { .has_position = true, .next = 10, .last = 4, .low = 4, .high = 10 },
			{ .start = 10, .read_from = 4 } },
		/* It is gone, or there is none, or it is far. */
		{ { .has_position = true, .next = 10, .last = 3, .low = 4, .high = 10 },
			{ .start = 10 } },
		{ { .has_position = true, .next = 10, .last = OFFSET_NONE, .low = 4, .high = 10 },
			{ .start = 10 } },
		{ { .has_position = true, .next = 90000, .last = 9, .low = 4, .high = 90000 },
			{ .start = 90000 } },
		/* The record before is gone, but nothing is missing. */
		{ { .has_position = true, .next = 4, .low = 4, .high = 10 }, { .start = 4 } },
		{ { .has_position = true, .next = 0, .low = 0, .high = 10 }, { .start = 0 } },
		/* The log's start moved past us. */
		{ { .has_position = true, .epoch = 1, .next = 3, .low = 8, .high = 10 },
			{ .epoch = 1,
				.start = 8,
				.gap_count = 1,
				.gaps = { { "expired", 3, 7 } } } },
		{ { .has_position = true, .next = 3, .low = 10, .high = 10 },
			{ .start = 10, .gap_count = 1, .gaps = { { "expired", 3, 9 } } } },
		/* Another of the group was further. */
		{ { .has_position = true, .next = 3, .low = 8, .high = 10, .committed = 6 },
			{ .start = 8,
				.gap_count = 2,
				.gaps = { { "elsewhere", 3, 5 }, { "expired", 6, 7 } } } },
		{ { .has_position = true, .next = 3, .low = 8, .high = 10, .committed = 9 },
			{ .start = 8, .gap_count = 1, .gaps = { { "elsewhere", 3, 7 } } } },
		/* Made anew: it ends before where we are, or has other bytes. */
		{ { .has_position = true, .epoch = 1, .next = 11, .low = 0, .high = 10 },
			{ .epoch = 2, .start = 0, .new_epoch = true } },
		{ { .has_position = true, .next = 5, .low = 2, .high = 10, .made_anew = true },
			{ .epoch = 1, .start = 2, .new_epoch = true } },
		{ { .low = 2, .high = 10, .made_anew = true },
			{ .epoch = 1, .start = 2, .new_epoch = true } },
	};
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		const struct assignment_plan *wanted = &rows[i].plan;
		struct assignment_plan plan = assignment_plan(&rows[i].facts);
		assert_int_equal(plan.epoch, wanted->epoch);
		assert_int_equal(plan.start, wanted->start);
		assert_int_equal(plan.new_epoch, wanted->new_epoch);
		assert_int_equal(
			plan.read_from, wanted->read_from ? wanted->read_from : wanted->start);
		assert_int_equal(plan.gap_count, wanted->gap_count);
		for (size_t g = 0; g < plan.gap_count; g++) {
			assert_string_equal(plan.gaps[g].reason, wanted->gaps[g].reason);
			assert_int_equal(plan.gaps[g].first, wanted->gaps[g].first);
			assert_int_equal(plan.gaps[g].last, wanted->gaps[g].last);
		}
	}
}

static void test_a_commit_beyond_the_end_counts_as_none(void **state)
{
	(void)state;
	assert_int_equal(assignment_commit_floor(OFFSET_NONE, 10), OFFSET_NONE);
	assert_int_equal(assignment_commit_floor(0, 10), 0);
	assert_int_equal(assignment_commit_floor(10, 10), 10);
	assert_int_equal(assignment_commit_floor(11, 10), OFFSET_NONE);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_plans),
		TEST(test_a_commit_beyond_the_end_counts_as_none),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
