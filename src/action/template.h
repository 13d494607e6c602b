/* Port's templates: JSON in whose strings, and members' names, {{ jq }} stands for a value.
 *
 * - A string that is one expression becomes the value itself; else each expression's value stands
 *   in the text: a text as it is, anything else as JSON.
 * - A name that is one expression with the value null leaves out the member.
 * - "{{ spreadValue() }}": "{{ .inputs }}" puts the object's members in its place.
 * - . is the message (in reports {body, request, response}), $event the decoded event,
 *   .secrets.NAME and .secrets["na-me"] the configuration's secrets, whatever the message has
 * there.
 * - An expression of jq's that fails is null, and a warning; so is the whole string where it is a
 *   part of one, for half of a URL or a command line is worse than none. Kinds refuse null.
 *
 * Plain paths (.a."b c"["d"][0], $event.run_id) and secrets are copied, byte for byte; all else
 * goes to jq, with no other secrets than those which the expression names. Values are data: they
 * never become part of a program, of a name of another value, or of more than one string. */
#ifndef PORTLOG_ACTION_TEMPLATE_H
#define PORTLOG_ACTION_TEMPLATE_H

#include "action/jq_helper.h"
#include "base/json_scan.h"
#include "base/text_list.h"

struct template;

/* What templates are filled from; all of it is borrowed. */
struct template_context {
	const struct json_doc *message;
	const struct json_doc *event;     /* NULL: there is no $event */
	const struct text_pairs *secrets; /* NULL: none */
	struct jq_helper *jq;             /* NULL: what is for jq fails */
};

/* Parses JSON text once for many fillings. path is how errors call it: "rules[0].exec".
 * ERROR_CONFIG: a brace or quote that is not closed, .secrets without a name, spreadValue() where
 * it cannot be. */
bool template_new(
	struct span json, const char *path, struct template **ret_template, struct error *err);
/* The text is one expression as a whole, without {{ }}: a rule's `when`. */
bool template_new_expression(
	struct span jq, const char *path, struct template **ret_template, struct error *err);
void template_free(struct template *template);

/* Why a member may not have that name; NULL: it may. */
typedef const char *template_refusal(struct span name);
/* Below the root's member of that name ("env"), each name that comes from an expression is asked
 * about; one that is refused fails the filling (ERROR_CONFIG). */
void template_guard_names(struct template *template, const char *above, template_refusal *refusal);
/* Whether expressions give names there. */
bool template_gives_names(const struct template *template);

/* For what people read: a text that a null is a part of is null as a whole, and a warning says so.
 */
void template_refuse_null(struct template *template);

/* Appends the JSON text. warnings (may be NULL) gets a line for each expression that failed.
 * False: a name is refused, or jq took too long or too much memory, or was not to be had. */
bool template_fill(const struct template *template, const struct template_context *context,
	struct buf *out, struct buf *warnings, struct error *err);

/* Asks jq whether all expressions compile. ERROR_CONFIG names the first that does not. */
bool template_check(const struct template *template, struct jq_helper *jq, struct error *err);
/* The first secret it names that is not there; NULL: all are. */
const char *template_missing_secret(
	const struct template *template, const struct text_pairs *secrets);
bool template_is_constant(const struct template *template); /* no expression at all */

#endif
