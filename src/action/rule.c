#include "action/rule.h"

#include <stdlib.h>
#include <string.h>

#include "action/kinds.h"
#include "action/rule_parts.h"
#include "base/crypto.h"
#include "base/json_write.h"
#include "base/option_json.h"
#include "base/xalloc.h"

struct entity_settings {
	char *blueprint, *identifier, *title, *team, *properties, *relations, *upsert, *merge,
		*on_failure;
};

static const struct option entity_options[] = {
	OPTION(entity_settings, blueprint, '\0', JSON, "TEMPLATE", "its blueprint"),
	OPTION(entity_settings, identifier, '\0', JSON, "TEMPLATE", "its identifier"),
	OPTION(entity_settings, title, '\0', JSON, "TEMPLATE", "its title"),
	OPTION(entity_settings, team, '\0', JSON, "TEMPLATE", "its team, or several"),
	OPTION(entity_settings, properties, '\0', JSON, "TEMPLATE", "its properties"),
	OPTION(entity_settings, relations, '\0', JSON, "TEMPLATE", "its relations"),
	OPTION(entity_settings, upsert, '\0', JSON, "TEMPLATE", "replace one that is there"),
	OPTION(entity_settings, merge, '\0', JSON, "TEMPLATE", "change only what is given"),
	OPTION(entity_settings, on_failure, '\0', JSON, "TEMPLATE", "also where the action failed"),
	OPTION_END,
};

static const char *const *kind_member(const struct rule_settings *s, size_t kind)
{
	const char *const *members[] = { (const char *const *)&s->exec,
		(const char *const *)&s->webhook, (const char *const *)&s->lambda,
		(const char *const *)&s->container };
	return members[kind];
}

/* Keys sorted, no white space: the same rule has the same digest however it is written. */
static void canonical(const struct json_doc *doc, json_index at, struct json_writer *w)
{
	struct json_members members = { 0 };
	struct buf scratch = { 0 };
	switch (json_kind_of(doc, at)) {
	case JSON_KIND_OBJECT:
		json_members_sort(&members, doc, at);
		json_object_start(w);
		for (size_t i = 0; i < members.count; i++) {
			json_key_span(w, members.items[i].name);
			canonical(doc, members.items[i].value, w);
		}
		json_object_end(w);
		json_members_release(&members);
		break;
	case JSON_KIND_ARRAY:
		json_array_start(w);
		for (json_index i = json_first(doc, at); i != JSON_ABSENT;
			i = json_next(doc, at, i))
			canonical(doc, i, w);
		json_array_end(w);
		break;
	case JSON_KIND_STRING:
		json_span_value(w, json_text(doc, at, &scratch));
		break;
	default:
		json_raw_value(w, json_raw(doc, at));
	}
	buf_free(&scratch);
}

static void make_digest(struct rule *rule, const struct json_doc *doc, json_index at)
{
	struct buf text = { 0 }, hex = { 0 };
	struct json_writer w = { .out = &text };
	struct hash hash;
	canonical(doc, at, &w);
	struct span part = buf_span(&text);
	sha256(&part, 1, &hash);
	hex_write(span_make((const char *)hash.bytes, sizeof(hash.bytes)), &hex);
	memcpy(rule->digest, buf_text(&hex), sizeof(rule->digest));
	buf_free(&text);
	buf_free(&hex);
}

static bool find_kind(struct rule *rule, const char *path, struct error *err)
{
	size_t found = 0;
	for (size_t i = 0; rule_kind_words[i]; i++)
		if (*kind_member(&rule->settings, i)) {
			rule->kind = i;
			found++;
		}
	if (found != 1)
		return error_set(err, ERROR_CONFIG,
			"'%s' needs exactly one of exec, webhook, lambda and container, not %zu",
			path, found);
	struct span text = rule_request(rule);
	const struct action_kind *kind = action_kind_of(span_of(rule_kind(rule)));
	if (text.data[0] != '{')
		return error_set(
			err, ERROR_CONFIG, "'%s.%s' must be an object", path, rule_kind(rule));
	char *inner = xasprintf("%s.%s", path, rule_kind(rule));
	bool ok = !kind || kind->check(text, inner, err);
	free(inner);
	return ok;
}

static bool check_entities(const char *text, const char *path, struct error *err)
{
	struct json_doc doc = { 0 };
	bool ok = json_scan(&doc, text, strlen(text)) == JSON_OK &&
		  json_kind_of(&doc, 0) == JSON_KIND_ARRAY;
	size_t count = 0;
	if (!ok)
		error_set(err, ERROR_CONFIG, "'%s.report.entities' must be an array", path);
	for (json_index i = json_first(&doc, 0); ok && i != JSON_ABSENT;
		i = json_next(&doc, 0, i)) {
		struct entity_settings entity = { 0 };
		struct option_set set = { entity_options, &entity };
		char *inner = xasprintf("%s.report.entities[%zu]", path, count++);
		ok = option_read_json(&set, &doc, i, inner, err);
		if (ok && (!entity.blueprint || !entity.identifier))
			ok = error_set(
				err, ERROR_CONFIG, "'%s' needs blueprint and identifier", inner);
		option_release(&set);
		free(inner);
	}
	json_doc_release(&doc);
	return ok;
}

