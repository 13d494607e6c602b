#include "render/why_text.h"

#include <inttypes.h>

#include "base/text.h"
#include "base/time.h"
#include "render/diff_text.h"

enum {
	VALUE_WIDTH = 40,  /* of a value in a sentence */
	LEVELS_SHOWN = 12, /* of the indentation: deeper ones stand below each other */
};

static void add_time(int64_t ms, struct buf *out)
{
	char text[TIME_TEXT_SIZE];
	time_format(ms, text);
	buf_add_text(out, text);
}

static void add_value(struct span json, struct buf *out)
{
	struct buf value = { 0 };
	diff_text_value(json, &value);
	text_cut_middle(buf_span(&value), VALUE_WIDTH, out);
	buf_free(&value);
}

static void add_known(struct span text, const char *otherwise, struct buf *out)
{
	if (text.data)
		text_safe(text, out);
	else
		buf_add_text(out, otherwise);
}

static void add_name(struct span blueprint, struct span entity, struct buf *out)
{
	if (blueprint.data)
		text_safe(blueprint, out);
	if (entity.data) {
		buf_add_char(out, '/');
		text_safe(entity, out);
	}
}

/* "replicas: 1 → 8"; what was there before may not be known. */
static void add_what(const struct blame_entry *entry, struct buf *out)
{
	text_safe(property_short(entry->path), out);
	buf_add_text(out, entry->value.data ? " is " : " was removed");
	if (entry->value.data)
		add_value(entry->value, out);
	if (entry->old.data) {
		buf_add_text(out, " (it was ");
		add_value(entry->old, out);
		buf_add_char(out, ')');
	}
}

/* "change 1463 by X at T"; the subject is said of those that are another entity's. */
static void add_change(const struct change *change, const struct change *first, struct buf *out)
{
	buf_addf(out, "change %" PRId64, change->seq);
	if (change != first) {
		buf_add_text(out, " (");
		add_known(change->operation, "a change", out);
		if (change->blueprint.data || change->entity.data)
			buf_add_char(out, ' ');
		add_name(change->blueprint, change->entity, out);
		buf_add_char(out, ')');
	}
	buf_add_text(out, " by ");
	add_known(change->actor, "somebody unknown", out);
	buf_add_text(out, " on ");
	add_time(change->time_ms, out);
}

static void add_run(const struct cause_run *run, bool is_trigger, struct buf *out)
{
	buf_addf(out, "%srun ", is_trigger ? "" : "made by ");
	text_safe(run->run_id, out);
	if (!run->is_known) {
		buf_add_text(out, ", of which nothing here tells");
		return;
	}
	buf_add_text(out, span_is(run->kind, "automation") ? " of automation " : " of ");
	add_known(run->action, "an unknown action", out);
	if (run->is_automatic)
		return;
	buf_add_text(out, ", started by ");
	add_known(run->actor, "somebody unknown", out);
	if (run->approved_by.data) {
		buf_add_text(out, " and approved by ");
		text_safe(run->approved_by, out);
	}
}

/* What is to be said behind the last link; NULL: nothing. */
static const char *end_text(const struct causes *causes)
{
	const struct cause_link *last =
		causes->count > 0 ? &causes->links[causes->count - 1] : NULL;
	if (causes->end == CAUSE_CYCLE)
		return "and so on in a circle";
	if (causes->end == CAUSE_LENGTH)
		return "and so on: the chain is longer than is shown";
	if (last && last->is_run && last->run.is_automatic)
		return "which fired on something that is not recorded here";
	return NULL;
}

/* Nobody here did it: then it is said when it was first seen so. */
static void add_unknown(const struct blame_entry *entry, struct buf *out)
{
	bool gone = !entry->value.data;
	buf_addf(out, ": no change here %s", gone ? "did that" : "set it");
	if (entry->has_change) {
		buf_addf(out, "; it was %s on ", gone ? "gone" : "so");
		add_time(entry->change.time_ms, out);
		buf_add_text(out, gone ? ", when something else changed"
				       : ", and what was before is not recorded");
	}
	buf_add_char(out, '.');
}

