/* One writer: a lock on STORE.lock, which holds the writer's pid, and one on the file itself, which
 * counts where STORE.lock was removed or the file is mounted under another name. */
#ifndef PORTLOG_STORE_LOCK_H
#define PORTLOG_STORE_LOCK_H

#include <stdbool.h>

#include "base/buf.h"
#include "base/error.h"

struct lock {
	int descriptor; /* of STORE.lock; -1: not held */
	int file;       /* of the store; -1: not held */
};

/* ERROR_STORE where another process holds it, with its pid. To be taken before SQLite opens the
 * file, whose real path this is, and released after SQLite has closed it: see lock.c. */
bool lock_take(const char *store_path, struct lock *ret_lock, struct error *err);
void lock_release(struct lock *lock);
/* ERROR_STORE where the path leads to another file than the one that is locked, or to none: what is
 * written now would be lost. */
bool lock_is_there(const struct lock *lock, const char *store_path, struct error *err);

/* Adds which other processes read from the store just now: "1234 (sqlite3), 1240 (portlog)";
 * nothing where the system does not tell. */
void lock_readers(const char *store_path, struct buf *out);

/* Whose it is, 0 where nobody holds it. */
long lock_holder(const char *store_path);

#endif
