/* What can be set of a rule, and of how rules are executed: the rows that read it, and that the
 * configuration's schema is printed from. */
#ifndef PORTLOG_ACTION_RULE_SETTINGS_H
#define PORTLOG_ACTION_RULE_SETTINGS_H

#include "base/option.h"

enum rule_on {
	RULE_ON_RUN,
	RULE_ON_RUN_UPDATE,
	RULE_ON_CHANGE,
};
extern const char *const rule_on_words[];

enum rule_signature {
	RULE_SIGNATURE_DEFAULT, /* what execution.signature says */
	RULE_SIGNATURE_OFF,
	RULE_SIGNATURE_WARN,
	RULE_SIGNATURE_REQUIRE,
};
extern const char *const rule_signature_words[];

/* Each: the whole value, without regard to case, with '*' and '?'; any of them. Empty: all fit. */
struct rule_match {
	struct text_list action;
	struct text_list operation;
	struct text_list blueprint;
	struct text_list entity;
	struct text_list user; /* e-mail, its local part, id or name */
	struct text_list origin;
	struct text_list topic;
};

struct rule_retry {
	int64_t attempts; /* all together */
	int64_t backoff;  /* ms before the second */
};

/* Templates, as JSON text; NULL: not given. */
struct rule_report_failure {
	char *status_label;
	char *link;
	char *summary;
};
struct rule_report {
	char *status;
	char *status_label;
	char *link;
	char *summary;
	char *externalRunId;
	char *entities;
	struct rule_report_failure
		on_failure; /* what is told of a failure, in place of the above */
};

struct rule_settings {
	char *name;
	int on; /* enum rule_on */
	struct rule_match match;
	struct text_list when; /* jq; all must be true */
	char *exec;            /* JSON, with templates: exactly one of these */
	char *webhook;
	char *lambda;
	char *container;
	int64_t timeout; /* ms */
	struct rule_retry retry;
	bool idempotent;
	int64_t concurrency; /* 0: as many as execution.concurrency lets */
	char *key;           /* a template */
	struct rule_report report;
	struct text_list decrypt;
	int signature; /* enum rule_signature */
};
extern const struct option rule_options[];
extern const struct option rule_report_options[];
extern const struct option rule_report_failure_options[];

struct execution_settings {
	int64_t concurrency;
	int64_t max_age; /* ms */
	int64_t drain;   /* ms */
	int signature;   /* enum rule_signature; never DEFAULT */
};
extern const struct option execution_options[];

/* The kinds' members, ended by NULL. */
extern const char *const rule_kind_words[];

#endif
