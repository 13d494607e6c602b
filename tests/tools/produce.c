/* Produces exactly what it is told: a message for each line of JSON
 *
 *   {"topic": T, "partition": P, "ts": MS, "key": K, "headers": [[NAME, VALUE], …], "payload": V}
 *
 * where K, VALUE and V are a string, null, or {"base64": …} for bytes that are no text. Partition
 * is 0 where absent, ts the time of sending; key, headers and payload are none. */
#include <errno.h>
#include <getopt.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <jansson.h>
#include <openssl/evp.h>

#include "tests/tools/tool.h"

static const char usage[] =
	"usage: produce -b BROKERS [OPTIONS] [FILE]\n"
	"  -X NAME=VALUE     a property of librdkafka\n"
	"  --rate N          N messages a second\n"
	"  --transaction N   a transaction for every N messages (needs -X transactional.id=…)\n"
	"  --abort N         abort every Nth transaction, after its messages were written\n"
	"  --offsets         print topic, partition and offset of what was acknowledged\n"
	"  --frames          the input is corpus --frames, not lines\n";

struct producer {
	rd_kafka_t *client;
	int64_t rate;        /* 0: as fast as possible */
	int64_t transaction; /* messages in one; 0: none */
	int64_t abort;       /* 0: never */
	int64_t sent;
	int64_t transactions;
	bool print_offsets;
	struct timespec started;
};

struct bytes {
	char *data; /* librdkafka wants it so, and only reads */
	size_t length;
	char *own; /* to be freed */
};

struct message {
	const char *topic;
	int32_t partition;
	int64_t timestamp_ms;
	struct bytes key;
	struct bytes value;
	rd_kafka_headers_t *headers;
};

enum { TIMEOUT_MS = 60000 };

static void delivered(rd_kafka_t *client, const rd_kafka_message_t *m, void *opaque)
{
	(void)client;
	const struct producer *p = opaque;
	if (m->err && m->err != RD_KAFKA_RESP_ERR__PURGE_QUEUE &&
		m->err != RD_KAFKA_RESP_ERR__PURGE_INFLIGHT)
		die("not delivered to %s [%" PRId32 "]: %s", rd_kafka_topic_name(m->rkt),
			m->partition, rd_kafka_err2str(m->err));
	if (p->print_offsets)
		printf("%s\t%" PRId32 "\t%" PRId64 "\n", rd_kafka_topic_name(m->rkt), m->partition,
			m->offset);
}

static void check(rd_kafka_error_t *failure, const char *what)
{
	if (failure)
		die("cannot %s: %s", what, rd_kafka_error_string(failure));
}

static void wait_for_turn(struct producer *p)
{
	if (p->rate == 0)
		return;
	int64_t due_ns = p->sent * (1000000000 / p->rate);
	struct timespec due = p->started;
	due.tv_sec += due_ns / 1000000000;
	due.tv_nsec += due_ns % 1000000000;
	if (due.tv_nsec >= 1000000000) {
		due.tv_sec++;
		due.tv_nsec -= 1000000000;
	}
	rd_kafka_poll(p->client, 0);
	while (clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &due, NULL) == EINTR)
		;
}

static void end_transaction(struct producer *p)
{
	p->transactions++;
	if (p->abort && p->transactions % p->abort == 0) {
		rd_kafka_resp_err_t failure = rd_kafka_flush(p->client, TIMEOUT_MS);
		if (failure)
			die("cannot flush: %s", rd_kafka_err2str(failure));
		check(rd_kafka_abort_transaction(p->client, TIMEOUT_MS), "abort the transaction");
	} else {
		check(rd_kafka_commit_transaction(p->client, TIMEOUT_MS), "commit the transaction");
	}
}

