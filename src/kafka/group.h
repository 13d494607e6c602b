/* Inside kafka/: the partitions of topics, and which member of a group has each. */
#ifndef PORTLOG_KAFKA_GROUP_H
#define PORTLOG_KAFKA_GROUP_H

#include "base/text_list.h"
#include "kafka/consumer.h"
#include "libraries/rdkafka_library.h"

struct group_view {
	struct consumer_held *items;
	size_t count;
};

/* Asks the brokers and waits for them. Who the members are is asked only where the topics have more
 * than `held` partitions; where that is refused or not answered, no member is named. False: not
 * even the topics are known. */
bool group_view_ask(rd_kafka_t *handle, const char *group, const struct text_list *topics,
	size_t held, int timeout_ms, struct group_view *ret_view);
void group_view_release(struct group_view *view);

#endif
