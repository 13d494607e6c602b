/* portlog status: what the recorder says of itself, and what the store holds. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/json_scan.h"
#include "base/json_write.h"
#include "base/text.h"
#include "base/xalloc.h"
#include "cli/command.h"
#include "net/control.h"
#include "query/execution.h"
#include "store/reader.h"
#include "store/summary.h"

enum { ANSWER_MS = 5000, NOT_KNOWN = -1 };

enum status_output {
	OUTPUT_TEXT,
	OUTPUT_JSON,
	OUTPUT_PROMETHEUS,
};
static const char *const output_words[] = { "text", "json", "prometheus", NULL };

struct status_options {
	int output;
	int64_t max_lag;
};

static const struct option options[] = {
	OPTION(status_options, output, 'o', CHOICE, "FORMAT", "text, json or prometheus",
		.choices = output_words, .fallback = "text"),
	OPTION(status_options, max_lag, '\0', DURATION, "AGE",
		"for probes: exit with 1 if no recorder is running, or its lag is larger or "
		"unknown"),
	OPTION_END,
};

/* The state of a partition of the recorder's topics that is not assigned to it. */
static const char elsewhere[] = "elsewhere";

/* One partition: by the recorder where it is its, else by the store. */
struct line {
	char *topic;
	int64_t partition;
	int64_t epoch;
	int64_t next_offset;
	char *state;  /* NULL: nobody here records it */
	char *member; /* of the group, who has it instead of the recorder; NULL: not known */
	int64_t lag;  /* NOT_KNOWN */
	int64_t lag_ms;
};

struct status {
	bool recording;
	int64_t pid;
	int64_t started_ms;
	char *version;
	char *group;
	char *trouble;
	int64_t rate;
	bool all_known; /* which partitions there are, and so which the recorder does not have */
	struct line *lines;
	size_t line_count;
	struct summary summary;
	struct execution_counts counts;
};

static void status_release(struct status *s)
{
	for (size_t i = 0; i < s->line_count; i++) {
		free(s->lines[i].topic);
		free(s->lines[i].state);
		free(s->lines[i].member);
	}
	free(s->lines);
	free(s->version);
	free(s->group);
	free(s->trouble);
	summary_release(&s->summary);
}

static char *text_member(const struct json_doc *doc, json_index at, const char *name)
{
	struct buf scratch = { 0 };
	char *text = span_dup(json_text(doc, json_member(doc, at, span_of(name)), &scratch));
	buf_free(&scratch);
	return text;
}

static int64_t number_member(const struct json_doc *doc, json_index at, const char *name)
{
	json_index member = json_member(doc, at, span_of(name));
	if (json_kind_of(doc, member) != JSON_KIND_NUMBER)
		return NOT_KNOWN;
	return strtoll(json_raw(doc, member).data, NULL, 10);
}

static struct line *add_line(struct status *s)
{
	s->lines = xreallocarray(s->lines, s->line_count + 1, sizeof(*s->lines));
	return &s->lines[s->line_count++];
}

static void read_answer(struct status *s, const struct json_doc *doc)
{
	json_index partitions = json_member(doc, 0, span_of("partitions"));
	s->recording = true;
	s->pid = number_member(doc, 0, "pid");
	s->started_ms = number_member(doc, 0, "started_ms");
	s->rate = number_member(doc, 0, "rate");
	s->version = text_member(doc, 0, "version");
	s->group = text_member(doc, 0, "group");
	s->trouble = text_member(doc, 0, "trouble");
	for (json_index at = json_first(doc, partitions); at != JSON_ABSENT;
		at = json_next(doc, partitions, at))
		*add_line(s) = (struct line){
			.topic = text_member(doc, at, "topic"),
			.partition = number_member(doc, at, "partition"),
			.epoch = number_member(doc, at, "epoch"),
			.next_offset = number_member(doc, at, "next_offset"),
			.state = text_member(doc, at, "state"),
			.lag = number_member(doc, at, "lag"),
			.lag_ms = number_member(doc, at, "lag_ms"),
		};
	json_index others = json_member(doc, 0, span_of("others"));
	s->all_known = json_kind_of(doc, others) == JSON_KIND_ARRAY;
	for (json_index at = json_first(doc, others); at != JSON_ABSENT;
		at = json_next(doc, others, at))
		*add_line(s) = (struct line){ .topic = text_member(doc, at, "topic"),
			.partition = number_member(doc, at, "partition"),
			.member = text_member(doc, at, "member"),
			.state = xstrdup(elsewhere),
			.next_offset = NOT_KNOWN,
			.lag = NOT_KNOWN,
			.lag_ms = NOT_KNOWN };
}

