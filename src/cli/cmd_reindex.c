/* portlog reindex */
#include <inttypes.h>
#include <stdio.h>

#include "base/clock.h"
#include "cli/command.h"
#include "cli/interrupt.h"
#include "cli/progress.h"
#include "cli/writer.h"

struct reindexing {
	struct progress progress;
};

static bool tick(void *data, uint64_t done, uint64_t total)
{
	struct reindexing *r = data;
	return progress_tick(&r->progress, done, total) && !interrupted();
}

static bool run(struct invocation *call, struct error *err)
{
	struct writer writer = { .must_exist = true };
	struct reindexing r = { { .label = "reindexing", .quiet = call->global->quiet } };
	int64_t start_ms = clock_monotonic_ms();
	interrupt_watch();
	bool ok = writer_open(call, &writer, err) && store_reindex(writer.store, tick, &r, err);
	progress_end(&r.progress);
	if (ok && !call->global->quiet)
		printf("%" PRIu64 " records read again in %.1f s\n", store_size(writer.store),
			(double)(clock_monotonic_ms() - start_ms) / 1000);
	writer_close(&writer);
	return ok;
}

const struct command cmd_reindex = {
	.name = "reindex",
	.summary = "rebuild everything that is derived from the journal",
	.description = "Changes, runs, properties, people and the full text are derived from the "
		       "journal; after an "
		       "update of portlog or a change of 'fields' they are made anew. It takes "
		       "minutes at millions "
		       "of records. Readers see the old state until the new one is whole; "
		       "interrupted, nothing is "
		       "changed.",
	.needs = NEED_CONFIG,
	.run = run,
};