/* The members that are given, those of the table that are templates. */
static void write_given(struct json_writer *w, const struct option *rows, const void *settings)
{
	for (const struct option *row = rows; row->type != OPTION_TYPE_END; row++) {
		if (row->type != OPTION_TYPE_JSON)
			continue;
		const char *member =
			*(char *const *)(const void *)((const char *)settings + row->offset);
		if (!member)
			continue;
		json_key(w, row->name);
		json_raw_value(w, span_of(member));
	}
}

/* One object of all that is told of a success, one of what is told of a failure. */
static bool parse_report(struct rule *rule, const char *path, struct error *err)
{
	const struct rule_report *report = &rule->settings.report;
	struct buf texts[2] = { 0 };
	struct json_writer w[] = { { .out = &texts[0] }, { .out = &texts[1] } };
	if (report->entities && !check_entities(report->entities, path, err))
		return false;
	json_object_start(&w[0]);
	write_given(&w[0], rule_report_options, report);
	json_object_end(&w[0]);
	json_object_start(&w[1]);
	write_given(&w[1], rule_report_failure_options, &report->on_failure);
	if (report->entities) {
		json_key(&w[1], "entities");
		json_raw_value(&w[1], span_of(report->entities));
	}
	json_object_end(&w[1]);
	char *success = xasprintf("%s.report", path),
	     *failure = xasprintf("%s.on_failure", success);
	bool ok = template_new(buf_span(&texts[0]), success, &rule->report, err) &&
		  template_new(buf_span(&texts[1]), failure, &rule->report_failure, err);
	if (ok) {
		template_refuse_null(rule->report);
		template_refuse_null(rule->report_failure);
	}
	free(success);
	free(failure);
	buf_free(&texts[0]);
	buf_free(&texts[1]);
	return ok;
}

static bool parse_when(struct rule *rule, const char *path, struct error *err)
{
	const struct text_list *when = &rule->settings.when;
	rule->when = xcalloc(when->count + 1, sizeof(*rule->when));
	for (size_t i = 0; i < when->count; i++) {
		char *inner = when->count > 1 ? xasprintf("%s.when[%zu]", path, i)
					      : xasprintf("%s.when", path);
		bool ok = template_new_expression(
			span_of(when->items[i]), inner, &rule->when[i], err);
		free(inner);
		if (!ok)
			return false;
	}
	return true;
}

static bool parse_templates(struct rule *rule, const char *path, struct error *err)
{
	char *request = xasprintf("%s.%s", path, rule_kind(rule)), *key = xasprintf("%s.key", path);
	bool ok = template_new(rule_request(rule), request, &rule->request, err) &&
		  (!rule->settings.key ||
			  template_new(span_of(rule->settings.key), key, &rule->key, err)) &&
		  parse_when(rule, path, err) && parse_report(rule, path, err);
	const struct action_kind *kind = action_kind_of(span_of(rule_kind(rule)));
	if (ok && kind)
		template_guard_names(rule->request, kind->named, kind->refusal);
	free(request);
	free(key);
	return ok;
}

static bool parse_rule(struct rules *rules, const struct json_doc *doc, json_index at,
	const char *path, struct error *err)
{
	struct rule *rule = &rules->items[rules->count++];
	struct option_set set = { rule_options, &rule->settings };
	*rule = (struct rule){ 0 };
	option_defaults(&set);
	if (!option_read_json(&set, doc, at, path, err))
		return false;
	if (!rule->settings.name || !*rule->settings.name)
		return error_set(err, ERROR_CONFIG, "'%s.name' is missing", path);
	for (size_t i = 0; i + 1 < rules->count; i++)
		if (strcmp(rules->items[i].settings.name, rule->settings.name) == 0)
			return error_set(err, ERROR_CONFIG, "'%s.name': '%s' is rules[%zu], too",
				path, rule->settings.name, i);
	if (rule->settings.timeout <= 0)
		return error_set(err, ERROR_CONFIG, "'%s.timeout' must be more than 0", path);
	rule->signature = rule->settings.signature == RULE_SIGNATURE_DEFAULT
				  ? rules->execution.signature
				  : rule->settings.signature;
	make_digest(rule, doc, at);
	return find_kind(rule, path, err) && parse_templates(rule, path, err);
}

