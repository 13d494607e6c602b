/* Rules: which event makes which action due. Read once, then only read, by any thread. */
#ifndef PORTLOG_ACTION_RULE_H
#define PORTLOG_ACTION_RULE_H

#include "action/rule_settings.h"
#include "action/template.h"
#include "event/event.h"

struct rules;
struct rule;

/* rules and execution are the configuration's JSON texts (absent: none, and the defaults).
 * ERROR_CONFIG names the place, the wrong word and the nearest right one. jq is not asked. */
bool rules_parse(
	struct span rules, struct span execution, struct rules **ret_rules, struct error *err);
void rules_free(struct rules *rules);
size_t rules_count(const struct rules *rules);
const struct rule *rules_at(const struct rules *rules, size_t i);
const struct rule *rules_find(const struct rules *rules, struct span name); /* NULL: none */
const struct execution_settings *rules_execution(const struct rules *rules);

/* Beyond what rules_parse saw: jq compiles, the secrets named are there. */
bool rule_check(const struct rule *rule, const struct text_pairs *secrets, struct jq_helper *jq,
	struct error *err);

/* Those whose `on` and `match` fit, in order, up to and including the first without a `when`: the
 * first of them whose `when` holds is the one. found has room for rules_count(); returns how many.
 * A change that failed (it did not happen) fits none. */
size_t rules_candidates(const struct rules *rules, const struct event *event, struct span topic,
	const struct rule **found);

const struct rule_settings *rule_settings_of(const struct rule *rule);
const char *rule_kind(const struct rule *rule);    /* "exec" */
struct span rule_request(const struct rule *rule); /* its member of that name, as written */
const char *rule_digest(const struct rule *rule);  /* 64 hex digits, of its canonical JSON */
/* The member of its request ("env") in which templates give names, some of which are refused when
 * it is filled; NULL: none does. */
const char *rule_names_given(const struct rule *rule);
bool rule_has_when(const struct rule *rule);

enum rule_verdict {
	RULE_MAY,
	RULE_MAY_WARN, /* unsigned, or the signature cannot be checked: it runs, with a warning */
	RULE_MAY_NOT,
};
enum rule_verdict rule_signature_verdict(const struct rule *rule, enum signature_status signature);

/* $event of templates, as JSON; value is the record's. */
void rule_event_json(const struct event *event, struct span value, struct span topic,
	int64_t time_ms, int64_t seq, struct buf *out);

/* Whether each `when` is true, and nothing else than true. */
bool rule_when(const struct rule *rule, const struct template_context *context, bool *ret_holds,
	struct buf *warnings, struct error *err);
/* Appends the request of the rule's kind, all filled in. */
bool rule_fill(const struct rule *rule, const struct template_context *context, struct buf *out,
	struct buf *warnings, struct error *err);
/* Appends the key's text. ret_has false: there is none, or it is null. */
bool rule_fill_key(const struct rule *rule, const struct template_context *context, bool *ret_has,
	struct buf *out, struct buf *warnings, struct error *err);
/* Appends the object of what `report` says of a success, or of a failure; the context's message is
 * {body, request, response}. A text that a null is a part of is null as a whole. */
bool rule_fill_report(const struct rule *rule, bool succeeded,
	const struct template_context *context, struct buf *out, struct buf *warnings,
	struct error *err);

#endif
