/* How Kafka is reached: by the settings, and where they leave something open, by what Port's API
 * tells. Recording and check both stand on this, so that check tries what recording will do. */
#ifndef PORTLOG_RECORD_KAFKA_CONNECTION_H
#define PORTLOG_RECORD_KAFKA_CONNECTION_H

#include "kafka/consumer.h"
#include "record/login.h"
#include "record/recorder.h"
#include "record/trouble.h"

struct kafka_connection {
	const struct recorder_settings *settings;
	char *org; /* NULL: not known yet */
	char *group;
	struct text_list topics;
	struct port_credentials credentials; /* all NULL: not asked for, or no answer yet */
};

/* What can be said before anything is opened: properties, brokers, group id (ERROR_CONFIG). */
bool kafka_connection_check(const struct recorder_settings *settings, struct error *err);
/* Port's API must be asked, for brokers or for user and password. */
bool kafka_connection_wants_login(const struct recorder_settings *settings);

/* Borrows the settings. */
void kafka_connection_init(
	struct kafka_connection *connection, const struct recorder_settings *settings);
void kafka_connection_release(struct kafka_connection *connection);

/* For login_new. */
struct login_settings kafka_connection_login(const struct kafka_connection *connection);
/* Takes what Port's API told. */
void kafka_connection_take(struct kafka_connection *connection, struct login_result *result);
/* Group and topics, where they are not set. ERROR_CONFIG: Port does not allow that group. */
bool kafka_connection_complete(struct kafka_connection *connection, struct error *err);

/* A property of librdkafka that the user has set; NULL: not set. */
const char *kafka_connection_property(const struct kafka_connection *connection, const char *name);
struct consumer_settings kafka_connection_consumer(const struct kafka_connection *connection);
struct trouble_place kafka_connection_place(
	const struct kafka_connection *connection, const char *topic);

#endif
