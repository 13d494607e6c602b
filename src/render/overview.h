/* The overview of `portlog stats`: as a picture of a given width, or as JSON. */
#ifndef PORTLOG_RENDER_OVERVIEW_H
#define PORTLOG_RENDER_OVERVIEW_H

#include "query/overview.h"

struct overview_style {
	size_t width;
	int64_t now_ms; /* days to come are not drawn, and the zone is called as it is then */
	bool ascii;
	bool color;
};

void overview_draw(struct overview *overview, const struct overview_style *style, struct buf *out);
/* One object. terminal: what could drive one is escaped. */
void overview_json(struct overview *overview, bool indented, bool terminal, struct buf *out);

#endif
