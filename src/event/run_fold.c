#include "event/run_fold.h"

#include <stdlib.h>
#include <string.h>

/* Of steps at the same millisecond: how early in a run's life each belongs. */
static int rank(enum run_step step)
{
	switch (step) {
	case STEP_REQUESTED:
		return 0;
	case STEP_APPROVED:
		return 1;
	case STEP_STARTED:
		return 2;
	case STEP_LOG:
	case STEP_CHANGED:
	case STEP_REPORTED:
	case STEP_UPDATED:
	case STEP_OWED:
		return 3;
	case STEP_DECLINED:
	case STEP_ENDED:
		return 4;
	}
	return 3;
}

static int compare_numbers(int64_t a, int64_t b)
{
	return (a > b) - (a < b);
}

static int compare_spans(struct span a, struct span b)
{
	if (!a.data || !b.data)
		return (a.data != NULL) - (b.data != NULL);
	size_t common = a.length < b.length ? a.length : b.length;
	int order = common > 0 ? memcmp(a.data, b.data, common) : 0;
	return order != 0 ? order : (a.length > b.length) - (a.length < b.length);
}

static int compare_people(const struct identity *a, const struct identity *b)
{
	int order = compare_spans(a->id, b->id);
	if (order == 0)
		order = compare_spans(a->email, b->email);
	if (order == 0)
		order = compare_spans(a->first_name, b->first_name);
	if (order == 0)
		order = compare_spans(a->last_name, b->last_name);
	return order != 0 ? order : a->port - b->port;
}

static int compare_ranges(struct range a, struct range b)
{
	int order = compare_numbers(a.length, b.length);
	return order != 0 ? order : compare_numbers(a.start, b.start);
}

static int compare_times(bool has_a, int64_t a, bool has_b, int64_t b)
{
	int order = has_a - has_b;
	return order != 0 || !has_a ? order : compare_numbers(a, b);
}

/* Every member that the state takes from an event: where all are equal, either event will do. */
static int compare_content(const struct event *a, const struct event *b)
{
	const struct {
		struct span a;
		struct span b;
	} texts[] = {
		{ a->status, b->status },
		{ a->port_status, b->port_status },
		{ a->status_label, b->status_label },
		{ a->operation, b->operation },
		{ a->resource, b->resource },
		{ a->origin, b->origin },
		{ a->blueprint, b->blueprint },
		{ a->entity, b->entity },
		{ a->title, b->title },
		{ a->run_id, b->run_id },
		{ a->action, b->action },
		{ a->message, b->message },
		{ a->event_id, b->event_id },
		{ a->summary, b->summary },
		{ a->external_run_id, b->external_run_id },
		{ a->decision_reason, b->decision_reason },
		{ a->group, b->group },
		{ a->detail, b->detail },
	};
	int order = 0;
	for (size_t i = 0; order == 0 && i < sizeof(texts) / sizeof(texts[0]); i++)
		order = compare_spans(texts[i].a, texts[i].b);
	if (order == 0)
		order = compare_people(&a->user, &b->user);
	if (order == 0)
		order = compare_people(&a->decided_by, &b->decided_by);
	if (order == 0)
		order = compare_numbers(a->decision, b->decision);
	if (order == 0)
		order = compare_ranges(a->inputs, b->inputs);
	if (order == 0)
		order = compare_spans(a->link, b->link);
	if (order == 0)
		order = compare_numbers(a->run_kind, b->run_kind);
	if (order == 0)
		order = compare_numbers(a->signature, b->signature);
	if (order == 0)
		order = compare_numbers(a->requests, b->requests);
	if (order == 0)
		order = compare_times(a->has_created, a->created_ms, b->has_created, b->created_ms);
	if (order == 0)
		order = compare_times(a->has_ended, a->ended_ms, b->has_ended, b->ended_ms);
	return order;
}

/* What Port accepted of portlog's own report comes first: whatever Port tells has the last word,
 * also where the two clocks differ. */
static bool is_own(const struct run_event *e)
{
	return e->event.step == STEP_REPORTED;
}

static int in_order(const void *first, const void *second)
{
	const struct run_event *a = first;
	const struct run_event *b = second;
	int order = is_own(b) - is_own(a);
	if (order == 0)
		order = compare_numbers(a->time_ms, b->time_ms);
	if (order == 0)
		order = compare_numbers(rank(a->event.step), rank(b->event.step));
	if (order == 0)
		order = compare_numbers(a->event.step, b->event.step);
	if (order == 0)
		order = compare_content(&a->event, &b->event);
	if (order == 0)
		order = (a->seq > b->seq) - (a->seq < b->seq);
	return order != 0 ? order : compare_numbers(a->idx, b->idx);
}

static void take_text(struct span *last, struct span told)
{
	if (told.data)
		*last = told;
}

static bool is_known(const struct identity *who)
{
	return who->id.data || who->email.data || who->port;
}

static bool has_ended(struct span status)
{
	return span_is(status, "SUCCESS") || span_is(status, "FAILURE") ||
	       span_is(status, "CANCELLED");
}

/* Port never takes back how a run ended, so what still calls it running is only late. */
static void take_status(struct event *state, const struct event *told)
{
	if (!told->port_status.data && !told->status.data)
		return;
	if (has_ended(state->status) && !has_ended(told->status))
		return;
	state->status = told->status;
	state->port_status = told->port_status;
}

