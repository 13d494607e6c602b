#include "event/event.h"

#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "event/path_map.h"

void events_release(struct events *events)
{
	for (size_t i = 0; i < events->chunk_capacity; i++)
		buf_free(&events->chunks[i]);
	free(events->chunks);
	free(events->items);
	json_doc_release(&events->doc);
	path_map_free(events->shipped_paths);
	*events = (struct events){ 0 };
}

bool run_id_is_one(struct span id)
{
	static const char *const prefixes[] = { "r_", "run_", "wfr_", "wfnr_" };
	for (size_t i = 0; id.data && i < sizeof(prefixes) / sizeof(prefixes[0]); i++) {
		size_t length = strlen(prefixes[i]);
		if (id.length > length && memcmp(id.data, prefixes[i], length) == 0)
			return true;
	}
	return false;
}

struct span run_status_word(struct span port)
{
	static const struct {
		const char *port;
		const char *word;
	} rows[] = {
		{ "IN_PROGRESS", "IN_PROGRESS" },
		{ "TRIGGERED", "IN_PROGRESS" },
		{ "WAITING_FOR_APPROVAL", "WAITING_FOR_APPROVAL" },
		{ "SUCCESS", "SUCCESS" },
		{ "FAILURE", "FAILURE" },
		{ "FAILED", "FAILURE" },
		{ "DECLINED", "FAILURE" },
		{ "CANCELLED", "CANCELLED" },
		{ "CANCELED", "CANCELLED" },
	};
	for (size_t i = 0; port.data && i < sizeof(rows) / sizeof(rows[0]); i++)
		if (text_equal(port, span_of(rows[i].port)))
			return span_of(rows[i].word);
	return span_of(NULL);
}

const char *run_kind_word(enum run_kind kind)
{
	static const char *const words[] = {
		[RUN_ACTION] = "action",
		[RUN_AUTOMATION] = "automation",
		[RUN_WORKFLOW] = "workflow",
		[RUN_WORKFLOW_NODE] = "workflow_node",
		[RUN_FEED] = "feed",
	};
	return (size_t)kind < sizeof(words) / sizeof(words[0]) ? words[kind] : NULL;
}

const char *run_step_word(enum run_step step)
{
	static const char *const words[] = {
		[STEP_REQUESTED] = "requested",
		[STEP_APPROVED] = "approved",
		[STEP_DECLINED] = "declined",
		[STEP_STARTED] = "started",
		[STEP_LOG] = "log",
		[STEP_CHANGED] = "changed",
		[STEP_REPORTED] = "reported",
		[STEP_ENDED] = "ended",
		[STEP_UPDATED] = NULL,
		[STEP_OWED] = NULL,
	};
	return (size_t)step < sizeof(words) / sizeof(words[0]) ? words[step] : NULL;
}

const char *signature_status_word(enum signature_status status)
{
	static const char *const words[] = {
		[SIGNATURE_NONE] = "none",
		[SIGNATURE_GOOD] = "good",
		[SIGNATURE_REPRINTED] = "reprinted",
		[SIGNATURE_BAD] = "bad",
		[SIGNATURE_UNVERIFIABLE] = "unverifiable",
	};
	return (size_t)status < sizeof(words) / sizeof(words[0]) ? words[status] : NULL;
}
