/* What happens behind the story's end: runs that the recorder executes. */
#include "demo/demo_state.h"

#include <poll.h>

#include "base/clock.h"
#include "query/execution.h"

enum { SECOND_MS = 1000 };

/* All that is planned, at once. */
static bool publish_planned(struct demo *demo, struct error *err)
{
	struct story_message message;
	while (story_next(demo->story, &message)) {
		const struct record record = demo_record_of(&message);
		if (!demo_publish(demo, &record, err))
			return false;
	}
	return true;
}

/* Now, where the story ends now; else a second after the last time, always the same. */
static int64_t next_time(const struct demo *demo)
{
	enum { RECENT_MS = 60000 };
	int64_t now_ms = clock_now_ms();
	return now_ms >= demo->now_ms && now_ms - demo->now_ms < RECENT_MS
		       ? now_ms
		       : demo->now_ms + (demo->acts + 1) * SECOND_MS;
}

static void no_tick(void *data, size_t done, size_t total)
{
	(void)data;
	(void)done;
	(void)total;
}

static bool hear_all(struct demo *demo, bool *ret_heard, struct error *err)
{
	*ret_heard = false;
	while (acting_hear(demo->acting, demo->story, next_time(demo))) {
		*ret_heard = true;
		demo->acts++;
		if (!publish_planned(demo, err))
			return false;
	}
	return true;
}

/* First what is left to do, then what was heard: Port hears of a report before it is recorded as
 * sent. */
bool demo_settle(struct demo *demo, struct error *err)
{
	struct execution_counts counts = { 0 };
	bool heard;
	int64_t deadline_ms = clock_monotonic_ms() + DEMO_STALLED_MS;
	for (;;) {
		if (!demo_wait_recorded(demo, no_tick, NULL, err) ||
			!execution_counts_read(demo->reader, &counts, err) ||
			!hear_all(demo, &heard, err))
			return false;
		if (!heard && counts.owed + counts.running + counts.pending == 0)
			return true;
		if (!demo_is_recording(demo, err))
			return false;
		if (clock_monotonic_ms() > deadline_ms)
			return error_set(err, ERROR_STORE,
				"the demo's recorder does not end what it executes (see '%s')",
				demo->log);
		poll(NULL, 0, DEMO_LOOK_AGAIN_MS);
	}
}

bool demo_ask(struct demo *demo, const struct demo_request *request, struct error *err)
{
	int64_t at_ms = next_time(demo);
	demo->acts++;
	story_ask(demo->story, at_ms, request->who, request->subject, request->handle,
		request->inputs);
	return acting_set_trouble(demo->acting, request->fails, err) &&
	       publish_planned(demo, err) && demo_settle(demo, err);
}

bool demo_repair(struct demo *demo, struct error *err)
{
	return acting_set_trouble(demo->acting, false, err);
}