/* A later decision is another one: nothing of the earlier stays. */
static void take_decision(struct run_state *s, const struct run_event *e)
{
	const struct event *told = &e->event;
	struct event *state = &s->state;
	if (told->decision == DECISION_NONE)
		return;
	if (told->decision != state->decision) {
		state->decided_by = (struct identity){ 0 };
		state->decision_reason = (struct span){ 0 };
		s->has_decided = false;
	}
	state->decision = told->decision;
	if (is_known(&told->decided_by))
		state->decided_by = told->decided_by;
	take_text(&state->decision_reason, told->decision_reason);
	if (told->step == STEP_APPROVED || told->step == STEP_DECLINED) {
		s->has_decided = true;
		s->decided_ms = e->time_ms;
	}
}

static void take_last(struct run_state *s, const struct run_event *e)
{
	const struct event *told = &e->event;
	struct event *state = &s->state;
	take_status(state, told);
	take_text(&state->run_id, told->run_id);
	take_text(&state->operation, told->operation);
	take_text(&state->resource, told->resource);
	take_text(&state->blueprint, told->blueprint);
	take_text(&state->entity, told->entity);
	take_text(&state->title, told->title);
	take_text(&state->action, told->action);
	take_text(&state->message, told->message);
	take_text(&state->event_id, told->event_id);
	take_text(&state->status_label, told->status_label);
	take_text(&state->summary, told->summary);
	take_text(&state->external_run_id, told->external_run_id);
	take_text(&state->detail, told->detail);
	take_text(&state->group, told->group);
	take_text(&state->link, told->link);
	take_decision(s, e);
	if (told->has_created && !state->has_created) {
		state->has_created = true;
		state->created_ms = told->created_ms;
	}
	if (told->has_ended) {
		state->has_ended = true;
		state->ended_ms = told->ended_ms;
	}
	/* An update does not always show that a run is an automation's, or carries what; a report,
	 * no kind at all. But whoever asks for work has a run of another kind. */
	bool feeds = told->run_kind == RUN_FEED, fed = state->run_kind == RUN_FEED;
	if (fed ? told->requests
		: !(feeds && state->requests) &&
				(told->run_kind > RUN_ACTION || state->run_kind == 0))
		state->run_kind = told->run_kind;
	state->requests = state->requests || told->requests;
	state->step = told->step;
	if (e->seq < s->seq)
		s->seq = e->seq;
	if (e->seq > s->last_seq)
		s->last_seq = e->seq;
}

/* What is the first request's; of another event only where no request told it. */
static void take_first(struct run_state *s, const struct run_event *e)
{
	const struct event *told = &e->event;
	struct event *state = &s->state;
	if (!is_known(&state->user))
		state->user = told->user;
	if (!state->origin.data)
		state->origin = told->origin;
	if (state->inputs.length == 0 && told->inputs.length > 0) {
		state->inputs = told->inputs;
		s->inputs_seq = e->seq;
	}
	/* Updates are not signed. */
	if (told->step == STEP_REQUESTED && state->signature == SIGNATURE_NONE)
		state->signature = told->signature;
}

void run_fold(struct run_event *events, size_t count, struct run_state *ret_state)
{
	qsort(events, count, sizeof(events[0]), in_order);
	struct run_state s = {
		.state = { .kind = EVENT_RUN,
			.before_node = JSON_ABSENT,
			.after_node = JSON_ABSENT },
		.time_ms = events[0].time_ms,
		.seq = events[0].seq,
		.last_seq = events[0].seq,
	};
	const struct run_event *request = NULL, *first = &events[0];
	while (is_own(first) && first < &events[count - 1])
		first++;
	for (size_t i = 0; i < count; i++) {
		take_last(&s, &events[i]);
		if (events[i].event.step == STEP_REQUESTED) {
			request = request ? request : &events[i];
			take_first(&s, &events[i]);
		}
	}
	for (size_t i = 0; i < count; i++)
		take_first(&s, &events[i]);
	s.time_ms = request ? request->time_ms : first->time_ms;
	if (!request && s.state.has_created && s.state.created_ms < s.time_ms)
		s.time_ms = s.state.created_ms;
	s.last_ms = events[count - 1].time_ms;
	s.state.has_time = true;
	s.state.time_ms = s.time_ms;
	*ret_state = s;
}

bool run_fold_add(struct run_state *state, const struct run_event *event)
{
	const struct event *e = &event->event;
	if (event->time_ms <= state->last_ms || e->step == STEP_REQUESTED || is_own(event) ||
		(e->has_created && !state->state.has_created))
		return false;
	take_last(state, event);
	take_first(state, event);
	state->last_ms = event->time_ms;
	return true;
}

static struct event without_events_own(const struct event *e)
{
	struct event kept = *e;
	kept.run_id = kept.resource = kept.message = kept.event_id = kept.detail =
		(struct span){ 0 };
	kept.requests = false;
	return kept;
}

bool run_state_is_same(const struct run_state *a, const struct run_state *b)
{
	struct event x = without_events_own(&a->state), y = without_events_own(&b->state);
	return a->time_ms == b->time_ms && compare_content(&x, &y) == 0 &&
	       compare_times(a->has_decided, a->decided_ms, b->has_decided, b->decided_ms) == 0;
}
