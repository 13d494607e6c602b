/* The store alone: messages from memory into a new store, in batches like the recorder's. Prints
 * what record.py reads: "messages N seconds S bytes B cpu C rss_kb R". */
#include <fcntl.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/clock.h"
#include "store/journal.h"
#include "tests/tools/tool.h"

enum { STREAMS = 64 };

struct bench {
	struct store *store;
	struct record records[4000];
	size_t count;
	size_t batch;
	uint64_t messages;
	uint64_t bytes;
	/* The offsets that Kafka would give. */
	struct {
		struct span topic;
		int32_t partition;
		int64_t next;
	} streams[STREAMS];
};

static int64_t next_offset(struct bench *b, struct span topic, int32_t partition)
{
	size_t i = 0;
	while (b->streams[i].topic.data &&
		!(b->streams[i].partition == partition && span_equal(b->streams[i].topic, topic)))
		if (++i == STREAMS)
			die("more than %d partitions", STREAMS);
	b->streams[i].topic = topic;
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
}

static void add_frames(struct bench *b, const char *at, const char *end)
{
	while (at < end) {
		struct frame f;
		memcpy(&f, at, sizeof(f));
		at += sizeof(f);
		struct record *r = &b->records[b->count++];
		*r = (struct record){ .source = SOURCE_KAFKA,
			.topic = span_make(at, (size_t)f.topic_length),
			.partition = f.partition,
			.timestamp_ms = f.timestamp_ms,
			.timestamp_type = TIMESTAMP_CREATE,
			.received_ms = clock_now_ms() };
		at += f.topic_length;
		r->key = span_make(at, (size_t)f.key_length);
		at += f.key_length;
		r->value = span_make(at, (size_t)f.value_length);
		at += f.value_length;
		r->offset = next_offset(b, r->topic, r->partition);
		b->messages++;
		b->bytes += r->value.length;
		if (b->count == b->batch)
			flush(b);
	}
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
		{ NULL, 0, NULL, 0 } };
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
		else
			return 2;
	}
	if (!settings.path || optind + 1 != argc || b.batch == 0 || b.batch > 4000)
		die("usage: bench_insert --store FILE [--batch N] [--plain] FRAMES");
	struct stat st;
	int file = open(argv[optind], O_RDONLY);
	if (file < 0 || fstat(file, &st) != 0)
		die("cannot open %s", argv[optind]);
	const char *data = mmap(NULL, (size_t)st.st_size, PROT_READ, MAP_PRIVATE, file, 0);
	if (data == MAP_FAILED)
		die("cannot map %s", argv[optind]);
	if (!store_open(&settings, &decoder, &b.store, &err))
		die("%s", err.text);
	int64_t start = clock_monotonic_us();
	add_frames(&b, data, data + st.st_size);
	double seconds = (double)(clock_monotonic_us() - start) / 1e6;
	store_close(b.store);
	struct rusage usage;
	getrusage(RUSAGE_SELF, &usage);
	printf("messages %llu seconds %.3f bytes %llu cpu %.3f rss_kb %ld\n",
		(unsigned long long)b.messages, seconds, (unsigned long long)b.bytes,
		seconds_of(usage.ru_utime) + seconds_of(usage.ru_stime), usage.ru_maxrss);
	return 0;
}
