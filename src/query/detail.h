/* All there is about one thing: each part is a list of rows, found by the thing's seq, id or name.
 */
#ifndef PORTLOG_QUERY_DETAIL_H
#define PORTLOG_QUERY_DETAIL_H

#include "query/cursor.h"
#include "query/view.h"

struct detail {
	const char *name; /* as the member of the JSON object is called */
	const struct view_field
		*fields; /* of a list, those without a rank stand last: for machines */
	const char *sql; /* ?1 is what it is found by */
};

/* By seq. */
extern const struct detail detail_record;
extern const struct detail detail_record_changes;
extern const struct detail detail_record_run_events;
/* By run id. */
extern const struct detail detail_run;
extern const struct detail detail_run_events;
extern const struct detail detail_run_executions;
extern const struct detail detail_run_reports;
/* By an execution's id. */
extern const struct detail detail_execution;
extern const struct detail detail_execution_steps;
extern const struct detail detail_execution_reports;
/* By id, as resolve() gives them. */
extern const struct detail detail_entity;
extern const struct detail detail_entity_name;

bool detail_open_number(sqlite3 *database, const struct detail *detail, int64_t number,
	struct cursor **ret_cursor, struct error *err);
bool detail_open_text(sqlite3 *database, const struct detail *detail, const char *text,
	struct cursor **ret_cursor, struct error *err);

#endif
