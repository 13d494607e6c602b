/* How many changes there were in each quarter of an hour: added up in memory, written once for each
 * counter before the commit. */
#ifndef PORTLOG_STORE_COUNTERS_H
#define PORTLOG_STORE_COUNTERS_H

#include "store/stmt.h"

/* What is counted apart: the columns of change_counter's key. */
struct counter_key {
	int64_t quarter; /* time_quarter() */
	int64_t operation, resource, status, origin;
};

struct counters;

struct counters *counters_new(struct connection *c);
void counters_free(struct counters *counters);
/* After a rollback, or when the table was emptied: nothing has been counted. */
void counters_forget(struct counters *counters);

bool counters_add(struct counters *counters, const struct counter_key *key, struct error *err);
/* To be called before each commit. */
bool counters_flush(struct counters *counters, struct error *err);

#endif
