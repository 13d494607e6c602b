/* portlog sql [QUERY] */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "cli/listing.h"
#include "cli/output.h"
#include "query/sql.h"

struct sql_settings {
	int output;
	int64_t timeout;
};

static const struct option options[] = {
	OPTION(sql_settings, output, 'o', CHOICE, "FORMAT",
		"table, text, csv, tsv, json or jsonl; a table on a terminal, else text",
		.choices = render_format_words, .fallback = "auto"),
	OPTION(sql_settings, timeout, '\0', DURATION, "TIME", "give up after this long"),
	OPTION_END,
};

enum { QUERY_BYTES_MOST = 1 << 20 };

static bool read_query(struct buf *query, struct error *err)
{
	if (isatty(STDIN_FILENO))
		return error_set(err, ERROR_USAGE,
			"a query is missing; for example: portlog sql 'SELECT count(*) FROM "
			"changes'");
	while (!feof(stdin) && !ferror(stdin) && query->length < QUERY_BYTES_MOST) {
		char *end = buf_reserve(query, BUFSIZ);
		query->length += fread(end, 1, BUFSIZ, stdin);
		query->data[query->length] = '\0';
	}
	if (ferror(stdin))
		return error_set(err, ERROR_STORE, "cannot read the query from standard input");
	if (query->length >= QUERY_BYTES_MOST)
		return error_set(err, ERROR_USAGE, "the query is longer than 1 MiB");
	return true;
}

static bool cannot_keep(struct error *err)
{
	return error_set(err, ERROR_STORE,
		"cannot keep the rows in a temporary file: %s; make room, or send the output to a "
		"file",
		strerror(errno));
}

/* A user's query can't be read in pages, and it keeps its view of the store until it ends. So where
 * a pager may keep us waiting, its rows go to a temporary file first. */
static bool write_rows(
	struct renderer *renderer, struct sql *sql, FILE *kept, struct buf *out, struct error *err)
{
	const struct row *row;
	while (sql_next(sql, &row, err)) {
		if (!row)
			renderer_end(renderer);
		else
			renderer_row(renderer, row);
		if (row && out->length <= BUFSIZ)
			continue;
		if (!kept && !output_write(buf_span(out)))
			return true;
		if (kept && fwrite(buf_text(out), 1, out->length, kept) < out->length)
			return cannot_keep(err);
		if (!row)
			return !kept || fflush(kept) == 0 || cannot_keep(err);
		buf_clear(out);
	}
	return false;
}

static bool copy_out(FILE *from, struct error *err)
{
	char bytes[BUFSIZ];
	size_t count;
	rewind(from);
	while ((count = fread(bytes, 1, sizeof(bytes), from)) > 0)
		if (!output_write(span_make(bytes, count)))
			break;
	return !ferror(from) || cannot_keep(err);
}

static bool write_all(struct invocation *call, struct sql *sql, struct error *err)
{
	const struct sql_settings *settings = call->settings;
	struct render_settings render = listing_render(call, settings->output, sql_fields(sql));
	struct buf out = { 0 };
	FILE *kept = call->terminal ? tmpfile() : NULL;
	render.keep_columns = true;
	struct renderer *renderer = renderer_new(&render, &out);
	renderer_begin(renderer);
	bool ok = write_rows(renderer, sql, kept, &out, err);
	renderer_free(renderer);
	if (ok && kept) {
		command_page(call);
		ok = copy_out(kept, err);
	}
	if (kept)
		fclose(kept);
	buf_free(&out);
	return ok;
}

static bool run(struct invocation *call, struct error *err)
{
	const struct sql_settings *settings = call->settings;
	struct buf read = { 0 };
	struct sql *sql = NULL;
	const char *query = call->arguments.count ? call->arguments.items[0] : NULL;
	bool ok = query || read_query(&read, err);
	ok = ok &&
	     sql_open(call->reader, query ? query : buf_text(&read), settings->timeout, &sql, err);
	ok = ok && write_all(call, sql, err);
	sql_close(sql);
	buf_free(&read);
	return ok;
}

const struct command cmd_sql = {
	.name = "sql",
	.summary = "run a query that only reads",
	.arguments = "[QUERY]",
	.description =
		"The views are journal, changes, property_changes, runs, run_events, executions, "
		"reports, gaps, users, entities, positions and checkpoints. Without QUERY it is "
		"read from standard input.",
	.options = options,
	.settings_size = sizeof(struct sql_settings),
	.most_arguments = 1,
	.needs = NEED_STORE,
	.run = run,
};
