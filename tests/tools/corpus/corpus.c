/* A corpus of messages as Port would publish them, the same for the same seed on every machine:
 * 80 % changes of a catalog of 8,000 entities, 20 % runs, 2.3 KB on average, over some months.
 * It speaks JSON lines that produce takes and `portlog import` reads, or frames for produce. */
#include <getopt.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/tools/corpus/message.h"
#include "tests/tools/tool.h"

static const char usage[] =
	"usage: corpus [OPTIONS]\n"
	"  --seed N            another corpus (1)\n"
	"  --count N           so many messages (1000)\n"
	"  --topic-prefix ORG  the organisation: topics ORG.runs, ORG.change.log (org_corpus)\n"
	"  --partitions N      of each topic (1)\n"
	"  --start TIME        when it begins, RFC 3339 (2026-06-01T00:00:00Z)\n"
	"  --days N            how long it lasts (150; large: 1400)\n"
	"  --large             of a large company: 50,000 entities, 500 users, smaller messages;\n"
	"                      begins 2023-01-15\n"
	"  --frames            for produce --frames, not lines\n";

enum { PARTITION_MAX = 64 };

struct output {
	bool frames;
	uint32_t partitions;
	char topics[2][128];               /* the change log, the runs */
	int64_t offsets[2][PARTITION_MAX]; /* that a new topic gives them */
	struct buf line;
};

/* Working hours are five times as busy as the night; weekends half. */
static int64_t pace(int64_t now_ms)
{
	int64_t hour = now_ms / 3600000 % 24;
	int64_t weekday = (now_ms / 86400000 + 4) % 7; /* 1970-01-01 was a Thursday; 0: Sunday */
	int64_t percent = hour >= 7 && hour < 18 ? 50 : 250;
	return weekday == 0 || weekday == 6 ? 2 * percent : percent;
}

static void add_escaped(const struct buf *text, struct buf *out)
{
	char *to = buf_reserve(out, 2 * text->length);
	char *start = to;
	for (size_t i = 0; i < text->length; i++) {
		char c = text->data[i];
		/* The messages are compact JSON: no control characters. */
		if (c == '"' || c == '\\')
			*to++ = '\\';
		*to++ = c;
	}
	out->length += (size_t)(to - start);
}

static void print_line(struct output *o, const struct message *m, uint32_t partition, int64_t ts)
{
	struct buf *out = &o->line;
	buf_clear(out);
	ADD(out, "{\"topic\":");
	add_quoted(out, o->topics[m->on_runs]);
	ADD(out, ",\"partition\":");
	add_number(out, partition);
	ADD(out, ",\"offset\":");
	add_number(out, (uint64_t)o->offsets[m->on_runs][partition]++);
	ADD(out, ",\"tstype\":\"create\",\"ts\":");
	add_number(out, (uint64_t)ts);
	ADD(out, ",\"key\":");
	add_quoted(out, m->key);
	ADD(out, ",\"payload\":\"");
	add_escaped(&m->value, out);
	ADD(out, "\"}\n");
	fwrite(out->data, 1, out->length, stdout);
}

static void print_frame(
	const struct output *o, const struct message *m, uint32_t partition, int64_t ts)
{
	const struct frame f = {
		.timestamp_ms = ts,
		.partition = (int32_t)partition,
		.topic_length = (int32_t)strlen(o->topics[m->on_runs]),
		.key_length = (int32_t)strlen(m->key),
		.value_length = (int32_t)m->value.length,
	};
	fwrite(&f, sizeof(f), 1, stdout);
	fputs(o->topics[m->on_runs], stdout);
	fputs(m->key, stdout);
	fwrite(m->value.data, 1, m->value.length, stdout);
}

static void print(struct output *o, const struct message *m, uint32_t partition, int64_t ts)
{
	if (o->frames)
		print_frame(o, m, partition, ts);
	else
		print_line(o, m, partition, ts);
}

/* A message that comes out of order: others overtake it. */
struct delayed {
	struct message message;
	char key[64];
	uint32_t partition;
	int64_t timestamp_ms;
	int64_t until; /* how many were made */
	bool waits;
};

static bool delay(struct world *w, struct delayed *d, const struct message *m, uint32_t partition,
	int64_t timestamp_ms)
{
	if (d->waits || !dice_percent(&w->dice, 1))
		return false;
	snprintf(d->key, sizeof(d->key), "%s", m->key);
	d->message.on_runs = m->on_runs;
	d->message.key = d->key;
	buf_clear(&d->message.value);
	buf_add_span(&d->message.value, buf_span(&m->value));
	d->partition = partition;
	d->timestamp_ms = timestamp_ms;
	/* Most wait for a few, one of fifty for thousands. */
	d->until = w->made + 1 + dice_below(&w->dice, dice_percent(&w->dice, 2) ? 20000 : 200);
	d->waits = true;
	return true;
}

