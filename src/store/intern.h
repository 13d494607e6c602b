/* Names as integers: each text that comes again and again is stored once. A cache in memory of
 * bounded size stands before the tables. */
#ifndef PORTLOG_STORE_INTERN_H
#define PORTLOG_STORE_INTERN_H

#include "store/stmt.h"

struct intern;

struct intern *intern_new(struct connection *c);
void intern_free(struct intern *in);
/* After a rollback: ids that were given since do not exist. */
void intern_forget(struct intern *in);

/* Each gives 0 for an absent text, and makes the row where there is none. */
bool intern_name(struct intern *in, struct span text, int64_t *ret_id, struct error *err);
bool intern_run(struct intern *in, struct span run_id, int64_t *ret_id, struct error *err);
/* An entity is a pair; an absent identifier gives 0 whatever the blueprint. */
bool intern_entity(struct intern *in, int64_t blueprint, struct span identifier, int64_t *ret_id,
	struct error *err);

#endif
