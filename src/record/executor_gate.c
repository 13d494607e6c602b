/* What may start: only at or above the partition's floor, and only after a commit past it was
 * acknowledged while we held the partition; then nobody else has it. */
#include <stdlib.h>
#include <string.h>

#include "record/executor_state.h"
#include "record/local_record.h"

enum { AT_ONCE = 2000 };

int64_t gate_later_ms(const struct executor *ex)
{
	const struct rules *rules = ex->tools->run.rules;
	int64_t timeout_ms = 0;
	for (size_t i = 0; i < rules_count(rules); i++) {
		int64_t other_ms = rule_settings_of(rules_at(rules, i))->timeout;
		timeout_ms = other_ms > timeout_ms ? other_ms : timeout_ms;
	}
	return rules_execution(rules)->max_age + timeout_ms;
}

static int64_t later_ms(const struct executor *ex, const struct execution *e)
{
	return e->created_ms + gate_later_ms(ex);
}

static const char another_may_have[] =
	"not known whether it ran: another recorder of the group may have run it";

bool gate_another_may_have(struct span reason)
{
	return span_is(reason, another_may_have);
}

static void interrupt(struct executor *ex, struct execution *e, int64_t told_ms)
{
	run_end(ex, e, EXECUTION_INTERRUPTED,
		told_ms ? another_may_have
			: "not known whether it ran: the recorder ended while it did",
		told_ms);
}

static bool is_idempotent(const struct executor *ex, const struct execution *e)
{
	const struct rule *rule = rules_find(ex->tools->run.rules, span_of(e->last_rule));
	return rule && rule_settings_of(rule)->idempotent;
}

static void let_start(struct executor *ex, struct execution *e)
{
	e->is_open = true;
	ex->held--;
	run_queue(ex, e);
}

/* Started, or asked for by a person, before the recorder began: we had it, unless the store is an
 * old copy. */
static void judge_started(struct executor *ex, struct execution *e, bool old_copy)
{
	if (old_copy)
		interrupt(ex, e, later_ms(ex, e));
	else if (e->cancelled)
		run_end(ex, e, EXECUTION_CANCELLED, e->cancelled, TOLD_NOW);
	else if (e->was_running && !is_idempotent(ex, e))
		interrupt(ex, e, TOLD_NOW);
	else
		let_start(ex, e);
}

static void judge_owed(struct executor *ex, struct execution *e, const struct partition *p)
{
	bool below = e->epoch < p->epoch || e->offset < p->floor.offset;
	bool before = (uint64_t)e->id <= ex->intake->assigned_seq;
	/* Its start found it below already, and was ended before it could say so. */
	bool skipped = e->epoch == p->epoch && p->facts.has_floor && e->offset < p->facts.floor;
	if (!below) {
		if (p->acked > e->offset)
			let_start(ex, e);
	} else if (skipped || !before) {
		run_end(ex, e, EXECUTION_SKIPPED, "below the execution floor", TOLD_NEVER);
	} else if (p->floor.starts_owed && e->epoch == p->epoch) {
		let_start(ex, e);
	} else {
		interrupt(ex, e, later_ms(ex, e));
	}
}

static const struct partition *partition_of(const struct executor *ex, const struct execution *e)
{
	for (size_t i = 0; i < ex->intake->partition_count; i++) {
		const struct partition *p = ex->intake->partitions[i];
		if (p->partition == e->partition && strcmp(p->topic, e->topic) == 0)
			return p;
	}
	return NULL;
}

static void write_floor(struct executor *ex, const struct partition *p)
{
	struct buf text = { 0 };
	const struct local_floor floor = { p->topic, p->partition, p->epoch, p->floor.offset,
		p->floor.because };
	local_floor_write(&floor, &text);
	executor_write(ex, &text);
	log_event(ex->log, LOG_LEVEL_INFO, "execution floor", log_text("topic", p->topic),
		log_int("partition", p->partition), log_int("offset", p->floor.offset),
		log_text("because", p->floor.because));
}

/* What all partitions together tell. False: not all have told yet. */
static bool whole_facts(const struct intake *in, struct floor_facts *ret_whole)
{
	*ret_whole = (struct floor_facts){ .store_is_new = true };
	for (size_t i = 0; i < in->partition_count; i++) {
		const struct partition *p = in->partitions[i];
		if (!p->facts_of_store || !p->facts_of_group)
			return false;
		ret_whole->newer_elsewhere |= p->facts.newer_elsewhere;
		ret_whole->group_has_commit |= p->facts.group_has_commit;
		ret_whole->store_is_new &= !p->facts.has_position;
	}
	return in->assigned;
}

static bool decide_floor(struct executor *ex, struct partition *p, const struct floor_facts *whole)
{
	struct floor_facts facts;
	struct error err;
	if (!owed_floor(ex->store, span_of(p->topic), p->partition, p->epoch, &p->facts.has_floor,
		    &p->facts.floor, &err)) {
		executor_fail(ex, &err);
		return false;
	}
	facts = p->facts;
	facts.newer_elsewhere = whole->newer_elsewhere;
	facts.group_has_commit = whole->group_has_commit;
	facts.store_is_new = whole->store_is_new;
	p->floor = floor_decide(&facts);
	p->floor_decided = true;
	write_floor(ex, p);
	return true;
}

/* Those whose position is not known, or is being looked for, say nothing of an epoch yet. */
static bool decide_floors(struct executor *ex, const struct floor_facts *whole)
{
	struct intake *in = ex->intake;
	for (size_t i = 0; i < in->partition_count; i++) {
		struct partition *p = in->partitions[i];
		bool settled = p->state == PARTITION_RECORDING || p->state == PARTITION_CHECKING;
		if (!p->floor_decided && settled && !decide_floor(ex, p, whole))
			return false;
	}
	return true;
}

void gate_look(struct executor *ex)
{
	struct floor_facts whole;
	if (ex->gate_changes == ex->intake->changes || !whole_facts(ex->intake, &whole) ||
		!decide_floors(ex, &whole))
		return;
	ex->gate_changes = ex->intake->changes;
	/* From behind: what is ended leaves the list. */
	for (size_t i = ex->executions.count; i-- > 0 && ex->held > 0;) {
		struct execution *e = ex->executions.items[i];
		const struct partition *p = partition_of(ex, e);
		if (e->is_open)
			continue;
		if (ex->batch.count >= AT_ONCE) {
			ex->gate_changes--; /* the rest in the next turn */
			return;
		}
		if ((e->attempt > 0 || e->asked) && (uint64_t)e->id <= ex->intake->assigned_seq)
			judge_started(ex, e, whole.newer_elsewhere);
		else if (p && p->floor_decided)
			judge_owed(ex, e, p);
	}
}
