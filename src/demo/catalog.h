/* The demo's catalog as it was set up on the first day. */
#ifndef PORTLOG_DEMO_CATALOG_H
#define PORTLOG_DEMO_CATALOG_H

#include "demo/cast.h"

struct stage;

/* Plans the making of all blueprints and of the first entities. */
void catalog_plan(struct stage *stage, int64_t at_ms);
/* A blueprint's state as Port prints it, with the properties of the demo's rows. */
void catalog_blueprint_write(const char *identifier, const char *title, const struct actor *who,
	int64_t at_ms, struct buf *out);

#endif
