/* What preparing does of property_change: all but the paths' ids. */
#ifndef PORTLOG_STORE_PROPERTY_PROJECTION_H
#define PORTLOG_STORE_PROPERTY_PROJECTION_H

#include "event/event.h"
#include "event/properties.h"

/* Appends a line for each property that was changed in fact: what follows the path in its array
 * (schema/002_facets.sql), ",old,new]". */
void property_tails_write(const struct record *record, const struct events *events,
	const struct properties *properties, struct buf *out);

#endif
