/* Pictures made of characters: bars, sparklines, shades. ascii: for terminals that show no UTF-8.
 */
#ifndef PORTLOG_RENDER_PLOT_H
#define PORTLOG_RENDER_PLOT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"

/* The part (0 to 1) of width columns, in eighths of a column; what is not nothing is seen. Not
 * padded. */
void plot_bar(double part, size_t width, bool ascii, struct buf *out);

/* A column for each value, its height by the part of the largest; nothing is a space. */
void plot_sparkline(const int64_t *values, size_t count, bool ascii, struct buf *out);

/* A field for each value, cell_width columns wide (with a gap where that is more than 2), darker by
 * the part of most. */
struct plot_shades {
	int64_t most;
	size_t cell_width;
	bool ascii;
	bool color;
};
void plot_shade_row(
	const struct plot_shades *shades, const int64_t *values, size_t count, struct buf *out);
/* What the shades mean: "░ 1-25  ▒ 26-50 …". */
void plot_shade_legend(const struct plot_shades *shades, struct buf *out);

#endif
