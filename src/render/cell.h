/* One value: as people read it, or exactly, for machines. */
#ifndef PORTLOG_RENDER_CELL_H
#define PORTLOG_RENDER_CELL_H

#include "query/field.h"

/* How a field is called for people: milliseconds are shown as a time or a duration. */
struct span cell_name(const struct view_field *field);

/* For people: safe for a terminal, one line; times in the process's zone. NULL is nothing. */
void cell_text(const struct view_field *field, const struct value *value, struct buf *out);

/* Exactly, without quotes: what CSV holds. NULL is nothing; bytes that are no text are "base64:…".
 */
void cell_exact(const struct value *value, struct buf *out);

/* As JSON: columns that hold JSON as JSON, bytes that are no text as {"base64": "…"}. */
void cell_json(
	const struct view_field *field, const struct value *value, bool terminal, struct buf *out);

#endif
