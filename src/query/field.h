/* Fields and rows: what a listing shows, whoever asked (a command, SQL, the TUI) and whatever draws
 * it. A field is one row in the list of its view. */
#ifndef PORTLOG_QUERY_FIELD_H
#define PORTLOG_QUERY_FIELD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/error.h"

enum value_kind {
	VALUE_NULL,
	VALUE_INTEGER,
	VALUE_REAL,
	VALUE_TEXT,
	VALUE_BYTES, /* not text: a BLOB */
};

/* text is borrowed from whoever gives the row. */
struct value {
	enum value_kind kind;
	int64_t integer;
	double real;
	struct span text; /* VALUE_TEXT, VALUE_BYTES */
};

enum shown_as {
	AS_ANY, /* whatever SQL gave */
	AS_TEXT,
	AS_WORD, /* one of few words, which may have a colour */
	AS_NUMBER,
	AS_YES,     /* 1: yes, 0: no */
	AS_TIME,    /* RFC 3339 */
	AS_TIME_MS, /* milliseconds since 1970 */
	AS_DURATION_MS,
	AS_PERCENT, /* a part of one */
	AS_BAR,     /* the same; in a table drawn as a bar */
	AS_JSON,    /* JSON text */
	AS_PATHS,   /* JSON array of property paths */
};

struct view_field {
	const char *name;
	enum shown_as as;
	int rank;        /* 0: only shown when asked for; else the higher, the sooner it is left out
			    where a terminal is narrow */
	int least;       /* columns on a terminal below which it is rather left out */
	const char *sql; /* over the view; NULL: the view's column of that name */
};

#define FIELD(field_name, field_kind, field_rank, field_least)                     \
	{                                                                          \
		.name = (field_name), .as = AS_##field_kind, .rank = (field_rank), \
		.least = (field_least)                                             \
	}

/* The columns of a listing, in their order. Starts as { 0 }. */
struct field_list {
	const struct view_field **items;
	size_t count;
};
void field_list_add(struct field_list *list, const struct view_field *field);
void field_list_release(struct field_list *list);

/* The fields that --columns names (separated by commas; all: every one); NULL: those with a rank.
 * ERROR_USAGE with the nearest name where there is no such field. fields ends with a row without
 * a name. */
bool field_list_choose(const struct view_field *fields, const char *columns,
	struct field_list *ret_list, struct error *err);

/* A row's values, as many as the listing has columns; borrowed until the next row is asked for. */
struct row {
	const struct value *values;
	size_t count;
};

#endif
