/* How often each message of a file has come so far: what tells equal ones without offsets apart. */
#ifndef PORTLOG_RECORD_COPIES_H
#define PORTLOG_RECORD_COPIES_H

#include "event/record.h"

struct copies;

struct copies *copies_new(void);
void copies_free(struct copies *c);
/* Counts this one, from 1. Takes 12 bytes or so of memory for each different message. */
uint32_t copies_count(struct copies *c, const struct record *record);

#endif
