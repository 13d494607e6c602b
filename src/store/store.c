#include "store/store.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statfs.h>
#include <unistd.h>

#include "base/xalloc.h"
#include "store/functions.h"
#include "store/internal.h"
#include "store/schema.h"

/* WAL and its shared memory need one machine (sqlite.org/wal.html); f_type is in statfs(2). */
bool store_on_network(int descriptor)
{
	static const unsigned long network[] = { 0x6969 /* nfs */, 0x517b /* smb */,
		0xfe534d42 /* smb2 */, 0xff534d42 /* cifs */, 0x5346414f /* afs */,
		0x00c36400 /* ceph */, 0x01021997 /* 9p */ };
	struct statfs fs;
	if (fstatfs(descriptor, &fs) != 0)
		return false;
	for (size_t i = 0; i < sizeof(network) / sizeof(network[0]); i++)
		if (((unsigned long)fs.f_type & 0xffffffffu) == network[i])
			return true;
	return false;
}

/* The folders above the file, private to the owner. */
static bool make_parents(const char *path, struct error *err)
{
	char *folder = xstrdup(path);
	bool ok = true;
	for (char *slash = strchr(folder + 1, '/'); ok && slash; slash = strchr(slash + 1, '/')) {
		*slash = '\0';
		if (mkdir(folder, 0700) != 0 && errno != EEXIST)
			ok = error_set(err, ERROR_STORE, "cannot make the folder '%s': %s", folder,
				strerror(errno));
		*slash = '/';
	}
	free(folder);
	return ok;
}

static bool give_to_group(int descriptor, const char *name, struct error *err)
{
	struct group *group = getgrnam(name);
	if (!group)
		return error_set(err, ERROR_CONFIG,
			"cannot give the store to group '%s': no such group; see 'getent group'",
			name);
	if (fchown(descriptor, (uid_t)-1, group->gr_gid) != 0 || fchmod(descriptor, 0640) != 0)
		return error_set(err, ERROR_STORE, "cannot give the store to group '%s': %s", name,
			strerror(errno));
	return true;
}

