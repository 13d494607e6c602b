/* Questions to the brokers that may take long, or for ever (on a frozen broker librdkafka's answer
 * does not even keep its own timeout), asked one after another in a thread of its own. */
#ifndef PORTLOG_KAFKA_ASKER_H
#define PORTLOG_KAFKA_ASKER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "kafka/group.h"
#include "libraries/rdkafka_library.h"

struct asker;

struct question {
	struct question *next;
	/* Who has the partitions of these topics; else it is about one partition. */
	const char *group; /* NULL: about one; not owned, nor are the topics */
	const struct text_list *topics;
	size_t held;
	char *topic;
	int32_t partition;
	void *data;
	unsigned generation; /* of the assignment in which it was asked */
	bool ask_committed;
	int64_t time_ms; /* -1: not asked */
	/* The answer. */
	rd_kafka_resp_err_t failure;
	int64_t low;
	int64_t high;
	int64_t at_time;
	int64_t committed;
	char *metadata; /* may be NULL */
	struct group_view view;
};
void question_free(struct question *question);

/* descriptor is an eventfd that is written to when there is an answer. NULL: no thread can be
 * started. */
struct asker *asker_new(rd_kafka_t *handle, int descriptor);
/* Takes the question. */
void asker_ask(struct asker *asker, struct question *question);
/* An answered question, or NULL. */
struct question *asker_answer(struct asker *asker);
/* Ends the thread and frees. False: it waits for a broker and cannot be ended; it stays. */
bool asker_free(struct asker *asker, int64_t timeout_ms);

#endif
