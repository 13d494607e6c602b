/* bench_scan [FILE]: what understanding a message costs, step by step, in microseconds per message.
 * FILE holds a message per line; without it, three of a usual size are taken. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/xalloc.h"
#include "event/decode.h"
#include "event/leaf.h"
#include "event/words.h"

struct corpus {
	struct span *messages;
	size_t count;
	size_t bytes;
};

struct bench {
	struct events events;
	struct properties properties;
	struct json_doc doc;
	struct buf words;
	uint64_t sum; /* of what was found, so that nothing is left out as useless */
};

static void corpus_add(struct corpus *c, struct span message)
{
	c->messages = xreallocarray(c->messages, c->count + 1, sizeof(c->messages[0]));
	c->messages[c->count++] = span_make(span_dup(message), message.length);
	c->bytes += message.length;
}

static void add_state(struct buf *out, int replicas)
{
	buf_add_text(out,
		"{\"identifier\":\"checkout\",\"title\":\"Checkout\",\"blueprint\":\"service\","
		"\"team\":[\"shop\"],\"properties\":{");
	for (int i = 0; i < 20; i++)
		buf_addf(out, "\"property_%d\":\"some value of a usual length %d\",", i, i);
	buf_addf(out, "\"replicas\":%d},\"relations\":{\"env\":\"production\",\"team\":null},",
		replicas);
	buf_add_text(out,
		"\"createdAt\":\"2026-01-01T00:00:00.000Z\",\"createdBy\":\"auth0|5f01\","
		"\"updatedAt\":\"2026-01-02T00:00:00.000Z\",\"updatedBy\":\"auth0|5f01\"}");
}

static void corpus_make(struct corpus *c)
{
	for (int i = 0; i < 3; i++) {
		struct buf text = { 0 };
		buf_add_text(&text,
			"{\"action\":\"UPDATE\",\"resourceType\":\"entity\",\"status\":\"SUCCESS\","
			"\"trigger\":{\"by\":{\"orgId\":\"org_Q\",\"userId\":\"auth0|5f01\","
			"\"user\":"
			"{\"email\":\"ada@quay.example\",\"firstName\":\"Ada\",\"lastName\":"
			"\"Marsh\"}},"
			"\"origin\":\"UI\",\"at\":\"2026-11-02T09:30:00.123Z\"},"
			"\"context\":{\"entity\":\"checkout\",\"blueprint\":\"service\"},"
			"\"diff\":{\"before\":");
		add_state(&text, i);
		buf_add_text(&text, ",\"after\":");
		add_state(&text, i + 1);
		buf_add_text(&text, "}}");
		corpus_add(c, buf_span(&text));
		buf_free(&text);
	}
}

static bool corpus_read(struct corpus *c, const char *path)
{
	FILE *file = fopen(path, "r");
	char *line = NULL;
	size_t capacity = 0;
	if (!file)
		return false;
	for (ssize_t length; (length = getline(&line, &capacity, file)) > 0;)
		corpus_add(c, span_make(line, (size_t)length));
	free(line);
	fclose(file);
	return c->count > 0;
}

static struct record record_of(struct span message)
{
	return (struct record){ .source = SOURCE_KAFKA,
		.topic = span_of("org_Q.change.log"),
		.epoch = 0,
		.offset = 1,
		.value = message };
}

static void scan(struct bench *b, const struct record *record)
{
	json_scan(&b->doc, record->value.data, record->value.length);
	b->sum += b->doc.count;
}

static void decode(struct bench *b, const struct record *record)
{
	const struct decoder decoder = { 0 };
	decode_record(&decoder, record, &b->events);
	b->sum += b->events.count;
}

static void decode_and_diff(struct bench *b, const struct record *record)
{
	decode(b, record);
	properties_collect(&b->properties, &b->events);
	b->sum += b->properties.count;
}

static void all_and_words(struct bench *b, const struct record *record)
{
	decode_and_diff(b, record);
	buf_clear(&b->words);
	words_of_record(record, &b->events, &b->properties, &b->words);
	b->sum += b->words.length;
}

static void leaf(struct bench *b, const struct record *record)
{
	struct hash hash;
	record_leaf(record, 1, span_of(NULL), &hash);
	b->sum += hash.bytes[0];
}

/* CPU time: others may be at work on the machine. */
static int64_t used_us(void)
{
	struct timespec now;
	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
	return (int64_t)now.tv_sec * 1000000 + now.tv_nsec / 1000;
}

static void measure(struct bench *b, const struct corpus *c, const char *name,
	void (*step)(struct bench *, const struct record *))
{
	enum { ENOUGH_US = 400000 };
	size_t count = 0;
	int64_t start = used_us();
	int64_t used = 0;
	do {
		for (size_t i = 0; i < c->count; i++) {
			struct record record = record_of(c->messages[i]);
			step(b, &record);
		}
		count += c->count;
		used = used_us() - start;
	} while (used < ENOUGH_US);
	double per_message = (double)used / (double)count;
	printf("%-17s %8.2f us/message %10.0f messages/s\n", name, per_message, 1e6 / per_message);
}

int main(int argc, char **argv)
{
	struct corpus corpus = { 0 };
	struct bench b = { 0 };
	if (argc > 1 && !corpus_read(&corpus, argv[1])) {
		fprintf(stderr, "bench_scan: cannot read messages from '%s'\n", argv[1]);
		return 1;
	}
	if (argc <= 1)
		corpus_make(&corpus);
	printf("%zu messages, %zu bytes on average\n", corpus.count, corpus.bytes / corpus.count);
	measure(&b, &corpus, "scan", scan);
	measure(&b, &corpus, "decode", decode);
	measure(&b, &corpus, "decode and diff", decode_and_diff);
	measure(&b, &corpus, "the two and words", all_and_words);
	measure(&b, &corpus, "leaf", leaf);
	for (size_t i = 0; i < corpus.count; i++)
		free((void *)(uintptr_t)corpus.messages[i].data);
	free(corpus.messages);
	buf_free(&b.words);
	json_doc_release(&b.doc);
	events_release(&b.events);
	properties_release(&b.properties);
	return b.sum == 0;
}
