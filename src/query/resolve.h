/* From the names that users type to the integers under which they are stored. */
#ifndef PORTLOG_QUERY_RESOLVE_H
#define PORTLOG_QUERY_RESOLVE_H

#include <sqlite3.h>

#include "base/text_list.h"
#include "query/view.h"

/* Starts as { 0 }; items are in no order, each once. */
struct ids {
	int64_t *items;
	size_t count;
	size_t capacity;
};

void ids_add(struct ids *ids, int64_t id);
void ids_release(struct ids *ids);

/* The ids of all that any of the values names. Values that name nothing are added to missing,
 * which may be NULL. Not for NAME_WORDS. */
bool resolve(sqlite3 *database, enum name_kind kind, const struct text_list *values,
	struct ids *ids, struct text_list *missing, struct error *err);

/* The full text expression for "any of these": the facets of the names with those ids. Nothing
 * where one of them has none. */
bool resolve_facets(sqlite3 *database, enum facet facet, const struct ids *ids, struct buf *out,
	struct error *err);

/* What was probably meant by a value that names nothing; NULL where nothing is near. The text is
 * yours. */
bool resolve_nearest(sqlite3 *database, enum name_kind kind, const char *value, char **ret_nearest,
	struct error *err);

#endif
