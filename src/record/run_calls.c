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
	struct buf texts[4]; /* what had escapes */
	size_t text_count;
};

static struct span text_of(struct told *t, const char *name)
{
	json_index at = json_member(t->doc, 0, span_of(name));
	struct span text = json_text(t->doc, at, &t->texts[t->text_count]);
	t->text_count++;
	if (!text.data && !json_is_nothing(t->doc, at))
		text = json_raw(t->doc, at); /* a number as it is written */
	return text;
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
		.blueprint = json_text(doc, json_member(doc, at, span_of("blueprint")), &blueprint),
		.title = json_text(doc, json_member(doc, at, span_of("title")), &title),
		.identifier = raw_of(doc, at, "identifier"),
		.team = raw_of(doc, at, "team"),
		.properties = raw_of(doc, at, "properties"),
		.relations = raw_of(doc, at, "relations"),
		.upsert = is_true(doc, at, "upsert"),
		.merge = is_true(doc, at, "merge"),
	};
	bool tied = ending->asked && !port_run_is_node(ending->run_id);
	const char *why = entity.blueprint.length > 0 ? NULL : "without a blueprint";
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

static void add_entities(const struct run_ending *ending, const struct json_doc *doc,
	struct run_calls *calls, struct buf *warnings)
{
	json_index list = json_member(doc, 0, span_of("entities"));
	for (json_index at = json_first(doc, list); at != JSON_ABSENT;
		at = json_next(doc, list, at)) {
		if (!ending->succeeded && !is_true(doc, at, "on_failure"))
			continue;
		const char *why = add_entity(ending, doc, at, calls);
		if (why && warnings)
			buf_addf(warnings, "report.entities: one %s is left out\n", why);
	}
}

/* Port knows two ends; anything else is by what happened. */
static struct span status_of(const struct run_ending *ending, struct span wanted)
{
	if (span_is(wanted, "SUCCESS") || span_is(wanted, "FAILURE"))
		return wanted;
	return span_of(ending->succeeded ? "SUCCESS" : "FAILURE");
}

/* Port takes a text, or several; anything else would have the whole report refused. */
static struct span link_of(const struct json_doc *doc, struct buf *warnings)
{
	json_index at = json_member(doc, 0, span_of("link"));
	bool good = json_kind_of(doc, at) == JSON_KIND_STRING ||
		    json_kind_of(doc, at) == JSON_KIND_ARRAY;
	for (json_index one = json_kind_of(doc, at) == JSON_KIND_ARRAY ? json_first(doc, at)
								       : JSON_ABSENT;
		one != JSON_ABSENT; one = json_next(doc, at, one))
		good = good && json_kind_of(doc, one) == JSON_KIND_STRING;
	if (!good && !json_is_nothing(doc, at) && warnings)
		buf_add_text(warnings, "report.link: neither a text nor texts; it is left out\n");
	return good ? json_raw(doc, at) : span_of(NULL);
}

/* A node has no summary: the reason becomes a line of its log. */
static void add_node_reason(const struct run_ending *ending, struct run_calls *calls)
{
	if (!ending->succeeded && ending->reason.data && port_run_is_node(ending->run_id))
		port_call_log(ending->run_id, ending->reason, span_of("FAILURE"), span_of(NULL),
			add(calls));
}

static void add_status(const struct run_ending *ending, const struct json_doc *doc,
	struct run_calls *calls, struct buf *warnings)
{
	struct told told = { .doc = doc };
	struct port_run_report report = {
		.status = status_of(ending, text_of(&told, "status")),
		.status_label = text_of(&told, "status_label"),
		.summary = text_of(&told, "summary"),
		.external_run_id = text_of(&told, "externalRunId"),
		.link = link_of(doc, warnings),
		.output = ending->output,
	};
	if (!report.summary.data && !ending->succeeded)
		report.summary = ending->reason;
	add_node_reason(ending, calls);
	struct port_call *call = add(calls);
	port_call_status(ending->run_id, &report, call);
	if (call->body.length > PORT_BODY_MOST_BYTES) {
		/* Port would refuse all of it, and the run go on for ever. */
		const struct port_run_report plain = { .status = report.status,
			.summary = ending->succeeded ? span_of(NULL) : ending->reason };
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
		add_status(ending, &nothing, calls, NULL);
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

bool run_calls_reported(const struct run_ending *ending, const struct rule *rule,
	const struct template_context *context, struct run_calls *calls, struct buf *warnings,
	struct error *err)
{
	struct json_doc doc = { 0 };
	struct buf text = { 0 };
	bool ok = !rule_has_report(rule) || rule_fill_report(rule, context, &text, warnings, err);
	if (ok && text.length > 0 && json_scan(&doc, text.data, text.length) == JSON_OK) {
		add_entities(ending, &doc, calls, warnings);
		if (ending->asked)
			add_status(ending, &doc, calls, warnings);
	} else if (ending->asked) {
		add_status(ending, &(struct json_doc){ 0 }, calls, warnings);
	}
	json_doc_release(&doc);
	buf_free(&text);
	return ok;
}
