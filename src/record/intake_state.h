/* Inside record/: what intake.c (the rules), intake_answer.c (what the brokers answer) and
 * intake_store.c (what the store has) share. */
#ifndef PORTLOG_RECORD_INTAKE_STATE_H
#define PORTLOG_RECORD_INTAKE_STATE_H

#include "record/intake.h"

void intake_die(struct intake *in, const struct error *err);
/* A disk gets room again, and is waited for; a file that is damaged stays so. */
void intake_store_failed(struct intake *in, const struct error *err);

void intake_forget_position(struct partition *p);
/* Reads those that are not known (any more). False: the store cannot be read; it is tried again,
 * and nothing is assigned till then. */
bool intake_load_positions(struct intake *in);

/* Adds to the batch that the offsets are not here. */
void intake_add_gap(struct intake *in, const struct partition *p, int64_t first, int64_t last,
	const char *reason);
/* It begins at a time, which the brokers must say. */
bool intake_wants_time(const struct intake *in, const struct partition *p);

#endif
