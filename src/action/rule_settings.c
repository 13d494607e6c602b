#include "action/rule_settings.h"

const char *const rule_on_words[] = {
	[RULE_ON_RUN] = "run",
	[RULE_ON_RUN_UPDATE] = "run_update",
	[RULE_ON_CHANGE] = "change",
	NULL,
};

const char *const rule_signature_words[] = {
	[RULE_SIGNATURE_DEFAULT] = "default",
	[RULE_SIGNATURE_OFF] = "off",
	[RULE_SIGNATURE_WARN] = "warn",
	[RULE_SIGNATURE_REQUIRE] = "require",
	NULL,
};

const char *const rule_kind_words[] = { "exec", "webhook", "lambda", "container", NULL };

static const struct option match_options[] = {
	OPTION(rule_match, action, '\0', LIST, "ACTION", "of that action or automation"),
	OPTION(rule_match, operation, '\0', LIST, "WORD", "CREATE, UPDATE, DELETE, DAY-2 …"),
	OPTION(rule_match, blueprint, '\0', LIST, "BLUEPRINT", "on entities of that blueprint"),
	OPTION(rule_match, entity, '\0', LIST, "ENTITY", "on that entity"),
	OPTION(rule_match, user, '\0', LIST, "USER",
		"by that user: e-mail, its local part, id, name"),
	OPTION(rule_match, origin, '\0', LIST, "WORD",
		"UI, API, AUTOMATION or an integration's name"),
	OPTION(rule_match, topic, '\0', LIST, "TOPIC", "from that topic"),
	OPTION_END,
};

static const struct option retry_options[] = {
	OPTION(rule_retry, attempts, '\0', INTEGER, "N", "at most so many, the first one, too",
		.fallback = "1", .min = 1, .max = 100),
	OPTION(rule_retry, backoff, '\0', DURATION, "TIME",
		"how long before the second; then twice as long each time", .fallback = "10s"),
	OPTION_END,
};

const struct option rule_report_failure_options[] = {
	OPTION(rule_report_failure, status_label, '\0', JSON, "TEMPLATE", "a label for the status"),
	OPTION(rule_report_failure, link, '\0', JSON, "TEMPLATE", "a link, or several"),
	OPTION(rule_report_failure, summary, '\0', JSON, "TEMPLATE",
		"what is shown of the run (default: the reason)"),
	OPTION_END,
};

const struct option rule_report_options[] = {
	OPTION(rule_report, status, '\0', JSON, "TEMPLATE",
		"FAILURE calls what succeeded a failure; what failed stays one"),
	OPTION(rule_report, status_label, '\0', JSON, "TEMPLATE", "a label for the status"),
	OPTION(rule_report, link, '\0', JSON, "TEMPLATE", "a link, or several"),
	OPTION(rule_report, summary, '\0', JSON, "TEMPLATE", "what is shown of the run"),
	OPTION(rule_report, externalRunId, '\0', JSON, "TEMPLATE", "its id elsewhere"),
	OPTION(rule_report, entities, '\0', JSON, "ENTITIES",
		"entities that the run made: [{blueprint, identifier, title, team, properties, "
		"relations, upsert, merge, on_failure}]"),
	OPTION_OBJECT(rule_report, on_failure, rule_report_failure_options,
		"what is told of a failure; all else but 'entities' is told of a success alone"),
	OPTION_END,
};

const struct option rule_options[] = {
	OPTION(rule_settings, name, '\0', TEXT, "NAME", "what it is called in listings"),
	OPTION(rule_settings, on, '\0', CHOICE, NULL,
		"run: a run asks to be executed; run_update: a run was updated; change: the "
		"catalog changed",
		.choices = rule_on_words, .fallback = "run"),
	OPTION_OBJECT(
		rule_settings, match, match_options, "which events: all that is given must fit"),
	OPTION(rule_settings, when, '\0', LIST, "JQ", "jq that must yield true; all of them must"),
	OPTION(rule_settings, exec, '\0', JSON, "REQUEST", "a program: {argv, env, cwd, stdin}"),
	OPTION(rule_settings, webhook, '\0', JSON, "REQUEST",
		"an HTTP request: {url, method, headers, query, body, tls}"),
	OPTION(rule_settings, lambda, '\0', JSON, "REQUEST", "an AWS Lambda function"),
	OPTION(rule_settings, container, '\0', JSON, "REQUEST", "a container"),
	OPTION(rule_settings, timeout, '\0', DURATION, "TIME", "of one attempt", .fallback = "10m"),
	OPTION_OBJECT(rule_settings, retry, retry_options, "when it is tried again"),
	OPTION(rule_settings, idempotent, '\0', FLAG, NULL,
		"it may run again when it is not known whether it ran"),
	OPTION(rule_settings, concurrency, '\0', INTEGER, "N",
		"at most so many of this rule at once; 0: no bound of its own", .min = 0,
		.max = 1024),
	OPTION(rule_settings, key, '\0', JSON, "TEMPLATE",
		"those of the same key run one after another"),
	OPTION_OBJECT(rule_settings, report, rule_report_options,
		"what Port is told (default: SUCCESS or FAILURE by the outcome, with the reason)"),
	OPTION(rule_settings, decrypt, '\0', LIST, "PATH",
		"encrypted inputs: payload.properties.token"),
	OPTION(rule_settings, signature, '\0', CHOICE, NULL,
		"which messages may: off: any; warn: all but badly signed ones; require: well "
		"signed "
		"ones; default: as execution.signature says",
		.choices = rule_signature_words, .fallback = "default"),
	OPTION_END,
};

const struct option execution_options[] = {
	OPTION(execution_settings, concurrency, '\0', INTEGER, "N", "at most so many at once",
		.fallback = "4", .min = 1, .max = 1024),
	OPTION(execution_settings, max_age, '\0', DURATION, "TIME",
		"what is older by Kafka's timestamp when recorded is skipped", .fallback = "1h"),
	OPTION(execution_settings, drain, '\0', DURATION, "TIME",
		"when told to stop, how long what runs is waited for", .fallback = "25s"),
	OPTION(execution_settings, signature, '\0', CHOICE, NULL,
		"of rules that do not say: off, warn or require", .choices = rule_signature_words,
		.fallback = "warn"),
	OPTION_END,
};
