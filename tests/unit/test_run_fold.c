/* Every order in which a run's events may come, with any of them doubled, gives the same state. */
#include "unit.h"

#include <stdlib.h>
#include <string.h>

#include "event/run_fold.h"

#define T(text)                        \
	{                              \
		text, sizeof(text) - 1 \
	}

/* In the order in which they happened; the last two in the same millisecond. */
static const struct run_event life[] = {
	{ .time_ms = 1000,
		.event = { .kind = EVENT_RUN,
			.step = STEP_REQUESTED,
			.run_kind = RUN_AUTOMATION,
			.user = { .id = T("u1"), .email = T("ada@example.org") },
			.origin = T("UI"),
			.action = T("scale"),
			.signature = SIGNATURE_GOOD,
			.requests = true,
			.inputs = { 10, 20 },
			.run_id = T("r_1") } },
	{ .time_ms = 2000,
		.event = { .kind = EVENT_RUN,
			.step = STEP_UPDATED,
			.run_kind = RUN_ACTION,
			.user = { .id = T("u2") },
			.status = T("WAITING_FOR_APPROVAL"),
			.port_status = T("WAITING_FOR_APPROVAL"),
			.inputs = { 50, 5 },
			.run_id = T("r_1") } },
	{ .time_ms = 3000,
		.event = { .kind = EVENT_RUN,
			.step = STEP_APPROVED,
			.run_kind = RUN_ACTION,
			.status = T("IN_PROGRESS"),
			.port_status = T("IN_PROGRESS"),
			.decision = DECISION_APPROVED,
			.decided_by = { .id = T("u3") },
			.run_id = T("r_1") } },
	{ .time_ms = 4000,
		.event = { .kind = EVENT_RUN,
			.step = STEP_UPDATED,
			.run_kind = RUN_ACTION,
			.status = T("IN_PROGRESS"),
			.port_status = T("IN_PROGRESS"),
			.status_label = T("Half way"),
			.link = T("[\"https://ci.example\"]"),
			.run_id = T("r_1") } },
	{ .time_ms = 5000,
		.event = { .kind = EVENT_RUN,
			.step = STEP_UPDATED,
			.run_kind = RUN_ACTION,
			.status = T("IN_PROGRESS"),
			.port_status = T("IN_PROGRESS"),
			.status_label = T("Almost"),
			.run_id = T("r_1") } },
	{ .time_ms = 5000,
		.event = { .kind = EVENT_RUN,
			.step = STEP_ENDED,
			.run_kind = RUN_ACTION,
			.status = T("FAILURE"),
			.port_status = T("FAILED"),
			.summary = T("no quota"),
			.has_ended = true,
			.ended_ms = 4990,
			.run_id = T("r_1") } },
};

enum { LIFE = sizeof(life) / sizeof(life[0]) };

static void check_state(const struct run_state *s)
{
	const struct event *e = &s->state;
	assert_int_equal(s->time_ms, 1000);
	assert_int_equal(e->kind, EVENT_RUN);
	assert_int_equal(e->run_kind, RUN_AUTOMATION);
	assert_span(e->run_id, "r_1");
	assert_span(e->user.id, "u1");
	assert_span(e->user.email, "ada@example.org");
	assert_span(e->origin, "UI");
	assert_span(e->action, "scale");
	assert_int_equal(e->signature, SIGNATURE_GOOD);
	assert_true(e->requests);
	assert_int_equal(e->inputs.start, 10);
	assert_int_equal(e->inputs.length, 20);
	assert_span(e->status, "FAILURE");
	assert_span(e->port_status, "FAILED");
	assert_span(e->decided_by.id, "u3");
	assert_span(e->status_label, "Almost");
	assert_span(e->summary, "no quota");
	assert_span(e->link, "[\"https://ci.example\"]");
	assert_true(e->has_ended);
	assert_int_equal(e->ended_ms, 4990);
}

static void fold_order(const size_t *order, size_t count)
{
	struct run_event events[2 * LIFE];
	struct run_state s;
	for (size_t i = 0; i < count; i++) {
		events[i] = life[order[i]];
		events[i].seq = i + 1;
	}
	run_fold(events, count, &s);
	check_state(&s);
	assert_int_equal(s.seq, 1);
	assert_int_equal(s.last_seq, count);
	/* The range is of a record that has it. */
	assert_true(s.inputs_seq >= 1 && order[s.inputs_seq - 1] == 0);
}

