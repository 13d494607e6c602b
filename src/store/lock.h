/* One writer: a lock on STORE.lock, held as long as the process lives. */
#ifndef PORTLOG_STORE_LOCK_H
#define PORTLOG_STORE_LOCK_H

#include <stdbool.h>

#include "base/error.h"

struct lock {
	int descriptor; /* -1: not held */
};

/* ERROR_STORE where another process holds it, with its pid. */
bool lock_take(const char *store_path, struct lock *ret_lock, struct error *err);
void lock_release(struct lock *lock);

/* Whose it is, 0 where nobody holds it. */
long lock_holder(const char *store_path);

#endif
