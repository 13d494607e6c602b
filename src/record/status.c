#include "record/status.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/json_write.h"
#include "base/xalloc.h"

/* Longer than between two questions, and an answer may take its time. */
enum { TOLD_FOR_MS = 45000 };

static const char *state_word(const struct intake *in, const struct partition *p)
{
	if (in->stalled)
		return "waiting";
	return p->state == PARTITION_RECORDING ? "recording" : "starting";
}

int64_t partition_lag(const struct partition *p)
{
	bool is_told = p->told_ms > 0 && clock_monotonic_ms() - p->told_ms <= TOLD_FOR_MS;
	if (!is_told || p->end < 0 || !p->has_position)
		return OFFSET_NONE;
	int64_t end = p->end > p->next ? p->end : p->next;
	return end - (p->durable_next < 0 ? p->next : p->durable_next);
}

int64_t partition_lag_ms(const struct partition *p, int64_t now_ms)
{
	int64_t lag = partition_lag(p);
	if (lag <= 0)
		return lag;
	int64_t since = p->last_ms > p->caught_up_ms ? p->last_ms : p->caught_up_ms;
	since = since > 0 ? since : p->assigned_ms;
	return now_ms > since ? now_ms - since : 0;
}

int64_t intake_lag(const struct intake *in, const struct others *others)
{
	int64_t sum = 0;
	if (!in->assigned || !others->known || others->count > 0)
		return OFFSET_NONE;
	for (size_t i = 0; i < in->partition_count; i++) {
		int64_t lag = partition_lag(in->partitions[i]);
		if (lag < 0)
			return OFFSET_NONE;
		if (__builtin_add_overflow(sum, lag, &sum))
			return INT64_MAX;
	}
	return sum;
}

static void number_or_null(struct json_writer *w, const char *name, int64_t number)
{
	json_key(w, name);
	if (number < 0)
		json_null_value(w);
	else
		json_int_value(w, number);
}

static void write_partition(
	struct json_writer *w, const struct intake *in, const struct partition *p, int64_t now_ms)
{
	json_object_start(w);
	json_member_text(w, "topic", p->topic);
	json_member_int(w, "partition", p->partition);
	json_member_int(w, "epoch", p->epoch);
	json_member_text(w, "state", state_word(in, p));
	number_or_null(w, "next_offset", p->has_position ? p->durable_next : OFFSET_NONE);
	number_or_null(w, "lag", partition_lag(p));
	number_or_null(w, "lag_ms", partition_lag_ms(p, now_ms));
	json_object_end(w);
}

static bool is_ours(const struct intake *in, const struct consumer_held *held)
{
	for (size_t i = 0; i < in->partition_count; i++)
		if (in->partitions[i]->partition == held->partition &&
			strcmp(in->partitions[i]->topic, held->topic) == 0)
			return true;
	return false;
}

void others_set(
	struct others *o, const struct consumer_held *all, size_t count, const struct intake *in)
{
	others_clear(o);
	o->known = true;
	o->items = xcalloc(count + 1, sizeof(*o->items));
	for (size_t i = 0; i < count; i++)
		if (!is_ours(in, &all[i]))
			o->items[o->count++] = (struct consumer_held){ xstrdup(all[i].topic),
				all[i].partition, all[i].member ? xstrdup(all[i].member) : NULL };
}

void others_clear(struct others *o)
{
	for (size_t i = 0; i < o->count; i++) {
		free(o->items[i].topic);
		free(o->items[i].member);
	}
	free(o->items);
	*o = (struct others){ 0 };
}

/* null: not known yet. */
static void write_others(struct json_writer *w, const struct others *others)
{
	json_key(w, "others");
	if (!others->known) {
		json_null_value(w);
		return;
	}
	json_array_start(w);
	for (size_t i = 0; i < others->count; i++) {
		json_object_start(w);
		json_member_text(w, "topic", others->items[i].topic);
		json_member_int(w, "partition", others->items[i].partition);
		json_member_text(w, "member", others->items[i].member);
		json_object_end(w);
	}
	json_array_end(w);
}

void status_write(const struct recorder_status *status, const struct intake *in, struct buf *out)
{
	struct json_writer w = { .out = out };
	int64_t now_ms = clock_now_ms();
	json_object_start(&w);
	json_member_int(&w, "pid", getpid());
	json_member_text(&w, "version", PORTLOG_VERSION);
	json_member_int(&w, "started_ms", status->started_ms);
	json_member_text(&w, "group", status->group);
	json_member_int(&w, "records", (int64_t)store_size(in->store));
	json_member_int(&w, "recorded", (int64_t)in->recorded);
	json_member_int(&w, "rate", (int64_t)(status->rate + 0.5));
	json_member_text(&w, "trouble", in->stalled || in->dead ? in->error.text : status->trouble);
	json_key(&w, "partitions");
	json_array_start(&w);
	for (size_t i = 0; i < in->partition_count; i++)
		write_partition(&w, in, in->partitions[i], now_ms);
	json_array_end(&w);
	write_others(&w, status->others);
	json_object_end(&w);
}
