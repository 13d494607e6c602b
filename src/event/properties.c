#include "event/properties.h"

#include <stdlib.h>

#include "base/xalloc.h"
#include "event/diff.h"

struct collecting {
	struct properties *properties;
	uint32_t idx;
};

static void collect(void *data, const struct property_change *change)
{
	const struct collecting *c = data;
	struct properties *p = c->properties;
	if (p->count == p->capacity) {
		p->capacity = p->capacity ? 2 * p->capacity : 16;
		p->items = xreallocarray(p->items, p->capacity, sizeof(*p->items));
	}
	p->items[p->count++] = (struct property){ c->idx, arena_copy(&p->paths, change->path),
		change->old_value, change->new_value };
}

void properties_collect(struct properties *p, const struct events *events)
{
	p->count = 0;
	arena_clear(&p->paths);
	for (size_t i = 0; i < events->count; i++) {
		const struct event *e = &events->items[i];
		struct collecting c = { p, (uint32_t)i };
		if (e->kind == EVENT_CHANGE)
			diff_states(&events->doc, e->before_node, &events->doc, e->after_node,
				collect, &c);
	}
}

void properties_release(struct properties *p)
{
	free(p->items);
	arena_free(&p->paths);
	*p = (struct properties){ 0 };
}

bool event_succeeded(const struct event *event)
{
	return event->kind == EVENT_CHANGE && !span_is(event->status, "FAILURE");
}

bool event_happened(const struct event *event)
{
	return event_succeeded(event) && span_is(event->resource, "entity");
}
