/* A member of a consumer group. It knows Kafka and no store: what to record and where to begin is
 * its owner's business, which it tells of everything by callbacks. All of them are made from within
 * consumer_poll and consumer_close, in the caller's thread, so the owner needs no locks. No
 * function here waits for the network, except consumer_close, and that one has a deadline.
 *
 * Offsets are kept by the owner. A partition that the group gives us delivers nothing until the
 * owner has called consumer_assign with it. */
#ifndef PORTLOG_KAFKA_CONSUMER_H
#define PORTLOG_KAFKA_CONSUMER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"
#include "base/text_list.h"
#include "event/record.h"

struct consumer;

enum {
	CONSUMER_NONE = -1, /* no offset; no time */
};

/* A partition and the owner's own pointer for it, which comes back with all that concerns it. */
struct consumer_partition {
	const char *topic;
	int32_t partition;
	int64_t offset; /* where to begin; what to commit */
	void *data;
};

/* A message. Its record borrows from it. */
struct consumer_message {
	struct record record; /* epoch is -1: the owner knows it */
	void *handle;
	struct record_header *headers;
};
/* A handle of NULL is fine: a message that did not come from a broker. */
void consumer_message_release(struct consumer_message *message);

/* The answer to consumer_ask. */
struct consumer_answer {
	const char *topic;
	int32_t partition;
	void *data;
	bool ok; /* else error says why, and the rest means nothing */
	const char *error;
	int64_t low;          /* the first offset that is there */
	int64_t high;         /* behind the last one that may be read (the last stable offset) */
	int64_t at_time;      /* the first offset of that time or later; CONSUMER_NONE: not asked */
	int64_t committed;    /* by the group; CONSUMER_NONE: nothing, or not asked */
	const char *metadata; /* of that commit, "" where there is none; NULL: not asked */
};

/* A partition of the topics, and who has it. */
struct consumer_held {
	char *topic;
	int32_t partition;
	char *member; /* "CLIENT at HOST"; NULL: no one, or not known */
};

enum consumer_trouble {
	TROUBLE_OTHER,         /* goes by itself; worth a line in the log */
	TROUBLE_UNREACHABLE,   /* no broker answers */
	TROUBLE_LOGIN,         /* user or password are refused */
	TROUBLE_MECHANISM,     /* the broker knows no such way to log in */
	TROUBLE_PROTOCOL,      /* the broker may speak another protocol than is configured */
	TROUBLE_CERTIFICATE,   /* the broker's certificate is not trusted */
	TROUBLE_GROUP_DENIED,  /* not allowed to use the group */
	TROUBLE_TOPIC_DENIED,  /* not allowed to read the topic */
	TROUBLE_TOPIC_MISSING, /* there is no such topic (yet) */
	TROUBLE_FATAL,         /* the library cannot go on */
};

struct consumer_owner {
	void *data;
	/* These partitions are ours now. The owner makes up its mind, now or later, and calls
	 * consumer_assign with those that are to deliver. */
	void (*assigned)(void *data, const struct consumer_partition *partitions, size_t count);
	/* All partitions go when this returns. What is to be committed must be committed before.
	 * lost: they are another's already, and a commit would be refused. */
	void (*revoked)(void *data, bool lost);
	/* The message is the owner's from now on. */
	void (*message)(void *data, void *partition, struct consumer_message *message);
	/* All up to here that may be read has been delivered. */
	void (*end)(void *data, void *partition, int64_t offset);
	/* What was asked for is not there (any more), or the topic has gone for a moment. Nothing
	 * is delivered from the partition until it is assigned again. */
	void (*out_of_range)(void *data, void *partition);
	void (*answer)(void *data, const struct consumer_answer *answer);
	/* All partitions of the topics that there are, ours among them. */
	void (*held)(void *data, const struct consumer_held *partitions, size_t count);
	/* What became of a commit; partitions are those that it named. */
	void (*committed)(void *data, const struct consumer_partition *partitions, size_t count,
		const char *error);
	/* topic may be NULL. */
	void (*trouble)(
		void *data, enum consumer_trouble trouble, const char *topic, const char *text);
	/* What librdkafka itself has to say; a warning where it is about the settings. */
	void (*log)(void *data, bool is_warning, const char *facility, const char *text);
};

struct consumer_settings {
	const char *brokers;
	const char *group;
	const struct text_pairs
		*properties; /* the user's; kafka_properties_check has passed them */
	const struct text_list *topics;
	const char *username; /* NULL: by the properties, or none needed */
	const char *password;
	bool mechanism_is_ports; /* SASL_SSL and SCRAM-SHA-512, where the properties say nothing */
};

/* Joins the group (in the background). ERROR_CONFIG, ERROR_NETWORK. */
bool consumer_new(const struct consumer_settings *settings, const struct consumer_owner *owner,
	struct consumer **ret_consumer, struct error *err);

/* Readable when consumer_poll has something to do. */
int consumer_descriptor(const struct consumer *consumer);
/* Delivers what is there, at most `most` messages and events, without waiting. True: there may be
 * more. Must be called every few minutes at least, or the group takes us for dead. */
bool consumer_poll(struct consumer *consumer, size_t most);

/* The partitions that deliver from now on, and from where; replaces what was. Each is one that the
 * group gave us. */
bool consumer_assign(struct consumer *consumer, const struct consumer_partition *partitions,
	size_t count, struct error *err);
/* Nothing is delivered while we stay in the group. Ends with consumer_assign. */
void consumer_pause(struct consumer *consumer);

/* Asks the brokers, in another thread: the watermarks; what the group has committed, where
 * committed; the offset at that time, where time_ms is not CONSUMER_NONE. May take for ever. */
void consumer_ask(struct consumer *consumer, const struct consumer_partition *partition,
	bool committed, int64_t time_ms);

/* Asks which partitions the topics have, and who in the group has those that are not ours; likewise
 * in another thread. One question at a time; where there is no answer, owner->held is not called.
 */
void consumer_ask_held(struct consumer *consumer);

/* Sends offsets with this metadata; the outcome comes to owner->committed. Before the partitions
 * go, librdkafka waits for what is under way. */
void consumer_commit(struct consumer *consumer, const struct consumer_partition *partitions,
	size_t count, const char *metadata);

/* New login for the next connection. */
void consumer_login(struct consumer *consumer, const char *username, const char *password);

/* Leaves the group and ends, or gives up after the deadline: false, and what could not be ended
 * stays until the process ends. owner->revoked is called if partitions are ours. Frees. */
bool consumer_close(struct consumer *consumer, int64_t timeout_ms);

#endif
