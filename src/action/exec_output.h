/* $PORTLOG_OUTPUT: a private file in which a program says what came of it, as a JSON object. */
#ifndef PORTLOG_ACTION_EXEC_OUTPUT_H
#define PORTLOG_ACTION_EXEC_OUTPUT_H

#include "base/buf.h"
#include "base/error.h"

enum { EXEC_OUTPUT_MOST = 1024 * 1024 };

/* Makes it, empty, for nobody else; the path is yours. */
bool exec_output_make(char **ret_path, struct error *err);
/* Appends what stands in it, if that is a JSON object of at most EXEC_OUTPUT_MOST bytes. Else why
 * not; NULL where it is empty, or there is none any more. */
const char *exec_output_read(const char *path, struct buf *object);
/* Removes it and frees the path. */
void exec_output_remove(char *path);

#endif
