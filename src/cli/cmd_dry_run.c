/* portlog dry-run: which rules would have fired on what is recorded, and with what. It only reads,
 * and runs nothing but jq. */
#include <stdlib.h>
#include <string.h>

#include "action/action.h"
#include "action/rule.h"
#include "base/clock.h"
#include "base/text.h"
#include "base/xalloc.h"
#include "cli/listing.h"
#include "config/config.h"
#include "event/decode.h"
#include "query/query.h"

struct dry_run_settings {
	char *rule;
	struct text_list run, action, blueprint, entity, user, topic;
	struct option_time since, until;
	struct option_number limit;
	struct output_settings output;
};

static const struct option options[] = {
	OPTION(dry_run_settings, rule, '\0', TEXT, "NAME", "of that rule alone"),
	OPTION_GROUP("Filters"),
	OPTION(dry_run_settings, run, '\0', LIST, "RUN", "events of that run"),
	OPTION(dry_run_settings, action, '\0', LIST, "ACTION", "of that action or automation"),
	OPTION(dry_run_settings, blueprint, '\0', LIST, "BLUEPRINT", "of that blueprint"),
	OPTION(dry_run_settings, entity, '\0', LIST, "ENTITY", "on that entity"),
	OPTION(dry_run_settings, user, '\0', LIST, "USER", "by that user: e-mail or id"),
	OPTION(dry_run_settings, topic, '\0', LIST, "TOPIC", "from that topic"),
	OPTION(dry_run_settings, since, '\0', TIME, "TIME", "recorded from this time on"),
	OPTION(dry_run_settings, until, '\0', TIME, "TIME", "recorded before this time"),
	OPTION_GROUP("Which rows, and how"),
	OPTION(dry_run_settings, limit, 'n', NUMBER, "N", "at most N events, the newest", .min = 0),
	OPTION_INCLUDE(dry_run_settings, output, output_options),
	OPTION_END,
};

static const struct view_field dry_run_fields[] = {
	FIELD("seq", NUMBER, 2, 5),
	FIELD("time", TIME, 1, 19),
	FIELD("run_id", TEXT, 3, 10),
	FIELD("action", TEXT, 4, 10),
	FIELD("rule", TEXT, 1, 8),
	FIELD("verdict", WORD, 1, 9),
	FIELD("kind", WORD, 5, 6),
	FIELD("request", JSON, 2, 20),
	FIELD("warning", TEXT, 3, 10),
	{ 0 },
};

enum { COLUMN_COUNT = sizeof(dry_run_fields) / sizeof(dry_run_fields[0]) - 1 };

struct dry_run {
	const struct dry_run_settings *settings;
	struct rules *rules;
	const struct rule *only; /* NULL: all of them */
	struct text_pairs masked;
	struct jq_helper *jq;
	struct path_map *paths;
	struct decoder decoder;
	struct events events;
	struct field_list fields;
	struct renderer *renderer;
	struct buf out;
	int64_t left; /* events; -1: no limit */
	bool closed;
};

static bool fits(const struct text_list *patterns, struct span value)
{
	for (size_t i = 0; i < patterns->count; i++)
		if (value.data && text_glob(span_of(patterns->items[i]), value))
			return true;
	return patterns->count == 0;
}

static bool fits_entity(const struct text_list *patterns, const struct event *event)
{
	struct buf whole = { 0 };
	buf_add_span(&whole, event->blueprint);
	buf_add_char(&whole, '/');
	buf_add_span(&whole, event->entity);
	bool fit = fits(patterns, event->entity) ||
		   (event->entity.data && fits(patterns, buf_span(&whole)));
	buf_free(&whole);
	return fit;
}

/* What the filters let through, and some rule is for. */
static bool is_wanted(const struct dry_run *d, const struct event *event)
{
	const struct dry_run_settings *s = d->settings;
	int on = event->kind == EVENT_CHANGE ? RULE_ON_CHANGE
		 : event->requests           ? RULE_ON_RUN
					     : RULE_ON_RUN_UPDATE;
	bool any = false;
	if (event->kind == EVENT_RUN && event->run_kind == RUN_FEED)
		return false;
	for (size_t i = 0; i < rules_count(d->rules); i++) {
		const struct rule *rule = rules_at(d->rules, i);
		any = any || ((!d->only || rule == d->only) && rule_settings_of(rule)->on == on);
	}
	return any && fits(&s->run, event->run_id) && fits(&s->action, event->action) &&
	       fits(&s->blueprint, event->blueprint) && fits_entity(&s->entity, event) &&
	       (s->user.count == 0 || fits(&s->user, event->user.email) ||
		       fits(&s->user, event->user.id));
}

/* What would have come of an event. */
struct outcome {
	const struct rule *rule;
	const char *verdict;
	struct buf request;
	struct buf warnings;
};

