#include "record/owe.h"

#include <stdlib.h>

#include "base/xalloc.h"

struct owe {
	const struct rules *rules;
	struct decoder decoder;
	struct events events;
	const struct rule **found;
	struct local_rule *candidates;
	struct buf text;
};

struct owe *owe_new(const struct rules *rules, const struct decoder *decoder)
{
	struct owe *o = xcalloc(1, sizeof(*o));
	o->rules = rules;
	o->decoder = *decoder;
	o->found = xcalloc(rules_count(rules) + 1, sizeof(const struct rule *));
	o->candidates = xcalloc(rules_count(rules) + 1, sizeof(*o->candidates));
	return o;
}

void owe_free(struct owe *o)
{
	if (!o)
		return;
	events_release(&o->events);
	buf_free(&o->text);
	free(o->found);
	free(o->candidates);
	free(o);
}

struct local_rule local_rule_of(const struct rule *rule)
{
	return (struct local_rule){ span_of(rule_settings_of(rule)->name),
		span_of(rule_digest(rule)), span_of(rule_kind(rule)) };
}

static void owe_event(struct owe *o, struct batch *batch, const struct record *record, uint32_t idx,
	bool below_floor)
{
	const struct event *event = &o->events.items[idx];
	struct journal_owed owed = { .record = batch->count - 1,
		.idx = idx,
		.run_id = event->run_id,
		.once_per_run = event->kind == EVENT_RUN && event->requests && event->run_id.data,
		.below_floor = below_floor };
	if (below_floor) {
		if (owed.once_per_run)
			batch_add_owed(batch, &owed);
		return;
	}
	size_t count = rules_candidates(o->rules, event, record->topic, o->found);
	if (count == 0)
		return;
	for (size_t i = 0; i < count; i++)
		o->candidates[i] = local_rule_of(o->found[i]);
	buf_clear(&o->text);
	local_rules_write(o->candidates, count, &o->text);
	owed.rules = buf_span(&o->text);
	batch_add_owed(batch, &owed);
}

void owe_last(struct owe *o, struct batch *batch, bool below_floor)
{
	const struct record *record = &batch->records[batch->count - 1];
	decode_record(&o->decoder, record, &o->events);
	for (size_t i = 0; i < o->events.count; i++)
		owe_event(o, batch, record, (uint32_t)i, below_floor);
}
