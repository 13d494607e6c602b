#include "record/run_calls.h"

#include <stdlib.h>

#include "base/xalloc.h"

void run_calls_release(struct run_calls *calls)
{
	for (size_t i = 0; i < calls->count; i++)
		port_call_release(&calls->items[i]);
	free(calls->items);
	*calls = (struct run_calls){ 0 };
}

static struct port_call *add(struct run_calls *calls)
{
	calls->items = xreallocarray(calls->items, calls->count + 1, sizeof(*calls->items));
	return &calls->items[calls->count++];
}

/* What the rule says, as far as it says something that Port would take. */
struct told {
	const struct json_doc *doc;
	struct buf texts[3]; /* what had escapes */
	size_t text_count;
};

/* jq may have made a text of a null: nothing is told as that word. */
static struct span no_null(struct span text)
{
	return text.data && span_is(text, "null") ? span_of(NULL) : text;
}

static struct span text_of(struct told *t, const char *name)
{
	json_index at = json_member(t->doc, 0, span_of(name));
	struct span text = json_text(t->doc, at, &t->texts[t->text_count]);
	t->text_count++;
	if (!text.data && !json_is_nothing(t->doc, at))
		text = json_raw(t->doc, at); /* a number as it is written */
	return no_null(text);
}

static bool is_true(const struct json_doc *doc, json_index object, const char *name)
{
	return json_kind_of(doc, json_member(doc, object, span_of(name))) == JSON_KIND_TRUE;
}

static struct span raw_of(const struct json_doc *doc, json_index object, const char *name)
{
	json_index at = json_member(doc, object, span_of(name));
	return json_is_nothing(doc, at) ? span_of(NULL) : json_raw(doc, at);
}

static bool is_too_large(const struct port_call *call)
{
	return call->body.length > PORT_BODY_MOST_BYTES || call->path.length > PORT_PATH_MOST_BYTES;
}

/* Why Port is not told; NULL: it is. */
static const char *add_entity(const struct run_ending *ending, const struct json_doc *doc,
	json_index at, struct run_calls *calls)
{
	struct buf blueprint = { 0 }, title = { 0 };
	struct port_entity entity = {
		.blueprint = no_null(
			json_text(doc, json_member(doc, at, span_of("blueprint")), &blueprint)),
		.title = no_null(json_text(doc, json_member(doc, at, span_of("title")), &title)),
		.identifier = raw_of(doc, at, "identifier"),
		.team = raw_of(doc, at, "team"),
		.properties = raw_of(doc, at, "properties"),
		.relations = raw_of(doc, at, "relations"),
		.upsert = is_true(doc, at, "upsert"),
		.merge = is_true(doc, at, "merge"),
	};
	bool tied = ending->asked && !port_run_is_node(ending->run_id);
	const char *why = entity.blueprint.length == 0 ? "without a blueprint"
			  : !entity.identifier.data || span_is(entity.identifier, "\"null\"")
				  ? "without an identifier"
				  : NULL;
	if (!why) {
		struct port_call call;
		port_call_entity(tied ? ending->run_id : span_of(NULL), &entity, &call);
		if (is_too_large(&call)) {
			why = "larger than Port takes";
			port_call_release(&call);
		} else {
			*add(calls) = call;
		}
	}
	buf_free(&blueprint);
	buf_free(&title);
	return why;
}

static void add_entities(const struct run_ending *ending, bool succeeded,
	const struct json_doc *doc, struct run_calls *calls, struct buf *warnings)
{
	json_index list = json_member(doc, 0, span_of("entities"));
	for (json_index at = json_first(doc, list); at != JSON_ABSENT;
		at = json_next(doc, list, at)) {
		if (!succeeded && !is_true(doc, at, "on_failure"))
			continue;
		const char *why = add_entity(ending, doc, at, calls);
		if (why && warnings)
			buf_addf(warnings, "report.entities: one %s is left out\n", why);
	}
}

static bool is_text(const struct json_doc *doc, json_index at)
{
	return json_kind_of(doc, at) == JSON_KIND_STRING && !span_is(json_raw(doc, at), "\"null\"");
}

/* Port takes a text, or several; anything else would have the whole report refused. */
static struct span link_of(const struct json_doc *doc, struct buf *warnings)
{
	json_index at = json_member(doc, 0, span_of("link"));
	bool good = is_text(doc, at) || json_kind_of(doc, at) == JSON_KIND_ARRAY;
	for (json_index one = json_kind_of(doc, at) == JSON_KIND_ARRAY ? json_first(doc, at)
								       : JSON_ABSENT;
		one != JSON_ABSENT; one = json_next(doc, at, one))
		good = good && is_text(doc, one);
	if (!good && !json_is_nothing(doc, at) && warnings)
		buf_add_text(warnings, "report.link: neither a text nor texts; it is left out\n");
	return good ? json_raw(doc, at) : span_of(NULL);
}

