#include "record/export.h"

#include <errno.h>
#include <string.h>

#include "event/record_line.h"
#include "store/replay.h"

static bool write_page(const struct replayed *page, size_t count, FILE *out, struct buf *text)
{
	for (size_t i = 0; i < count; i++) {
		buf_clear(text);
		record_line_write(&page[i].record, page[i].seq, text);
		if (fwrite(text->data, 1, text->length, out) != text->length)
			return false;
	}
	return true;
}

static bool write_all(struct replay *replay, FILE *out, struct error *err)
{
	struct buf text = { 0 };
	bool ok;
	for (;;) {
		const struct replayed *page;
		size_t count;
		ok = replay_page(replay, &page, &count, err);
		if (!ok || count == 0)
			break;
		ok = write_page(page, count, out, &text);
		if (!ok) {
			ok = errno == EPIPE ||
			     error_set(err, ERROR_STORE, "cannot write: %s", strerror(errno));
			break;
		}
	}
	buf_free(&text);
	return ok;
}

bool export_store(struct sqlite3 *reader, FILE *out, struct error *err)
{
	struct replay *replay = replay_new(reader, 0);
	bool ok = write_all(replay, out, err);
	replay_free(replay);
	if (ok && fflush(out) != 0 && errno != EPIPE)
		ok = error_set(err, ERROR_STORE, "cannot write: %s", strerror(errno));
	return ok || error_prefix(err, "cannot export");
}
