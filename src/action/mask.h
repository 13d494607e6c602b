/* Secrets do not get into what is kept or told: their values become ***. */
#ifndef PORTLOG_ACTION_MASK_H
#define PORTLOG_ACTION_MASK_H

#include <stdint.h>

#include "base/buf.h"
#include "base/error.h"
#include "base/text_list.h"

enum {
	MASK_LEAST = 4,         /* bytes; shorter ones would hide half of every text */
	MASK_LEAST_ENCODED = 8, /* the same of Base64, which looks like anything */
};

/* The values to look for: as they are, in pieces where they hold line breaks or what is no text,
 * and as JSON strings, URLs and Base64 have them, also in the middle of something longer. */
struct mask {
	struct text_list values; /* by their first byte, the longest first */
	uint32_t starts[257];    /* where those with that first byte begin */
};

void mask_add(struct mask *mask, const char *secret); /* NULL and short ones: nothing */
void mask_release(struct mask *mask);
/* Appends the text without them, and without the pieces of MASK_LEAST bytes and more that a text
 * which was cut ("…", "...") has left of them on either side. */
void mask_text(const struct mask *mask, struct span text, struct buf *out);
void mask_error(const struct mask *mask, struct error *err);
/* The same of JSON, which stays JSON: in its strings, and of numbers as a whole. */
void mask_json(const struct mask *mask, struct span json, struct buf *out);
/* How many bytes at the text's end may be a secret's beginning, so that more must be awaited. */
size_t mask_begun(const struct mask *mask, struct span text);

#endif
