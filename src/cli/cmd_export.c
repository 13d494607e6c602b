/* portlog export */
#include "cli/command.h"
#include "cli/output.h"
#include "record/export.h"
#include "render/json_print.h"

struct exporting {
	bool terminal;
	struct buf shown;
};

/* What a terminal must not get is an escape in a string: the same JSON. */
static bool write_line(void *data, struct span line)
{
	struct exporting *exporting = data;
	struct json_layout layout = { .terminal = true };
	if (!exporting->terminal)
		return output_write(line);
	buf_clear(&exporting->shown);
	json_print(line, &layout, &exporting->shown);
	buf_add_char(&exporting->shown, '\n');
	return output_write(buf_span(&exporting->shown));
}

static bool run(struct invocation *call, struct error *err)
{
	struct exporting exporting = { .terminal = call->terminal };
	bool ok = export_store(call->reader, write_line, &exporting, err);
	buf_free(&exporting.shown);
	return ok;
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
