/* One thing with its members, each on a line of its own, or as a JSON object. */
#ifndef PORTLOG_RENDER_RECORD_TEXT_H
#define PORTLOG_RENDER_RECORD_TEXT_H

#include "query/field.h"

/* For people: "name  value" of each member that has one, but the one named body. */
void record_text_members(const struct field_list *fields, const struct row *row, const char *body,
	bool color, struct buf *out);
/* Behind them, after an empty line: JSON with an indentation of its own and its own digits, else
 * the text's lines. Safe for a terminal. */
void record_text_body(const struct value *value, struct buf *out);

/* The members as a JSON object that is not yet closed, so that more can be added. */
void record_text_object(
	const struct field_list *fields, const struct row *row, bool terminal, struct buf *out);
void record_text_member(const char *name, struct span json, struct buf *out);

#endif
