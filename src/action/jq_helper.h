/* jq in a process of its own: libjq cannot be interrupted, takes what memory it wants and reads any
 * file and environment variable. The process is this program once more (/proc/self/exe), with an
 * empty environment and one socket, so that it may be started again at any time, also beside
 * threads. It ends when this process does. */
#ifndef PORTLOG_ACTION_JQ_HELPER_H
#define PORTLOG_ACTION_JQ_HELPER_H

#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/error.h"

/* What the process is called with; main gives way to jq_process() where jq_helper_is_called(). */
#define JQ_HELPER_WORD "jq-helper"
bool jq_helper_is_called(int argc, char *const *argv);

struct jq_helper;

/* Starts the process. May be used by any thread, one ask at a time. NULL is free to free. */
bool jq_helper_new(struct jq_helper **ret_helper, struct error *err);
void jq_helper_free(struct jq_helper *helper);

enum { JQ_INPUTS_MOST = 4 };

struct jq_question {
	struct span program;
	bool compile_only;               /* is it one? */
	uint32_t inputs[JQ_INPUTS_MOST]; /* indexes of texts: its input is the array of these */
	uint32_t input_count;
};

struct jq_answer {
	bool ok;
	bool no_program;  /* it does not compile */
	struct span text; /* the first output as JSON (null where there is none), or why not */
};

struct jq_ask {
	const struct span *texts; /* JSON */
	size_t text_count;
	const struct jq_question *questions;
	size_t question_count;
	int64_t deadline_ms; /* of computing; 0: JQ_DEADLINE_MS, and JQ_COMPILE_MS for each question
			      */
};
enum { JQ_DEADLINE_MS = 2000, JQ_COMPILE_MS = 200 };

/* Fills answers (as many as questions), whose texts are in storage. False (ERROR_CONFIG): it took
 * too long or too much memory, and was ended; the next ask has a new one. One that somebody else
 * ended is asked again. */
bool jq_helper_ask(struct jq_helper *helper, const struct jq_ask *ask, struct jq_answer *answers,
	struct buf *storage, struct error *err);

/* For tests. */
long jq_helper_pid(struct jq_helper *helper);

#endif
