#include "record/import.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/arena.h"
#include "base/clock.h"
#include "base/xalloc.h"
#include "event/leaf.h"
#include "event/record_line.h"
#include "record/copies.h"

enum {
	BATCH = 2000,
	BATCH_BYTES = 4 << 20,
	/* Longer than any message that Kafka is configured for, also where all of it is escaped;
	 * what a line becomes fits into memory and into a row of the store (10^9 bytes). */
	LINE_MOST = 256 << 20,
	CHUNK = 65536,
};

/* What kind of file it is, which the first line decides. */
enum mode {
	MODE_UNKNOWN,
	MODE_RESTORE,
	MODE_ADD,
};

struct import {
	struct store *store;
	const struct import_settings *settings;
	struct import_result result;
	enum mode mode;
	int64_t now_ms;
	struct copies *copies;
	struct json_doc doc;
	struct arena texts; /* of the batch */
	struct record records[BATCH];
	size_t count;
	size_t bytes;      /* of all lines since the last flush, those that were not added, too */
	uint64_t next_seq; /* restoring: of the next line */
};

/* The file's bytes that were read and not used. */
struct lines {
	FILE *file;
	struct buf line;
	uint64_t done; /* bytes */
	size_t start, end;
	char chunk[CHUNK];
};

static bool flush(struct import *in, struct error *err)
{
	struct journal_batch batch = {
		.records = in->records, .count = in->count, .verbatim = in->mode == MODE_RESTORE
	};
	struct journal_result result;
	if (in->count > 0 && !journal_append(in->store, &batch, &result, err))
		return error_prefix(err, "the lines up to %" PRIu64, in->result.lines);
	if (in->count > 0) {
		in->result.added += result.added;
		in->result.passed_over += result.passed_over;
	}
	in->count = 0;
	in->bytes = 0;
	arena_clear(&in->texts);
	return true;
}

static bool add(struct import *in, const struct record *record, struct error *err)
{
	in->records[in->count++] = *record;
	return in->count < BATCH || flush(in, err);
}

static bool same_leaf(struct import *in, const struct record_line *line)
{
	struct buf headers = { 0 };
	struct hash stored, leaf;
	struct error ignored;
	record_headers_write(line->record.headers, line->record.header_count, &headers);
	record_leaf(&line->record, line->seq, buf_span(&headers), &leaf);
	buf_free(&headers);
	return journal_leaf(in->store, line->seq, &stored, &ignored) && hash_equal(&stored, &leaf);
}

/* The first line: seq 1 restores a store that is empty or begins with the same record. */
static enum mode choose_mode(struct import *in, const struct record_line *line)
{
	if (line->seq != 1)
		return MODE_ADD;
	return store_size(in->store) == 0 || same_leaf(in, line) ? MODE_RESTORE : MODE_ADD;
}

static bool restore_line(struct import *in, const struct record_line *line, struct error *err)
{
	if (line->seq != in->next_seq)
		return error_set(err, ERROR_USAGE,
			"line %" PRIu64 " has seq %" PRIu64 " where %" PRIu64
			" was due: to restore a store "
			"the export must be whole",
			in->result.lines, line->seq, in->next_seq);
	in->next_seq++;
	if (line->seq > store_size(in->store) + in->count)
		return add(in, &line->record, err);
	if (!same_leaf(in, line))
		return error_set(err, ERROR_INTEGRITY,
			"line %" PRIu64 ": record %" PRIu64 " is another than the store's",
			in->result.lines, line->seq);
	in->result.passed_over++;
	return true;
}

static bool add_line(struct import *in, struct record_line *line, struct error *err)
{
	struct record *record = &line->record;
	if (record->source == SOURCE_LOCAL) {
		in->result.left_out++;
		return true;
	}
	record->source = SOURCE_IMPORT;
	record->received_ms = in->now_ms;
	if (record->topic.data && record->offset >= 0) {
		record->epoch = record->epoch < 0 ? 0 : record->epoch;
		record->partition = record->partition < 0 ? 0 : record->partition;
	} else {
		record->partition = -1;
		record->epoch = -1;
		record->offset = -1;
		record->copy = copies_count(in->copies, record);
	}
	return add(in, record, err);
}

