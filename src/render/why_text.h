/* The chain of causes for people: as a sentence, and as a tree. */
#ifndef PORTLOG_RENDER_WHY_TEXT_H
#define PORTLOG_RENDER_WHY_TEXT_H

#include "render/tree_json.h"

/* One line, safe for a terminal, not wrapped, without a line feed. */
void why_sentence(const struct blame_entry *entry, const struct causes *causes, struct buf *out);

/* A line for each link, cut to width (0: not at all). */
void why_tree(const struct blame_entry *entry, const struct causes *causes, size_t width,
	bool color, struct buf *out);

#endif
