/* change_counter: not listed, but counted by, and asked when there was something. */
#include "query/view.h"

static const struct view_filter filters[] = {
	FILTER_TEST(OPERATION, TEXT, "+c.operation @"),
	FILTER_TEST(RESOURCE, TEXT, "+c.resource @"),
	FILTER_TEST(STATUS, TEXT, "+c.status @"),
	FILTER_TEST(ORIGIN, TEXT, "+c.origin @"),
	FILTER_END,
};

const struct view view_counters = {
	.name = "change_counter",
	.filters = filters,
	.table = "change_counter c",
	.time = "c.quarter",
	.time_key = "c.quarter",
	.seq_key = "c.quarter",
};
