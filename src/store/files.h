/* The files of a store: where they are, and who may read them. */
#ifndef PORTLOG_STORE_FILES_H
#define PORTLOG_STORE_FILES_H

#include "store/store.h"

/* The folders above the file, private to the owner. */
bool files_make_folder(const char *path, struct error *err);
/* Makes the file where there is none and gives it to the group: SQLite gives -wal and -shm the mode
 * and owner of the file itself, so that is set first. */
bool files_prepare(const struct store_settings *settings, struct error *err);
/* The file and what SQLite has beside it, to the group, or (NULL) back to the owner alone. */
bool files_give(const char *path, const char *group, struct error *err);

#endif