static void failed(struct outcome *o, const struct rule *rule, const struct error *err)
{
	o->rule = rule;
	o->verdict = "fails";
	buf_add_text(&o->warnings, err->text);
}

/* What its kind would make of the request, which may be that it is none. */
static void describe(struct dry_run *d, const struct event *event, const struct record *record,
	struct outcome *o)
{
	const struct action_kind *kind = action_kind_of(span_of(rule_kind(o->rule)));
	struct buf request = o->request;
	struct error err = { 0 };
	const struct action_job job = {
		.event = { event->run_id, event->action, event->blueprint, event->entity },
		.message = record->value,
		.request = buf_span(&request),
		.secret = span_of(d->decoder.secret),
	};
	if (!kind)
		return;
	o->request = (struct buf){ 0 };
	if (!kind->describe(&job, &o->request, &err))
		failed(o, o->rule, &err);
	buf_free(&request);
}

/* The first candidate whose `when` holds; a rule that cannot be decided fails, as it would have. */
static void decide(struct dry_run *d, const struct event *event, const struct record *record,
	const struct template_context *context, struct outcome *o)
{
	const struct rule **found = xcalloc(rules_count(d->rules) + 1, sizeof(const struct rule *));
	size_t count = rules_candidates(d->rules, event, record->topic, found);
	struct error err = { 0 };
	o->verdict = "no match";
	for (size_t i = 0; i < count && !o->rule; i++) {
		bool holds;
		if (!rule_when(found[i], context, &holds, &o->warnings, &err))
			failed(o, found[i], &err);
		else if (holds)
			o->rule = found[i];
		else
			o->verdict = "when";
	}
	free(found);
	if (!o->rule || strcmp(o->verdict, "fails") == 0)
		return;
	enum rule_verdict signature = rule_signature_verdict(o->rule, event->signature);
	if (signature == RULE_MAY_NOT) {
		o->verdict = "signature";
		return;
	}
	o->verdict = "runs";
	if (signature == RULE_MAY_WARN)
		buf_addf(&o->warnings, "signature: %s\n", signature_status_word(event->signature));
	if (rule_fill(o->rule, context, &o->request, &o->warnings, &err))
		describe(d, event, record, o);
	else
		failed(o, o->rule, &err);
}

static struct value text_value(struct span text)
{
	return text.data ? (struct value){ .kind = VALUE_TEXT, .text = text } : (struct value){ 0 };
}

static void write_outcome(struct dry_run *d, int64_t seq, int64_t time_ms,
	const struct event *event, const struct outcome *o)
{
	char time[RFC3339_SIZE];
	struct span warnings = buf_span(&o->warnings);
	clock_format_utc(time_ms, time);
	if (warnings.length > 0 && warnings.data[warnings.length - 1] == '\n')
		warnings.length--;
	const struct value all[COLUMN_COUNT] = {
		{ .kind = VALUE_INTEGER, .integer = seq },
		text_value(span_of(time)),
		text_value(event->run_id),
		text_value(event->action),
		text_value(span_of(o->rule ? rule_settings_of(o->rule)->name : NULL)),
		text_value(span_of(o->verdict)),
		text_value(span_of(o->rule ? rule_kind(o->rule) : NULL)),
		text_value(o->request.length > 0 ? buf_span(&o->request) : span_of(NULL)),
		text_value(warnings.length > 0 ? warnings : span_of(NULL)),
	};
	struct value chosen[COLUMN_COUNT];
	for (size_t i = 0; i < d->fields.count && i < COLUMN_COUNT; i++)
		chosen[i] = all[d->fields.items[i] - dry_run_fields];
	struct row row = { chosen, d->fields.count };
	renderer_row(d->renderer, &row);
}

static void try_event(
	struct dry_run *d, const struct record *record, int64_t seq, const struct event *event)
{
	struct json_doc event_doc = { 0 };
	struct buf event_text = { 0 };
	struct outcome o = { 0 };
	int64_t time_ms = event->has_time ? event->time_ms : record->timestamp_ms;
	rule_event_json(event, record->value, record->topic, time_ms, seq, &event_text);
	if (json_scan(&event_doc, event_text.data, event_text.length) == JSON_OK) {
		struct template_context context = { &d->events.doc, &event_doc, &d->masked, d->jq };
		decide(d, event, record, &context, &o);
		if (!d->only || !o.rule || o.rule == d->only) {
			write_outcome(d, seq, time_ms, event, &o);
			d->left -= d->left > 0;
		}
	}
	buf_free(&o.request);
	buf_free(&o.warnings);
	buf_free(&event_text);
	json_doc_release(&event_doc);
}

static struct span bytes_of(const struct value *value)
{
	return value->kind == VALUE_TEXT || value->kind == VALUE_BYTES ? value->text
								       : span_of(NULL);
}

