/* How Kafka is reached: by the settings, and where they leave something open, by what Port's API
 * tells. Recording and check both stand on this, so that check tries what recording will do. */
#ifndef PORTLOG_RECORD_CONNECTION_H
#define PORTLOG_RECORD_CONNECTION_H

#include "kafka/consumer.h"
#include "record/login.h"
#include "record/recorder.h"
#include "record/trouble.h"

struct connection {
	const struct recorder_settings *settings;
	char *org; /* NULL: not known yet */
	char *group;
	struct text_list topics;
	struct port_credentials credentials; /* all NULL: not asked for, or no answer yet */
};

/* What can be said before anything is opened: properties, brokers, group id (ERROR_CONFIG). */
bool connection_check(const struct recorder_settings *settings, struct error *err);
/* Port's API must be asked, for brokers or for user and password. */
bool connection_wants_login(const struct recorder_settings *settings);

/* Borrows the settings. */
void connection_init(struct connection *connection, const struct recorder_settings *settings);
void connection_release(struct connection *connection);

/* For login_new. */
struct login_settings connection_login(const struct connection *connection);
/* Takes what Port's API told. */
void connection_take(struct connection *connection, struct login_result *result);
/* Group and topics, where they are not set. ERROR_CONFIG: Port does not allow that group. */
bool connection_complete(struct connection *connection, struct error *err);

/* A property of librdkafka that the user has set; NULL: not set. */
const char *connection_property(const struct connection *connection, const char *name);
struct consumer_settings connection_consumer(const struct connection *connection);
struct trouble_place connection_place(const struct connection *connection, const char *topic);

#endif
