/* portlog check: is all there that recording needs? Each problem says how to mend it. It writes
 * nothing and joins no group, so it may run beside a recorder. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include "action/jq.h"
#include "base/json_scan.h"
#include "base/text.h"
#include "base/time.h"
#include "cli/access.h"
#include "cli/check_online.h"
#include "cli/check_rules.h"
#include "cli/command.h"
#include "cli/output.h"
#include "cli/record_reload.h"
#include "cli/report.h"
#include "cli/version.h"
#include "config/config.h"
#include "config/environment.h"
#include "event/path_map.h"
#include "kafka/kafka.h"
#include "net/control.h"
#include "record/kafka_connection.h"
#include "store/lock.h"
#include "store/reader.h"
#include "store/store.h"

enum { MEBIBYTE = 1024 * 1024, LITTLE_SPACE = 1024, NO_SPACE = 100, ANSWER_MS = 5000 };

struct check_settings {
	bool offline;
	bool schema;
};

static const struct option check_options[] = {
	OPTION(check_settings, offline, '\0', FLAG, NULL, "ask no broker and no API"),
	OPTION(check_settings, schema, '\0', FLAG, NULL,
		"print the JSON Schema of the configuration file, and end"),
	OPTION_END,
};

static void unknown_variable(void *data, const char *name, const char *nearest)
{
	report_line(data, REPORT_PROBLEM, "environment", "%s is read by nothing%s%s%s", name,
		nearest ? "; did you mean " : "; unset it", nearest ? nearest : "",
		nearest ? "?" : "");
}

static void check_environment(struct report *report)
{
	const struct option *tables[8] = { global_options, config_flag_options };
	size_t count = 2;
	char zone[TIME_TEXT_SIZE];
	for (size_t i = 0; commands[i]; i++)
		if (commands[i]->environment && count < sizeof(tables) / sizeof(tables[0]) - 1)
			tables[count++] = commands[i]->options;
	config_environment_check(tables, unknown_variable, report);
	time_zone_text(0, zone);
	report_line(report, REPORT_NOTE, "time zone", "%s", zone);
}

static void check_source(struct report *report, const struct config *config)
{
	struct error err = { 0 };
	struct path_map *map = NULL;
	if (config->path)
		report_line(report, REPORT_GOOD, "configuration", "%s", config->path);
	else
		report_line(report, REPORT_NOTE, "configuration",
			"no file: environment and flags alone");
	if (path_map_new(span_of(config->fields), &config->feeders, &map, &err))
		path_map_free(map);
	else
		report_line(report, REPORT_PROBLEM, "fields", "%s", err.text);
	if (!config_has_no_mapping(config, false, &err))
		report_line(report, REPORT_PROBLEM, "agent_mapping", "%s", err.text);
}

static void check_kafka_settings(struct report *report, const struct config *config,
	const struct recorder_settings *settings)
{
	struct error err = { 0 };
	int problems = report->problems;
	bool account = config->port.client_id && config->port.client_secret &&
		       kafka_connection_wants_login(settings);
	const char *brokers = text_pairs_get(&config->kafka, "bootstrap.servers");
	if (config->org)
		report_line(report, REPORT_GOOD, "organization", "%s", config->org);
	else if (account)
		report_line(report, REPORT_NOTE, "organization",
			"not named: Port's API is asked for it");
	else if (config->topics.count == 0)
		report_line(report, REPORT_PROBLEM, "organization",
			"not known; set 'org' (--org, PORT_ORG_ID)%s",
			config->port.client_secret ? "" : ", or Port's client id and secret");
	if (brokers)
		report_line(report, REPORT_GOOD, "brokers", "%s", brokers);
	else if (account)
		report_line(
			report, REPORT_NOTE, "brokers", "not named: Port's API is asked for them");
	else
		report_line(report, REPORT_PROBLEM, "brokers",
			"not known; set kafka.\"bootstrap.servers\" (--brokers), or Port's client "
			"id and secret");
	if (!kafka_properties_check(&config->kafka, &err))
		report_line(report, REPORT_PROBLEM, "kafka", "%s", err.text);
	const char *username = text_pairs_get(&config->kafka, "sasl.username");
	if (config->group && kafka_group_allowed(config->group, config->org, username, &err))
		report_line(report, REPORT_GOOD, "group", "%s", config->group);
	else if (config->group)
		report_line(report, REPORT_PROBLEM, "group", "%s", err.text);
	for (size_t i = 0; i < config->topics.count; i++)
		report_line(report, REPORT_GOOD, "topic", "%s", config->topics.items[i]);
	/* Whatever else recording would refuse. */
	if (report->problems == problems && !kafka_connection_check(settings, &err))
		report_line(report, REPORT_PROBLEM, "kafka", "%s", err.text);
}

/* The directory a path is in; "." where it has none. The text is yours. */
static char *directory_of(const char *path)
{
	char *directory = strdup(path);
	char *slash = directory ? strrchr(directory, '/') : NULL;
	if (!slash) {
		free(directory);
		return strdup(".");
	}
	slash[slash == directory] = '\0';
	return directory;
}

/* The nearest directory, or file, above it that is there: record makes those between. */
static char *nearest_above(const char *path)
{
	char *above = directory_of(path);
	while (strcmp(above, ".") != 0 && strcmp(above, "/") != 0 && access(above, F_OK) != 0 &&
		(errno == ENOENT || errno == ENOTDIR)) {
		char *next = directory_of(above);
		free(above);
		above = next;
	}
	return above;
}