/* Takes the headers. */
static void send_message(struct producer *p, const struct message *m)
{
	wait_for_turn(p);
	if (p->transaction && p->sent % p->transaction == 0)
		check(rd_kafka_begin_transaction(p->client), "begin a transaction");
	const rd_kafka_vu_t parts[] = {
		{ .vtype = RD_KAFKA_VTYPE_TOPIC, .u.cstr = m->topic },
		{ .vtype = RD_KAFKA_VTYPE_PARTITION, .u.i32 = m->partition },
		{ .vtype = RD_KAFKA_VTYPE_MSGFLAGS, .u.i = RD_KAFKA_MSG_F_COPY },
		{ .vtype = RD_KAFKA_VTYPE_TIMESTAMP, .u.i64 = m->timestamp_ms },
		{ .vtype = RD_KAFKA_VTYPE_KEY, .u.mem = { m->key.data, m->key.length } },
		{ .vtype = RD_KAFKA_VTYPE_VALUE, .u.mem = { m->value.data, m->value.length } },
		{ .vtype = RD_KAFKA_VTYPE_HEADERS, .u.headers = m->headers },
	};
	size_t count = sizeof(parts) / sizeof(parts[0]) - (m->headers ? 0 : 1);
	rd_kafka_error_t *failure;
	while ((failure = rd_kafka_produceva(p->client, parts, count))) {
		if (rd_kafka_error_code(failure) != RD_KAFKA_RESP_ERR__QUEUE_FULL)
			die("cannot produce to %s [%" PRId32 "]: %s", m->topic, m->partition,
				rd_kafka_error_string(failure));
		rd_kafka_error_destroy(failure);
		rd_kafka_poll(p->client, 100);
	}
	p->sent++;
	if (p->sent % 256 == 0)
		rd_kafka_poll(p->client, 0);
	if (p->transaction && p->sent % p->transaction == 0)
		end_transaction(p);
}

static struct bytes decode_base64(const char *text, size_t length)
{
	struct bytes b = { .own = malloc(length / 4 * 3 + 1) };
	int decoded = b.own ? EVP_DecodeBlock((unsigned char *)b.own, (const unsigned char *)text,
				      (int)length)
			    : -1;
	if (decoded < 0 || length % 4)
		die("'%s' is not Base64", text);
	while (length && text[length - 1] == '=') {
		decoded--;
		length--;
	}
	b.data = b.own;
	b.length = (size_t)decoded;
	return b;
}

static struct bytes bytes_of(const json_t *value)
{
	if (json_is_string(value))
		return (struct bytes){ (char *)(uintptr_t)json_string_value(value),
			json_string_length(value), NULL };
	const json_t *base64 = json_object_get(value, "base64");
	if (json_is_string(base64))
		return decode_base64(json_string_value(base64), json_string_length(base64));
	if (value && !json_is_null(value))
		die("neither text, null nor {\"base64\": …}");
	return (struct bytes){ NULL, 0, NULL };
}

static rd_kafka_headers_t *headers_of(const json_t *list)
{
	if (json_array_size(list) == 0)
		return NULL;
	rd_kafka_headers_t *headers = rd_kafka_headers_new(json_array_size(list));
	size_t i;
	json_t *pair;
	json_array_foreach(list, i, pair)
	{
		struct bytes name = bytes_of(json_array_get(pair, 0));
		struct bytes value = bytes_of(json_array_get(pair, 1));
		rd_kafka_header_add(headers, name.data, (ssize_t)name.length, value.data,
			(ssize_t)value.length);
		free(name.own);
		free(value.own);
	}
	return headers;
}

static void send_line(struct producer *p, const char *line, size_t length)
{
	json_error_t why;
	json_t *object = json_loadb(line, length, JSON_ALLOW_NUL, &why);
	const char *topic = json_string_value(json_object_get(object, "topic"));
	if (!topic)
		die("line %" PRId64 ": %s", p->sent + 1, object ? "no topic" : why.text);
	struct message m = {
		.topic = topic,
		.partition = (int32_t)json_integer_value(json_object_get(object, "partition")),
		.timestamp_ms = json_integer_value(json_object_get(object, "ts")),
		.key = bytes_of(json_object_get(object, "key")),
		.value = bytes_of(json_object_get(object, "payload")),
		.headers = headers_of(json_object_get(object, "headers")),
	};
	send_message(p, &m);
	free(m.key.own);
	free(m.value.own);
	json_decref(object);
}

