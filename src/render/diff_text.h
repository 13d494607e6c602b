/* Properties that changed, for people: old → new on a line; long texts by lines, arrays by
 * elements; cut where they would not help any more. */
#ifndef PORTLOG_RENDER_DIFF_TEXT_H
#define PORTLOG_RENDER_DIFF_TEXT_H

#include <stdbool.h>

#include "event/diff.h"

struct diff_text {
	size_t width;
	bool color;
};

void diff_text_properties(const struct diff_text *settings, const struct property_change *changes,
	size_t count, struct buf *out);

/* JSON on one line, texts decoded, safe for a terminal. */
void diff_text_value(struct span json, struct buf *out);

#endif