/* SQLite gives -wal and -shm the mode and owner of the file itself, so that is set first. */
static bool prepare_file(const struct store_settings *settings, struct error *err)
{
	int descriptor = open(settings->path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	if (descriptor < 0)
		return error_set(err, ERROR_STORE, "cannot write to '%s': %s", settings->path,
			strerror(errno));
	bool ok = true;
	if (!settings->allow_network && store_on_network(descriptor))
		ok = error_set(err, ERROR_STORE,
			"cannot keep the store '%s' on a network file system: SQLite's WAL needs a "
			"local disk",
			settings->path);
	if (ok && settings->group)
		ok = give_to_group(descriptor, settings->group, err);
	close(descriptor);
	return ok;
}

static const char pragmas[] = "PRAGMA page_size = 16384;"
			      "PRAGMA journal_mode = WAL;"
			      "PRAGMA synchronous = FULL;"
			      "PRAGMA journal_size_limit = 67108864;"
			      "PRAGMA wal_autocheckpoint = 4000;"
			      "PRAGMA cache_size = -32000;"
			      "PRAGMA temp_store = MEMORY;";

static bool open_database(struct store *store, struct error *err)
{
	int flags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX;
	/* Counting each allocation under a lock costs 5 % of recording. Refused, harmlessly, where
	 * SQLite is in use already. */
	sqlite3_config(SQLITE_CONFIG_MEMSTATUS, 0);
	int result = sqlite3_open_v2(store->path, &store->connection.handle, flags, NULL);
	sqlite3 *handle = store->connection.handle;
	if (result != SQLITE_OK)
		return stmt_error(handle, err);
	/* Only another program that writes could make us wait: not so long that a SIGTERM is late.
	 */
	sqlite3_busy_timeout(handle, 2000);
	/* Without it a stopped store can't be read by those who may not write (measured). */
	int persist = 1;
	sqlite3_file_control(handle, NULL, SQLITE_FCNTL_PERSIST_WAL, &persist);
	return stmt_exec(handle, pragmas, err) && schema_migrate(handle, err) &&
	       functions_register(handle, err);
}

static char *make_fingerprint(const struct decoder *decoder)
{
	return xasprintf("decoder %d, projections %d, paths %s", DECODER_VERSION,
		PROJECTIONS_VERSION, decoder->paths ? path_map_fingerprint(decoder->paths) : "");
}

bool store_write_fingerprint(struct store *store, struct error *err)
{
	static const char sql[] = "UPDATE store SET fingerprint = ?1";
	struct stmt *s = stmt(&store->connection, sql);
	stmt_text(s, 1, span_of(store->fingerprint));
	return stmt_run(s, err);
}

static bool read_identity(struct store *store, struct error *err)
{
	static const char sql[] = "SELECT uuid, fingerprint FROM store";
	struct stmt *s = stmt(&store->connection, sql);
	bool row;
	if (!stmt_row(s, &row, err))
		return false;
	if (!row)
		return error_set(err, ERROR_INTEGRITY, "the store has no identity");
	char *uuid = span_dup(stmt_column(s, 0));
	char *fingerprint = span_dup(stmt_column(s, 1));
	stmt_reset(s);
	snprintf(store->uuid, sizeof(store->uuid), "%s", uuid);
	store->needs_reindex = store->size > 0 && strcmp(fingerprint, store->fingerprint) != 0;
	bool is_new = store->size == 0 && strcmp(fingerprint, store->fingerprint) != 0;
	free(uuid);
	free(fingerprint);
	return !is_new || store_write_fingerprint(store, err);
}

static bool read_int(struct store *store, const char *sql, int64_t *ret_value, struct error *err)
{
	struct stmt *s = stmt(&store->connection, sql);
	bool row;
	if (!stmt_row(s, &row, err))
		return false;
	*ret_value = stmt_column_int(s, 0);
	stmt_reset(s);
	return true;
}

bool store_reload(struct store *store, struct error *err)
{
	static const char last_seq[] = "SELECT max(seq) FROM record";
	static const char last_dictionary[] = "SELECT max(id) FROM dictionary";
	int64_t size;
	intern_forget(store->intern);
	users_forget(store->users);
	counters_forget(store->counters);
	streams_free(store->streams);
	store->streams = NULL;
	if (!read_int(store, last_seq, &size, err) ||
		!read_int(store, last_dictionary, &store->dictionary, err) ||
		!tree_edge(&store->connection, (uint64_t)size, &store->edge, err) ||
		!streams_new(&store->connection, &store->streams, err))
		return false;
	store->size = (uint64_t)size;
	return true;
}

bool store_renew_preparer(struct store *store, struct error *err)
{
	static const char sql[] = "SELECT bytes FROM dictionary WHERE id = ?1";
	struct prepare_settings settings = { .decoder = store->decoder };
	struct stmt *s = stmt(&store->connection, sql);
	bool row = false;
	if (store->compress && store->dictionary > 0) {
		stmt_int(s, 1, store->dictionary);
		if (!stmt_row(s, &row, err))
			return false;
		if (row)
			settings.dictionary = stmt_column(s, 0);
	}
	preparer_free(store->preparer);
	store->preparer = preparer_new(&settings);
	if (row)
		stmt_reset(s);
	return true;
}

struct projecting store_projecting(struct store *store)
{
	return (struct projecting){ &store->connection, store->intern, store->users, store->streams,
		store->counters };
}

bool store_begin(struct store *store, struct error *err)
{
	/* A rollback that could not reload has left no state to add to. */
	if (!store->streams && !store_reload(store, err))
		return false;
	return stmt_exec(store->connection.handle, "BEGIN IMMEDIATE", err);
}

bool store_commit(struct store *store, struct error *err)
{
	return users_flush(store->users, err) && streams_flush(store->streams, err) &&
	       counters_flush(store->counters, err) &&
	       stmt_exec(store->connection.handle, "COMMIT", err);
}

void store_rollback(struct store *store)
{
	struct error ignored;
	/* SQLite may have rolled back by itself (full disk): then this does nothing. */
	sqlite3_exec(store->connection.handle, "ROLLBACK", NULL, NULL, NULL);
	if (!store_reload(store, &ignored)) {
		streams_free(store->streams);
		store->streams = NULL; /* tried again by the next store_begin */
	}
}

bool store_open(const struct store_settings *settings, const struct decoder *decoder,
	struct store **ret_store, struct error *err)
{
	struct store *store = xcalloc(1, sizeof(*store));
	store->lock.descriptor = -1;
	store->path = xstrdup(settings->path);
	store->decoder = *decoder;
	store->compress = settings->compression == COMPRESSION_AUTO;
	store->fingerprint = make_fingerprint(decoder);
	store->intern = intern_new(&store->connection);
	store->users = users_new(&store->connection);
	store->counters = counters_new(&store->connection);
	if (make_parents(store->path, err) && lock_take(store->path, &store->lock, err) &&
		prepare_file(settings, err) && open_database(store, err) &&
		store_reload(store, err) && read_identity(store, err) &&
		store_renew_preparer(store, err)) {
		*ret_store = store;
		return true;
	}
	store_close(store);
	return error_prefix(err, "cannot open the store '%s'", settings->path);
}

void store_close(struct store *store)
{
	if (!store)
		return;
	struct buf unused = { 0 };
	if (store->trainer)
		trainer_finish(store->trainer, &unused);
	buf_free(&unused);
	preparer_free(store->preparer);
	intern_free(store->intern);
	users_free(store->users);
	counters_free(store->counters);
	streams_free(store->streams);
	if (store->connection.handle)
		sqlite3_wal_checkpoint_v2(
			store->connection.handle, NULL, SQLITE_CHECKPOINT_PASSIVE, NULL, NULL);
	connection_close(&store->connection);
	lock_release(&store->lock);
	free(store->fingerprint);
	free(store->path);
	free(store);
}

const char *store_path(const struct store *store)
{
	return store->path;
}

const char *store_uuid(const struct store *store)
{
	return store->uuid;
}

uint64_t store_size(const struct store *store)
{
	return store->size;
}

bool store_position(struct store *store, struct span topic, int32_t partition, int64_t *ret_epoch,
	int64_t *ret_next_offset)
{
	struct error ignored;
	/* A store that could not be read after a rollback must not look like a new one. */
	if (!store->streams && !store_reload(store, &ignored))
		return false;
	const struct stream *newest = streams_newest(store->streams, topic, partition);
	if (!newest)
		return false;
	*ret_epoch = newest->epoch;
	*ret_next_offset = newest->next_offset;
	return true;
}

bool store_has_kafka_records(struct store *store)
{
	return store->streams && streams_any_position(store->streams);
}

bool store_needs_reindex(const struct store *store)
{
	return store->needs_reindex;
}

const char *store_sqlite_version(void)
{
	return sqlite3_libversion();
}
