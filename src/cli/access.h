/* Who else may read and write what a recorder depends on: its configuration, the files with secrets
 * that it names, the store and its folder. */
#ifndef PORTLOG_CLI_ACCESS_H
#define PORTLOG_CLI_ACCESS_H

#include <stdbool.h>

struct config;

/* what: "configuration", "secrets" or "store"; text says which file, what may happen, what to do.
 */
typedef void access_found(void *data, bool is_problem, const char *what, const char *text);

/* Tells each finding; a problem is what lets other users change what is run or recorded. */
void access_check(
	const struct config *config, const char *store_path, access_found *found, void *data);

#endif
