/* A JSON patch (RFC 6902) that turns one value into another. Objects are compared member by member,
 * everything else as a whole; values are copied with their own digits and escapes. */
#ifndef PORTLOG_EVENT_PATCH_H
#define PORTLOG_EVENT_PATCH_H

#include "base/buf.h"
#include "base/json_scan.h"

/* Objects lower than this, or below a pointer longer than that, are replaced as wholes: no message
 * can make a patch that is out of proportion to its own length. */
enum { PATCH_LEVELS_MAX = 32, PATCH_POINTER_MAX = 1024 };

/* Appends the patch, an array; "[]" where both are the same. A side that is absent counts as null.
 */
void patch_write(const struct json_doc *before, json_index before_at, const struct json_doc *after,
	json_index after_at, struct buf *out);

#endif
