/* One expression of a template: what stands between {{ and }}. */
#ifndef PORTLOG_ACTION_EXPRESSION_H
#define PORTLOG_ACTION_EXPRESSION_H

#include "base/buf.h"
#include "base/error.h"
#include "base/text_list.h"

enum expression_kind {
	EXPRESSION_MESSAGE, /* a plain path into the message */
	EXPRESSION_EVENT,   /* a plain path into $event */
	EXPRESSION_SECRET,  /* .secrets.NAME alone */
	EXPRESSION_SPREAD,  /* spreadValue() */
	EXPRESSION_JQ,
};

struct expression {
	enum expression_kind kind;
	char *text; /* as written, without white space around; of a path what json_path() takes */
	struct text_list secrets; /* names */
};

/* How long the expression is that begins there: up to the "}}" that ends it, or, with whole, to the
 * end of the text. Braces and quotes within it are jq's. ERROR_CONFIG: something is not closed. */
bool expression_length(struct span text, bool whole, size_t *ret_length, struct error *err);
bool expression_parse(struct span text, struct expression *ret_expression, struct error *err);
void expression_release(struct expression *expression);

#endif
