/* portlog log [ENTITY…] */
#include "cli/entity_argument.h"
#include "cli/listing.h"

struct log_settings {
	struct listing_settings listing;
	bool runs;
};

static const struct option all_rows[] = {
	OPTION_INCLUDE(listing_settings, filter, all_options),
	OPTION_END,
};

static const struct option options[] = {
	OPTION_INCLUDE(log_settings, listing, listing_options),
	OPTION(log_settings, runs, '\0', FLAG, NULL,
		"also the runs on these entities; the column what tells which is which"),
	OPTION_INCLUDE(log_settings, listing, all_rows),
	OPTION_END,
};

/* What is named as an argument must be there. */
static bool add_entity(
	struct invocation *call, struct listing_settings *settings, char *entity, struct error *err)
{
	struct text_list one = { &entity, 1 };
	struct ids ids = { 0 };
	bool ok = resolve(call->reader, NAME_ENTITY, &one, &ids, NULL, err);
	if (ok && ids.count == 0)
		ok = argument_names_nothing(call, NAME_ENTITY, entity, err);
	if (ok)
		text_list_add(&settings->filter.entity.any_of, entity);
	ids_release(&ids);
	return ok;
}

static bool run(struct invocation *call, struct error *err)
{
	struct log_settings *settings = call->settings;
	for (size_t i = 0; i < call->arguments.count; i++)
		if (!add_entity(call, &settings->listing, call->arguments.items[i], err))
			return false;
	const struct view *view = settings->runs ? &view_changes_and_runs : &view_changes;
	return listing_run(call, &settings->listing, view, err);
}

const struct command cmd_log = {
	.name = "log",
	.summary = "show what changed, newest first",
	.arguments = "[ENTITY…]",
	.description =
		"An ENTITY is BLUEPRINT/ID, an ID that has no slash, or /ID. Repeated values of a "
		"filter: any of them; different filters: all of them. A value is the whole value, "
		"in any case, with * and ? as wildcards.",
	.options = options,
	.settings_size = sizeof(struct log_settings),
	.needs = NEED_STORE,
	.run = run,
};