static bool parse_execution(struct rules *rules, struct span text, struct error *err)
{
	struct option_set set = { execution_options, &rules->execution };
	struct json_doc doc = { 0 };
	option_defaults(&set);
	if (!text.data)
		return true;
	bool ok = json_scan(&doc, text.data, text.length) == JSON_OK ||
		  error_set(err, ERROR_CONFIG, "'execution' is not JSON");
	ok = ok && option_read_json(&set, &doc, 0, "execution", err);
	if (ok && rules->execution.signature == RULE_SIGNATURE_DEFAULT)
		ok = error_set(err, ERROR_CONFIG,
			"'execution.signature' is the default: say off, warn or require");
	json_doc_release(&doc);
	return ok;
}

static bool parse_all(struct rules *rules, struct span text, struct error *err)
{
	struct json_doc doc = { 0 };
	size_t count = 0;
	if (!text.data)
		return true;
	bool ok = json_scan(&doc, text.data, text.length) == JSON_OK &&
		  json_kind_of(&doc, 0) == JSON_KIND_ARRAY;
	if (!ok)
		error_set(err, ERROR_CONFIG, "'rules' must be an array of objects");
	for (json_index i = json_first(&doc, 0); i != JSON_ABSENT; i = json_next(&doc, 0, i))
		count++;
	rules->items = xcalloc(count + 1, sizeof(*rules->items));
	for (json_index i = json_first(&doc, 0); ok && i != JSON_ABSENT;
		i = json_next(&doc, 0, i)) {
		char *path = xasprintf("rules[%zu]", rules->count);
		ok = parse_rule(rules, &doc, i, path, err);
		free(path);
	}
	json_doc_release(&doc);
	return ok;
}

bool rules_parse(
	struct span text, struct span execution, struct rules **ret_rules, struct error *err)
{
	struct rules *rules = xcalloc(1, sizeof(*rules));
	if (!parse_execution(rules, execution, err) || !parse_all(rules, text, err)) {
		rules_free(rules);
		return false;
	}
	*ret_rules = rules;
	return true;
}

static void rule_release(struct rule *rule)
{
	struct option_set set = { rule_options, &rule->settings };
	for (size_t i = 0; rule->when && rule->when[i]; i++)
		template_free(rule->when[i]);
	free(rule->when);
	template_free(rule->request);
	template_free(rule->key);
	template_free(rule->report);
	template_free(rule->report_failure);
	option_release(&set);
}

void rules_free(struct rules *rules)
{
	if (!rules)
		return;
	for (size_t i = 0; i < rules->count; i++)
		rule_release(&rules->items[i]);
	free(rules->items);
	free(rules);
}

size_t rules_count(const struct rules *rules)
{
	return rules->count;
}

const struct rule *rules_at(const struct rules *rules, size_t i)
{
	return i < rules->count ? &rules->items[i] : NULL;
}

const struct rule *rules_find(const struct rules *rules, struct span name)
{
	for (size_t i = 0; i < rules->count; i++)
		if (span_is(name, rules->items[i].settings.name))
			return &rules->items[i];
	return NULL;
}

const struct execution_settings *rules_execution(const struct rules *rules)
{
	return &rules->execution;
}

bool rule_check(const struct rule *rule, const struct text_pairs *secrets, struct jq_helper *jq,
	struct error *err)
{
	const struct template *others[] = { rule->request, rule->key, rule->report,
		rule->report_failure };
	size_t count = rule->settings.when.count, other_count = sizeof(others) / sizeof(others[0]);
	for (size_t i = 0; i < count + other_count; i++) {
		const struct template *t = i < count ? rule->when[i] : others[i - count];
		const char *missing = t ? template_missing_secret(t, secrets) : NULL;
		if (missing)
			return error_set(err, ERROR_CONFIG,
				"rule '%s' uses .secrets.%s, which 'secrets' does not have",
				rule->settings.name, missing);
		if (t && !template_check(t, jq, err))
			return false;
	}
	return true;
}

const struct rule_settings *rule_settings_of(const struct rule *rule)
{
	return &rule->settings;
}

const char *rule_kind(const struct rule *rule)
{
	return rule_kind_words[rule->kind];
}

struct span rule_request(const struct rule *rule)
{
	return span_of(*kind_member(&rule->settings, rule->kind));
}

const char *rule_digest(const struct rule *rule)
{
	return rule->digest;
}

const char *rule_names_given(const struct rule *rule)
{
	const struct action_kind *kind = action_kind_of(span_of(rule_kind(rule)));
	return kind && template_gives_names(rule->request) ? kind->named : NULL;
}

bool rule_has_when(const struct rule *rule)
{
	return rule->settings.when.count > 0;
}

enum rule_verdict rule_signature_verdict(const struct rule *rule, enum signature_status signature)
{
	if (rule->signature == RULE_SIGNATURE_OFF || signature == SIGNATURE_GOOD ||
		signature == SIGNATURE_REPRINTED)
		return RULE_MAY;
	return signature == SIGNATURE_BAD || rule->signature == RULE_SIGNATURE_REQUIRE
		       ? RULE_MAY_NOT
		       : RULE_MAY_WARN;
}
