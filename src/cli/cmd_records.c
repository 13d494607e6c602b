/* portlog records */
#include "cli/listing.h"

struct records_settings {
	struct listing_settings listing;
	bool feed;
};

static const struct option problem_rows[] = {
	OPTION_INCLUDE(listing_settings, filter, problem_options),
	OPTION_END,
};

static const struct option options[] = {
	OPTION_INCLUDE(records_settings, listing, listing_options),
	OPTION(records_settings, feed, '\0', FLAG, NULL,
		"those of automations that only send events to portlog (--kind feed)"),
	OPTION_GROUP("Records that were not understood"),
	OPTION_INCLUDE(records_settings, listing, problem_rows),
	OPTION_END,
};

static bool run(struct invocation *call, struct error *err)
{
	struct records_settings *settings = call->settings;
	if (settings->feed)
		text_list_add(&settings->listing.filter.kind.any_of, "feed");
	return listing_run(call, &settings->listing, &view_records, err);
}

const struct command cmd_records = {
	.name = "records",
	.summary = "show the journal's records as they were received, newest first",
	.options = options,
	.settings_size = sizeof(struct records_settings),
	.needs = NEED_STORE,
	.run = run,
};
