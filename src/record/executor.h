/* What is owed is executed, once, and Port is told: the recorder's thread keeps the books, workers
 * do what takes long. Every step is in the journal before it is taken: started before an attempt
 * begins, ended with what Port is to be told of it, and reports until they are sent. */
#ifndef PORTLOG_RECORD_EXECUTOR_H
#define PORTLOG_RECORD_EXECUTOR_H

#include "base/log.h"
#include "base/text_list.h"
#include "record/intake.h"

struct executor;

/* Texts are copied. */
struct executor_settings {
	const char *rules;               /* the configuration's, JSON */
	const char *execution;           /* likewise; NULL: the defaults */
	const char *fields;              /* likewise */
	const struct text_list *feeders; /* likewise */
	const struct text_pairs *secrets;
	const char *api;
	const char *client_id; /* NULL, as is the secret: Port is not told */
	const char *client_secret;
	const char *const *former_client_secrets; /* ended by NULL; NULL: none */
};

/* Whether it could be executed by them (ERROR_CONFIG): parsed, and of kinds that there are. */
bool executor_check(const struct executor_settings *settings, struct error *err);

/* Reads what is owed. The store and the intake, whose partitions decide what may start, stay the
 * caller's; intake.owe is the executor's until it is freed. */
bool executor_new(const struct executor_settings *settings, struct store *store,
	struct intake *intake, struct log *log, struct executor **ret_executor, struct error *err);
enum { EXECUTOR_DESCRIPTORS = 3 };
/* Readable when executor_tick has something to do. */
void executor_descriptors(
	const struct executor *executor, int ret_descriptors[EXECUTOR_DESCRIPTORS]);
/* How long until something is due, at most a second. */
int64_t executor_due_ms(const struct executor *executor);
/* Does what is due. False: it cannot go on. */
bool executor_tick(struct executor *executor, struct error *err);
/* All that may start has ended, and Port was told. */
bool executor_is_idle(const struct executor *executor);

/* By a person, for the control socket. */
struct executor_request {
	int64_t id;
	struct span reason;
	struct span by;
	bool again; /* retry: also what may have been done, or was not to be */
};
/* ERROR_NEGATIVE: there is none, or it is in a state in which that cannot be. */
bool executor_retry(
	struct executor *executor, const struct executor_request *request, struct error *err);
bool executor_cancel(
	struct executor *executor, const struct executor_request *request, struct error *err);

/* Other rules, secrets, client id and secret: made ready, and from executor_renew on used. What
 * runs ends by the old ones. */
bool executor_prepare(
	struct executor *executor, const struct executor_settings *settings, struct error *err);
void executor_renew(struct executor *executor);

/* Told to stop: from now on nothing begins, what runs goes on, and Port is told of it.
 * *ret_limit_ms: for how long, by execution.drain. Returns how many run. */
size_t executor_drain(struct executor *executor, int64_t *ret_limit_ms);
/* None of them runs any more, and Port was told, or did not answer at once. */
bool executor_is_drained(const struct executor *executor);
/* Tells those that still run to stop: they become interrupted, and that is told, too. */
void executor_interrupt(struct executor *executor);
size_t executor_running(const struct executor *executor);
/* "deploy r_1 (41 s), …", the oldest first. */
void executor_running_text(const struct executor *executor, struct buf *out);

/* Stops what runs, writes down how it ended, and frees all. False: a thread did not stop in time,
 * and what it uses is left. NULL is free to free. */
bool executor_free(struct executor *executor, int64_t timeout_ms);

#endif
