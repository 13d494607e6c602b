/* portlog import FILE|- */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/text.h"
#include "cli/command.h"
#include "cli/interrupt.h"
#include "cli/progress.h"
#include "cli/terminal.h"
#include "cli/writer.h"
#include "record/import.h"

enum { SHOWN = 10 }; /* complaints; the rest is counted */

struct import_options {
	char *topic;
};

static const struct option options[] = {
	OPTION(import_options, topic, 't', TEXT, "TOPIC", "each line is a message of this topic"),
	OPTION_END,
};

struct importing {
	const char *name;
	struct progress progress;
	uint64_t complaints;
};

static void complain(void *data, uint64_t line, const char *text)
{
	struct importing *in = data;
	if (++in->complaints > SHOWN)
		return;
	progress_end(&in->progress);
	struct buf shown = { 0 };
	buf_addf(&shown, "portlog: cannot import line %" PRIu64 " of '", line);
	terminal_write_to(STDERR_FILENO);
	text_safe(span_of(in->name), &shown);
	buf_add_text(&shown, "': ");
	text_safe(span_of(text), &shown);
	buf_add_char(&shown, '\n');
	terminal_write_to(STDOUT_FILENO);
	fwrite(shown.data, 1, shown.length, stderr);
	buf_free(&shown);
}

static bool tick(void *data, uint64_t done, uint64_t total)
{
	struct importing *in = data;
	return progress_tick(&in->progress, done, total) && !interrupted();
}

static void report(const struct import_result *r)
{
	printf("%" PRIu64 " records added, %" PRIu64 " were here already", r->added,
		r->passed_over);
	if (r->left_out)
		printf(", %" PRIu64 " local records of another store left out", r->left_out);
	if (r->bad)
		printf(", %" PRIu64 " lines not understood", r->bad);
	printf("%s\n", r->restored ? " (restored from a whole export)" : "");
}

static bool import(struct invocation *call, FILE *file, const char *name, struct error *err)
{
	const struct import_options *o = call->settings;
	struct writer writer = { 0 };
	struct importing in = { .name = name,
		.progress = { .label = "importing", .quiet = call->global->quiet } };
	struct import_settings settings = {
		.topic = o->topic, .complain = complain, .tick = tick, .data = &in
	};
	struct import_result result = { 0 };
	bool ok = writer_open(call, &writer, err) &&
		  import_file(writer.store, file, &settings, &result, err);
	bool warned = ok && store_take_warning(writer.store, err);
	progress_end(&in.progress);
	writer_close(&writer);
	if (!ok)
		return error_prefix(err, "cannot import '%s'", name);
	if (!call->global->quiet)
		report(&result);
	if (warned)
		return error_prefix(err,
			"imported '%s' (%" PRIu64 " records added), but older records cannot be "
			"compressed",
			name, result.added);
	return result.bad == 0 || command_negative(err);
}

static bool run(struct invocation *call, struct error *err)
{
	if (call->arguments.count != 1)
		return error_set(
			err, ERROR_USAGE, "import wants one FILE, or - for standard input");
	const char *name = call->arguments.items[0];
	bool standard = strcmp(name, "-") == 0;
	FILE *file = standard ? stdin : fopen(name, "re");
	if (!file)
		return error_set(err, ERROR_STORE, "cannot open '%s': %s", name, strerror(errno));
	interrupt_watch();
	bool ok = import(call, file, standard ? "standard input" : name, err);
	if (!standard)
		fclose(file);
	return ok;
}

const struct command cmd_import = {
	.name = "import",
	.summary = "add records from a file; what is here already is passed over",
	.arguments = "FILE|-",
	.description = "FILE has one JSON object per line, as 'kcat -J' or 'portlog export' writes "
		       "them; with "
		       "--topic each line is a message itself. An export that begins at record 1 "
		       "restores an "
		       "empty store as it was; in any other store the records' source is 'import' "
		       "and another "
		       "store's local records are left out.\n\n"
		       "Doing it twice adds nothing. Lines that are not understood are named, left "
		       "out and make "
		       "the exit status 1.",
	.options = options,
	.settings_size = sizeof(struct import_options),
	.most_arguments = 1,
	.needs = NEED_CONFIG,
	.run = run,
};
