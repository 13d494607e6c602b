/* Inside action/template*.c: a template as it was parsed, and one filling of it. */
#ifndef PORTLOG_ACTION_TEMPLATE_PARTS_H
#define PORTLOG_ACTION_TEMPLATE_PARTS_H

#include <stddef.h>
#include <stdint.h>

#include "action/expression.h"
#include "action/template.h"

/* A string of the template: its parts in order. */
struct part {
	struct span literal; /* where it is no expression */
	size_t expression;   /* index + 1; 0: a literal */
};

struct pattern {
	size_t first; /* of the parts */
	size_t count;
};

/* What an expression comes to in one filling. */
struct filled {
	bool failed;
	struct span json; /* absent: null */
};

struct template
{
	char *path;
	char *text; /* the JSON */
	struct json_doc doc;
	struct expression *expressions;
	size_t expression_count;
	struct part *parts;
	size_t part_count;
	struct pattern *patterns; /* index 0 is unused */
	size_t pattern_count;
	uint32_t *values; /* by node: its pattern, 0: it has none */
	uint32_t *keys;
	char **texts; /* decoded strings that parts point into */
	size_t text_count;
	json_index guarded; /* below it names are asked about; 0: nowhere */
	template_refusal *refusal;
	bool refuses_null;
};

/* The expression that the string is as a whole; NULL: there is more. */
const struct expression *template_only_expression(const struct template *t, uint32_t pattern);
/* pattern may be 0: there is none. */
bool template_is_spread(const struct template *t, uint32_t pattern);

/* One filling. */
struct filling {
	const struct template *t;
	const struct template_context *context;
	struct filled *filled; /* by expression */
	struct buf *out;
	struct buf *warnings;
	struct buf *secrets;   /* by expression: its secret, or the object of those it names */
	struct error *refused; /* the first name that is */
};

/* A line of the warnings. */
void template_warn(const struct filling *f, const struct expression *e, struct span why);
/* Asks jq for what is no plain path. What it answers lies in storage. False: there is none, or it
 * took too long. */
bool template_ask(struct filling *f, struct buf *storage, struct error *err);

#endif