/* False where a recorder is there and does not answer; none is no failure. */
static bool ask_recorder(const char *store, struct status *s, struct error *err)
{
	struct buf answer = { 0 };
	struct json_doc doc = { 0 };
	bool ok = control_ask(store, "{\"ask\":\"status\"}", ANSWER_MS, &answer, err);
	if (!ok && err->kind == ERROR_NEGATIVE)
		ok = true;
	else if (ok && json_scan(&doc, answer.data, answer.length) == JSON_OK)
		read_answer(s, &doc);
	else if (ok)
		ok = error_set(err, ERROR_STORE, "the recorder of '%s' answers nonsense", store);
	json_doc_release(&doc);
	buf_free(&answer);
	return ok;
}

static struct line *find_line(const struct status *s, const struct summary_partition *p)
{
	for (size_t i = 0; i < s->line_count; i++)
		if (s->lines[i].partition == p->partition && s->lines[i].topic &&
			strcmp(s->lines[i].topic, p->topic) == 0)
			return &s->lines[i];
	return NULL;
}

static void add_stored_lines(struct status *s)
{
	for (size_t i = 0; i < s->summary.partition_count; i++) {
		const struct summary_partition *p = &s->summary.partitions[i];
		struct line *line = find_line(s, p);
		if (line && line->next_offset == NOT_KNOWN) {
			line->epoch = p->epoch;
			line->next_offset = p->next_offset;
		} else if (!line)
			*add_line(s) = (struct line){ .topic = xstrdup(p->topic),
				.partition = p->partition,
				.epoch = p->epoch,
				.next_offset = p->next_offset,
				.lag = NOT_KNOWN,
				.lag_ms = NOT_KNOWN };
	}
}

static size_t elsewhere_count(const struct status *s)
{
	size_t count = 0;
	for (size_t i = 0; i < s->line_count; i++)
		count += s->lines[i].state && strcmp(s->lines[i].state, elsewhere) == 0;
	return count;
}

/* Partitions of the recorder's topics. */
static size_t recorded_count(const struct status *s)
{
	size_t count = 0;
	for (size_t i = 0; i < s->line_count; i++)
		count += s->lines[i].state != NULL;
	return count;
}

/* Of all partitions; false where nothing records, or it is not known of one of them. */
static bool lag_is_known(const struct status *s)
{
	for (size_t i = 0; i < s->line_count; i++)
		if (s->lines[i].state && s->lines[i].lag < 0)
			return false;
	return s->recording && s->all_known;
}

static int64_t whole_lag(const struct status *s)
{
	int64_t sum = 0;
	for (size_t i = 0; i < s->line_count; i++)
		sum += s->lines[i].state ? s->lines[i].lag : 0;
	return lag_is_known(s) ? sum : NOT_KNOWN;
}

static int64_t worst_lag_ms(const struct status *s)
{
	int64_t worst = 0;
	for (size_t i = 0; i < s->line_count; i++)
		if (s->lines[i].state && s->lines[i].lag_ms > worst)
			worst = s->lines[i].lag_ms;
	return lag_is_known(s) ? worst : NOT_KNOWN;
}

static void number_or_null(struct json_writer *w, const char *name, int64_t number)
{
	json_key(w, name);
	if (number < 0)
		json_null_value(w);
	else
		json_int_value(w, number);
}

