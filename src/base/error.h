/* What went wrong, in one line that a person can act on, and who must act. */
#ifndef PORTLOG_BASE_ERROR_H
#define PORTLOG_BASE_ERROR_H

#include <stdbool.h>

enum error_kind {
	ERROR_NONE,
	ERROR_NEGATIVE,    /* a negative answer: no such thing, differs, problems found */
	ERROR_USAGE,       /* the command line is wrong */
	ERROR_CONFIG,      /* the configuration is wrong */
	ERROR_INTEGRITY,   /* stored bytes are not what they were */
	ERROR_STORE,       /* SQLite, the file system, a store of another version */
	ERROR_NETWORK,     /* Kafka, HTTP, name resolution, TLS */
	ERROR_REMOTE,      /* the other side answered no */
	ERROR_INTERRUPTED, /* Ctrl-C */
};

struct error {
	enum error_kind kind;
	bool transient; /* trying again may help */
	char text[512]; /* UTF-8, lower case, no full stop; cut with an ellipsis */
};

/* Fills err and returns false, so that failing is one line. */
bool error_set(struct error *err, enum error_kind kind, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

/* As error_set, and trying again may help. */
bool error_set_transient(struct error *err, enum error_kind kind, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

/* Puts what the caller knows, and ": ", before the text that is there. Returns false. */
bool error_prefix(struct error *err, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* The exit status of a command that failed so (doc: portlog(1), "Exit status"). */
int error_exit_status(const struct error *err);

#endif
