/* One thing with all there is about it: its members, the lists that belong to it, a text at the
 * end. */
#ifndef PORTLOG_CLI_THING_H
#define PORTLOG_CLI_THING_H

#include "cli/command.h"
#include "query/detail.h"

enum { THING_LISTS_MOST = 3 };

/* The row itself, then the lists that belong to it. */
struct thing {
	const struct detail *itself;
	const struct detail *lists[THING_LISTS_MOST];
	const char *body; /* the member that is shown at the end, on lines of its own */
	bool plain; /* body is a text that is shown as it is, even where it happens to be JSON */
};

/* By what it is found: a seq or an id, or the text where there is one. */
struct thing_name {
	int64_t number;
	const char *text;
};

enum thing_form {
	THING_TEXT, /* for people */
	THING_JSON, /* one object */
	THING_RAW,  /* the exact bytes of the body alone; only a terminal is spared what would drive
		       it */
};

/* ret_found: there is such a thing, and it was shown. */
bool thing_show(struct invocation *call, const struct thing *thing, const struct thing_name *name,
	enum thing_form form, bool *ret_found, struct error *err);

#endif
