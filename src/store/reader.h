/* Reading beside the recorder: a connection that cannot write, with portlog's functions and views.
 */
#ifndef PORTLOG_STORE_READER_H
#define PORTLOG_STORE_READER_H

#include <stdbool.h>
#include <stdint.h>

#include <sqlite3.h>

#include "base/error.h"

/* Opens read-only, also a copy on read-only media. In it the views of contract.md show compressed
 * values, too (TEMP views over the stored ones), and these functions are there:
 *   portlog_body(seq, dictionary, bytes)  a stored body's bytes, TEXT where valid UTF-8 without NUL
 *   portlog_lost(NULL, seq)               fails: the record says it has a value, and none is here
 *   portlog_match(pattern, text)          whole text, without regard to case, with * and ?
 *   portlog_member(json, name)            an object's member that is a text or an integer, else
 * NULL ERROR_STORE: not there (says how to begin), not a store, older or newer than this portlog.
 * Close with reader_close. */
bool reader_open(const char *path, sqlite3 **ret_database, struct error *err);
/* The same without the views, which take more than a millisecond to make: compressed values are
 * NULL in those that were not laid over the stored ones before a statement is prepared. */
bool reader_open_bare(const char *path, sqlite3 **ret_database, struct error *err);
/* Lays over those that the statement names; NULL: all. */
bool reader_lay_views(sqlite3 *database, const char *sql, struct error *err);
void reader_close(sqlite3 *database);

/* Decompressions since opening: for tests that count them. */
uint64_t reader_bodies_unpacked(sqlite3 *database);

#endif
