#include "config/config.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "action/rule_settings.h"
#include "base/xalloc.h"
#include "config/environment.h"
#include "config/file.h"

static const char *const compression_words[] = {
	[CONFIG_COMPRESSION_AUTO] = "auto",
	[CONFIG_COMPRESSION_OFF] = "off",
	NULL,
};

/* All that librdkafka can be given while it runs. */
static const char *const login_names[] = { "sasl.username", "sasl.password", NULL };

static const struct option port_options[] = {
	OPTION(config_port, api, '\0', TEXT, "URL", "where Port's API is",
		.fallback = "https://api.port.io", .now = NOW_PORT | NOW_EXECUTION),
	OPTION(config_port, client_id, '\0', TEXT, "ID", "the client id of Port's credentials",
		.now = NOW_PORT | NOW_EXECUTION),
	OPTION(config_port, client_secret, '\0', TEXT, "SECRET",
		"their secret; also checks signatures", .secret = true,
		.now = NOW_PORT | NOW_EXECUTION | NOW_STORE),
	OPTION(config_port, former_client_secrets, '\0', LIST, "SECRET",
		"secrets from before it was rotated, for the signatures of older messages",
		.secret = true, .now = NOW_STORE | NOW_EXECUTION),
	OPTION_END,
};

const struct option config_options[] = {
	OPTION(config, org, '\0', TEXT, "ORG", "Port's id of the organization: org_…"),
	OPTION(config, store, '\0', TEXT, "FILE", "the store"),
	OPTION(config, kafka, '\0', PAIRS, "NAME=VALUE", "librdkafka's properties", .secret = true,
		.now = NOW_LOGIN, .now_names = login_names),
	OPTION(config, topics, '\0', LIST, "TOPIC",
		"what to record (default: ORG.runs and ORG.change.log)"),
	OPTION(config, group, '\0', TEXT, "GROUP", "the consumer group (default: ORG.portlog)"),
	OPTION_OBJECT(config, port, port_options, "Port's API"),
	OPTION(config, fields, '\0', JSON, "PATHS",
		"where messages have their fields, before the usual places: {\"entity\": "
		"[\".a.b\", …]}"),
	OPTION(config, feeders, '\0', LIST, "ACTION",
		"automations that only send events to portlog, with * and ? as wildcards (default: "
		"portlog_changes_*, portlog_runs_*, portlog_timer_*; whose payload has portlog's "
		"mark need not be named)"),
	OPTION(config, secrets, '\0', PAIRS, "NAME=VALUE", "what rules may use as .secrets.NAME",
		.secret = true, .now = NOW_EXECUTION),
	OPTION(config, execution, '\0', JSON, "SETTINGS", "how rules are executed",
		.rows = execution_options, .now = NOW_EXECUTION),
	OPTION(config, compression, '\0', CHOICE, NULL, "of what is stored",
		.choices = compression_words, .fallback = "auto", .now = NOW_STORE),
	OPTION(config, store_group, '\0', TEXT, "GROUP",
		"the system's group that may read the store", .now = NOW_GROUP),
	OPTION(config, rules, '\0', JSON, "RULES", "what to execute for which message",
		.rows = rule_options, .many = true, .now = NOW_EXECUTION),
	OPTION(config, agent_mapping, '\0', TEXT, "FILE",
		"port-agent's control_the_payload_config.json"),
	OPTION(config, proof, '\0', JSON, "SETTINGS", "signed checkpoints"),
	OPTION_END,
};

const struct option config_flag_options[] = {
	OPTION(config_flags, org, '\0', TEXT, "ORG", "Port's id of the organization: org_…"),
	OPTION(config_flags, group, '\0', TEXT, "GROUP",
		"the consumer group (default: ORG.portlog)"),
	OPTION(config_flags, brokers, '\0', TEXT, "HOST:PORT,…",
		"where Kafka is (bootstrap.servers)"),
	OPTION(config_flags, topic, '\0', LIST, "TOPIC", "record TOPIC; may be repeated"),
	OPTION(config_flags, kafka, 'X', PAIRS, "NAME=VALUE",
		"set a property of librdkafka; may be repeated; also PORTLOG_KAFKA_NAME",
		.letter_only = true, .secret = true),
	OPTION_END,
};

static void replace(char **place, const char *text)
{
	char *copy = xstrdup(text);
	free(*place);
	*place = copy;
}

static void apply_flags(const struct config_flags *flags, struct config *config)
{
	if (flags->org)
		replace(&config->org, flags->org);
	if (flags->group)
		replace(&config->group, flags->group);
	if (flags->brokers)
		text_pairs_set(&config->kafka, "bootstrap.servers", flags->brokers);
	if (flags->topic.count > 0)
		text_list_clear(&config->topics);
	for (size_t i = 0; i < flags->topic.count; i++)
		text_list_add(&config->topics, flags->topic.items[i]);
	for (size_t i = 0; i < flags->kafka.count; i++)
		text_pairs_set(
			&config->kafka, flags->kafka.items[i].name, flags->kafka.items[i].value);
}

