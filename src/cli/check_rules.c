#include "cli/check_rules.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "action/action.h"
#include "action/exec_request.h"
#include "action/jq_helper.h"
#include "action/mask.h"
#include "action/rule.h"
#include "cli/report.h"
#include "config/config.h"

/* The program of an exec, where no template decides it. */
static void check_program(
	struct report *report, const char *name, struct span request, const struct mask *mask)
{
	struct error err = { 0 };
	enum exec_found found = exec_look(request, &err);
	mask_error(mask, &err);
	if (exec_shows_secret(request))
		report_line(report, REPORT_NOTE, "rule",
			"'%s': all users of this machine may see a secret in 'argv' (ps); give it "
			"in "
			"'env'",
			name);
	switch (found) {
	case EXEC_FOUND:
		break;
	case EXEC_DEPENDS:
		report_line(report, REPORT_NOTE, "rule",
			"'%s': a template says which program is run", name);
		break;
	case EXEC_NOWHERE:
		report_line(report, REPORT_PROBLEM, "rule",
			"'%s': %s; make it, or give another 'cwd'", name, err.text);
		break;
	case EXEC_MISSING:
		report_line(report, REPORT_PROBLEM, "rule",
			"'%s': %s; name a program that may be "
			"run",
			name, err.text);
	}
}

static void check_one(struct report *report, const struct config *config, const struct rule *rule,
	const struct mask *mask, struct jq_helper *jq)
{
	const char *name = rule_settings_of(rule)->name;
	struct error err = { 0 };
	int before = report->problems;
	if (jq && !rule_check(rule, &config->secrets, jq, &err)) {
		mask_error(mask, &err); /* it quotes what is written there */
		report_line(report, REPORT_PROBLEM, "rule", "%s", err.text);
	}
	if (!action_kind_of(span_of(rule_kind(rule))))
		report_line(report, REPORT_PROBLEM, "rule", "'%s': this version runs no '%s'", name,
			rule_kind(rule));
	if (strcmp(rule_kind(rule), "exec") == 0)
		check_program(report, name, rule_request(rule), mask);
	const char *named = rule_names_given(rule);
	if (named)
		report_line(report, REPORT_NOTE, "rule",
			"'%s': templates give names in '%s'; those that programs or servers obey "
			"(portlog-config(5), \"Names\") are refused, and the execution fails",
			name, named);
	if (report->problems == before)
		report_line(report, REPORT_GOOD, "rule", "'%s': %s", name, rule_kind(rule));
}

/* Kubernetes ends a pod 30 s after it was told to stop, where nothing else is said. */
static void check_drain(struct report *report, int64_t drain_ms)
{
	enum { POD_MS = 30000, REST_MS = 10000 }; /* for what does not end by itself */
	if (getenv("KUBERNETES_SERVICE_HOST") && drain_ms + REST_MS > POD_MS)
		report_line(report, REPORT_NOTE, "rules",
			"execution.drain waits for what runs: the pod's "
			"terminationGracePeriodSeconds "
			"must be at least %" PRId64,
			(drain_ms + REST_MS) / 1000);
}

void check_rules(struct report *report, const struct config *config)
{
	struct error err = { 0 };
	struct rules *rules;
	struct jq_helper *jq = NULL;
	struct mask mask = { 0 };
	if (!rules_parse(span_of(config->rules), span_of(config->execution), &rules, &err)) {
		report_line(report, REPORT_PROBLEM, "rules", "%s", err.text);
		return;
	}
	if (rules_count(rules) > 0 && !jq_helper_new(&jq, &err))
		report_line(report, REPORT_PROBLEM, "rules", "%s", err.text);
	for (size_t i = 0; i < config->secrets.count; i++)
		mask_add(&mask, config->secrets.items[i].value);
	mask_add(&mask, config->port.client_secret);
	for (size_t i = 0; i < rules_count(rules); i++)
		check_one(report, config, rules_at(rules, i), &mask, jq);
	if (rules_count(rules) > 0)
		check_drain(report, rules_execution(rules)->drain);
	mask_release(&mask);
	jq_helper_free(jq);
	rules_free(rules);
}
