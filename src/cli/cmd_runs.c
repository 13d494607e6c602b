/* portlog runs */
#include "cli/listing.h"

static bool run(struct invocation *call, struct error *err)
{
	return listing_run(call, call->settings, &view_runs, err);
}

const struct command cmd_runs = {
	.name = "runs",
	.summary = "show runs of actions, automations and workflows, newest first",
	.options = listing_options,
	.settings_size = sizeof(struct listing_settings),
	.needs = NEED_STORE,
	.run = run,
};
