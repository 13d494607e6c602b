/* The write handle from inside: for the files of store/ alone. */
#ifndef PORTLOG_STORE_INTERNAL_H
#define PORTLOG_STORE_INTERNAL_H

#include "store/codec.h"
#include "store/lock.h"
#include "store/prepare.h"
#include "store/projections.h"
#include "store/store.h"
#include "store/tree.h"

struct store {
	struct connection connection;
	struct lock lock;
	char *path;
	char uuid[37];
	struct decoder decoder;
	char *fingerprint; /* of what makes the projections now */
	bool needs_reindex;

	/* What the file says, in memory; read anew after a rollback. */
	uint64_t size;
	struct tree tree;
	struct streams *streams;
	struct intern *intern;
	struct users *users;
	struct counters *counters; /* of the transaction */
	struct spans spans;        /* of the transaction */

	struct preparer *preparer;
	bool compress;
	int64_t dictionary;      /* the one in use; 0: none yet */
	struct trainer *trainer; /* NULL: not training */
	bool untrainable;        /* tried, and zstd could make nothing of the samples */
	/* Values behind plain_next, up to plain_last, may still be plain, and are to be packed. */
	uint64_t plain_next, plain_last;
	struct packer *repacker; /* of the dictionary in use; NULL: made when it is needed */
	bool unpacked;           /* it was given up, and nobody has asked yet why */
	struct error unpacked_error;

	store_patience *patience; /* NULL: for ever */
	void *patience_data;
	bool can_give_up;  /* a transaction is open, or is to be, that can be rolled back */
	bool gave_up;      /* in this one */
	bool hurry;        /* in this one: what can be done later is left out */
	int restart_tries; /* how often it is looked whether readers are done; 0: no restart */
	int restart_pages; /* from so many pages on it is tried; 0: as soon as it is wanted */
};

/* Reads the state of the file: size, tree, streams; forgets what the caches knew. */
bool store_reload(struct store *store, struct error *err);
/* A preparer with the dictionary in use. */
bool store_renew_preparer(struct store *store, struct error *err);
struct projecting store_projecting(struct store *store);
bool store_write_fingerprint(struct store *store, struct error *err);

/* One transaction: begin, then one of the two. A rollback reloads. */
bool store_begin(struct store *store, struct error *err);
bool store_commit(struct store *store, struct error *err);
void store_rollback(struct store *store);

/* Of a new connection. */
void patience_install(struct store *store);
/* False: what is under way is to be given up. */
bool store_is_patient(struct store *store);
/* The error that says so. Returns false. */
bool store_gave_up(struct error *err);

/* A trained dictionary comes into use at a batch's boundary; training begins when there is enough.
 */
bool dictionary_adopt(struct store *store, bool silently, struct error *err);
void dictionary_consider(struct store *store);

/* What came before the first dictionary is to be packed, too: after it came, at the opening of a
 * store where that had not ended, and after compression was switched on or off. */
void repack_plan(struct store *store);
/* Packs some of it, in a transaction of its own; where that fails it is done later, or given up
 * (store_take_warning) where the store is damaged: recording goes on. As much as was
 * just added: what becomes free is filled by what comes, instead of remaining empty. */
void repack_slice(struct store *store, size_t added);
/* Packs the rest. */
bool repack_all(struct store *store, struct error *err);
/* Frees what it needed. */
void repack_end(struct store *store);

/* Adds records inside a transaction, without asking whether they are here. */
bool journal_insert(
	struct store *store, const struct record *const *records, size_t count, struct error *err);

struct owed_try;

/* Remembers the tries of reports that are pending, inside a transaction. */
bool owed_tries_write(
	struct store *store, const struct owed_try *tries, size_t count, struct error *err);

#endif