static bool set(const char *text)
{
	return text && *text;
}

/* "$NAME/portlog/FILE", "$HOME/OTHER/portlog/FILE"; NULL where neither is set. */
static char *user_path(const char *variable, const char *other, const char *file)
{
	const char *base = getenv(variable), *home = getenv("HOME");
	if (set(base))
		return xasprintf("%s/portlog/%s", base, file);
	return set(home) ? xasprintf("%s/%s/portlog/%s", home, other, file) : NULL;
}

/* The store of the user comes before the system's, which comes before one that is yet to be made.
 */
static char *usual_store(void)
{
	static const char system_store[] = "/var/lib/portlog/portlog.db";
	const char *state = getenv("STATE_DIRECTORY");
	if (set(state)) /* systemd gives several with ':' between */
		return xasprintf("%.*s/portlog.db", (int)strcspn(state, ":"), state);
	char *own = user_path("XDG_DATA_HOME", ".local/share", "portlog.db");
	if (own && (access(own, F_OK) == 0 || access(system_store, F_OK) != 0))
		return own;
	free(own);
	return xstrdup(system_store);
}

/* What follows from what was given. */
static void complete(struct config *config, const char *store)
{
	if (set(store))
		replace(&config->store, store);
	if (!config->store)
		config->store = usual_store();
	if (!config->org)
		return;
	if (!config->group)
		config->group = xasprintf("%s.portlog", config->org);
	for (int i = 0; i < 2 && config->topics.count < 2; i++) {
		static const char *const usual[] = { "runs", "change.log" };
		if (i == 0 && config->topics.count > 0)
			break;
		char *topic = xasprintf("%s.%s", config->org, usual[i]);
		text_list_add(&config->topics, topic);
		free(topic);
	}
}

/* The path of the file to read; NULL: none is there. */
static char *usual_file(void)
{
	static const char system_file[] = "/etc/portlog/config.json";
	char *own = user_path("XDG_CONFIG_HOME", ".config", "config.json");
	if (own && access(own, F_OK) == 0)
		return own;
	free(own);
	return access(system_file, F_OK) == 0 ? xstrdup(system_file) : NULL;
}

static bool read_files(const char *named, struct config *config, struct error *err)
{
	const char *text = getenv("PORTLOG_CONFIG_JSON");
	if (!named && set(text))
		return config_parse(span_of(text), "PORTLOG_CONFIG_JSON", NULL, config, err);
	config->path = named ? xstrdup(named) : usual_file();
	return !config->path || config_file_read(config->path, config, err);
}

bool config_load(
	const struct config_sources *sources, struct config **ret_config, struct error *err)
{
	struct config *config = xcalloc(1, sizeof(*config));
	struct option_set set_of_file = { config_options, config };
	option_defaults(&set_of_file);
	if (!read_files(sources->path, config, err)) {
		config_free(config);
		return false;
	}
	config_environment_apply(config);
	if (sources->flags)
		apply_flags(sources->flags, config);
	complete(config, sources->store);
	*ret_config = config;
	return true;
}

const char *const *config_former_secrets(const struct config *config)
{
	return (const char *const *)config->port.former_client_secrets.items;
}

void config_release(struct config *config)
{
	struct option_set set = { config_options, config };
	option_release(&set);
	text_list_clear(&config->files);
	free(config->path);
}

void config_free(struct config *config)
{
	if (!config)
		return;
	config_release(config);
	free(config);
}

struct comparison {
	char *in_use, *other;
	struct config_changes *changes; /* NULL: exchange them */
};

static bool compare(void *data, const struct option *row, void *place, const char *object)
{
	const struct comparison *c = data;
	void *other = c->other + ((char *)place - c->in_use);
	bool now = option_is_now(row, place, other);
	if (option_same(row, place, other))
		return true;
	if (c->changes) {
		struct buf *names = now ? &c->changes->now : &c->changes->restart;
		buf_addf(names, "%s%s%s", names->length > 0 ? ", " : "", object, row->name);
		c->changes->takers |= now ? row->now : 0;
	} else if (now) {
		option_swap(row, place, other);
	}
	return true;
}

void config_compare(struct config *in_use, struct config *other, struct config_changes *ret_changes)
{
	struct comparison c = { (char *)in_use, (char *)other, ret_changes };
	*ret_changes = (struct config_changes){ 0 };
	option_each(&(struct option_set){ config_options, in_use }, compare, &c);
}

void config_changes_release(struct config_changes *changes)
{
	buf_free(&changes->now);
	buf_free(&changes->restart);
}

void config_take_over(struct config *in_use, struct config *other)
{
	struct comparison c = { (char *)in_use, (char *)other, NULL };
	option_each(&(struct option_set){ config_options, in_use }, compare, &c);
}

bool config_has_no_mapping(const struct config *config, bool no_actions, struct error *err)
{
	if (no_actions || !config->agent_mapping)
		return true;
	return error_set(err, ERROR_CONFIG,
		"cannot record with 'agent_mapping': this version does not execute by it; write "
		"rules, or "
		"use --no-actions");
}
