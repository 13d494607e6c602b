#include "query/filter.h"

#include <assert.h>

const struct option filter_options[] = {
	OPTION(filter_settings, entity, '\0', MATCH, "ENTITY", "BLUEPRINT/ID, ID or /ID"),
	OPTION(filter_settings, blueprint, '\0', MATCH, "NAME", "of the entity"),
	OPTION(filter_settings, user, '\0', MATCH, "WHO", "e-mail, its local part, name or id"),
	OPTION(filter_settings, run, '\0', MATCH, "RUN", "run id"),
	OPTION(filter_settings, action, '\0', MATCH, "NAME",
		"of a self-service action or automation"),
	OPTION(filter_settings, operation, '\0', MATCH, "WORD", "CREATE, UPDATE, DELETE …"),
	OPTION(filter_settings, status, '\0', MATCH, "WORD", "SUCCESS, FAILURE, IN_PROGRESS …"),
	OPTION(filter_settings, origin, '\0', MATCH, "WORD", "UI, API, AUTOMATION …"),
	OPTION(filter_settings, resource, '\0', MATCH, "WORD",
		"entity, blueprint, run, scorecard …"),
	OPTION(filter_settings, kind, '\0', MATCH, "WORD",
		"of the run: action, automation, workflow, workflow_node, feed"),
	OPTION(filter_settings, topic, '\0', MATCH, "TOPIC", "of Kafka"),
	OPTION(filter_settings, property, '\0', MATCH, "PATH",
		"that changed, as properties.replicas or replicas"),
	OPTION(filter_settings, search, '\0', MATCH, "TEXT",
		"words that the message has; \"a phrase\" in quotes"),
	OPTION(filter_settings, since, '\0', TIME, "TIME", "from this time on"),
	OPTION(filter_settings, until, '\0', TIME, "TIME",
		"before this time; a time of day alone is the first one after --since"),
	OPTION_END,
};

const struct option all_options[] = {
	OPTION(filter_settings, all, '\0', FLAG, NULL,
		"also runs of automations that only send events to portlog"),
	OPTION_END,
};

const struct option problem_options[] = {
	OPTION(filter_settings, problem, '\0', MATCH, "any|WORD",
		"tombstone, empty, not_json, not_utf8, too_deep, unknown_shape"),
	OPTION_END,
};

const struct option execution_filter_options[] = {
	OPTION(filter_settings, rule, '\0', MATCH, "NAME", "of the rule"),
	OPTION(filter_settings, state, '\0', MATCH, "open|WORD",
		"owed, running, waiting (these are open), succeeded, failed, timed_out, skipped, "
		"interrupted, cancelled"),
	OPTION_END,
};

static const struct {
	const char *word;
	size_t offset;
} filters[FILTER_COUNT] = {
#define FILTER(constant, member) \
	[FILTER_##constant] = { #member, offsetof(struct filter_settings, member) }
	FILTER(ENTITY, entity),
	FILTER(BLUEPRINT, blueprint),
	FILTER(USER, user),
	FILTER(RUN, run),
	FILTER(ACTION, action),
	FILTER(OPERATION, operation),
	FILTER(STATUS, status),
	FILTER(ORIGIN, origin),
	FILTER(RESOURCE, resource),
	FILTER(KIND, kind),
	FILTER(TOPIC, topic),
	FILTER(PROPERTY, property),
	FILTER(SEARCH, search),
	FILTER(PROBLEM, problem),
	FILTER(RULE, rule),
	FILTER(STATE, state),
#undef FILTER
};

const char *filter_word(enum filter_name name)
{
	assert(name > FILTER_NONE && name < FILTER_COUNT);
	return filters[name].word;
}

const struct text_match *filter_values(
	const struct filter_settings *settings, enum filter_name name)
{
	assert(name > FILTER_NONE && name < FILTER_COUNT);
	return (const struct text_match *)((const char *)settings + filters[name].offset);
}