static void print_delayed(struct output *o, struct delayed *d)
{
	print(o, &d->message, d->partition, d->timestamp_ms);
	d->waits = false;
}

static void generate(
	struct world *w, struct output *o, int64_t start_ms, int64_t count, int64_t days)
{
	struct runs *runs = calloc(1, sizeof(*runs));
	if (!runs)
		die("out of memory");
	struct message m = { 0 };
	struct delayed delayed = { 0 };
	/* Over a week the pace gives 97 messages where an even one gave 100. */
	int64_t step_us = days * 86400000000 / count * 97 / 100;
	int64_t now_us = start_ms * 1000;
	for (int64_t i = 0; i < count && !ferror(stdout); i++) {
		world_set_time(w, now_us / 1000);
		w->made = (uint32_t)i;
		buf_clear(&m.value);
		if (dice_percent(&w->dice, w->scale->changes))
			message_change(w, runs, &m);
		else
			message_run(w, runs, &m);
		uint32_t partition = m.partition_key % o->partitions;
		int64_t ts = w->now_ms + 3 + dice_below(&w->dice, 40);
		if (!w->scale->odd || !delay(w, &delayed, &m, partition, ts))
			print(o, &m, partition, ts);
		if (delayed.waits && (w->made >= delayed.until || i + 1 == count))
			print_delayed(o, &delayed);
		/* Around the mean, evenly. */
		int64_t wide = 2 * step_us * pace(now_us / 1000) / 100;
		now_us += wide * dice_below(&w->dice, 1000) / 1000;
	}
	buf_free(&m.value);
	buf_free(&m.state);
	buf_free(&delayed.message.value);
	free(runs);
}

int main(int argc, char **argv)
{
	enum { SEED = 256, COUNT, PREFIX, PARTITIONS, START, DAYS, LARGE, FRAMES };
	static const struct option options[] = {
		{ "seed", required_argument, NULL, SEED },
		{ "count", required_argument, NULL, COUNT },
		{ "topic-prefix", required_argument, NULL, PREFIX },
		{ "partitions", required_argument, NULL, PARTITIONS },
		{ "start", required_argument, NULL, START },
		{ "days", required_argument, NULL, DAYS },
		{ "large", no_argument, NULL, LARGE },
		{ "frames", no_argument, NULL, FRAMES },
		{ NULL, 0, NULL, 0 },
	};
	struct output o = { .partitions = 1 };
	const struct scale *scale = &scale_normal;
	int64_t seed = 1, count = 1000, days = 0, start_ms = 0;
	const char *org = "org_corpus";
	int option;
	while ((option = getopt_long(argc, argv, "", options, NULL)) != -1) {
		switch (option) {
		case SEED:
			seed = number(optarg);
			break;
		case COUNT:
			count = number(optarg);
			break;
		case PREFIX:
			org = optarg;
			break;
		case PARTITIONS:
			o.partitions = (uint32_t)number(optarg);
			break;
		case START:
			if (!clock_parse_rfc3339(span_of(optarg), &start_ms))
				die("'%s' is not a time of RFC 3339", optarg);
			break;
		case DAYS:
			days = number(optarg);
			break;
		case LARGE:
			scale = &scale_large;
			break;
		case FRAMES:
			o.frames = true;
			break;
		default:
			fputs(usage, stderr);
			return 2;
		}
	}
	bool large = scale == &scale_large;
	days = days ? days : large ? 1400 : 150;
	start_ms = start_ms ? start_ms : large ? 1673740800000 : 1780272000000;
	if (optind < argc || count < 1 || o.partitions < 1 || o.partitions > PARTITION_MAX) {
		fputs(usage, stderr);
		return 2;
	}
	snprintf(o.topics[0], sizeof(o.topics[0]), "%s.change.log", org);
	snprintf(o.topics[1], sizeof(o.topics[1]), "%s.runs", org);
	struct world *w = calloc(1, sizeof(*w));
	if (!w)
		die("out of memory");
	world_init(w, scale, org, (uint64_t)seed);
	generate(w, &o, start_ms, count, days);
	world_release(w);
	free(w);
	buf_free(&o.line);
	if (fflush(stdout) || ferror(stdout))
		die("cannot write");
	return 0;
}
