/* portlog record */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/time.h"
#include "cli/access.h"
#include "cli/command.h"
#include "cli/record_reload.h"
#include "cli/terminal.h"
#include "cli/writer.h"
#include "config/config.h"
#include "record/recorder.h"
#include "store/store.h"

enum { LAST_LINES_MS = 200 };

struct record_options {
	bool exit_eof;
	char *from;
	bool no_actions;
	int log_format;
};

static const struct option options[] = {
	OPTION(record_options, exit_eof, '\0', FLAG, NULL,
		"end when everything that is there has been recorded, and executed"),
	OPTION(record_options, from, '\0', TEXT, "beginning|end|TIME",
		"where partitions begin of which nothing is here yet (default: beginning)"),
	OPTION(record_options, no_actions, '\0', FLAG, NULL, "record only, whatever the rules are"),
	OPTION(record_options, log_format, '\0', CHOICE, NULL, "what log lines look like",
		.choices = log_format_words, .fallback = "logfmt"),
	OPTION_END,
};

static bool read_from(
	const char *text, enum from_where *ret_from, int64_t *ret_ms, struct error *err)
{
	*ret_from = FROM_BEGINNING;
	if (!text || strcmp(text, "beginning") == 0)
		return true;
	*ret_from = FROM_TIME;
	if (strcmp(text, "end") == 0)
		*ret_from = FROM_END;
	else if (!time_parse(span_of(text), clock_now_ms(), ret_ms, err))
		return error_prefix(err, "--from wants beginning, end or a time");
	return true;
}

/* A rebuild that is given up is begun anew by the next recorder. */
static bool go_on(void *data, uint64_t done, uint64_t total)
{
	(void)data;
	(void)done;
	(void)total;
	return !recorder_told_to_stop();
}

static bool open_store(
	const struct invocation *call, struct log *log, struct writer *writer, struct error *err)
{
	if (!writer_open(call, writer, err))
		return false;
	if (store_needs_reindex(writer->store)) {
		log_say(log, LOG_LEVEL_INFO, "rebuilding what follows from the journal");
		if (!store_reindex(writer->store, go_on, NULL, err))
			return false;
	}
	log_event(log, LOG_LEVEL_INFO, "store open", log_text("path", call->store_path),
		log_int("records", (int64_t)store_size(writer->store)));
	return true;
}

static void warn_of_access(void *data, bool is_problem, const char *what, const char *text)
{
	(void)is_problem;
	log_event(data, LOG_LEVEL_WARNING, "other users have access", log_text("to", what),
		log_text("reason", text));
}

static bool record(const struct invocation *call, struct reload *reload, struct error *err)
{
	struct writer writer = { 0 };
	bool threads_left = false;
	struct log *log = reload->settings->log;
	bool ok = open_store(call, log, &writer, err);
	reload->store = writer.store;
	/* Opening has set the modes of the store. */
	access_check(reload->config, call->store_path, warn_of_access, reload->settings->log);
	if (ok)
		ok = recorder_run(reload->settings, writer.store, &threads_left, err);
	else if (err->kind == ERROR_INTERRUPTED)
		ok = true; /* as if told a little later */
	writer_close(&writer);
	if (ok && threads_left) {
		/* Threads that wait for a broker must not meet what is torn down at exit. */
		log_flush(log, LAST_LINES_MS);
		fflush(NULL);
		_exit(0);
	}
	return ok;
}

static bool run_with_log(
	struct invocation *call, struct log *log, unsigned terminals, struct error *err)
{
	const struct record_options *o = call->settings;
	struct reload reload = { .call = call, .no_actions = o->no_actions };
	struct recorder_settings settings = { .exit_eof = o->exit_eof,
		.log = log,
		.terminals = terminals,
		.line = isatty(STDERR_FILENO) && !call->global->quiet,
		.reload = reload_run,
		.renew = reload_use,
		.data = &reload };
	reload.settings = &settings;
	if (!reload_load(call, &reload.config, err))
		return false;
	reload_settings(reload.config, o->no_actions, &settings, &reload.execution);
	bool ok = config_has_no_mapping(reload.config, o->no_actions, err) &&
		  read_from(o->from, &settings.from, &settings.from_ms, err) &&
		  recorder_check(&settings, err) && record(call, &reload, err);
	reload_release(&reload);
	return ok;
}

static bool run(struct invocation *call, struct error *err)
{
	const struct record_options *o = call->settings;
	const struct log_settings settings = { .format = (enum log_format)o->log_format,
		.fd = STDERR_FILENO };
	recorder_block_signals();
	unsigned terminals = recorder_terminals();
	terminal_write_to(settings.fd);
	struct log *log = log_new(&settings);
	if (call->global->quiet || call->global->verbose)
		log_set_level(call->global->quiet ? LOG_LEVEL_WARNING : LOG_LEVEL_DEBUG);
	bool ok = run_with_log(call, log, terminals, err);
	if (!log_free(log))
		terminal_give_up(settings.fd); /* what is told last must not wait, either */
	if (!ok && strncmp(err->text, "cannot", strlen("cannot")) != 0)
		error_prefix(err, "cannot record");
	return ok;
}

const struct command cmd_record = {
	.name = "record",
	.summary = "record what Kafka delivers, until told to stop",
	.description =
		"Each partition is recorded from where the store ends, each message exactly once, "
		"byte for byte. SIGTERM and Ctrl-C end it when the buffered batch is committed and "
		"what is being executed has ended (execution.drain); SIGHUP "
		"reads the configuration again and says what of it needs a restart.\n\n"
		"What the rules of the configuration ask for is executed, once, and Port is told; "
		"see "
		"portlog-config(5).\n\n"
		"With Port's client id and secret alone, brokers, user and password are asked of "
		"Port's API.",
	.options = options,
	.settings_size = sizeof(struct record_options),
	.needs = NEED_CONFIG | NEED_SOCKETS | TAKES_CONFIG_FLAGS,
	.environment = true,
	.run = run,
};
