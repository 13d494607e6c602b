/* Records from a file: kcat's -J lines, our own export, or plain messages. Doing it twice adds
 * nothing. */
#ifndef PORTLOG_RECORD_IMPORT_H
#define PORTLOG_RECORD_IMPORT_H

#include <stdio.h>

#include "store/journal.h"

/* Tells what is wrong with a line; the import goes on. */
typedef void import_complaint(void *data, uint64_t line, const char *text);

struct import_settings {
	const char *topic; /* each line is a message of this topic; NULL: lines of kcat or export */
	import_complaint *complain;
	store_tick *tick; /* in bytes read; total 0 where it is unknown. May be NULL */
	void *data;       /* of both */
};

struct import_result {
	uint64_t lines;
	uint64_t added;
	uint64_t passed_over; /* were here already */
	uint64_t left_out;    /* another store's local records */
	uint64_t bad;         /* complained of */
	bool restored;        /* an export that gave this store its records, seq by seq */
};

/* An export that begins at seq 1 restores an empty store, or one that holds its beginning: seq,
 * source and time of receipt stay, the tree is the same. Otherwise source is import, received now,
 * and local records are left out. */
bool import_file(struct store *store, FILE *file, const struct import_settings *settings,
	struct import_result *ret_result, struct error *err);

#endif
