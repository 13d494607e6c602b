/* jq itself, as it runs in the helper process (action/jq_helper), and what is known of the library.
 */
#ifndef PORTLOG_ACTION_JQ_H
#define PORTLOG_ACTION_JQ_H

#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"

enum {
	JQ_MEMORY_BYTES = 256 * 1024 * 1024, /* of the process that evaluates */
	JQ_ANSWER_MOST = 1024 * 1024,        /* bytes of one answer */
	JQ_ANSWERS_MOST = 8 * 1024 * 1024,   /* of all to one ask */
	JQ_ASK_MOST = 64 * 1024 * 1024,      /* of what is asked */
	JQ_EXIT_MEMORY = 77,                 /* how it ends where that memory was not enough */
};

/* The process's whole life: answers what stands on descriptor 0, a socket, until nobody is at its
 * other end. A question's program is compiled when it is first asked.
 *
 *	ask     length, texts, questions; per text: length, bytes; per question: length, program,
 *	        flags, count, index of a text …
 *	answer  length; per question: status, length, bytes
 *
 * All numbers are uint32_t. The program's input is the array of the texts, which are JSON. */
int jq_process(void);

enum jq_flag {
	JQ_COMPILE_ONLY = 1,
};

enum jq_status {
	JQ_ANSWERED,
	JQ_NO_PROGRAM, /* it does not compile; the text says why */
	JQ_FAILED,     /* it ended with an error; the text says which */
};

/* "1.6": by what it can do, for the library has no name for itself. */
const char *jq_library_version(void);
/* What that version is known to do wrong where it matters here; NULL: nothing. */
const char *jq_known_harm(void);

#endif
