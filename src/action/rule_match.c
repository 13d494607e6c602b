/* Which rules an event is for. */
#include <string.h>

#include "action/rule_parts.h"
#include "base/text.h"

static bool fits(const struct text_list *patterns, struct span value)
{
	for (size_t i = 0; i < patterns->count; i++)
		if (value.data && text_glob(span_of(patterns->items[i]), value))
			return true;
	return patterns->count == 0;
}

static bool fits_user(const struct text_list *patterns, const struct identity *user)
{
	struct buf name = { 0 };
	const char *at =
		user->email.data ? memchr(user->email.data, '@', user->email.length) : NULL;
	struct span local =
		at ? span_make(user->email.data, (size_t)(at - user->email.data)) : span_of(NULL);
	buf_add_span(&name, user->first_name);
	if (user->first_name.length > 0 && user->last_name.length > 0)
		buf_add_char(&name, ' ');
	buf_add_span(&name, user->last_name);
	bool fit = fits(patterns, user->email) || fits(patterns, local) ||
		   fits(patterns, user->id) ||
		   (name.length > 0 && fits(patterns, buf_span(&name))) ||
		   (user->port && fits(patterns, span_of("port")));
	buf_free(&name);
	return fit;
}

static bool fits_on(int on, const struct event *event)
{
	if (event->kind == EVENT_RUN && event->run_kind == RUN_FEED)
		return false;
	switch (on) {
	case RULE_ON_RUN:
		return event->kind == EVENT_RUN && event->requests;
	case RULE_ON_RUN_UPDATE:
		return event->kind == EVENT_RUN && !event->requests;
	default:
		return event->kind == EVENT_CHANGE && !span_is(event->status, "FAILURE");
	}
}

static bool fits_rule(const struct rule *rule, const struct event *event, struct span topic)
{
	const struct rule_match *match = &rule->settings.match;
	return fits_on(rule->settings.on, event) && fits(&match->action, event->action) &&
	       fits(&match->operation, event->operation) &&
	       fits(&match->blueprint, event->blueprint) && fits(&match->entity, event->entity) &&
	       fits(&match->origin, event->origin) && fits(&match->topic, topic) &&
	       fits_user(&match->user, &event->user);
}

size_t rules_candidates(const struct rules *rules, const struct event *event, struct span topic,
	const struct rule **found)
{
	size_t count = 0;
	for (size_t i = 0; i < rules->count; i++) {
		if (!fits_rule(&rules->items[i], event, topic))
			continue;
		found[count++] = &rules->items[i];
		if (!rule_has_when(&rules->items[i]))
			break;
	}
	return count;
}
