/* What the small programs of tests/tools share: they talk to Kafka, and end with a line and 1 where
 * something goes wrong. */
#ifndef PORTLOG_TESTS_TOOLS_TOOL_H
#define PORTLOG_TESTS_TOOLS_TOOL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <librdkafka/rdkafka.h>

_Noreturn void die(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* A number of the command line. */
int64_t number(const char *text);

/* Properties, as NAME=VALUE, in order; the later one wins. */
rd_kafka_conf_t *client_conf(const char *brokers);
void client_set(rd_kafka_conf_t *conf, const char *assignment);
/* The configuration belongs to the client then. */
rd_kafka_t *client_new(rd_kafka_type_t type, rd_kafka_conf_t *conf);

/* How many partitions the topic has; 0: there is no such topic. */
int partition_count(rd_kafka_t *client, const char *topic);
/* Where the partition begins and ends (its high watermark). */
void partition_range(rd_kafka_t *client, const char *topic, int32_t partition, int64_t *ret_first,
	int64_t *ret_end);

/* A message as corpus hands it to produce where JSON would be too slow: this, then topic, key and
 * value. Lengths below 0: absent. In the machine's own byte order, for it never leaves it. */
struct frame {
	int64_t timestamp_ms;
	int32_t partition;
	int32_t topic_length;
	int32_t key_length;
	int32_t value_length;
};

#endif
