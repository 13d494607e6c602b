#include "record/export.h"

#include "event/record_line.h"
#include "store/replay.h"

bool export_store(struct sqlite3 *reader, export_write *write, void *data, struct error *err)
{
	struct replay *replay = replay_new(reader, 0);
	struct buf line = { 0 };
	const struct replayed *page;
	size_t count;
	bool ok, wanted = true;
	while ((ok = replay_page(replay, &page, &count, err)) && wanted && count > 0)
		for (size_t i = 0; wanted && i < count; i++) {
			buf_clear(&line);
			record_line_write(&page[i].record, page[i].seq, &line);
			wanted = write(data, buf_span(&line));
		}
	buf_free(&line);
	replay_free(replay);
	return ok || error_prefix(err, "cannot export");
}
