/* What a rule comes to for an event: its templates filled. */
#include <string.h>

#include "action/rule_parts.h"
#include "base/clock.h"
#include "base/json_write.h"

static struct span actor_of(const struct identity *user)
{
	if (user->port)
		return span_of("port");
	return user->email.data ? user->email : user->id;
}

void rule_event_json(const struct event *event, struct span value, struct span topic,
	int64_t time_ms, int64_t seq, struct buf *out)
{
	struct json_writer w = { .out = out };
	char time[RFC3339_SIZE];
	clock_format_utc(time_ms, time);
	json_object_start(&w);
	json_member_span(&w, "run_id", event->run_id);
	json_member_span(&w, "action", event->action);
	json_member_span(&w, "operation", event->operation);
	json_member_span(&w, "blueprint", event->blueprint);
	json_member_span(&w, "entity", event->entity);
	json_member_span(&w, "title", event->title);
	json_member_span(&w, "user_id", event->user.id);
	json_member_span(&w, "actor", actor_of(&event->user));
	json_member_span(&w, "origin", event->origin);
	json_key(&w, "inputs");
	json_raw_value(&w, event->inputs.length > 0 ? span_make(value.data + event->inputs.start,
							      event->inputs.length)
						    : span_of(NULL));
	json_member_text(&w, "time", time);
	json_member_int(&w, "seq", seq);
	json_member_span(&w, "topic", topic);
	json_object_end(&w);
}

bool rule_when(const struct rule *rule, const struct template_context *context, bool *ret_holds,
	struct buf *warnings, struct error *err)
{
	bool holds = true;
	for (size_t i = 0; i < rule->settings.when.count && holds; i++) {
		struct buf answer = { 0 };
		bool ok = template_fill(rule->when[i], context, &answer, warnings, err);
		holds = ok && strcmp(buf_text(&answer), "true") == 0;
		buf_free(&answer);
		if (!ok)
			return false;
	}
	*ret_holds = holds;
	return true;
}

bool rule_fill(const struct rule *rule, const struct template_context *context, struct buf *out,
	struct buf *warnings, struct error *err)
{
	return template_fill(rule->request, context, out, warnings, err);
}

bool rule_fill_key(const struct rule *rule, const struct template_context *context, bool *ret_has,
	struct buf *out, struct buf *warnings, struct error *err)
{
	struct buf json = { 0 };
	bool ok = !rule->key || template_fill(rule->key, context, &json, warnings, err);
	bool has = ok && rule->key && strcmp(buf_text(&json), "null") != 0;
	if (has && json.data[0] == '"')
		json_unescape(span_make(json.data + 1, json.length - 2), out);
	else if (has)
		buf_add_span(out, buf_span(&json));
	buf_free(&json);
	if (ok)
		*ret_has = has;
	return ok;
}

bool rule_fill_report(const struct rule *rule, bool succeeded,
	const struct template_context *context, struct buf *out, struct buf *warnings,
	struct error *err)
{
	return template_fill(
		succeeded ? rule->report : rule->report_failure, context, out, warnings, err);
}
