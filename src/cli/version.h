/* The versions of portlog and of the libraries it runs with. */
#ifndef PORTLOG_CLI_VERSION_H
#define PORTLOG_CLI_VERSION_H

#include "base/buf.h"

struct library_version {
	const char *name;
	const char *(*version)(void); /* of the library that is loaded */
};
extern const struct library_version library_versions[]; /* ended by one without a name */

/* "portlog 0.1.0" and a line for each library. */
void version_text(struct buf *out);

#endif
