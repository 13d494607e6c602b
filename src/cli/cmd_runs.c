/* portlog runs */
#include "cli/listing.h"

static const struct option all_rows[] = {
	OPTION_INCLUDE(listing_settings, filter, all_options),
	OPTION_END,
};

struct runs_settings {
	struct listing_settings listing;
};

static const struct option options[] = {
	OPTION_INCLUDE(runs_settings, listing, listing_options),
	OPTION_INCLUDE(runs_settings, listing, all_rows),
	OPTION_END,
};

static bool run(struct invocation *call, struct error *err)
{
	const struct runs_settings *settings = call->settings;
	return listing_run(call, &settings->listing, &view_runs, err);
}

const struct command cmd_runs = {
	.name = "runs",
	.summary = "show runs of actions, automations and workflows, newest first",
	.options = options,
	.settings_size = sizeof(struct runs_settings),
	.needs = NEED_STORE,
	.run = run,
};