static void time_or_null(struct json_writer *w, const char *name, int64_t ms)
{
	char text[RFC3339_SIZE];
	if (ms > 0)
		clock_format_utc(ms, text);
	json_member_text(w, name, ms > 0 ? text : NULL);
}

static void write_line(struct json_writer *w, const struct line *line)
{
	json_object_start(w);
	json_member_text(w, "topic", line->topic);
	json_member_int(w, "partition", line->partition);
	json_member_int(w, "epoch", line->epoch);
	number_or_null(w, "next_offset", line->next_offset);
	json_member_text(w, "state", line->state);
	json_member_text(w, "member", line->member);
	number_or_null(w, "lag", line->lag);
	number_or_null(w, "lag_ms", line->lag_ms);
	json_object_end(w);
}

static void write_json(const char *store, const struct status *s, struct buf *out)
{
	struct json_writer w = { .out = out };
	json_object_start(&w);
	json_member_bool(&w, "recording", s->recording);
	number_or_null(&w, "pid", s->recording ? s->pid : NOT_KNOWN);
	json_member_text(&w, "version", s->version);
	json_member_text(&w, "group", s->group);
	time_or_null(&w, "started_at", s->started_ms);
	json_member_text(&w, "trouble", s->trouble);
	number_or_null(&w, "rate", s->recording ? s->rate : NOT_KNOWN);
	number_or_null(&w, "lag", whole_lag(s));
	number_or_null(&w, "lag_ms", worst_lag_ms(s));
	json_member_text(&w, "store", store);
	json_member_int(&w, "records", s->summary.records);
	json_member_int(&w, "feeds", s->summary.feeds);
	json_member_int(&w, "bytes", s->summary.bytes);
	time_or_null(&w, "last_received_at", s->summary.last_received_ms);
	json_key(&w, "gaps");
	json_object_start(&w);
	for (size_t i = 0; i < s->summary.gap_count; i++)
		json_member_int(&w, s->summary.gaps[i].reason, s->summary.gaps[i].count);
	json_object_end(&w);
	json_key(&w, "executions");
	json_object_start(&w);
	json_member_int(&w, "owed", s->counts.owed);
	json_member_int(&w, "running", s->counts.running);
	json_member_int(&w, "waiting", s->counts.waiting);
	json_object_end(&w);
	json_key(&w, "reports");
	json_object_start(&w);
	json_member_int(&w, "pending", s->counts.pending);
	json_object_end(&w);
	json_key(&w, "partitions");
	json_array_start(&w);
	for (size_t i = 0; i < s->line_count; i++)
		write_line(&w, &s->lines[i]);
	json_array_end(&w);
	json_object_end(&w);
	buf_add_char(out, '\n');
}

static void add_metric(struct buf *out, const char *name, const char *help)
{
	buf_addf(out, "# HELP portlog_%s %s\n# TYPE portlog_%s gauge\n", name, help, name);
}

static void add_value(struct buf *out, const char *name, const char *help, int64_t value)
{
	add_metric(out, name, help);
	buf_addf(out, "portlog_%s %" PRId64 "\n", name, value);
}

/* Kafka's topic names need no escaping, but those of an imported record may hold anything. */
static void add_label(struct buf *out, const char *name, const char *value)
{
	struct buf safe = { 0 };
	text_safe_lines(span_of(value), &safe);
	buf_addf(out, "%s=\"", name);
	for (const char *c = buf_text(&safe); *c; c++) {
		if (*c == '\\' || *c == '"' || *c == '\n')
			buf_add_char(out, '\\');
		buf_add_char(out, *c == '\n' ? 'n' : *c);
	}
	buf_add_char(out, '"');
	buf_free(&safe);
}

static void add_labels(struct buf *out, const char *name, const struct line *line)
{
	buf_addf(out, "portlog_%s{", name);
	add_label(out, "topic", line->topic);
	buf_addf(out, ",partition=\"%" PRId64 "\"} ", line->partition);
}