/* One by one as they arrive; how many could be added without the others is told by added. */
static void arrive(const size_t *order, size_t count, size_t *added)
{
	struct run_event events[2 * LIFE];
	struct run_state s;
	for (size_t i = 0; i < count; i++) {
		struct run_event e = life[order[i]];
		e.seq = i + 1;
		events[i] = e;
		if (i > 0 && run_fold_add(&s, &e))
			++*added;
		else
			run_fold(events, i + 1, &s);
	}
	check_state(&s);
	assert_int_equal(s.seq, 1);
	assert_int_equal(s.last_seq, count);
	assert_true(s.inputs_seq >= 1 && order[s.inputs_seq - 1] == 0);
}

/* All orders of order[0..count), by exchanging each for the first in turn. */
static void permute(size_t *order, size_t fixed, size_t count)
{
	if (fixed == count) {
		size_t added = 0;
		fold_order(order, count);
		arrive(order, count, &added);
		return;
	}
	for (size_t i = fixed; i < count; i++) {
		size_t kept = order[fixed];
		order[fixed] = order[i];
		order[i] = kept;
		permute(order, fixed + 1, count);
		order[i] = order[fixed];
		order[fixed] = kept;
	}
}

static void test_every_order(void **state)
{
	(void)state;
	size_t order[LIFE];
	for (size_t i = 0; i < LIFE; i++)
		order[i] = i;
	permute(order, 0, LIFE);
}

static void test_every_order_with_one_twice(void **state)
{
	(void)state;
	for (size_t twice = 0; twice < LIFE; twice++) {
		size_t order[LIFE + 1];
		for (size_t i = 0; i < LIFE; i++)
			order[i] = i;
		order[LIFE] = twice;
		permute(order, 0, LIFE + 1);
	}
}

static void test_in_order_is_added(void **state)
{
	(void)state;
	size_t order[LIFE], added = 0, in_one_millisecond = 1;
	for (size_t i = 0; i < LIFE; i++)
		order[i] = i;
	arrive(order, LIFE, &added);
	assert_int_equal(added, LIFE - 1 - in_one_millisecond);
}

/* No request was seen: what the updates tell is what there is. */
static void test_updates_alone(void **state)
{
	(void)state;
	struct run_event events[2] = { life[2], life[1] };
	struct run_state s;
	events[0].seq = 8;
	events[1].seq = 5;
	run_fold(events, 2, &s);
	assert_int_equal(s.time_ms, 2000);
	assert_span(s.state.user.id, "u2");
	assert_span(s.state.status, "IN_PROGRESS");
	assert_int_equal(s.inputs_seq, 5);
	assert_null(s.state.link.data);
	assert_int_equal(s.seq, 5);
	assert_int_equal(s.last_seq, 8);
	assert_false(s.state.requests);
}

/* A report that the run goes on, later than its end, does not bring it back to life. */
static void test_end_stays(void **state)
{
	(void)state;
	struct run_event events[2] = { life[4], life[5] };
	struct run_state s;
	events[0].time_ms = 9000;
	run_fold(events, 2, &s);
	assert_span(s.state.status, "FAILURE");
	assert_span(s.state.port_status, "FAILED");
	assert_span(s.state.status_label, "Almost");
}

/* Whatever else is told of it, a run that carried an event is a feed; unless it was asked for, too.
 */
