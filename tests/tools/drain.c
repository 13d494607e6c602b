/* A bare consumer. It reads what is in a topic when it starts, from every partition's start to its
 * end, with no group, and prints how fast that went: the mark that a recorder is measured against.
 * Or it prints each message as a line of JSON: the ground truth that a store is compared with. */
#include <getopt.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>

#include <openssl/evp.h>

#include "base/json_write.h"
#include "tests/tools/tool.h"

static const char usage[] = "usage: drain -b BROKERS [OPTIONS] TOPIC ...\n"
			    "  -X NAME=VALUE   a property of librdkafka\n"
			    "  --dump          print the messages: topic partition offset ts "
			    "tstype key headers payload,\n"
			    "                  bytes as {\"base64\": …}\n"
			    "  --count N       stop after N messages\n";

struct totals {
	int64_t messages;
	int64_t bytes;
};

enum { BATCH = 1000, BATCH_MS = 20, IDLE_BATCHES = 3000 };

static void print_bytes(const char *before, const void *data, size_t length)
{
	fputs(before, stdout);
	if (!data) {
		fputs("null", stdout);
		return;
	}
	char *text = malloc(length / 3 * 4 + 8);
	if (!text)
		die("out of memory");
	EVP_EncodeBlock((unsigned char *)text, data, (int)length);
	printf("{\"base64\":\"%s\"}", text);
	free(text);
}

static void print_headers(const rd_kafka_message_t *m)
{
	rd_kafka_headers_t *headers;
	fputs(",\"headers\":[", stdout);
	if (rd_kafka_message_headers(m, &headers) == RD_KAFKA_RESP_ERR_NO_ERROR) {
		const char *name;
		const void *value;
		size_t length;
		for (size_t i = 0; !rd_kafka_header_get_all(headers, i, &name, &value, &length);
			i++) {
			struct buf quoted = { 0 };
			json_quote(span_of(name), &quoted);
			printf("%s[%s", i ? "," : "", buf_text(&quoted));
			buf_free(&quoted);
			print_bytes(",", value, length);
			putchar(']');
		}
	}
	putchar(']');
}

static void print_message(const rd_kafka_message_t *m)
{
	static const char *const words[] = { "none", "create", "append" };
	rd_kafka_timestamp_type_t type;
	int64_t timestamp = rd_kafka_message_timestamp(m, &type);
	printf("{\"topic\":\"%s\",\"partition\":%" PRId32 ",\"offset\":%" PRId64 ",\"ts\":%" PRId64
	       ",\"tstype\":\"%s\"",
		rd_kafka_topic_name(m->rkt), m->partition, m->offset, timestamp, words[type]);
	print_bytes(",\"key\":", m->key, m->key_len);
	print_headers(m);
	print_bytes(",\"payload\":", m->payload, m->len);
	puts("}");
}

/* Every partition, from its start. How many of them have something to read. */
static int assign(rd_kafka_t *client, char **topics, int count)
{
	rd_kafka_topic_partition_list_t *list = rd_kafka_topic_partition_list_new(16);
	for (int t = 0; t < count; t++) {
		int partitions = partition_count(client, topics[t]);
		if (partitions == 0)
			die("there is no topic %s", topics[t]);
		for (int32_t i = 0; i < partitions; i++) {
			int64_t first, end;
			partition_range(client, topics[t], i, &first, &end);
			if (first < end)
				rd_kafka_topic_partition_list_add(list, topics[t], i)->offset =
					first;
		}
	}
	int used = list->cnt;
	rd_kafka_resp_err_t failure = rd_kafka_assign(client, list);
	if (failure)
		die("cannot assign: %s", rd_kafka_err2str(failure));
	rd_kafka_topic_partition_list_destroy(list);
	return used;
}

/* Until every partition has told its end, or limit messages are here. */
static struct totals drain(rd_kafka_t *client, int partitions, int64_t limit, bool dump)
{
	rd_kafka_queue_t *queue = rd_kafka_queue_get_consumer(client);
	static rd_kafka_message_t *messages[BATCH];
	struct totals t = { 0 };
	int idle = 0;
	while (partitions > 0 && t.messages < limit) {
		ssize_t count = rd_kafka_consume_batch_queue(queue, BATCH_MS, messages, BATCH);
		idle = count > 0 ? 0 : idle + 1;
		if (idle == IDLE_BATCHES)
			die("nothing came for %d s", BATCH_MS * IDLE_BATCHES / 1000);
		for (ssize_t i = 0; i < count; i++) {
			const rd_kafka_message_t *m = messages[i];
			if (m->err == RD_KAFKA_RESP_ERR__PARTITION_EOF)
				partitions--;
			else if (m->err == RD_KAFKA_RESP_ERR__TRANSPORT)
				; /* librdkafka connects again */
			else if (m->err)
				die("%s", rd_kafka_message_errstr(m));
			else if (t.messages < limit) {
				t.messages++;
				t.bytes += (int64_t)(m->len + m->key_len);
				if (dump)
					print_message(m);
			}
			rd_kafka_message_destroy(messages[i]);
		}
	}
	rd_kafka_queue_destroy(queue);
	return t;
}

static void print_totals(const struct totals *t, double seconds)
{
	struct rusage used;
	getrusage(RUSAGE_SELF, &used);
	printf("messages %" PRId64 " bytes %" PRId64 " seconds %.3f rate %.0f rss_kb %ld\n",
		t->messages, t->bytes, seconds, (double)t->messages / seconds, used.ru_maxrss);
}

int main(int argc, char **argv)
{
	enum { DUMP = 256, COUNT };
	static const struct option options[] = {
		{ "dump", no_argument, NULL, DUMP },
		{ "count", required_argument, NULL, COUNT },
		{ NULL, 0, NULL, 0 },
	};
	bool dump = false;
	int64_t limit = INT64_MAX;
	rd_kafka_conf_t *conf = client_conf("");
	client_set(conf, "group.id=drain");
	client_set(conf, "enable.auto.commit=false");
	/* The end of a partition is told when a fetch comes back empty. */
	client_set(conf, "fetch.wait.max.ms=50");
	client_set(conf, "enable.partition.eof=true");
	client_set(conf, "auto.offset.reset=error");
	int option;
	while ((option = getopt_long(argc, argv, "b:X:", options, NULL)) != -1) {
		char brokers[256];
		switch (option) {
		case 'b':
			snprintf(brokers, sizeof(brokers), "bootstrap.servers=%s", optarg);
			client_set(conf, brokers);
			break;
		case 'X':
			client_set(conf, optarg);
			break;
		case DUMP:
			dump = true;
			break;
		case COUNT:
			limit = number(optarg);
			break;
		default:
			fputs(usage, stderr);
			return 2;
		}
	}
	if (optind >= argc) {
		fputs(usage, stderr);
		return 2;
	}
	rd_kafka_t *client = client_new(RD_KAFKA_CONSUMER, conf);
	rd_kafka_poll_set_consumer(client);
	struct timespec started, ended;
	clock_gettime(CLOCK_MONOTONIC, &started);
	int partitions = assign(client, argv + optind, argc - optind);
	struct totals t = drain(client, partitions, limit, dump);
	clock_gettime(CLOCK_MONOTONIC, &ended);
	if (!dump)
		print_totals(&t, (double)(ended.tv_sec - started.tv_sec) +
					 (double)(ended.tv_nsec - started.tv_nsec) / 1e9);
	rd_kafka_consumer_close(client);
	rd_kafka_destroy(client);
	return 0;
}
