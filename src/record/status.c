#include "record/status.h"

#include <unistd.h>

#include "base/clock.h"
#include "base/json_write.h"

static const char *state_word(const struct intake *in, const struct partition *p)
{
	if (in->stalled)
		return "waiting";
	return p->state == PARTITION_RECORDING ? "recording" : "starting";
}

int64_t partition_lag(const struct partition *p)
{
	if (p->at_end && p->durable_next == p->next)
		return 0;
	if (p->end < 0 || !p->has_position)
		return OFFSET_NONE;
	int64_t next = p->durable_next < 0 ? p->next : p->durable_next;
	return p->end > next ? p->end - next : 0;
}

int64_t partition_lag_ms(const struct partition *p, int64_t now_ms)
{
	if (partition_lag(p) == 0)
		return 0;
	int64_t since = p->last_ms > 0 ? p->last_ms : p->assigned_ms;
	return now_ms > since ? now_ms - since : 0;
}

int64_t intake_lag(const struct intake *in)
{
	int64_t sum = 0;
	for (size_t i = 0; i < in->partition_count; i++) {
		int64_t lag = partition_lag(in->partitions[i]);
		if (lag < 0)
			return OFFSET_NONE;
		sum += lag;
	}
	return sum;
}

static void write_partition(
	struct json_writer *w, const struct intake *in, const struct partition *p, int64_t now_ms)
{
	int64_t lag = partition_lag(p);
	json_object_start(w);
	json_member_text(w, "topic", p->topic);
	json_member_int(w, "partition", p->partition);
	json_member_int(w, "epoch", p->epoch);
	json_member_text(w, "state", state_word(in, p));
	json_key(w, "next_offset");
	if (p->has_position && p->durable_next >= 0)
		json_int_value(w, p->durable_next);
	else
		json_null_value(w);
	json_key(w, "lag");
	if (lag >= 0)
		json_int_value(w, lag);
	else
		json_null_value(w);
	json_member_int(w, "lag_ms", partition_lag_ms(p, now_ms));
	json_object_end(w);
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
	json_object_end(&w);
}
