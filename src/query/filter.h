/* What a listing is narrowed to: the values of the filter options, the same for every command. */
#ifndef PORTLOG_QUERY_FILTER_H
#define PORTLOG_QUERY_FILTER_H

#include "base/option.h"

/* Values of one filter: any of them; different filters: all of them. A value is the whole value,
 * without regard to case, with '*' and '?' as wildcards. */
struct filter_settings {
	struct text_match entity;
	struct text_match blueprint;
	struct text_match user;
	struct text_match run;
	struct text_match action;
	struct text_match operation;
	struct text_match status;
	struct text_match origin;
	struct text_match resource;
	struct text_match kind;
	struct text_match topic;
	struct text_match property;
	struct text_match search;
	struct text_match problem;
	struct text_match rule;
	struct text_match state;
	struct option_time since;
	struct option_time until;
	bool all; /* also what a view hides */
};

/* Rows for every command that lists. */
extern const struct option filter_options[];
/* What only records have, and only executions. */
extern const struct option problem_options[];
extern const struct option all_options[];
extern const struct option execution_filter_options[];

enum filter_name {
	FILTER_NONE, /* ends a view's list */
	FILTER_ENTITY,
	FILTER_BLUEPRINT,
	FILTER_USER,
	FILTER_RUN,
	FILTER_ACTION,
	FILTER_OPERATION,
	FILTER_STATUS,
	FILTER_ORIGIN,
	FILTER_RESOURCE,
	FILTER_KIND,
	FILTER_TOPIC,
	FILTER_PROPERTY,
	FILTER_SEARCH,
	FILTER_PROBLEM,
	FILTER_RULE,
	FILTER_STATE,
	FILTER_COUNT,
};

const char *filter_word(enum filter_name name);
const struct text_match *filter_values(
	const struct filter_settings *settings, enum filter_name name);

#endif
