/* The store open for writing, as the configuration wants it. */
#ifndef PORTLOG_CLI_WRITER_H
#define PORTLOG_CLI_WRITER_H

#include "cli/command.h"
#include "event/path_map.h"
#include "store/store.h"

/* Starts as { .must_exist }. */
struct writer {
	bool must_exist; /* no store is made where there is none */
	struct store *store;
	struct path_map *paths;
};

/* Needs NEED_CONFIG. Whatever was opened is closed by writer_close, also after a failure. */
bool writer_open(const struct invocation *call, struct writer *writer, struct error *err);
void writer_close(struct writer *writer);

#endif