static void test_feed(void **state)
{
	(void)state;
	static const struct run_event feed = { .time_ms = 1500,
		.event = { .kind = EVENT_RUN,
			.step = STEP_REQUESTED,
			.run_kind = RUN_FEED,
			.run_id = T("r_1") } };
	static const struct {
		struct run_event other;
		enum run_kind kind;
	} rows[] = {
		{ { .time_ms = 1000,
			  .event = { .step = STEP_REQUESTED,
				  .run_kind = RUN_AUTOMATION,
				  .requests = true } },
			RUN_AUTOMATION },
		{ { .time_ms = 2000,
			  .event = { .step = STEP_REQUESTED,
				  .run_kind = RUN_ACTION,
				  .requests = true } },
			RUN_ACTION },
		{ { .time_ms = 1000,
			  .event = { .step = STEP_UPDATED, .run_kind = RUN_AUTOMATION } },
			RUN_FEED },
		{ { .time_ms = 2000, .event = { .step = STEP_ENDED, .run_kind = RUN_AUTOMATION } },
			RUN_FEED },
	};
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct run_event events[2] = { feed, rows[i].other };
		struct run_state s;
		run_fold(events, 2, &s);
		assert_int_equal(s.state.run_kind, rows[i].kind);
		events[0] = feed;
		run_fold(events, 1, &s);
		events[0] = rows[i].other;
		if (run_fold_add(&s, &events[0]))
			assert_int_equal(s.state.run_kind, rows[i].kind);
	}
}

/* What Port accepted of portlog's report ends the run, though Port still calls it running; an end
 * that Port tells is the one that counts, whenever it was. */
static void test_own_report(void **state)
{
	(void)state;
	const struct run_event report = { .time_ms = 4500,
		.event = { .kind = EVENT_RUN,
			.step = STEP_REPORTED,
			.status = T("SUCCESS"),
			.port_status = T("SUCCESS"),
			.summary = T("deployed"),
			.has_ended = true,
			.ended_ms = 4500,
			.run_id = T("r_1") } };
	struct run_event events[LIFE + 1] = { life[0], life[3], life[4], report };
	struct run_state s;
	run_fold(events, 4, &s);
	assert_span(s.state.status, "SUCCESS");
	assert_span(s.state.summary, "deployed");
	assert_int_equal(s.state.ended_ms, 4500);
	assert_int_equal(s.state.run_kind, RUN_AUTOMATION);
	assert_int_equal(s.time_ms, 1000);
	assert_int_equal(s.last_ms, 5000);
	assert_false(run_fold_add(&s, &report));
	for (size_t at = 0; at <= LIFE; at++) {
		for (size_t i = 0; i <= LIFE; i++)
			events[i] = i == at ? report : life[i < at ? i : i - 1];
		events[at].time_ms = at % 2 ? 1 : 9000;
		run_fold(events, LIFE + 1, &s);
		check_state(&s);
	}
}

/* The later decision counts, and nothing of the one before is left. */
static void test_decision(void **state)
{
	(void)state;
	struct run_event declined = { .time_ms = 3500,
		.event = { .kind = EVENT_RUN,
			.step = STEP_DECLINED,
			.status = T("FAILURE"),
			.decision = DECISION_DECLINED,
			.run_id = T("r_1") } };
	struct run_event events[] = { declined, life[2], life[1] };
	struct run_state s;
	run_fold(events, 3, &s);
	assert_int_equal(s.state.decision, DECISION_DECLINED);
	assert_null(s.state.decided_by.id.data);
	assert_int_equal(s.decided_ms, 3500);
	run_fold(events, 2, &s);
	assert_int_equal(s.state.decision, DECISION_APPROVED);
	assert_span(s.state.decided_by.id, "u3");
	assert_int_equal(s.decided_ms, 3000);
}

/* Where no request was seen, a run is as old as Port says. */
static void test_created(void **state)
{
	(void)state;
	struct run_event end = life[5];
	struct run_state s;
	end.event.has_created = true;
	end.event.created_ms = 700;
	run_fold(&end, 1, &s);
	assert_int_equal(s.time_ms, 700);
	struct run_event events[] = { end, life[0] };
	run_fold(events, 2, &s);
	assert_int_equal(s.time_ms, 1000);
	assert_int_equal(s.state.created_ms, 700);
	/* One that was without it is folded anew with it. */
	run_fold(&events[0], 1, &s);
	assert_false(run_fold_add(&s, &end));
}

int main(void)
{
	const struct CMUnitTest tests[] = { TEST(test_every_order),
		TEST(test_every_order_with_one_twice), TEST(test_updates_alone),
		TEST(test_in_order_is_added), TEST(test_end_stays), TEST(test_feed),
		TEST(test_own_report), TEST(test_decision), TEST(test_created) };
	return cmocka_run_group_tests(tests, NULL, NULL);
}
