#include "cli/sql_rows.h"

#include <errno.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "base/text.h"
#include "cli/listing.h"
#include "cli/output.h"

enum {
	COLUMN_WIDTH = 10, /* narrower columns are no table to read */
	HEIGHT_UNKNOWN = 24,
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

/* True also where nobody reads any more. */
static bool put(struct sql_rows *rows, struct buf *out, struct error *err)
{
	FILE *to = rows->kept ? rows->kept : stdout;
	bool ok = fwrite(buf_text(out), 1, out->length, to) == out->length;
	int why = errno;
	buf_clear(out);
	if (ok || (why == EPIPE && !rows->kept))
		return true;
	return error_set(err, ERROR_STORE, "cannot %s: %s",
		rows->kept ? "keep the rows in a temporary file" : "write the output",
		strerror(why));
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
		fprintf(rows->kept ? rows->kept : stderr, "%s%zu value%s cut; %s shows all\n",
			rows->kept ? "" : "portlog: ", cut, cut == 1 ? " is" : "s are",
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
	rows->kept = rows->call->terminal ? tmpfile() : NULL;
	if (rows->call->terminal && !rows->kept)
		return error_set(err, ERROR_STORE, "cannot keep the rows in a temporary file: %s",
			strerror(errno));
	struct renderer *renderer = renderer_new(&render, &out);
	bool ok = write_rows(rows, sql, renderer, &out, err);
	if (ok && !rows->kept && fflush(stdout) != 0 && errno != EPIPE)
		ok = error_set(err, ERROR_STORE, "cannot write the output: %s", strerror(errno));
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
