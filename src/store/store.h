/* The store: one SQLite file (WAL) that holds the journal and all that follows from it. This is the
 * write handle: there is one per file, guarded by a lock on FILE.lock. Readers use store/reader.h.
 */
#ifndef PORTLOG_STORE_STORE_H
#define PORTLOG_STORE_STORE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/error.h"
#include "event/decode.h"

struct store;

enum store_compression {
	COMPRESSION_AUTO, /* plain until there is enough to train a dictionary with, then zstd */
	COMPRESSION_OFF,
};

struct store_settings {
	const char *path;
	const char *group; /* the file's group, which may then read it; NULL: only the owner may */
	enum store_compression compression;
	bool must_exist; /* it is not made where there is none */
};

/* Opens for writing: takes the lock (ERROR_STORE naming the holder's pid where it is taken), makes
 * the file where there is none, migrates an older one, refuses a newer one. decoder is copied; what
 * it points to must outlive the store. */
bool store_open(const struct store_settings *settings, const struct decoder *decoder,
	struct store **ret_store, struct error *err);
/* Copies what is in the WAL into the file where no reader hinders it. NULL is fine. */
void store_close(struct store *store);

/* Asked now and then while the store works or waits for another program's lock. False: what is
 * under way fails (transient), and is rolled back. */
typedef bool store_patience(void *data);
/* NULL: it takes as long as it takes. */
void store_set_patience(struct store *store, store_patience *patience, void *data);

/* What store_open was told, for a store that is open. The secrets are borrowed. */
bool store_set_group(struct store *store, const char *group, struct error *err);
bool store_set_reading(struct store *store, const char *secret, const char *const *former,
	enum store_compression compression, struct error *err);

const char *store_path(const struct store *store);
/* ERROR_STORE where its path leads to another file by now, or to none: what is written is lost. */
bool store_is_there(const struct store *store, struct error *err);
const char *store_uuid(const struct store *store);
/* The number of records; also the seq of the last one. */
uint64_t store_size(const struct store *store);

/* Where the recording of a partition goes on. */
struct store_position {
	bool found;    /* else nothing was ever recorded of it, and the rest means nothing */
	int64_t epoch; /* the newest */
	int64_t next_offset;
	int64_t last_offset; /* of the last record that is here before it; -1: none */
};
/* False: the store cannot be read just now, which must not look like a new one. */
bool store_position(struct store *store, struct span topic, int32_t partition,
	struct store_position *ret_position, struct error *err);

/* Of the WAL's file. It grows where a reader keeps its view of the store for long. */
int64_t store_wal_bytes(const struct store *store);
/* Adds the processes that read from it just now, as far as the system tells. */
void store_readers(const struct store *store, struct buf *out);

/* The projections were made by another decoder or other field paths: reindex before appending. */
bool store_needs_reindex(const struct store *store);

/* For the end of a long import or recording: where a dictionary is being trained, waits for it
 * (half a second) and packs with it what is here; else nothing is to be done. silently: without the
 * local record that says so. Where it fails, or is left out, the next store_open begins again. */
bool store_pack(struct store *store, bool silently, struct error *err);

/* Something went wrong that hinders no recording, and was not told yet. */
bool store_take_warning(struct store *store, struct error *ret_warning);

/* Long work tells how far it is; false ends it (ERROR_INTERRUPTED). */
typedef bool store_tick(void *data, uint64_t done, uint64_t total);

/* Builds all projections anew from the journal and swaps them in. */
bool store_reindex(struct store *store, store_tick *tick, void *data, struct error *err);

/* The file or directory is on a network file system, where a store cannot be. */
bool store_on_network(const char *path);

const char *store_sqlite_version(void);
/* What that version is known to do wrong where it matters here; NULL: nothing. */
const char *store_sqlite_known_harm(void);

#endif