/* A node has no summary: the reason becomes a line of its log. */
static void add_node_reason(
	const struct run_ending *ending, struct span reason, struct run_calls *calls)
{
	if (reason.data && port_run_is_node(ending->run_id))
		port_call_log(
			ending->run_id, reason, span_of("FAILURE"), span_of(NULL), add(calls));
}

/* Whether it succeeded is by what happened, and by what the rule calls it: a failure stays one. */
static void add_status(const struct run_ending *ending, bool succeeded, const struct json_doc *doc,
	struct run_calls *calls, struct buf *warnings)
{
	struct told told = { .doc = doc };
	struct span reason = succeeded           ? span_of(NULL)
			     : ending->succeeded ? span_of("the rule's report calls it a failure")
						 : ending->reason;
	struct port_run_report report = {
		.status = span_of(succeeded ? "SUCCESS" : "FAILURE"),
		.status_label = text_of(&told, "status_label"),
		.summary = text_of(&told, "summary"),
		.external_run_id = text_of(&told, "externalRunId"),
		.link = link_of(doc, warnings),
		.output = succeeded ? ending->output : span_of(NULL),
	};
	if (!report.summary.data)
		report.summary = reason;
	add_node_reason(ending, succeeded ? span_of(NULL) : report.summary, calls);
	struct port_call *call = add(calls);
	port_call_status(ending->run_id, &report, call);
	if (call->body.length > PORT_BODY_MOST_BYTES) {
		/* Port would refuse all of it, and the run go on for ever. */
		const struct port_run_report plain = { .status = report.status, .summary = reason };
		port_call_release(call);
		port_call_status(ending->run_id, &plain, call);
		if (warnings)
			buf_add_text(warnings,
				"report: larger than Port takes; it is told the status alone\n");
	}
	for (size_t i = 0; i < told.text_count; i++)
		buf_free(&told.texts[i]);
}

void run_calls_plain(const struct run_ending *ending, struct run_calls *calls)
{
	const struct json_doc nothing = { 0 };
	if (ending->asked)
		add_status(ending, ending->succeeded, &nothing, calls, NULL);
}

/* How many members say more than how the run ended. */
static size_t details_of(const struct json_doc *doc)
{
	size_t count = 0;
	for (json_index at = json_first(doc, 0); at != JSON_ABSENT; at = json_next(doc, 0, at))
		count += !json_key_is(doc, at, span_of("status")) &&
			 !json_key_is(doc, at, span_of("result"));
	return count;
}

bool run_call_plainer(
	struct span run_id, struct span body, const char *why, struct port_call *ret_call)
{
	struct json_doc doc = { 0 };
	struct buf scratch = { 0 };
	const char *path = port_run_is_node(run_id) ? ".result" : ".status";
	size_t details = json_scan(&doc, body.data, body.length) == JSON_OK ? details_of(&doc) : 0;
	bool summary = json_member(&doc, 0, span_of("summary")) != JSON_ABSENT;
	struct span end = json_text(&doc, json_path(&doc, 0, path), &scratch);
	bool plainer = end.data && details > 0;
	if (plainer) {
		const struct port_run_report report = { .status = end,
			.summary = details == 1 && summary ? span_of(NULL) : span_of(why) };
		port_call_status(run_id, &report, ret_call);
	}
	buf_free(&scratch);
	json_doc_release(&doc);
	return plainer;
}

/* The rule's `status` is of a success; it may call that a failure. */
static bool is_called_failure(struct span text)
{
	struct json_doc doc = { 0 };
	struct buf scratch = { 0 };
	bool failure = json_scan(&doc, text.data, text.length) == JSON_OK &&
		       span_is(json_text(&doc, json_member(&doc, 0, span_of("status")), &scratch),
			       "FAILURE");
	buf_free(&scratch);
	json_doc_release(&doc);
	return failure;
}

bool run_calls_reported(const struct run_ending *ending, const struct rule *rule,
	const struct template_context *context, struct run_calls *calls, struct buf *warnings,
	struct error *err)
{
	struct json_doc doc = { 0 };
	struct buf text = { 0 };
	bool succeeded = ending->succeeded;
	bool ok = rule_fill_report(rule, succeeded, context, &text, warnings, err);
	if (ok && succeeded && is_called_failure(buf_span(&text))) {
		succeeded = false;
		buf_clear(&text);
		ok = rule_fill_report(rule, false, context, &text, warnings, err);
	}
	if (ok && json_scan(&doc, text.data, text.length) == JSON_OK)
		add_entities(ending, succeeded, &doc, calls, warnings);
	else
		json_doc_release(&doc);
	if (ending->asked)
		add_status(ending, succeeded, &doc, calls, warnings);
	json_doc_release(&doc);
	buf_free(&text);
	return ok;
}
