/* JSON text that is valid already, printed in another layout: digits, escapes, order and duplicate
 * keys stay as they are. */
#ifndef PORTLOG_RENDER_JSON_PRINT_H
#define PORTLOG_RENDER_JSON_PRINT_H

#include <stdbool.h>

#include "base/buf.h"

struct json_layout {
	int indent;    /* columns per level; 0: one line without spaces */
	bool terminal; /* what could drive or deceive a terminal becomes \u escapes: the same JSON
			*/
};

void json_print(struct span json, const struct json_layout *layout, struct buf *out);

/* The text is one valid JSON value. */
bool json_is_valid(struct span text);

#endif
