/* The store alone: the corpus's frames from a file or a pipe into a new store, in batches like the
 * recorder's. Prints what record.py reads: "messages N seconds S bytes B cpu C rss_kb R". */
#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>

#include "base/arena.h"
#include "base/clock.h"
#include "store/journal.h"
#include "tests/tools/tool.h"

enum { STREAMS = 64 };

struct bench {
	struct store *store;
	FILE *input;
	bool as_sent; /* received when it was sent, as if it had been recorded for years */
	struct record records[4000];
	struct arena texts; /* of these */
	size_t count;
	size_t batch;
	uint64_t messages;
	uint64_t bytes;
	/* The offsets that Kafka would give. */
	struct {
		char topic[128];
		int32_t partition;
		int64_t next;
	} streams[STREAMS];
};

static int64_t next_offset(struct bench *b, struct span topic, int32_t partition)
{
	size_t i = 0;
	while (b->streams[i].topic[0] && !(b->streams[i].partition == partition &&
						 span_equal(span_of(b->streams[i].topic), topic)))
		if (++i == STREAMS)
			die("more than %d partitions", STREAMS);
	snprintf(b->streams[i].topic, sizeof(b->streams[i].topic), "%.*s", (int)topic.length,
		topic.data);
	b->streams[i].partition = partition;
	return b->streams[i].next++;
}

static void flush(struct bench *b)
{
	struct error err;
	struct journal_batch batch = { .records = b->records, .count = b->count };
	if (b->count > 0 && !journal_append(b->store, &batch, NULL, &err))
		die("%s", err.text);
	b->count = 0;
	arena_clear(&b->texts);
}

static void read_exactly(struct bench *b, void *into, size_t length)
{
	if (fread(into, 1, length, b->input) != length)
		die("the input ends within a message");
}

static struct span read_text(struct bench *b, int32_t length)
{
	if (length < 0)
		return (struct span){ 0 };
	char *text = arena_alloc(&b->texts, (size_t)length + 1);
	read_exactly(b, text, (size_t)length);
	return span_make(text, (size_t)length);
}

static void add_frames(struct bench *b)
{
	struct frame f;
	while (fread(&f, 1, sizeof(f), b->input) == sizeof(f)) {
		struct record *r = &b->records[b->count++];
		*r = (struct record){ .source = SOURCE_KAFKA,
			.partition = f.partition,
			.timestamp_ms = f.timestamp_ms,
			.timestamp_type = TIMESTAMP_CREATE,
			.received_ms = b->as_sent ? f.timestamp_ms + 50 : clock_now_ms() };
		r->topic = read_text(b, f.topic_length);
		r->key = read_text(b, f.key_length);
		r->value = read_text(b, f.value_length);
		r->offset = next_offset(b, r->topic, r->partition);
		b->messages++;
		b->bytes += r->value.length;
		if (b->count == b->batch)
			flush(b);
	}
	if (ferror(b->input))
		die("cannot read: %s", strerror(errno));
	flush(b);
}

static double seconds_of(struct timeval t)
{
	return (double)t.tv_sec + (double)t.tv_usec / 1e6;
}

int main(int argc, char **argv)
{
	static const struct option options[] = { { "store", required_argument, NULL, 's' },
		{ "batch", required_argument, NULL, 'b' }, { "plain", no_argument, NULL, 'p' },
		{ "as-sent", no_argument, NULL, 'a' }, { NULL, 0, NULL, 0 } };
	struct store_settings settings = { 0 };
	struct decoder decoder = { 0 };
	static struct bench b = { .batch = 2000 };
	struct error err;
	int option;
	while ((option = getopt_long(argc, argv, "", options, NULL)) != -1) {
		if (option == 's')
			settings.path = optarg;
		else if (option == 'b')
			b.batch = (size_t)strtoul(optarg, NULL, 10);
		else if (option == 'p')
			settings.compression = COMPRESSION_OFF;
		else if (option == 'a')
			b.as_sent = true;
		else
			return 2;
	}
	if (!settings.path || optind + 1 != argc || b.batch == 0 || b.batch > 4000)
		die("usage: bench_insert --store FILE [--batch N] [--plain] [--as-sent] FRAMES|-");
	b.input = strcmp(argv[optind], "-") == 0 ? stdin : fopen(argv[optind], "rb");
	if (!b.input)
		die("cannot open %s", argv[optind]);
	if (!store_open(&settings, &decoder, &b.store, &err))
		die("%s", err.text);
	int64_t start = clock_monotonic_us();
	add_frames(&b);
	double seconds = (double)(clock_monotonic_us() - start) / 1e6;
	if (settings.compression == COMPRESSION_AUTO && !store_pack(b.store, false, &err))
		die("%s", err.text);
	store_close(b.store);
	arena_free(&b.texts);
	struct rusage usage;
	getrusage(RUSAGE_SELF, &usage);
	printf("messages %llu seconds %.3f bytes %llu cpu %.3f rss_kb %ld\n",
		(unsigned long long)b.messages, seconds, (unsigned long long)b.bytes,
		seconds_of(usage.ru_utime) + seconds_of(usage.ru_stime), usage.ru_maxrss);
	return 0;
}
