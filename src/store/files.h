/* The files of a store: where they are, and who may read them. */
#ifndef PORTLOG_STORE_FILES_H
#define PORTLOG_STORE_FILES_H

#include "store/store.h"

/* Makes the file, and the folders above it, where there is none, unless it must exist. *ret_path,
 * to be freed, is its real path: what is beside the store (-wal, .lock, .sock) is named after the
 * file, and not after the symbolic link by which somebody calls it. Refuses a file that SQLite
 * could not keep right: on a network file system, by a hard link that is not its own name, or with
 * a journal beside it. */
bool files_prepare(const struct store_settings *settings, char **ret_path, struct error *err);
/* ERROR_STORE where a rollback journal is beside the store: SQLite would change the store by it. */
bool files_check_journal(const char *path, struct error *err);
/* The file and what SQLite has beside it, to the group, or (NULL) to the owner alone. */
bool files_give(const char *path, const char *group, struct error *err);

#endif