void why_sentence(const struct blame_entry *entry, const struct causes *causes, struct buf *out)
{
	add_what(entry, out);
	if (entry->certainty == CERTAINTY_UNKNOWN || causes->count == 0) {
		add_unknown(entry, out);
		return;
	}
	buf_add_text(out, entry->value.data ? ": set by " : ": by ");
	for (size_t i = 0; i < causes->count; i++) {
		const struct cause_link *link = &causes->links[i];
		bool after_run = i > 0 && causes->links[i - 1].is_run;
		if (i > 0)
			buf_add_text(out, after_run ? ", which fired on " : ", ");
		if (link->is_run)
			add_run(&link->run, after_run, out);
		else
			add_change(&link->change, &causes->links[0].change, out);
	}
	if (end_text(causes))
		buf_addf(out, ", %s", end_text(causes));
	buf_add_char(out, '.');
}

static void add_line(size_t level, struct span text, size_t width, bool color, struct buf *out)
{
	struct buf line = { 0 };
	size_t shown = level < LEVELS_SHOWN ? level : LEVELS_SHOWN;
	for (size_t i = 1; i < shown; i++)
		buf_add_text(&line, "   ");
	buf_add_text(&line, level > 0 ? text_sign("└─ ", "`- ") : "");
	buf_add_span(&line, text);
	if (color && level == 0)
		buf_add_text(out, "\033[1m");
	if (width > 0)
		text_cut_end(buf_span(&line), width, out);
	else
		buf_add_span(out, buf_span(&line));
	buf_add_text(out, color && level == 0 ? "\033[m\n" : "\n");
	buf_free(&line);
}

static void add_change_line(const struct change *change, bool first, struct buf *out)
{
	add_time(change->time_ms, out);
	buf_addf(out, "  change %" PRId64 "  ", change->seq);
	add_known(change->operation, "change", out);
	if (!first) {
		buf_add_char(out, ' ');
		add_name(change->blueprint, change->entity, out);
	}
	buf_add_text(out, "  by ");
	add_known(change->actor, "somebody unknown", out);
	if (change->origin.data) {
		buf_add_text(out, " (");
		text_safe(change->origin, out);
		buf_add_char(out, ')');
	}
}

static void add_run_line(const struct cause_run *run, struct buf *out)
{
	if (!run->is_known) {
		buf_add_text(out, "run ");
		text_safe(run->run_id, out);
		buf_add_text(out, "  nothing here tells of it");
		return;
	}
	add_time(run->time_ms, out);
	buf_add_text(out, "  run ");
	text_safe(run->run_id, out);
	buf_add_text(out, "  ");
	text_safe(run->kind, out);
	buf_add_char(out, ' ');
	add_known(run->action, "unknown", out);
	if (run->status.data) {
		buf_add_text(out, "  ");
		text_safe(run->status, out);
	}
	buf_add_text(out, run->is_automatic ? "" : "  started by ");
	if (!run->is_automatic)
		add_known(run->actor, "somebody unknown", out);
	if (run->approved_by.data) {
		buf_add_text(out, ", approved by ");
		text_safe(run->approved_by, out);
	}
}

void why_tree(const struct blame_entry *entry, const struct causes *causes, size_t width,
	bool color, struct buf *out)
{
	struct buf text = { 0 };
	text_safe(entry->path, &text);
	buf_add_text(&text, entry->value.data ? " = " : " is gone");
	if (entry->value.data)
		diff_text_value(entry->value, &text);
	add_line(0, buf_span(&text), width, color, out);
	for (size_t i = 0; i < causes->count; i++) {
		const struct cause_link *link = &causes->links[i];
		buf_clear(&text);
		if (link->is_run)
			add_run_line(&link->run, &text);
		else
			add_change_line(&link->change, i == 0, &text);
		add_line(i + 1, buf_span(&text), width, color, out);
	}
	if (end_text(causes))
		add_line(causes->count + 1, span_of(end_text(causes)), width, color, out);
	buf_free(&text);
}
