/* The daemon: one thread polls Kafka, the control socket and signals, and writes the store. */
#ifndef PORTLOG_RECORD_RECORDER_H
#define PORTLOG_RECORD_RECORDER_H

#include <stdbool.h>
#include <stdint.h>

#include "base/error.h"
#include "base/log.h"
#include "base/text_list.h"
#include "record/assignment.h"
#include "record/executor.h"
#include "store/store.h"

/* What a recorder takes over while it runs. */
struct recorder_renewal {
	bool port;  /* api, client_id, client_secret */
	bool login; /* sasl.username and sasl.password in the properties */
	/* All of it, until `renew` or the next `reload`. NULL: it stays as it is. */
	const struct executor_settings *execution;
};

struct recorder_settings {
	const char *org;                     /* NULL: Port's API is asked */
	const char *group;                   /* NULL: ORG.portlog */
	const struct text_list *topics;      /* empty: ORG.runs and ORG.change.log */
	const struct text_pairs *properties; /* librdkafka's, the brokers among them */
	const char *api;                     /* of Port */
	const char *client_id;               /* NULL, as is the secret: the API is not used */
	const char *client_secret;
	/* NULL: nothing is executed. Else its members api, client_id and client_secret are those
	 * above. */
	const struct executor_settings *execution;
	enum from_where from;
	int64_t from_ms;
	bool exit_eof; /* ends when all partitions have been at their end */
	struct log *log;
	bool line;          /* a line at the bottom of the terminal says how recording goes */
	unsigned terminals; /* at the process' start; one that was closed since ends it by SIGHUP */
	/* SIGHUP: reads the configuration again, checks it, and says what of these settings will be
	 * another; then, when the recorder has made ready what it needs, it is used. On failure of
	 * either none is another. */
	bool (*reload)(void *data, struct recorder_renewal *ret_renewal, struct error *err);
	bool (*renew)(void *data, struct error *err);
	void *data;
};

/* What can be said before anything is opened: group id, properties, brokers (ERROR_CONFIG). */
bool recorder_check(const struct recorder_settings *settings, struct error *err);

/* To be called first of all, before threads begin and before the store is opened: from now on
 * SIGTERM, SIGINT and SIGHUP wait until recorder_run looks at them. */
void recorder_block_signals(void);

/* Which of descriptors 0 to 2 are a terminal now: bit by bit. */
unsigned recorder_terminals(void);

/* One of the two that end it waits to be looked at: for long work before recorder_run. */
bool recorder_told_to_stop(void);

/* Records until it is told to stop (SIGTERM, SIGINT; true) or cannot go on. *ret_threads_left:
 * something still waits for a broker that does not answer, so the process must end without running
 * what is to run at its end. */
bool recorder_run(const struct recorder_settings *settings, struct store *store,
	bool *ret_threads_left, struct error *err);

#endif
