/* Reading the settings of a kind of action: an object whose members have rows. */
#ifndef PORTLOG_ACTION_READING_H
#define PORTLOG_ACTION_READING_H

#include <stdbool.h>

#include "base/error.h"
#include "base/json_scan.h"

struct reading {
	struct json_doc doc;
	const char *path; /* of the whole: "rules[0].webhook" */
	bool filled;      /* templates are; else they may become anything */
	void *into;       /* what the rows fill */
	struct error *err;
};

/* A member of an object, by its place: "headers.Authorization". */
struct reading_place {
	const char *above; /* NULL: a setting itself */
	const char *name;
};

typedef bool reading_member(struct reading *r, struct reading_place place, json_index at);

struct reading_row {
	const char *name; /* NULL ends the table */
	reading_member *read;
};
enum { READING_ROWS_MOST = 15 };

/* Reads an object by rows of its members; those that are null are left out. ERROR_CONFIG. */
bool reading_object(struct reading *r, struct span settings, reading_member *read);
void reading_release(struct reading *r);

/* An error about a place: "PATH.PLACE WHAT"; false. _at puts the place before one that is set. */
bool reading_wrong(struct reading *r, struct reading_place place, const char *what);
bool reading_wrong_at(struct reading *r, struct reading_place place);
/* Whether it is not known yet what it will be. */
bool reading_has_template(const struct reading *r, json_index at);
/* A string, number, true or false as text without NUL. */
bool reading_scalar(struct reading *r, struct reading_place place, json_index at, char **ret_text);
/* A string without NUL; replaces what is there. */
bool reading_string(struct reading *r, struct reading_place place, json_index at, char **ret_text);
/* Calls read for each member, by name, but for those that are null, or a template is the name of.
 */
bool reading_members(struct reading *r, const char *above, json_index object, reading_member *read);
/* Whether it fits one of the patterns, which are as fnmatch(3) has them, with spaces between. */
bool reading_name_fits(const char *patterns, const char *name, bool any_case);
/* By the row of that name; where there is none, the error has the nearest. */
bool reading_by_row(struct reading *r, const struct reading_row *rows, struct reading_place place,
	json_index at);

#endif
