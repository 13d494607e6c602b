/* portlog record */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/time.h"
#include "cli/command.h"
#include "cli/terminal.h"
#include "cli/writer.h"
#include "config/config.h"
#include "record/recorder.h"
#include "store/store.h"

struct record_options {
	bool exit_eof;
	char *from;
	bool no_actions;
	int log_format;
};

static const struct option options[] = {
	OPTION(record_options, exit_eof, '\0', FLAG, NULL,
		"end when everything that is there has been recorded"),
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

/* What the configuration says without flags, to compare with when it is read again. */
struct reloading {
	const struct global_settings *global;
	struct config *config;
};

static bool load(
	const struct global_settings *global, struct config **ret_config, struct error *err)
{
	const struct config_sources sources = { .path = global->config, .store = global->store };
	return config_load(&sources, ret_config, err);
}

static bool same_text(const char *a, const char *b)
{
	return a && b ? strcmp(a, b) == 0 : a == b;
}

static bool same_list(const struct text_list *a, const struct text_list *b)
{
	bool same = a->count == b->count;
	for (size_t i = 0; same && i < a->count; i++)
		same = strcmp(a->items[i], b->items[i]) == 0;
	return same;
}

static bool same_pairs(const struct text_pairs *a, const struct text_pairs *b)
{
	bool same = a->count == b->count;
	for (size_t i = 0; same && i < a->count; i++)
		same = same_text(text_pairs_get(b, a->items[i].name), a->items[i].value);
	return same;
}

/* All settings there are so far belong to what a recorder has open: the store, the group, the
 * decoder. A wrong configuration is told now and not at the next start. */
static bool reload(void *data, struct buf *ret_text, struct error *err)
{
	const struct reloading *reloading = data;
	const struct config *a = reloading->config;
	struct config *b;
	if (!load(reloading->global, &b, err))
		return false;
	const struct {
		const char *name;
		bool same;
	} rows[] = {
		{ "org", same_text(a->org, b->org) },
		{ "store", same_text(a->store, b->store) },
		{ "kafka", same_pairs(&a->kafka, &b->kafka) },
		{ "topics", same_list(&a->topics, &b->topics) },
		{ "group", same_text(a->group, b->group) },
		{ "port", same_text(a->port.api, b->port.api) &&
				  same_text(a->port.client_id, b->port.client_id) &&
				  same_text(a->port.client_secret, b->port.client_secret) },
		{ "fields", same_text(a->fields, b->fields) },
		{ "compression", a->compression == b->compression },
		{ "store_group", same_text(a->store_group, b->store_group) },
	};
	size_t changed = 0;
	buf_add_text(ret_text, "the configuration was read again");
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		if (!rows[i].same)
			buf_addf(ret_text, "%s%s",
				changed++ ? ", " : "; what changed needs a restart: ",
				rows[i].name);
	if (!changed)
		buf_add_text(ret_text, "; nothing has changed");
	config_free(b);
	return true;
}

static bool open_store(
	const struct invocation *call, struct log *log, struct writer *writer, struct error *err)
{
	if (!writer_open(call, writer, err))
		return false;
	if (store_needs_reindex(writer->store)) {
		log_say(log, LOG_LEVEL_INFO, "rebuilding what follows from the journal");
		if (!store_reindex(writer->store, NULL, NULL, err))
			return false;
	}
	log_event(log, LOG_LEVEL_INFO, "store open", log_text("path", call->store_path),
		log_int("records", (int64_t)store_size(writer->store)));
	return true;
}

static bool record(
	const struct invocation *call, const struct recorder_settings *settings, struct error *err)
{
	struct writer writer = { 0 };
	bool threads_left = false;
	bool ok = open_store(call, settings->log, &writer, err) &&
		  recorder_run(settings, writer.store, &threads_left, err);
	writer_close(&writer);
	if (ok && threads_left) {
		/* Threads that wait for a broker must not meet what is torn down at exit. */
		fflush(NULL);
		_exit(0);
	}
	return ok;
}

static bool run_with_log(
	struct invocation *call, struct log *log, struct status_line *line, struct error *err)
{
	const struct record_options *o = call->settings;
	const struct config *config = call->config;
	struct reloading reloading = { .global = call->global };
	struct recorder_settings settings = { .org = config->org,
		.group = config->group,
		.topics = &config->topics,
		.properties = &config->kafka,
		.api = config->port.api,
		.client_id = config->port.client_id,
		.client_secret = config->port.client_secret,
		.exit_eof = o->exit_eof,
		.log = log,
		.line = isatty(line->descriptor) && !call->global->quiet ? line : NULL,
		.reload = reload,
		.data = &reloading };
	bool ok = config_has_no_actions(config, o->no_actions, err) &&
		  read_from(o->from, &settings.from, &settings.from_ms, err) &&
		  recorder_check(&settings, err) && load(call->global, &reloading.config, err) &&
		  record(call, &settings, err);
	config_free(reloading.config);
	return ok;
}

static bool run(struct invocation *call, struct error *err)
{
	const struct record_options *o = call->settings;
	struct status_line line = { .descriptor = STDERR_FILENO };
	const struct log_settings settings = { .format = (enum log_format)o->log_format,
		.fd = STDERR_FILENO,
		.before = status_line_hide,
		.data = &line };
	recorder_block_signals();
	terminal_write_to(settings.fd);
	struct log *log = log_new(&settings);
	if (call->global->quiet || call->global->verbose)
		log_set_level(call->global->quiet ? LOG_LEVEL_WARNING : LOG_LEVEL_DEBUG);
	bool ok = run_with_log(call, log, &line, err);
	log_free(log);
	if (!ok && strncmp(err->text, "cannot", strlen("cannot")) != 0)
		error_prefix(err, "cannot record");
	return ok;
}

const struct command cmd_record = {
	.name = "record",
	.summary = "record what Kafka delivers, until told to stop",
	.description =
		"Each partition is recorded from where the store ends, each message exactly once, "
		"byte for byte. SIGTERM and Ctrl-C end it when the batch in hand is committed; "
		"SIGHUP "
		"checks the configuration.\n\n"
		"With Port's client id and secret alone, brokers, user and password are asked of "
		"Port's API.",
	.options = options,
	.settings_size = sizeof(struct record_options),
	.needs = NEED_STORE_DIRECTORY | NEED_SOCKETS | TAKES_CONFIG_FLAGS,
	.environment = true,
	.run = run,
};
