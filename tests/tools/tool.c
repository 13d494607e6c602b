#include "tests/tools/tool.h"

#include <errno.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { TIMEOUT_MS = 20000 };

void die(const char *format, ...)
{
	va_list arguments;
	va_start(arguments, format);
	fprintf(stderr, "%s: ", program_invocation_short_name);
	vfprintf(stderr, format, arguments);
	fputc('\n', stderr);
	va_end(arguments);
	exit(1);
}

int64_t number(const char *text)
{
	char *end;
	errno = 0;
	long long value = strtoll(text, &end, 10);
	if (errno || end == text || *end)
		die("'%s' is not a number", text);
	return value;
}

static void set(rd_kafka_conf_t *conf, const char *name, const char *value)
{
	char why[256];
	if (rd_kafka_conf_set(conf, name, value, why, sizeof(why)) != RD_KAFKA_CONF_OK)
		die("%s", why);
}

rd_kafka_conf_t *client_conf(const char *brokers)
{
	rd_kafka_conf_t *conf = rd_kafka_conf_new();
	set(conf, "bootstrap.servers", brokers);
	/* A broker that was down is asked again at once. */
	set(conf, "reconnect.backoff.max.ms", "500");
	/* What fails in the end is told by die(). */
	set(conf, "log_level", "0");
	return conf;
}

void client_set(rd_kafka_conf_t *conf, const char *assignment)
{
	const char *equals = strchr(assignment, '=');
	if (!equals)
		die("'%s' is not NAME=VALUE", assignment);
	char name[128];
	int length = snprintf(name, sizeof(name), "%.*s", (int)(equals - assignment), assignment);
	if (length < 0 || (size_t)length >= sizeof(name))
		die("'%s' is too long", assignment);
	set(conf, name, equals + 1);
}

rd_kafka_t *client_new(rd_kafka_type_t type, rd_kafka_conf_t *conf)
{
	char why[512];
	rd_kafka_t *client = rd_kafka_new(type, conf, why, sizeof(why));
	if (!client)
		die("%s", why);
	return client;
}

int partition_count(rd_kafka_t *client, const char *topic)
{
	const struct rd_kafka_metadata *metadata;
	rd_kafka_topic_t *handle = rd_kafka_topic_new(client, topic, NULL);
	rd_kafka_resp_err_t failure = rd_kafka_metadata(client, 0, handle, &metadata, TIMEOUT_MS);
	if (failure)
		die("cannot ask for topic %s: %s", topic, rd_kafka_err2str(failure));
	int count = 0;
	if (metadata->topic_cnt == 1 && !metadata->topics[0].err)
		count = metadata->topics[0].partition_cnt;
	for (int i = 0; i < count; i++)
		if (metadata->topics[0].partitions[i].err)
			count = 0; /* just made: no leader yet */
	rd_kafka_metadata_destroy(metadata);
	rd_kafka_topic_destroy(handle);
	return count;
}

void partition_range(rd_kafka_t *client, const char *topic, int32_t partition, int64_t *ret_first,
	int64_t *ret_end)
{
	rd_kafka_resp_err_t failure = rd_kafka_query_watermark_offsets(
		client, topic, partition, ret_first, ret_end, TIMEOUT_MS);
	if (failure)
		die("cannot ask for the offsets of %s [%" PRId32 "]: %s", topic, partition,
			rd_kafka_err2str(failure));
}
