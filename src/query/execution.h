/* What commands want to know of executions besides listing them. */
#ifndef PORTLOG_QUERY_EXECUTION_H
#define PORTLOG_QUERY_EXECUTION_H

#include "event/local_execution.h"
#include "query/resolve.h"

struct execution_counts {
	int64_t owed;
	int64_t running;
	int64_t waiting;
	int64_t pending; /* reports */
};

bool execution_counts_read(
	sqlite3 *database, struct execution_counts *ret_counts, struct error *err);

struct execution_look {
	enum execution_state state;
	/* Of a run that waits for it and that Port has as ended: its id, and how it ended as far as
	 * that is known. Yours. */
	char *ended_run;
	char *ended;
};

/* ret_found: there is such an execution. */
bool execution_look(sqlite3 *database, int64_t id, struct execution_look *ret_look, bool *ret_found,
	struct error *err);
void execution_look_release(struct execution_look *look);
/* The executions of a run, oldest first; ids starts as { 0 }. ret_has_run: something is known of
 * it.
 */
bool execution_ids_of_run(sqlite3 *database, const char *run_id, struct ids *ids, bool *ret_has_run,
	struct error *err);

#endif
