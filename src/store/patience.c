/* How long the write handle works for one call, and waits for other programs. SQLite asks between
 * its steps; what cannot be cut off is one step's own call of the system (a sync that hangs). */
#include <time.h>

#include "store/internal.h"

enum {
	ASK_EVERY_STEPS = 1000, /* about a record's worth of work */
	BUSY_MS = 10,           /* between looks at a lock that another program holds */
	BUSY_TRIES = 200,       /* two seconds: SIGTERM must not be late */
	RESTART_TRIES = 50,     /* half a second: the recorder has other things to do … */
	CHECKPOINT_PAGES = 4000,
	RESTART_PAGES = 8000, /* … and more of it the larger the WAL is */
};

static int on_progress(void *data)
{
	return !store_is_patient(data);
}

static int on_busy(void *data, int tries)
{
	const struct timespec pause = { .tv_nsec = BUSY_MS * 1000000L };
	const struct store *store = data;
	if (tries >= (store->restart_tries ? store->restart_tries : BUSY_TRIES) ||
		!store_is_patient(data))
		return 0;
	nanosleep(&pause, NULL);
	return 1;
}

/* The WAL begins anew only where nobody reads from it at that moment, which with many readers is
 * never by chance. But who begins to read when all is copied reads from the file alone: so it takes
 * no longer than the readers that are there now. Where they read on, it is tried again when the WAL
 * has doubled. */
static void restart(struct store *store, sqlite3 *handle, const char *database, int pages)
{
	int tries = RESTART_TRIES * (pages / RESTART_PAGES);
	store->restart_tries = tries < BUSY_TRIES ? tries : BUSY_TRIES;
	int result =
		sqlite3_wal_checkpoint_v2(handle, database, SQLITE_CHECKPOINT_RESTART, NULL, NULL);
	store->restart_tries = 0;
	store->restart_pages = result == SQLITE_OK ? 0 : 2 * pages;
}

/* In place of SQLite's own, which knows no hurry: what is committed stays in the WAL till later. */
static int on_commit_to_wal(void *data, sqlite3 *handle, const char *database, int pages)
{
	struct store *store = data;
	if (pages < CHECKPOINT_PAGES || store->hurry)
		return SQLITE_OK;
	if (pages >= RESTART_PAGES && pages >= store->restart_pages)
		restart(store, handle, database, pages);
	else
		sqlite3_wal_checkpoint_v2(handle, database, SQLITE_CHECKPOINT_PASSIVE, NULL, NULL);
	return SQLITE_OK;
}

void patience_install(struct store *store)
{
	sqlite3 *handle = store->connection.handle;
	sqlite3_busy_handler(handle, on_busy, store);
	sqlite3_wal_hook(handle, on_commit_to_wal, store);
}

void store_set_patience(struct store *store, store_patience *patience, void *data)
{
	store->patience = patience;
	store->patience_data = data;
	sqlite3_progress_handler(store->connection.handle, patience ? ASK_EVERY_STEPS : 0,
		patience ? on_progress : NULL, store);
}

bool store_is_patient(struct store *store)
{
	if (store->can_give_up && store->patience && !store->gave_up)
		store->gave_up = !store->patience(store->patience_data);
	return !store->can_give_up || !store->gave_up;
}

bool store_gave_up(struct error *err)
{
	return error_set_transient(err, ERROR_STORE,
		"the store took too long: its disk, or another program that writes to it");
}
