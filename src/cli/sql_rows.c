#include "cli/sql_rows.h"

#include <errno.h>
#include <limits.h>
#include <poll.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "base/text.h"
#include "cli/listing.h"
#include "cli/output.h"

enum {
	COLUMN_WIDTH = 10, /* narrower columns are no table to read */
	HEIGHT_UNKNOWN = 24,
	STALL_MS = 1000,
	KEPT_MOST = 1 << 30,
};

/* On a terminal, where nothing else is asked for, a row with too many columns for its width is
 * shown as a list of them. */
static int format_of(const struct sql_rows *rows, const struct sql *sql)
{
	size_t width = sql_fields(sql)->count * COLUMN_WIDTH;
	if (rows->format == RENDER_AUTO && rows->call->terminal && width > rows->call->width)
		return RENDER_LINE;
	return rows->format;
}

static bool begin_to_keep(struct sql_rows *rows, struct error *err)
{
	rows->kept = tmpfile();
	return rows->kept ||
	       error_set(err, ERROR_STORE, "cannot keep the rows in a temporary file: %s",
		       strerror(errno));
}

static bool keep(struct sql_rows *rows, struct span text, struct error *err)
{
	rows->kept_bytes += (int64_t)text.length;
	if (rows->kept_bytes > KEPT_MOST)
		return error_set(err, ERROR_STORE,
			"cannot keep more than 1 GiB of rows; write them to a file with '>', or "
			"ask "
			"for fewer with LIMIT");
	return fwrite(text.data, 1, text.length, rows->kept) == text.length ||
	       error_set(err, ERROR_STORE, "cannot keep the rows in a temporary file: %s",
		       strerror(errno));
}

/* A pipe that is ready takes PIPE_BUF bytes at once. */
static bool is_ready(void)
{
	struct pollfd out = { .fd = STDOUT_FILENO, .events = POLLOUT };
	int ready;
	do {
		ready = poll(&out, 1, STALL_MS);
	} while (ready < 0 && errno == EINTR);
	return ready != 0;
}

/* True also where nobody reads any more. */
static bool put(struct sql_rows *rows, struct buf *out, struct error *err)
{
	struct span rest = buf_span(out);
	bool ok = true;
	while (ok && rest.length > 0 && !rows->kept) {
		if (!is_ready()) {
			ok = begin_to_keep(rows, err);
			break;
		}
		size_t part = rest.length < PIPE_BUF ? rest.length : PIPE_BUF;
		ssize_t written = write(STDOUT_FILENO, rest.data, part);
		if (written < 0 && errno == EPIPE)
			rest.length = 0;
		else if (written < 0 && errno != EINTR && errno != EAGAIN)
			ok = error_set(
				err, ERROR_STORE, "cannot write the output: %s", strerror(errno));
		if (written > 0)
			rest = span_make(rest.data + written, rest.length - (size_t)written);
	}
	if (ok && rest.length > 0)
		ok = keep(rows, rest, err);
	buf_clear(out);
	return ok;
}

static bool write_rows(struct sql_rows *rows, struct sql *sql, struct renderer *renderer,
	struct buf *out, struct error *err)
{
	const struct row *row;
	renderer_begin(renderer);
	while (sql_next(sql, &row, err)) {
		if (!row) {
			renderer_end(renderer);
			return put(rows, out, err);
		}
		renderer_row(renderer, row);
		rows->count++;
		if (out->length > BUFSIZ && !put(rows, out, err))
			return false;
	}
	return false;
}

/* What the format did not show: never silently. */
static void say_what_is_cut(const struct sql_rows *rows, const struct renderer *renderer)
{
	size_t cut = renderer_cut(renderer);
	if (cut > 0)
		fprintf(rows->call->terminal ? rows->kept : stderr,
			"%s%zu value%s cut; %s shows all\n",
			rows->call->terminal ? "" : "portlog: ", cut, cut == 1 ? " is" : "s are",
			rows->console ? ".mode line" : "-o line");
	if (rows->count == 0 && rows->console && rows->kept)
		fputs("no rows\n", rows->kept);
}

bool sql_rows_read(struct sql_rows *rows, struct sql *sql, struct error *err)
{
	struct render_settings render =
		listing_render(rows->call, format_of(rows, sql), sql_fields(sql));
	struct buf out = { 0 };
	render.keep_columns = true;
	fflush(stdout); /* of commands before */
	if (rows->call->terminal && !begin_to_keep(rows, err))
		return false;
	struct renderer *renderer = renderer_new(&render, &out);
	bool ok = write_rows(rows, sql, renderer, &out, err);
	if (ok)
		say_what_is_cut(rows, renderer);
	if (ok && rows->kept && fflush(rows->kept) != 0)
		ok = error_set(err, ERROR_STORE, "cannot keep the rows: %s", strerror(errno));
	renderer_free(renderer);
	buf_free(&out);
	return ok;
}

static size_t terminal_height(void)
{
	struct winsize size;
	return ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_row > 1 ? size.ws_row
									       : HEIGHT_UNKNOWN;
}

/* More than fits above the next prompt. A byte is taken for a column: who writes in wider scripts
 * gets the pager a little early. */
static bool is_long(const struct sql_rows *rows)
{
	char bytes[BUFSIZ];
	size_t height = terminal_height(), lines = 0, column = 0, count;
	rewind(rows->kept);
	while (lines < height && (count = fread(bytes, 1, sizeof(bytes), rows->kept)) > 0)
		for (size_t i = 0; i < count; i++) {
			bool ends = bytes[i] == '\n' || column == rows->call->width;
			column = ends ? 0 : column + 1;
			lines += ends;
		}
	return lines >= height;
}

void sql_rows_show(struct sql_rows *rows)
{
	char bytes[BUFSIZ];
	size_t count;
	if (!rows->kept)
		return;
	if (!rows->console || is_long(rows))
		command_page(rows->call);
	rewind(rows->kept);
	while ((count = fread(bytes, 1, sizeof(bytes), rows->kept)) > 0)
		if (!output_write(span_make(bytes, count)))
			break;
}

void sql_rows_release(struct sql_rows *rows)
{
	if (rows->kept)
		fclose(rows->kept);
	rows->kept = NULL;
}
