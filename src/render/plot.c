#include "render/plot.h"

#include <inttypes.h>

enum { SHADES = 4 };

static void repeat(const char *text, size_t count, struct buf *out)
{
	for (size_t i = 0; i < count; i++)
		buf_add_text(out, text);
}

void plot_bar(double part, size_t width, bool ascii, struct buf *out)
{
	static const char *const eighths[] = { "", "▏", "▎", "▍", "▌", "▋", "▊", "▉" };
	double whole = part < 0 ? 0 : part > 1 ? 1 : part;
	size_t steps = ascii ? 1 : 8;
	size_t length = (size_t)(whole * (double)(width * steps) + 0.5);
	if (length == 0 && whole > 0 && width > 0)
		length = 1;
	repeat(ascii ? "#" : "█", length / steps, out);
	if (length % steps)
		buf_add_text(out, eighths[length % steps]);
}

/* 0 for nothing, else 1 to levels. */
static size_t level_of(int64_t value, int64_t most, size_t levels)
{
	if (value <= 0 || most <= 0)
		return 0;
	size_t level = (size_t)((double)value / (double)most * (double)levels + 0.999999);
	return level < 1 ? 1 : level > levels ? levels : level;
}

void plot_sparkline(const int64_t *values, size_t count, bool ascii, struct buf *out)
{
	static const char *const blocks[] = { " ", "▁", "▂", "▃", "▄", "▅", "▆", "▇", "█" };
	static const char *const marks[] = { " ", "_", ".", ":", "-", "=", "+", "*", "#" };
	int64_t most = 0;
	for (size_t i = 0; i < count; i++)
		most = values[i] > most ? values[i] : most;
	for (size_t i = 0; i < count; i++)
		buf_add_text(out, (ascii ? marks : blocks)[level_of(values[i], most, 8)]);
}

static const char *const shades_utf8[] = { "·", "░", "▒", "▓", "█" };
static const char *const shades_ascii[] = { ".", "-", "+", "*", "#" };
static const char *const shades_color[] = { "\033[2m", "\033[34m", "\033[36m", "\033[32m",
	"\033[1;33m" };

static void add_shade(const struct plot_shades *shades, size_t level, size_t width, struct buf *out)
{
	buf_add_text(out, shades->color ? shades_color[level] : "");
	repeat((shades->ascii ? shades_ascii : shades_utf8)[level], width, out);
	buf_add_text(out, shades->color ? "\033[m" : "");
}

void plot_shade_row(
	const struct plot_shades *shades, const int64_t *values, size_t count, struct buf *out)
{
	size_t gap = shades->cell_width > 2 ? 1 : 0;
	for (size_t i = 0; i < count; i++) {
		repeat(" ", i > 0 ? gap : 0, out);
		add_shade(shades, level_of(values[i], shades->most, SHADES),
			shades->cell_width - gap, out);
	}
}

void plot_shade_legend(const struct plot_shades *shades, struct buf *out)
{
	int64_t low = 1;
	for (size_t level = 1; level <= SHADES; level++) {
		/* The largest value that is of the level. */
		int64_t high = (int64_t)((double)shades->most * (double)level / SHADES);
		if (high < low)
			continue;
		buf_add_text(out, low > 1 ? "  " : "");
		add_shade(shades, level, 1, out);
		if (high > low)
			buf_addf(out, " %" PRId64 "-%" PRId64, low, high);
		else
			buf_addf(out, " %" PRId64, low);
		low = high + 1;
	}
}