/* errno says why not. */
static bool can_make_in(const char *directory)
{
	struct stat status;
	if (stat(directory, &status) != 0)
		return false;
	if (S_ISDIR(status.st_mode))
		return access(directory, W_OK | X_OK) == 0;
	errno = ENOTDIR;
	return false;
}

static void check_disk(struct report *report, const char *directory)
{
	struct statvfs fs;
	if (statvfs(directory, &fs) != 0) {
		report_line(report, REPORT_PROBLEM, "disk", "cannot ask about '%s': %s", directory,
			strerror(errno));
		return;
	}
	unsigned long long free_mib = (unsigned long long)fs.f_bavail * fs.f_frsize / MEBIBYTE;
	if (free_mib < NO_SPACE)
		report_line(report, REPORT_PROBLEM, "disk",
			"%llu MiB free for '%s': recording stops when it is full; free some",
			free_mib, directory);
	else
		report_line(report, free_mib < LITTLE_SPACE ? REPORT_NOTE : REPORT_GOOD, "disk",
			"%llu MiB free%s", free_mib,
			free_mib < LITTLE_SPACE ? ", which is little" : "");
}

/* One that runs, and does not get all there is to record. */
static void check_recorder(struct report *report, const char *path)
{
	struct buf answer = { 0 };
	struct json_doc doc = { 0 };
	struct error err = { 0 };
	size_t others = 0;
	long holder = lock_holder(path);
	if (holder > 0)
		report_line(report, REPORT_NOTE, "recorder", "running, pid %ld", holder);
	if (holder > 0 && control_ask(path, "{\"ask\":\"status\"}", ANSWER_MS, &answer, &err) &&
		json_scan(&doc, answer.data, answer.length) == JSON_OK) {
		json_index list = json_member(&doc, 0, span_of("others"));
		for (json_index at = json_first(&doc, list); at != JSON_ABSENT;
			at = json_next(&doc, list, at))
			others++;
	}
	if (others > 0)
		report_line(report, REPORT_PROBLEM, "recorder",
			"%zu partition%s not assigned to it: 'portlog status' lists them; to "
			"record "
			"everything, use a group of its own (--group)",
			others, others == 1 ? " is" : "s are");
	json_doc_release(&doc);
	buf_free(&answer);
}

static void check_store(struct report *report, const char *path)
{
	struct error err = { 0 };
	sqlite3 *reader = NULL;
	char *directory = nearest_above(path);
	if (access(path, F_OK) != 0 && (errno == ENOENT || errno == ENOTDIR)) {
		if (!can_make_in(directory))
			report_line(report, REPORT_PROBLEM, "store",
				"%s cannot be made: '%s': %s; use --store FILE", path, directory,
				strerror(errno));
		else
			report_line(report, REPORT_NOTE, "store", "%s: 'portlog record' makes it",
				path);
	} else if (reader_open(path, &reader, &err)) {
		report_line(report, REPORT_GOOD, "store", "%s", path);
	} else {
		report_line(report, REPORT_PROBLEM, "store", "%s", err.text);
	}
	reader_close(reader);
	check_recorder(report, path);
	if (store_on_network(directory))
		report_line(report, REPORT_PROBLEM, "file system",
			"'%s' is on a network file system: SQLite's WAL needs a local one; use "
			"--store FILE",
			directory);
	check_disk(report, directory);
	free(directory);
}

static void report_access(void *data, bool is_problem, const char *what, const char *text)
{
	report_line(data, is_problem ? REPORT_PROBLEM : REPORT_NOTE, what, "%s", text);
}

static void check_libraries(struct report *report)
{
	const char *harm;
	for (const struct library_version *library = library_versions; library->name; library++)
		report_line(
			report, REPORT_GOOD, "library", "%s %s", library->name, library->version());
	for (unsigned i = 0; (harm = kafka_known_harm(i)); i++)
		report_line(report, REPORT_NOTE, "library", "%s", harm);
	harm = store_sqlite_known_harm();
	if (harm)
		report_line(report, REPORT_NOTE, "library", "%s", harm);
	harm = jq_known_harm();
	if (harm)
		report_line(report, REPORT_NOTE, "library", "%s", harm);
}

static bool run(struct invocation *call, struct error *err)
{
	const struct check_settings *settings = call->settings;
	struct report report = { .color = call->color, .quiet = call->global->quiet };
	struct recorder_settings recording = { 0 };
	struct executor_settings ignored;
	if (settings->schema) {
		struct buf out = { 0 };
		config_schema(&out);
		output_write(buf_span(&out));
		buf_free(&out);
		return true;
	}
	check_source(&report, call->config);
	check_rules(&report, call->config);
	check_environment(&report);
	reload_settings(call->config, true, &recording, &ignored);
	check_kafka_settings(&report, call->config, &recording);
	check_store(&report, call->store_path);
	access_check(call->config, call->store_path, report_access, &report);
	check_libraries(&report);
	if (!settings->offline)
		check_online(&report, &recording);
	return report.problems == 0 || command_negative(err);
}

const struct command cmd_check = {
	.name = "check",
	.summary = "check configuration and environment, and say how to mend what is wrong",
	.description = "Exit status 1 where there is a problem; notes alone are none. Nothing is "
		       "written and no "
		       "consumer group is joined, so it may run beside a recorder.",
	.options = check_options,
	.settings_size = sizeof(struct check_settings),
	.needs = NEED_CONFIG | NEED_SOCKETS | TAKES_CONFIG_FLAGS,
	.run = run,
};