/* A message by itself. */
static void plain_line(struct import *in, struct span text, struct record_line *ret_line)
{
	*ret_line = (struct record_line){ .record = { .source = SOURCE_IMPORT,
						  .topic = span_of(in->settings->topic),
						  .partition = -1,
						  .epoch = -1,
						  .offset = -1,
						  .value = text } };
}

static bool bad_line(struct import *in, const char *why)
{
	in->result.bad++;
	in->settings->complain(in->settings->data, in->result.lines, why);
	return true;
}

static bool import_line(struct import *in, struct span text, struct error *err)
{
	struct record_line line;
	struct error wrong;
	if (in->bytes >= BATCH_BYTES && !flush(in, err))
		return false;
	in->result.lines++;
	if (text.length > LINE_MOST)
		return bad_line(in, "longer than 256 MiB");
	in->bytes += text.length;
	/* What is read of the line must live as long as the batch. */
	text = arena_copy(&in->texts, text);
	if (in->settings->topic) {
		plain_line(in, text, &line);
	} else if (!record_line_read(text, &in->doc, &in->texts, &line, &wrong)) {
		return bad_line(in, wrong.text);
	}
	if (in->mode == MODE_UNKNOWN)
		in->mode = choose_mode(in, &line);
	return in->mode == MODE_RESTORE ? restore_line(in, &line, err) : add_line(in, &line, err);
}

static bool is_blank(struct span text)
{
	for (size_t i = 0; i < text.length; i++)
		if (!strchr(" \t\r", text.data[i]) || text.data[i] == '\0')
			return false;
	return true;
}

/* Adds what there is of the line. Of one that is too long no more is kept than shows that. Returns
 * whether it has ended. */
static bool take_chunk(struct lines *l)
{
	const char *start = l->chunk + l->start;
	const char *end = memchr(start, '\n', l->end - l->start);
	size_t length = end ? (size_t)(end - start) : l->end - l->start;
	if (l->line.length <= LINE_MOST)
		buf_add(&l->line, start, length);
	l->start += length + (end ? 1 : 0);
	l->done += length + (end ? 1 : 0);
	return end != NULL;
}

/* The next line, without its end; false: no more. */
static bool next_line(struct lines *l, struct span *ret_line)
{
	bool any = false;
	if (l->line.capacity > BATCH_BYTES)
		buf_free(&l->line);
	buf_clear(&l->line);
	for (bool ended = false; !ended; any = true) {
		if (l->start == l->end) {
			l->start = 0;
			l->end = fread(l->chunk, 1, CHUNK, l->file);
		}
		if (l->end == 0)
			break;
		ended = take_chunk(l);
	}
	*ret_line = span_make(buf_text(&l->line), l->line.length);
	return any;
}

static bool read_lines(struct import *in, struct lines *l, struct error *err)
{
	struct stat st;
	uint64_t total =
		fstat(fileno(l->file), &st) == 0 && S_ISREG(st.st_mode) ? (uint64_t)st.st_size : 0;
	struct span text;
	bool ok = true;
	while (ok && next_line(l, &text)) {
		if (!is_blank(text))
			ok = import_line(in, text, err);
		if (ok && in->settings->tick &&
			!in->settings->tick(in->settings->data, l->done, total))
			ok = error_set(err, ERROR_INTERRUPTED,
				"interrupted; to go on, import the same file again");
	}
	if (ok && ferror(l->file))
		ok = error_set(err, ERROR_STORE, "cannot read the file");
	return ok && flush(in, err);
}

bool import_file(struct store *store, FILE *file, const struct import_settings *settings,
	struct import_result *ret_result, struct error *err)
{
	struct import *in = xcalloc(1, sizeof(*in));
	in->store = store;
	in->settings = settings;
	in->now_ms = clock_now_ms();
	in->copies = copies_new();
	in->next_seq = 1;
	struct lines *lines = xcalloc(1, sizeof(*lines));
	lines->file = file;
	bool ok = read_lines(in, lines, err);
	buf_free(&lines->line);
	free(lines);
	struct error ignored; /* all lines are here; packing can wait */
	if (ok)
		store_pack(store, in->mode == MODE_RESTORE, &ignored);
	in->result.restored = in->mode == MODE_RESTORE;
	*ret_result = in->result;
	copies_free(in->copies);
	json_doc_release(&in->doc);
	arena_free(&in->texts);
	free(in);
	return ok;
}
