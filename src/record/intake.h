/* From the partitions to the journal: what is recorded, in which order, and what is committed. The
 * rules of recording live here; Kafka is behind struct intake_source, so that they are tested
 * without a broker. */
#ifndef PORTLOG_RECORD_INTAKE_H
#define PORTLOG_RECORD_INTAKE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"
#include "base/log.h"
#include "kafka/consumer.h"
#include "record/assignment.h"
#include "record/batch.h"
#include "record/floor.h"
#include "record/owe.h"
#include "store/store.h"

/* What the intake wants of Kafka (see kafka/consumer.h). */
struct intake_source {
	void *data;
	bool (*assign)(void *data, const struct consumer_partition *partitions, size_t count,
		struct error *err);
	void (*pause)(void *data);
	void (*ask)(void *data, const struct consumer_partition *partition, bool committed,
		int64_t time_ms);
	void (*commit)(void *data, const struct consumer_partition *partitions, size_t count,
		const char *metadata);
};

enum partition_state {
	PARTITION_UNREAD,   /* what the store has of it could not be read yet: likewise */
	PARTITION_ASKING,   /* the brokers are to say where it begins: what comes is dropped */
	PARTITION_CHECKING, /* the first records are here already: are they the same? */
	PARTITION_RECORDING,
};

/* A partition that is ours. */
struct partition {
	char *topic;
	int32_t partition;
	enum partition_state state;
	bool has_position;
	int64_t epoch;
	int64_t next;         /* behind what was recorded or is in the batch */
	int64_t durable_next; /* behind what the store has */
	int64_t last;         /* the last record before next; OFFSET_NONE */
	int64_t read_from;    /* where checking begins */
	int64_t checked;      /* the newest record that was compared; OFFSET_NONE */
	int64_t mark;         /* the last record when the next look was asked for; OFFSET_NONE */
	int64_t misfiled_to;  /* up to here, this topic's records are in the epoch before, too */
	bool must_ask;        /* where it begins now, whatever the store says */
	bool made_anew;       /* found out */
	bool asked;
	int64_t asked_ms;
	int64_t ask_again_ms; /* when an answer failed */
	bool floor_known;
	int64_t commit_floor; /* commits go beyond it; OFFSET_NONE: none was found */
	int64_t sent;         /* what was last sent as a commit */
	int64_t low;          /* the first offset that is there, as far as known; OFFSET_NONE */
	bool at_end;          /* all that may be read was delivered */
	bool was_at_end;      /* since it was assigned */
	int64_t end;          /* of the partition, as it was last told; OFFSET_NONE */
	int64_t told_ms;      /* monotonic: when that was; 0: not since a broker was reached */
	int64_t caught_up_ms; /* when all up to there had been delivered; 0: never */
	int64_t waiting_ms;   /* monotonic: since when something should come; 0: nothing should */
	int64_t last_ms;      /* Kafka's timestamp of the last record; 0: none yet */
	int64_t assigned_ms;
	/* For executions. Of the facts, what concerns this partition alone. */
	struct floor_facts facts;
	bool facts_of_store; /* has_position and next are known */
	bool facts_of_group; /* so is the rest */
	bool floor_decided;
	struct floor_decision floor;
	int64_t acked; /* commits up to here were acknowledged; OFFSET_NONE: none */
};

struct intake {
	struct store *store;
	struct log *log;
	struct intake_source source;
	enum from_where from;
	int64_t from_ms;
	struct partition **partitions;
	size_t partition_count;
	struct batch batch;
	struct owe *owe; /* what messages owe; NULL: nothing. Not owned */
	bool assign_due; /* partitions changed: they are to be assigned again */
	/* Until then (monotonic) nothing is read but what decides on the execution floors: what is
	 * below them owes nothing. 0: they are known, or are not waited for. */
	int64_t floors_until_ms;
	bool rolled_back; /* until that is done, what comes is from where we were: dropped */
	bool assigned;    /* by the group; it may have given us none */
	bool assigned_ever;
	bool look_wanted;
	bool look_due;        /* before anything else is recorded: what comes is dropped */
	int64_t looked_ms;    /* monotonic: when the last look, or assignment, began */
	bool committing;      /* a commit is under way */
	bool commit_soon;     /* executions wait for its being acknowledged */
	int64_t committed_ms; /* when the last one was sent */
	uint64_t committed_seq;
	bool seq_soon; /* what an old copy of the store must not repeat has begun */
	bool stalled;  /* the store cannot be written: paused */
	int64_t stalled_ms;
	int64_t retry_ms;
	int64_t retry_after_ms;
	int64_t give_up_ms; /* monotonic: the store is not waited for beyond; 0: for ever */
	bool dead;          /* recording cannot go on; error says why */
	struct error error;
	uint64_t recorded;     /* Kafka's records since the start */
	uint64_t assigned_seq; /* the store's size when the partitions were assigned */
	uint64_t changes;      /* raised whenever executions may have become ready */
};

/* In a zeroed struct with store, log, source and from set. */
void intake_release(struct intake *intake);

/* What the consumer tells; see struct consumer_owner. */
void intake_assigned(
	struct intake *intake, const struct consumer_partition *partitions, size_t count);
void intake_revoked(struct intake *intake, bool lost);
void intake_message(
	struct intake *intake, struct partition *partition, struct consumer_message *message);
void intake_end(struct intake *intake, struct partition *partition, int64_t offset);
void intake_out_of_range(struct intake *intake, struct partition *partition);
void intake_answer(struct intake *intake, const struct consumer_answer *answer);
void intake_committed(struct intake *intake, const struct consumer_partition *partitions,
	size_t count, const char *error);

/* Something came between Kafka and us, and a topic may be another one since: what is here is
 * compared with what is there again, soon. */
void intake_look(struct intake *intake);
/* For a minute nothing has come of a partition that has more, or no answer about it: assigning it
 * again has not helped. */
bool intake_is_stuck(const struct intake *intake);
/* No broker answers: how far behind we are is not known any more. */
void intake_unreachable(struct intake *intake);

/* Does what is due: closes a batch, commits, asks or tries again. To be called after polling. */
void intake_tick(struct intake *intake);
/* How long until something is due, at most a second. */
int64_t intake_due_ms(const struct intake *intake);
/* For store_set_patience, with the intake as data: false where it is time to give up. */
bool intake_is_patient(void *intake);
/* Records what is in hand. False: it could not, and was rolled back. */
bool intake_flush(struct intake *intake);
/* Sends commits for all that is recorded and not committed yet. */
void intake_commit(struct intake *intake);
/* All partitions have been at their end since they were assigned, and all is recorded. */
bool intake_is_at_end(const struct intake *intake);

#endif
