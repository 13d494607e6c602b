/* Changes of the catalog: V1 to V4, the inner event of V12, and rows of the audit log (V18). */
#include "base/text.h"
#include "event/decode_part.h"

void decode_change(struct decoding *d, json_index carrier)
{
	json_index values[FIELD_COUNT];
	decoding_read(d, VIEW_CHANGE, carrier, values);
	struct event *event = decoding_add(d, EVENT_CHANGE);
	event->has_time = decoding_time(d, values[FIELD_TIME], &event->time_ms);
	event->operation = decoding_text(d, values[FIELD_OPERATION]);
	event->resource = decoding_text(d, values[FIELD_RESOURCE]);
	event->status = decoding_text(d, values[FIELD_STATUS]);
	event->origin = decoding_text(d, values[FIELD_ORIGIN]);
	event->user = decoding_identity(d, values);
	event->blueprint = decoding_text(d, values[FIELD_BLUEPRINT]);
	event->entity = decoding_text(d, values[FIELD_ENTITY]);
	event->title = decoding_text(d, values[FIELD_TITLE]);
	event->run_id = decoding_text(d, values[FIELD_RUN_ID]);
	event->action = decoding_text(d, values[FIELD_ACTION]);
	event->message = decoding_text(d, values[FIELD_MESSAGE]);
	event->event_id = decoding_text(d, values[FIELD_EVENT_ID]);
	event->before = decoding_range(d, values[FIELD_BEFORE]);
	event->after = decoding_range(d, values[FIELD_AFTER]);
	if (event->before.length > 0)
		event->before_node = values[FIELD_BEFORE];
	if (event->after.length > 0)
		event->after_node = values[FIELD_AFTER];
	/* A blueprint is not an entity of itself. */
	if (text_equal(event->resource, span_of("blueprint"))) {
		if (event->entity.data)
			event->blueprint = event->entity;
		event->entity = span_of(NULL);
	}
}
