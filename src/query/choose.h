/* Which index drives a plan: the one that finds the fewest rows, if walking in the order of the
 * listing is not cheaper still. */
#ifndef PORTLOG_QUERY_CHOOSE_H
#define PORTLOG_QUERY_CHOOSE_H

#include "query/plan.h"

/* newest_first: the rows are read in pages in that order. */
bool choose_driver(sqlite3 *database, struct plan *plan, bool newest_first, struct error *err);
/* How many rows there are is wanted, in no order: windows serve only where several indexes know. */
bool choose_to_count(sqlite3 *database, struct plan *plan, struct error *err);
/* What was chosen takes too long. After a walk the rows of the fallback are found and sorted,
 * unless they are too many; after windows, all of it is chosen anew. */
bool choose_again(sqlite3 *database, struct plan *plan, struct error *err);

#endif