static void write_prometheus(const struct status *s, struct buf *out)
{
	add_value(out, "recording", "1 where a recorder runs.", s->recording);
	add_value(out, "waiting", "1 where the recorder cannot go on for now.", s->trouble != NULL);
	add_value(out, "records", "Records in the journal.", s->summary.records);
	add_value(out, "feeds", "Runs of automations that only send events to portlog.",
		s->summary.feeds);
	add_value(out, "store_bytes", "Size of the store's file and its WAL.", s->summary.bytes);
	add_metric(out, "gaps", "Ranges of offsets that are not here.");
	for (size_t i = 0; i < s->summary.gap_count; i++) {
		buf_add_text(out, "portlog_gaps{");
		add_label(out, "reason", s->summary.gaps[i].reason);
		buf_addf(out, "} %" PRId64 "\n", s->summary.gaps[i].count);
	}
	add_metric(out, "executions", "Executions that are not over.");
	buf_addf(out,
		"portlog_executions{state=\"owed\"} %" PRId64
		"\nportlog_executions{state=\"running\"} %" PRId64
		"\nportlog_executions{state=\"waiting\"} %" PRId64 "\n",
		s->counts.owed, s->counts.running, s->counts.waiting);
	add_value(out, "reports_pending", "Reports that Port has not had yet.", s->counts.pending);
	add_metric(out, "next_offset", "Next offset to record.");
	for (size_t i = 0; i < s->line_count; i++) {
		if (s->lines[i].next_offset == NOT_KNOWN)
			continue;
		add_labels(out, "next_offset", &s->lines[i]);
		buf_addf(out, "%" PRId64 "\n", s->lines[i].next_offset);
	}
	add_metric(out, "assigned", "1 if the partition is assigned to the recorder, 0 if not.");
	for (size_t i = 0; i < s->line_count; i++)
		if (s->lines[i].state) {
			add_labels(out, "assigned", &s->lines[i]);
			buf_addf(out, "%d\n", strcmp(s->lines[i].state, elsewhere) != 0);
		}
	add_metric(out, "lag_messages", "Messages not recorded yet.");
	for (size_t i = 0; i < s->line_count; i++)
		if (s->lines[i].lag >= 0) {
			add_labels(out, "lag_messages", &s->lines[i]);
			buf_addf(out, "%" PRId64 "\n", s->lines[i].lag);
		}
	add_metric(out, "lag_seconds", "Age of the oldest message not recorded yet, at most.");
	for (size_t i = 0; i < s->line_count; i++)
		if (s->lines[i].lag_ms >= 0) {
			add_labels(out, "lag_seconds", &s->lines[i]);
			buf_addf(out, "%.3f\n", (double)s->lines[i].lag_ms / 1000);
		}
}

static void add_recorder(const struct status *s, struct buf *out)
{
	char since[RFC3339_SIZE];
	if (!s->recording) {
		buf_add_text(out, "recorder   none runs\n");
		return;
	}
	clock_format_utc(s->started_ms, since);
	buf_addf(out, "recorder   pid %" PRId64 " since %s, group ", s->pid, since);
	text_safe(span_of(s->group ? s->group : "not known yet"), out);
	buf_add_char(out, '\n');
	if (s->trouble) {
		buf_add_text(out, "waiting    ");
		text_safe(span_of(s->trouble), out);
		buf_add_char(out, '\n');
	}
	buf_addf(out, "rate       %" PRId64 "/s\n", s->rate);
	if (lag_is_known(s))
		buf_addf(out, "lag        %" PRId64 " messages, %.1f s\n", whole_lag(s),
			(double)worst_lag_ms(s) / 1000);
	else if (elsewhere_count(s) > 0)
		buf_addf(out,
			"lag        unknown: %zu of %zu partitions not assigned to this recorder\n",
			elsewhere_count(s), recorded_count(s));
	else
		buf_add_text(out, "lag        unknown: no recent answer from the brokers\n");
}