/* The columns that are asked for, in this order. */
#define RECORD_COLUMNS "seq,source,topic,timestamp_ms,received_ms,value,headers"

static void try_record(struct dry_run *d, const struct row *row)
{
	const struct value *v = row->values;
	struct buf header_texts = { 0 };
	struct record_header *headers = NULL;
	size_t header_count = 0;
	if (span_is(bytes_of(&v[1]), "local"))
		return;
	record_headers_read(bytes_of(&v[6]), &header_texts, &headers, &header_count);
	struct record record = {
		.source = SOURCE_KAFKA,
		.topic = bytes_of(&v[2]),
		.partition = -1,
		.epoch = -1,
		.offset = -1,
		.timestamp_ms = v[3].kind == VALUE_INTEGER ? v[3].integer : v[4].integer,
		.timestamp_type = TIMESTAMP_CREATE,
		.received_ms = v[4].integer,
		.headers = headers,
		.header_count = header_count,
		.value = bytes_of(&v[5]),
	};
	decode_record(&d->decoder, &record, &d->events);
	for (size_t i = 0; i < d->events.count && d->left != 0; i++)
		if (is_wanted(d, &d->events.items[i]))
			try_event(d, &record, v[0].integer, &d->events.items[i]);
	free(headers);
	buf_free(&header_texts);
}

static bool try_records(struct invocation *call, struct dry_run *d, struct error *err)
{
	struct filter_settings filter = { .topic.any_of = d->settings->topic,
		.since = d->settings->since,
		.until = d->settings->until };
	struct field_list fields = { 0 };
	struct query_settings settings = {
		.view = &view_records, .filter = &filter, .fields = &fields, .limit = -1
	};
	struct query *query = NULL;
	const struct row *row = NULL;
	bool ok = field_list_choose(view_records.fields, RECORD_COLUMNS, &fields, err) &&
		  query_open(call->reader, &settings, &query, err);
	while (ok && !d->closed && d->left != 0 && (ok = query_next(query, &row, err)) && row) {
		try_record(d, row);
		if (d->out.length > 0)
			d->closed = !listing_write(&d->out);
	}
	query_close(query);
	field_list_release(&fields);
	return ok;
}

static bool begin(struct invocation *call, struct dry_run *d, struct error *err)
{
	const struct config *config = call->config;
	if (!rules_parse(span_of(config->rules), span_of(config->execution), &d->rules, err))
		return error_prefix(err, "cannot use the rules");
	if (rules_count(d->rules) == 0)
		return error_set(err, ERROR_CONFIG,
			"cannot try rules: the configuration has none; see portlog-config(5)");
	if (d->settings->rule) {
		d->only = rules_find(d->rules, span_of(d->settings->rule));
		if (!d->only)
			return error_set(err, ERROR_NEGATIVE,
				"cannot try rule '%.100s': there is "
				"none of that name",
				d->settings->rule);
	}
	for (size_t i = 0; i < config->secrets.count; i++)
		text_pairs_set(&d->masked, config->secrets.items[i].name, "***");
	d->decoder.secret = config->port.client_secret;
	d->decoder.former = config_former_secrets(config);
	if (!path_map_new(span_of(config->fields), &config->feeders, &d->paths, err))
		return false;
	d->decoder.paths = d->paths;
	return field_list_choose(dry_run_fields, d->settings->output.columns, &d->fields, err) &&
	       jq_helper_new(&d->jq, err);
}

static bool run(struct invocation *call, struct error *err)
{
	const struct dry_run_settings *settings = call->settings;
	struct dry_run d = { .settings = settings,
		.left = settings->limit.given ? settings->limit.value : -1 };
	bool ok = begin(call, &d, err);
	if (ok) {
		struct render_settings render =
			listing_render(call, settings->output.output, &d.fields);
		render.keep_columns = settings->output.columns;
		d.renderer = renderer_new(&render, &d.out);
		command_page(call);
		renderer_begin(d.renderer);
		ok = try_records(call, &d, err);
		if (ok && !d.closed) {
			renderer_end(d.renderer);
			listing_write(&d.out);
		}
		renderer_free(d.renderer);
	}
	jq_helper_free(d.jq);
	field_list_release(&d.fields);
	buf_free(&d.out);
	events_release(&d.events);
	path_map_free(d.paths);
	text_pairs_clear(&d.masked);
	rules_free(d.rules);
	return ok;
}

const struct command cmd_dry_run = {
	.name = "dry-run",
	.summary = "say which rules would have fired on what is recorded, and with what",
	.description = "Nothing is run, nothing is written. Secrets are shown as ***, also to jq. "
		       "How old a message is does not matter here.",
	.options = options,
	.settings_size = sizeof(struct dry_run_settings),
	.needs = NEED_STORE,
	.run = run,
};
