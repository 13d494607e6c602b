/* Programs, and all that they start. Each thread that runs one has a supervisor: this program once
 * more (/proc/self/exe), kept for the thread's next job. It adopts what its job leaves behind, so
 * that nothing gets away by a double fork, setsid or another process group, and ends it all when
 * the job has ended, is to end, or nobody is there any more who wants it. */
#ifndef PORTLOG_BASE_PROCESS_H
#define PORTLOG_BASE_PROCESS_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/error.h"

/* What the supervisor is called with; main gives way to process_supervise() where
 * process_supervisor_is_called(). */
#define PROCESS_SUPERVISOR_WORD "supervisor"
bool process_supervisor_is_called(int argc, char *const *argv);
int process_supervise(void);

struct process_settings {
	const char *program;      /* the file; nobody looks for it in PATH */
	char *const *arguments;   /* the first is its name; ended by NULL */
	char *const *environment; /* all of it; ended by NULL */
	const char *directory;    /* NULL: where we are */
	const char *leftover;     /* a file that is removed if we die meanwhile; NULL: none */
	struct span input;        /* what stands on its descriptor 0; it need not read it */
	int64_t timeout_ms;       /* 0: none */
	int64_t grace_ms;         /* between TERM and KILL */
	const atomic_bool *stop;  /* becoming true ends it; NULL: nothing does */
	/* Told what it and all that it started write to descriptors 1 and 2, as it comes. */
	void (*output)(void *data, struct span bytes);
	void *data;
};

enum process_step {
	PROCESS_STARTED,
	PROCESS_DIRECTORY, /* cannot be entered */
	PROCESS_PROGRAM,   /* cannot be run */
	PROCESS_SYSTEM,    /* no process, no descriptor */
};

struct process_result {
	enum process_step failed; /* PROCESS_STARTED: nothing did */
	int reason;               /* then: errno */
	bool timed_out;           /* it was ended because of that */
	bool stopped;
	bool lost;  /* nobody knows what became of it: something ended its supervisor */
	bool left;  /* some of what it started could not be ended */
	int status; /* as waitpid has it; of nobody's interest where it was not started or is lost
		     */
};

/* Runs it until neither it nor anything that it started is left. It has descriptors 0 to 2, a
 * session of its own, no signal blocked or ignored. False: there is no supervisor (transient);
 * nothing was begun. May be called by any thread. */
bool process_run(const struct process_settings *settings, struct process_result *ret_result,
	struct error *err);

/* For tests: this thread's supervisor; 0: it has none. */
long process_supervisor_pid(void);

#endif
