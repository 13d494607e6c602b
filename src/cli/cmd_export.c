/* portlog export */
#include <stdio.h>

#include "cli/command.h"
#include "record/export.h"

static bool run(struct invocation *call, struct error *err)
{
	return export_store(call->reader, stdout, err);
}

const struct command cmd_export = {
	.name = "export",
	.summary = "write every record as a line of JSON",
	.description = "One object per line with seq, source, topic, partition, epoch, offset, ts, "
		       "tstype, received, "
		       "key, headers and payload; bytes that are not UTF-8 as {\"base64\": TEXT}. "
		       "It is whole and "
		       "exact: 'portlog import' into an empty store gives the same records, and "
		       "the same tree.",
	.needs = NEED_STORE,
	.run = run,
};
