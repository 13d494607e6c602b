/* The versions of portlog and of the libraries it runs with, and which of those are known to harm.
 */
#ifndef PORTLOG_CLI_VERSION_H
#define PORTLOG_CLI_VERSION_H

#include "base/buf.h"

struct library_version {
	const char *name;
	const char *(*version)(void); /* of the library that is loaded */
	/* What is known to be harmful in that version, and what to do; NULL: nothing. */
	const char *(*harm)(const char *version);
};
extern const struct library_version library_versions[]; /* ended by one without a name */

/* Below 0 where version a ("3.40.1") is older than b, above where it is newer. */
int version_compare(const char *a, const char *b);

/* "portlog 0.1.0" and a line for each library. */
void version_text(struct buf *out);

#endif
