#include "record/assignment.h"

enum { CHECK_WITHIN = 10000 }; /* offsets that are read again, at most */

static void gap(struct assignment_plan *plan, int64_t first, int64_t behind, const char *reason)
{
	if (first < behind)
		plan->gaps[plan->gap_count++] =
			(struct assignment_gap){ reason, first, behind - 1 };
}

static int64_t clamp(int64_t offset, int64_t low, int64_t high)
{
	return offset < low ? low : offset > high ? high : offset;
}

static struct assignment_plan first_start(const struct assignment_facts *facts)
{
	struct assignment_plan plan = { .start = facts->low };
	if (facts->from == FROM_END)
		plan.start = facts->high;
	else if (facts->from == FROM_TIME)
		plan.start = clamp(facts->at_time, facts->low, facts->high);
	plan.read_from = plan.start;
	gap(&plan, facts->low, plan.start, "started_later");
	return plan;
}

struct assignment_plan assignment_plan(const struct assignment_facts *facts)
{
	if (!facts->has_position && !facts->made_anew)
		return first_start(facts);
	struct assignment_plan plan = {
		.epoch = facts->epoch, .start = facts->next, .read_from = facts->next
	};
	if (facts->made_anew || facts->next > facts->high) {
		plan.epoch++;
		plan.start = plan.read_from = facts->low;
		plan.new_epoch = true;
		return plan;
	}
	if (facts->next < facts->low) {
		plan.start = plan.read_from = facts->low;
		int64_t others = clamp(facts->committed, facts->next, facts->low);
		gap(&plan, facts->next, others, "elsewhere");
		gap(&plan, others, facts->low, "expired");
		return plan;
	}
	if (facts->last >= facts->low)
		plan.read_from = assignment_read_from(facts->last, facts->next);
	return plan;
}

int64_t assignment_read_from(int64_t last, int64_t next)
{
	return last >= 0 && next - last <= CHECK_WITHIN ? last : next;
}

int64_t assignment_commit_floor(int64_t committed, int64_t high)
{
	return committed > high ? OFFSET_NONE : committed;
}
