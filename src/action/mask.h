/* Secrets do not get into what is kept or told: their values become ***. */
#ifndef PORTLOG_ACTION_MASK_H
#define PORTLOG_ACTION_MASK_H

#include "base/buf.h"
#include "base/text_list.h"

enum { MASK_LEAST = 4 }; /* bytes; shorter ones would hide half of every text */

/* The values to look for, as they are and as JSON strings have them, the longest first. */
struct mask {
	struct text_list values;
};

void mask_add(struct mask *mask, const char *secret); /* NULL and short ones: nothing */
void mask_release(struct mask *mask);
/* Appends the text without them. */
void mask_text(const struct mask *mask, struct span text, struct buf *out);

#endif
