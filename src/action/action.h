/* What a rule does for an event: the kinds of action, each in a file of its own, with a row in
 * action/kinds.h. A kind is blocking, straight-line code on a thread of its own that knows neither
 * store nor Kafka. */
#ifndef PORTLOG_ACTION_ACTION_H
#define PORTLOG_ACTION_ACTION_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/error.h"

enum {
	/* Of what a program prints or a server answers so much is kept, and of its end so much. */
	ACTION_HEAD_BYTES = 48 * 1024,
	ACTION_TAIL_BYTES = 16 * 1024,
};

/* Of the event, for those who run: absent where the message tells nothing. */
struct action_event {
	struct span run_id;
	struct span action;
	struct span blueprint;
	struct span entity;
};

/* One attempt. All of it is borrowed for the time of run. */
struct action_job {
	int64_t execution; /* its id */
	int attempt;       /* 1, 2 … */
	struct action_event event;
	struct span message; /* the record's value, as received */
	/* The rule's member of this kind ("exec": REQUEST) as JSON text, all templates filled in.
	 * Numbers have the digits they had. */
	struct span request;
	struct span secret; /* Port's client secret, to sign with; absent: not known */
	int64_t timeout_ms;
	const atomic_bool *stop; /* becoming true ends the attempt soon (ACTION_STOPPED) */
	/* Told what comes while it runs, whole lines where possible; NULL: nobody listens. Called
	 * from the thread that runs. */
	void (*tell)(void *data, struct span lines);
	void *data;
};

enum action_outcome {
	ACTION_SUCCEEDED,
	ACTION_FAILED,
	ACTION_TIMED_OUT,
	ACTION_STOPPED,
};

struct action_result {
	enum action_outcome outcome;
	/* It may have done its work though it looks as if it had not (a connection that was reset
	 * after sending, a timeout): tried again only where the rule is idempotent. */
	bool unknown;
	/* Nothing was begun, for the system gave no process or descriptor: it waits until it does,
	 * whatever the rule says of retries. */
	bool not_begun;
	bool hopeless;          /* another try would give the same (404, no such program) */
	int64_t retry_after_ms; /* the other side asked to wait so long; 0: it did not */
	int exit_code;          /* -1: none */
	int http_status;        /* 0: none */
	char *reason;           /* one line; NULL where it succeeded */
	struct buf output;      /* what it printed or answered: head and tail; may be any bytes */
	/* .request and .response of the report's context, as JSON texts. exec: {argv, cwd} and
	 * {exitCode, text, json}; webhook: {method, url, headers, body} and {statusCode, headers,
	 * text, json}. What is secret is masked by the caller. */
	struct buf request;
	struct buf response;
};
void action_result_release(struct action_result *result);

/* Why a message may not choose that name; NULL: it may. */
typedef const char *action_refusal(struct span name);

struct action_kind {
	const char *name; /* the rule's member: "exec" */
	/* Its member ("env") whose members' names have a meaning to those who get them, so that not
	 * every name may come from a template. */
	const char *named;
	action_refusal *refusal;
	/* Whether the member as written in the configuration can be one: names, types. What has
	 * "{{" in it is not known yet. path is how errors call it: "rules[0].exec". ERROR_CONFIG.
	 */
	bool (*check)(struct span settings, const char *path, struct error *err);
	/* Runs it to its end. False (ERROR_CONFIG …): request is not one, so nothing was begun. */
	bool (*run)(
		const struct action_job *job, struct action_result *ret_result, struct error *err);
	/* For dry-run: exactly what would be run or sent, for people, as JSON text. */
	bool (*describe)(const struct action_job *job, struct buf *ret_text, struct error *err);
};

/* NULL: there is none of that name. */
const struct action_kind *action_kind_of(struct span name);

#endif
