/* The settings of an exec, {argv, env, cwd, stdin}, and the program that they name. */
#ifndef PORTLOG_ACTION_EXEC_REQUEST_H
#define PORTLOG_ACTION_EXEC_REQUEST_H

#include "base/buf.h"
#include "base/error.h"
#include "base/text_list.h"

struct exec_request {
	struct text_list argv;
	struct text_pairs env; /* the rule's own */
	char *cwd;             /* NULL: where portlog is */
	bool has_stdin;        /* else it is the message */
	struct buf input;
};

/* Reads settings in which all templates are filled in; or as they are written (not filled), where
 * what has "{{" in it may become anything, and nothing be there. Errors begin with path.
 * ERROR_CONFIG. Release what it gave. */
bool exec_request_make(struct span settings, const char *path, bool filled,
	struct exec_request *ret_request, struct error *err);
void exec_request_release(struct exec_request *request);

/* The file of argv[0]: a path, from cwd where it is not absolute, or found in PATH. False
 * (ERROR_NEGATIVE): there is none that can be run, and why. */
bool exec_find(const struct exec_request *request, char **ret_file, struct error *err);

enum exec_found {
	EXEC_FOUND,
	EXEC_DEPENDS, /* on a template */
	EXEC_MISSING, /* the program; err says why */
	EXEC_NOWHERE, /* its directory is not there; err says so */
};
/* Of settings as written: whether the program and its directory are there. */
enum exec_found exec_look(struct span settings, struct error *err);

/* Whether settings as written put a secret among the arguments, which every user of the machine may
 * see (ps). */
bool exec_shows_secret(struct span settings);

#endif
