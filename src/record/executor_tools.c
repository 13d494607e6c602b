/* What executions are done with: rules, secrets, jq, Port's API. Others may come (SIGHUP) while
 * something runs by the old ones. */
#include <stdlib.h>
#include <string.h>

#include "action/exec_request.h"
#include "base/xalloc.h"
#include "net/http.h"
#include "record/executor_state.h"

void executor_tools_free(struct executor_tools *tools)
{
	if (!tools)
		return;
	port_api_free(tools->api);
	jq_helper_free(tools->run.jq);
	rules_free(tools->run.rules);
	text_pairs_clear(&tools->run.secrets);
	mask_release(&tools->run.mask);
	path_map_free(tools->paths);
	free(tools->run.client_secret);
	text_list_clear(&tools->run.former_client_secrets);
	free(tools);
}

static bool kinds_are_there(const struct rules *rules, struct error *err)
{
	for (size_t i = 0; i < rules_count(rules); i++) {
		const struct rule *rule = rules_at(rules, i);
		if (!action_kind_of(span_of(rule_kind(rule))))
			return error_set(err, ERROR_CONFIG,
				"rule '%s': this version runs no '%s'; remove the rule or use "
				"--no-actions",
				rule_settings_of(rule)->name, rule_kind(rule));
	}
	return true;
}

bool executor_check(const struct executor_settings *s, struct error *err)
{
	struct rules *rules;
	if (!rules_parse(span_of(s->rules), span_of(s->execution), &rules, err))
		return error_prefix(err, "cannot use the rules");
	bool ok = kinds_are_there(rules, err);
	rules_free(rules);
	return ok;
}

static void copy_secrets(struct executor_tools *tools, const struct executor_settings *s)
{
	struct run_tools *run = &tools->run;
	for (size_t i = 0; i < s->secrets->count; i++) {
		text_pairs_set(
			&run->secrets, s->secrets->items[i].name, s->secrets->items[i].value);
		mask_add(&run->mask, s->secrets->items[i].value);
	}
	mask_add(&run->mask, s->client_secret);
	run->client_secret = s->client_secret ? xstrdup(s->client_secret) : NULL;
	for (const char *const *former = s->former_client_secrets; former && *former; former++) {
		text_list_add(&run->former_client_secrets, *former);
		mask_add(&run->mask, *former);
	}
}

bool executor_tools_new(
	const struct executor_settings *s, struct executor_tools **ret_tools, struct error *err)
{
	struct executor_tools *tools = xcalloc(1, sizeof(*tools));
	struct run_tools *run = &tools->run;
	copy_secrets(tools, s);
	bool ok = rules_parse(span_of(s->rules), span_of(s->execution), &run->rules, err) &&
		  kinds_are_there(run->rules, err) &&
		  path_map_new(span_of(s->fields), s->feeders, &tools->paths, err) &&
		  (rules_count(run->rules) == 0 || jq_helper_new(&run->jq, err));
	if (!ok) {
		executor_tools_free(tools);
		return false;
	}
	run->decoder = (struct decoder){ tools->paths, run->client_secret,
		(const char *const *)run->former_client_secrets.items };
	bool has_port = s->client_id && s->client_secret;
	if (rules_count(run->rules) > 0 || has_port)
		http_version(); /* where libcurl is missing all ends now, not amid an attempt */
	const struct port_api_settings settings = { .url = s->api,
		.client_id = s->client_id,
		.client_secret = s->client_secret,
		.stop = &tools->stop };
	tools->api = has_port ? port_api_new(&settings) : NULL;
	*ret_tools = tools;
	return true;
}

/* What would fail each run is worth a word before the first. Recording goes on all the same. */
static void warn_of_rule(struct executor *ex, const struct rule *rule)
{
	const struct run_tools *run = &ex->tools->run;
	struct error err = { 0 };
	if (!rule_check(rule, &run->secrets, run->jq, &err)) {
		mask_error(&run->mask, &err); /* it quotes what is written there */
		log_event(ex->log, LOG_LEVEL_WARNING, "a rule cannot be executed as it is",
			log_text("rule", rule_settings_of(rule)->name),
			log_text("reason", err.text));
	}
	if (strcmp(rule_kind(rule), "exec") != 0)
		return;
	enum exec_found found = exec_look(rule_request(rule), &err);
	mask_error(&run->mask, &err);
	if (found == EXEC_MISSING || found == EXEC_NOWHERE)
		log_event(ex->log, LOG_LEVEL_WARNING, "a rule's program cannot be run now",
			log_text("rule", rule_settings_of(rule)->name),
			log_text("reason", err.text));
}

void executor_tools_use(struct executor *ex, struct executor_tools *tools)
{
	const struct rules *rules = tools->run.rules;
	size_t most = (size_t)rules_execution(rules)->concurrency;
	struct owe *owe = owe_new(rules, &tools->run.decoder);
	owe_free(ex->owe);
	ex->owe = ex->intake->owe = owe;
	tools->previous = ex->tools;
	ex->tools = tools;
	text_list_clear(&ex->slow);
	ex->reports_left = true; /* Port may have become known */
	workers_set_most(ex->workers[LANE_RUN], most);
	scheduler_lane_most(ex->scheduler, LANE_RUN, most);
	for (size_t i = 0; i < rules_count(rules); i++) {
		const struct rule *rule = rules_at(rules, i);
		scheduler_group_most(ex->scheduler, LANE_RUN, run_group(rule),
			(size_t)rule_settings_of(rule)->concurrency);
		warn_of_rule(ex, rule);
	}
	run_queue_anew(ex);
}

bool executor_prepare(
	struct executor *ex, const struct executor_settings *settings, struct error *err)
{
	executor_tools_free(ex->prepared);
	ex->prepared = NULL;
	return executor_tools_new(settings, &ex->prepared, err);
}

void executor_renew(struct executor *ex)
{
	executor_tools_use(ex, ex->prepared);
	ex->prepared = NULL;
}

void executor_tools_prune(struct executor *ex)
{
	struct executor_tools **at = &ex->tools->previous;
	while (*at) {
		struct executor_tools *tools = *at;
		if (tools->users > 0) {
			at = &tools->previous;
			continue;
		}
		*at = tools->previous;
		executor_tools_free(tools);
	}
}
