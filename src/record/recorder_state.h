/* Inside record/: what recorder.c (the loop), recorder_kafka.c (what Kafka tells) and
 * recorder_control.c (what people ask) share. */
#ifndef PORTLOG_RECORD_RECORDER_STATE_H
#define PORTLOG_RECORD_RECORDER_STATE_H

#include "kafka/consumer.h"
#include "net/control.h"
#include "record/intake.h"
#include "record/kafka_connection.h"
#include "record/login.h"
#include "record/recorder.h"
#include "record/status.h"

struct recorder {
	const struct recorder_settings *settings;
	struct log *log;
	struct store *store;
	struct intake intake;
	struct executor *executor; /* NULL: nothing is executed */
	struct consumer *consumer; /* NULL: the login is not known yet */
	struct control *control;
	struct login *login; /* NULL: Port's API is not used */
	int signals;
	struct ending *ending;
	struct kafka_connection connection;
	struct text_list missing; /* topics that are not there */
	struct others others;     /* partitions that the group did not give us */
	int64_t others_ms;        /* monotonic: when to ask for them again */
	int64_t started_ms;
	int64_t login_again_ms;   /* monotonic; 0: no fetch is due */
	int64_t login_trouble_ms; /* monotonic: when a login was first refused */
	int64_t login_fetched_ms;
	int64_t answered_ms;   /* monotonic: when brokers last told of the topics */
	int64_t open_again_ms; /* monotonic: the consumer is not opened again before */
	bool threads_left;
	int64_t unreachable_ms; /* monotonic: since when; 0: not */
	int64_t second_ms;      /* monotonic: when the last second's work was done */
	uint64_t second_recorded;
	double rate;
	int64_t wal_told; /* bytes of the WAL when it was last said that it grows */
	int64_t drain_ms; /* monotonic: until when what is executed is waited for; 0: it is not */
	bool interrupted; /* it was told to stop meanwhile */
	bool group_left;  /* the consumer was closed before the end, without any trouble */
	bool stop;
	bool failed;
	struct error error;
};

/* The first failure counts; recording ends. */
void recorder_fail(struct recorder *r, const struct error *err);
/* "stopping; waiting for 2 executions". */
void recorder_draining_text(const struct recorder *r, struct buf *out);
/* Joins the group, with the login that is known now. */
bool recorder_open_consumer(struct recorder *r, struct error *err);

/* For control_serve, with the recorder as data. */
void recorder_answer(void *data, struct span line, struct buf *out);

#endif
