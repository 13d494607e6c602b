/* A look at the brokers without joining a group or reading a message: for check. */
#ifndef PORTLOG_KAFKA_PROBE_H
#define PORTLOG_KAFKA_PROBE_H

#include "kafka/consumer.h"

struct probe_topic {
	const char *name;
	int partitions;                /* 0: not there, or not known */
	enum consumer_trouble trouble; /* where error says something */
	const char *error;             /* NULL: it can be read */
};

struct probe_owner {
	void *data;
	/* As consumer_owner's; may repeat. */
	void (*trouble)(
		void *data, enum consumer_trouble trouble, const char *topic, const char *text);
	void (*topic)(void *data, const struct probe_topic *topic);
	/* A warning of librdkafka about the settings. */
	void (*warning)(void *data, const char *text);
	/* The group answered: it may be used. */
	void (*group)(void *data);
};

/* Waits for answers, at most timeout_ms in all. False, and ERROR_CONFIG, where it could not begin;
 * what the brokers say goes to the owner. True where a broker answered at all. */
bool probe_run(const struct consumer_settings *settings, int64_t timeout_ms,
	const struct probe_owner *owner, bool *ret_answered, struct error *err);

#endif
