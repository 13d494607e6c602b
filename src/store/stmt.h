/* SQLite statements, prepared once per connection and run in few words. Binding remembers its first
 * failure; running reports it. Texts and blobs are borrowed until the statement has run.
 * In SQL a comment at the top of the file that uses it says why, where it is not plain. */
#ifndef PORTLOG_STORE_STMT_H
#define PORTLOG_STORE_STMT_H

#include <stdbool.h>
#include <stdint.h>

#include <sqlite3.h>

#include "base/buf.h"
#include "base/error.h"

enum { CONNECTION_STATEMENTS = 256 };

struct stmt {
	const char *sql; /* the address is the key: one static text per statement */
	sqlite3_stmt *handle;
	int failed;
};

/* A connection and its statements. Starts as { 0 } with handle set. */
struct connection {
	sqlite3 *handle;
	struct stmt statements[CONNECTION_STATEMENTS];
};

/* Finalizes the statements and closes the handle. */
void connection_close(struct connection *c);

/* The statement for that static text. Never NULL: what fails is reported by stmt_run or stmt_row.
 */
struct stmt *stmt(struct connection *c, const char *sql);
void stmt_int(struct stmt *s, int position, int64_t value);
void stmt_null(struct stmt *s, int position);
void stmt_text(struct stmt *s, int position, struct span text);  /* absent: NULL */
void stmt_blob(struct stmt *s, int position, struct span bytes); /* absent: NULL */
/* TEXT where the bytes are valid UTF-8 without NUL, else BLOB. */
void stmt_bytes(struct stmt *s, int position, struct span bytes);

/* Runs it to its end, rows or not. */
bool stmt_run(struct stmt *s, struct error *err);
/* The next row; after *ret_row is false, or on failure, the statement is ready to be bound again.
 * Who stops before the end calls stmt_reset. */
bool stmt_row(struct stmt *s, bool *ret_row, struct error *err);
void stmt_reset(struct stmt *s);

/* How many rows the last statement that was run inserted, updated or deleted. */
int stmt_changes(const struct stmt *s);

int64_t stmt_column_int(struct stmt *s, int column);
bool stmt_column_is_null(struct stmt *s, int column);
/* TEXT and BLOB alike, valid until the next row; NULL is absent. */
struct span stmt_column(struct stmt *s, int column);

/* Runs texts that need no binding, several at once. */
bool stmt_exec(sqlite3 *handle, const char *sql, struct error *err);
/* Fills err (ERROR_STORE; transient where a later try may do: full, busy, I/O) from the handle. */
bool stmt_error(sqlite3 *handle, struct error *err);

#endif
