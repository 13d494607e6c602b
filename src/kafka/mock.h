/* A Kafka broker inside this process: librdkafka's mock cluster, for the demo and for quick tests.
 * It speaks the real protocol on a port of 127.0.0.1; logins, TLS, transactions' aborts and more
 * than about 5 MB per partition are beyond it. */
#ifndef PORTLOG_KAFKA_MOCK_H
#define PORTLOG_KAFKA_MOCK_H

#include <stdbool.h>
#include <stdint.h>

#include "base/error.h"
#include "event/record.h"

struct mock;

bool mock_new(struct mock **ret_mock, struct error *err);
void mock_free(struct mock *mock);

/* For bootstrap.servers. */
const char *mock_brokers(const struct mock *mock);
bool mock_add_topic(struct mock *mock, const char *topic, int32_t partitions, struct error *err);

/* Publishes topic, partition (-1: by the key), timestamp (TIMESTAMP_NONE: now), key, headers and
 * value, in the background. */
bool mock_publish(struct mock *mock, const struct record *record, struct error *err);
/* Waits until all that was published is there. */
bool mock_flush(struct mock *mock, int64_t timeout_ms, struct error *err);

#endif