/* Where rules execute nothing, there is nothing to say. */
static void add_counts(const struct execution_counts *counts, struct buf *out)
{
	if (counts->owed || counts->running || counts->waiting)
		buf_addf(out,
			"executions %" PRId64 " owed, %" PRId64 " running, %" PRId64 " waiting\n",
			counts->owed, counts->running, counts->waiting);
	if (counts->pending)
		buf_addf(out, "reports    %" PRId64 " pending\n", counts->pending);
}

static void write_text(const char *store, const struct status *s, struct buf *out)
{
	add_recorder(s, out);
	buf_add_text(out, "store      ");
	text_safe(span_of(store), out);
	buf_addf(out, ", %" PRId64 " records, %.1f MB\n", s->summary.records,
		(double)s->summary.bytes / 1e6);
	if (s->summary.feeds > 0)
		buf_addf(out,
			"feeds      %" PRId64
			" runs of automations that only send events to portlog\n",
			s->summary.feeds);
	for (size_t i = 0; i < s->summary.gap_count; i++)
		buf_addf(out, "gaps       %" PRId64 " %s (%" PRId64 " offsets)\n",
			s->summary.gaps[i].count, s->summary.gaps[i].reason,
			s->summary.gaps[i].offsets);
	add_counts(&s->counts, out);
	for (size_t i = 0; i < s->line_count; i++) {
		const struct line *line = &s->lines[i];
		buf_add_text(out, "partition  ");
		text_safe(span_of(line->topic ? line->topic : ""), out);
		buf_addf(out, "[%" PRId64 "]", line->partition);
		if (line->epoch > 0)
			buf_addf(out, " epoch %" PRId64, line->epoch);
		if (line->next_offset >= 0)
			buf_addf(out, " next %" PRId64, line->next_offset);
		if (line->lag >= 0)
			buf_addf(out, " lag %" PRId64, line->lag);
		else if (line->state)
			buf_add_text(out, " lag unknown");
		if (line->state)
			buf_addf(out, " %s", line->state);
		if (line->member) {
			buf_add_text(out, ": ");
			text_safe(span_of(line->member), out);
		}
		buf_add_char(out, '\n');
	}
}

static bool is_well(const struct status *s, int64_t max_lag_ms)
{
	if (s->trouble)
		return false;
	return max_lag_ms <= 0 || (lag_is_known(s) && worst_lag_ms(s) <= max_lag_ms);
}

static bool run(struct invocation *call, struct error *err)
{
	const struct status_options *o = call->settings;
	struct status s = { 0 };
	struct buf out = { 0 };
	bool ok = summary_read(call->reader, call->store_path, &s.summary, err) &&
		  execution_counts_read(call->reader, &s.counts, err) &&
		  ask_recorder(call->store_path, &s, err);
	if (ok) {
		add_stored_lines(&s);
		if (o->output == OUTPUT_JSON)
			write_json(call->store_path, &s, &out);
		else if (o->output == OUTPUT_PROMETHEUS)
			write_prometheus(&s, &out);
		else
			write_text(call->store_path, &s, &out);
		fputs(buf_text(&out), stdout);
		ok = is_well(&s, o->max_lag) || command_negative(err);
	}
	buf_free(&out);
	status_release(&s);
	return ok;
}

const struct command cmd_status = {
	.name = "status",
	.summary = "say how recording goes: recorder, lag, rate, what is owed, gaps, size",
	.description =
		"Asks the recorder where one runs, and the store. The exit status is 1 where the "
		"recorder cannot go on (a full disk, no broker), and with --max-lag also where "
		"no recorder is running, it lags by more, or its lag is unknown: no broker "
		"answers, or another member of the group has some of the partitions.",
	.options = options,
	.settings_size = sizeof(struct status_options),
	.needs = NEED_STORE | NEED_SOCKETS,
	.run = run,
};
