/* Inside kafka/: what consumer and probe have in common. */
#ifndef PORTLOG_KAFKA_CONF_H
#define PORTLOG_KAFKA_CONF_H

#include <stdbool.h>

#include "base/error.h"
#include "kafka/consumer.h"
#include "libraries/rdkafka_library.h"

enum {
	/* From this one on librdkafka goes on fetching by itself when its full queue was emptied.
	 */
	QUEUE_BACKOFF_VERSION = 0x02020000,
	/* From this one on it knows the property group.protocol. */
	GROUP_PROTOCOL_VERSION = 0x02040000,
};

/* The library's properties for these settings. */
bool consumer_fill_conf(
	rd_kafka_conf_t *conf, const struct consumer_settings *settings, struct error *err);

/* A line of librdkafka's log on what is configured, which is not told as trouble, too. */
bool log_is_on_settings(int level, const char *facility);

/* A broker that closes the connection at the first request: librdkafka 2.0.2 gives it as an error,
 * 2.16 in its log alone. */
bool log_is_on_protocol(const char *facility, const char *text);

enum consumer_trouble consumer_trouble_of(rd_kafka_resp_err_t failure, const char *text);

#endif