static void send_lines(struct producer *p, FILE *in)
{
	char *line = NULL;
	size_t capacity = 0;
	ssize_t length;
	while ((length = getline(&line, &capacity, in)) > 0)
		send_line(p, line, (size_t)length);
	free(line);
}

static void read_exactly(FILE *in, char *to, int32_t length)
{
	if (length > 0 && fread(to, (size_t)length, 1, in) != 1)
		die("the last frame is cut off");
}

static void send_frames(struct producer *p, FILE *in)
{
	static char topic[256], key[4096], value[1 << 20];
	struct frame f;
	while (fread(&f, sizeof(f), 1, in) == 1) {
		if (f.topic_length >= (int32_t)sizeof(topic) ||
			f.key_length > (int32_t)sizeof(key) ||
			f.value_length > (int32_t)sizeof(value))
			die("frame %" PRId64 " is too long", p->sent + 1);
		read_exactly(in, topic, f.topic_length);
		topic[f.topic_length] = '\0';
		read_exactly(in, key, f.key_length);
		read_exactly(in, value, f.value_length);
		struct message m = {
			.topic = topic,
			.partition = f.partition,
			.timestamp_ms = f.timestamp_ms,
		};
		if (f.key_length >= 0)
			m.key = (struct bytes){ key, (size_t)f.key_length, NULL };
		if (f.value_length >= 0)
			m.value = (struct bytes){ value, (size_t)f.value_length, NULL };
		send_message(p, &m);
	}
}

static void finish(struct producer *p)
{
	if (p->transaction && p->sent % p->transaction)
		end_transaction(p);
	rd_kafka_resp_err_t failure = rd_kafka_flush(p->client, TIMEOUT_MS);
	if (failure)
		die("cannot flush: %s", rd_kafka_err2str(failure));
	rd_kafka_destroy(p->client);
}

int main(int argc, char **argv)
{
	enum { RATE = 256, TRANSACTION, ABORT, OFFSETS, FRAMES };
	static const struct option options[] = {
		{ "rate", required_argument, NULL, RATE },
		{ "transaction", required_argument, NULL, TRANSACTION },
		{ "abort", required_argument, NULL, ABORT },
		{ "offsets", no_argument, NULL, OFFSETS },
		{ "frames", no_argument, NULL, FRAMES },
		{ NULL, 0, NULL, 0 },
	};
	struct producer p = { 0 };
	bool frames = false;
	rd_kafka_conf_t *conf = client_conf("");
	client_set(conf, "enable.idempotence=true");
	client_set(conf, "linger.ms=5");
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
		case RATE:
			p.rate = number(optarg);
			break;
		case TRANSACTION:
			p.transaction = number(optarg);
			break;
		case ABORT:
			p.abort = number(optarg);
			break;
		case OFFSETS:
			p.print_offsets = true;
			break;
		case FRAMES:
			frames = true;
			break;
		default:
			fputs(usage, stderr);
			return 2;
		}
	}
	FILE *in = optind < argc ? fopen(argv[optind], "r") : stdin;
	if (!in)
		die("cannot open %s: %s", argv[optind], strerror(errno));
	rd_kafka_conf_set_dr_msg_cb(conf, delivered);
	rd_kafka_conf_set_opaque(conf, &p);
	p.client = client_new(RD_KAFKA_PRODUCER, conf);
	if (p.transaction)
		check(rd_kafka_init_transactions(p.client, TIMEOUT_MS), "begin with transactions");
	clock_gettime(CLOCK_MONOTONIC, &p.started);
	if (frames)
		send_frames(&p, in);
	else
		send_lines(&p, in);
	finish(&p);
	return 0;
}
