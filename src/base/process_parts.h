/* What base/process and its supervisor say to each other over a socket that keeps messages whole.
 *
 *	START   with three descriptors: a file of texts (program, directory, leftover, arguments,
 *	        environment, each ended by NUL), its input, its output
 *	END     it is to end
 *
 *	FAILED  it could not be started, and that was all
 *	ENDED   the program has ended; what it left behind is being ended
 *	DONE    nothing is left */
#ifndef PORTLOG_BASE_PROCESS_PARTS_H
#define PORTLOG_BASE_PROCESS_PARTS_H

#include <stdbool.h>
#include <stdint.h>

#include "base/helper.h"

extern const struct helper_settings process_supervisor_helper;

enum process_word {
	PROCESS_WORD_START,
	PROCESS_WORD_END,
	PROCESS_WORD_FAILED,
	PROCESS_WORD_ENDED,
	PROCESS_WORD_DONE,
};

enum {
	PROCESS_DESCRIPTORS = 3,
	/* What lives on after so much time of KILL cannot be ended by us. */
	PROCESS_GIVE_UP_MS = 10000,
};

struct process_message {
	uint32_t word;
	uint32_t argument_count;    /* START */
	uint32_t environment_count; /* START */
	uint32_t step;              /* FAILED: enum process_step */
	int32_t reason;             /* FAILED: errno */
	int32_t status;             /* ENDED */
	bool told;                  /* ENDED: END had come before */
	bool left;                  /* DONE: something is left that could not be ended */
	int64_t grace_ms;           /* START */
};

/* Sends TERM to all descendants of this process that can be seen; what is stopped goes on, to hear
 * it. */
void process_tree_terminate(void);
/* Kills them, and the process groups they are in. One that forks meanwhile gets away: again. */
void process_tree_kill(void);
/* As process_tree_kill, but for these children and all of theirs, and what is dead is buried. How
 * many there were that lived. */
size_t process_tree_kill_adopted(const struct pids *own);
/* As process_tree_kill, of children and what was just adopted, in much less time: what forks on and
 * on, and ends each time, is gone until all of /proc has been looked through. Not every kernel
 * tells this. */
void process_tree_kill_children(void);

#endif
