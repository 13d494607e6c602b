#include "store/store.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/xalloc.h"
#include "store/files.h"
#include "store/functions.h"
#include "store/internal.h"
#include "store/schema.h"

static const char pragmas[] =
	"PRAGMA page_size = 16384;"
	"PRAGMA journal_mode = WAL;"
	"PRAGMA synchronous = FULL;"
	"PRAGMA journal_size_limit = 67108864;"
	"PRAGMA cache_size = -26000;"
	"PRAGMA temp_store = MEMORY;"
	/* Debian turns it on; nothing here is deleted that another may not read. */
	"PRAGMA secure_delete = OFF;";

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
	patience_install(store);
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
	store->spans = (struct spans){ 0 };
	streams_free(store->streams);
	store->streams = NULL;
	if (!read_int(store, last_seq, &size, err) ||
		!read_int(store, last_dictionary, &store->dictionary, err) ||
		!tree_load(&store->connection, (uint64_t)size, &store->tree, err) ||
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
		store->counters, &store->spans };
}

bool store_begin(struct store *store, struct error *err)
{
	/* A rollback that could not reload has left no state to add to. */
	if (!store->streams && !store_reload(store, err))
		return false;
	store->gave_up = false;
	store->can_give_up = true;
	bool ok = stmt_exec(store->connection.handle, "BEGIN IMMEDIATE", err);
	store->can_give_up = ok;
	return ok || (store->gave_up ? store_gave_up(err) : false);
}

bool store_commit(struct store *store, struct error *err)
{
	if (!users_flush(store->users, err) || !streams_flush(store->streams, err) ||
		!counters_flush(store->counters, err) ||
		!tree_flush(&store->connection, &store->tree, err) ||
		!spans_flush(&store->spans, &store->connection, err))
		return false;
	/* Once begun it is not cut off. */
	if (!store_is_patient(store))
		return store_gave_up(err);
	bool ok = stmt_exec(store->connection.handle, "COMMIT", err);
	store->can_give_up = !ok;
	return ok && store_is_there(store, err);
}

void store_rollback(struct store *store)
{
	struct error ignored;
	store->can_give_up = false;
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
	store->lock = (struct lock){ -1, -1 };
	store->decoder = *decoder;
	store->compress = settings->compression == COMPRESSION_AUTO;
	store->fingerprint = make_fingerprint(decoder);
	store->intern = intern_new(&store->connection);
	store->users = users_new(&store->connection);
	store->counters = counters_new(&store->connection);
	if (files_prepare(settings, &store->path, err) &&
		lock_take(store->path, &store->lock, err) &&
		files_give(store->path, settings->group, err) && open_database(store, err) &&
		store_reload(store, err) && read_identity(store, err) &&
		store_renew_preparer(store, err)) {
		repack_plan(store);
		*ret_store = store;
		return true;
	}
	store_close(store);
	return error_prefix(err, "cannot open the store '%s'", settings->path);
}

/* Leaves an empty WAL where readers let it: from one with frames, each program that comes while
 * nothing records rebuilds the index of the WAL before it reads. */
static void close_wal(sqlite3 *handle)
{
	if (!handle)
		return;
	sqlite3_wal_checkpoint_v2(handle, NULL, SQLITE_CHECKPOINT_PASSIVE, NULL, NULL);
	sqlite3_busy_timeout(handle, 0);
	sqlite3_wal_checkpoint_v2(handle, NULL, SQLITE_CHECKPOINT_TRUNCATE, NULL, NULL);
}

void store_close(struct store *store)
{
	if (!store)
		return;
	struct buf unused = { 0 };
	if (store->trainer)
		trainer_finish(store->trainer, &unused);
	buf_free(&unused);
	repack_end(store);
	preparer_free(store->preparer);
	intern_free(store->intern);
	users_free(store->users);
	counters_free(store->counters);
	streams_free(store->streams);
	close_wal(store->connection.handle);
	connection_close(&store->connection);
	lock_release(&store->lock);
	free(store->fingerprint);
	free(store->path);
	free(store);
}

bool store_set_group(struct store *store, const char *group, struct error *err)
{
	return files_give(store->path, group, err);
}

bool store_set_reading(struct store *store, const char *secret, const char *const *former,
	enum store_compression compression, struct error *err)
{
	bool was = store->compress;
	struct decoder decoder_was = store->decoder;
	store->compress = compression == COMPRESSION_AUTO;
	store->decoder.secret = secret;
	store->decoder.former = former;
	if (store_renew_preparer(store, err)) {
		repack_plan(store);
		return true;
	}
	store->compress = was;
	store->decoder = decoder_was;
	return false;
}

const char *store_path(const struct store *store)
{
	return store->path;
}

bool store_is_there(const struct store *store, struct error *err)
{
	return lock_is_there(&store->lock, store->path, err);
}

int64_t store_wal_bytes(const struct store *store)
{
	struct stat wal;
	char *path = xasprintf("%s-wal", store->path);
	int64_t bytes = stat(path, &wal) == 0 ? wal.st_size : 0;
	free(path);
	return bytes;
}

void store_readers(const struct store *store, struct buf *out)
{
	lock_readers(store->path, out);
}

const char *store_uuid(const struct store *store)
{
	return store->uuid;
}

uint64_t store_size(const struct store *store)
{
	return store->size;
}

bool store_position(struct store *store, struct span topic, int32_t partition,
	struct store_position *ret_position, struct error *err)
{
	/* After a rollback that could not reload. */
	if (!store->streams && !store_reload(store, err))
		return error_prefix(err, "cannot read where recording goes on");
	const struct stream *newest = streams_newest(store->streams, topic, partition);
	struct store_position at = { .found = newest != NULL };
	if (newest) {
		at.epoch = newest->epoch;
		at.next_offset = newest->next_offset;
		if (!streams_last_before(store->streams, newest, &at.last_offset, err))
			return error_prefix(err, "cannot read where recording goes on");
	}
	*ret_position = at;
	return true;
}

bool store_take_warning(struct store *store, struct error *ret_warning)
{
	bool is_new = store->unpacked;
	if (is_new)
		*ret_warning = store->unpacked_error;
	store->unpacked = false;
	return is_new;
}

bool store_needs_reindex(const struct store *store)
{
	return store->needs_reindex;
}

const char *store_sqlite_version(void)
{
	return sqlite3_libversion();
}
