#include "config/environment.h"

#include <ctype.h>
#include <regex.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "base/xalloc.h"

extern char **environ;

static const char kafka_prefix[] = "PORTLOG_KAFKA_";

/* port-agent's variables that are one property of librdkafka. */
static const struct {
	const char *variable, *property;
} agent_properties[] = {
	{ "KAFKA_CONSUMER_BOOTSTRAP_SERVERS", "bootstrap.servers" },
	{ "KAFKA_CONSUMER_SECURITY_PROTOCOL", "security.protocol" },
	{ "KAFKA_CONSUMER_AUTHENTICATION_MECHANISM", "sasl.mechanism" },
	{ "KAFKA_CONSUMER_SESSION_TIMEOUT_MS", "session.timeout.ms" },
};

/* NULL where it is not set, or empty. */
static const char *variable(const char *name)
{
	const char *value = getenv(name);
	return value && *value ? value : NULL;
}

static void take(const char *name, char **place)
{
	const char *value = variable(name);
	if (!value)
		return;
	free(*place);
	*place = xstrdup(value);
}

/* Either topic may be named; the other then has its usual name. */
static void take_topics(struct config *config)
{
	static const struct {
		const char *variable, *usual;
	} topics[] = {
		{ "KAFKA_RUNS_TOPIC", "runs" },
		{ "KAFKA_CHANGE_LOG_TOPIC", "change.log" },
	};
	if (!variable(topics[0].variable) && !variable(topics[1].variable))
		return;
	text_list_clear(&config->topics);
	for (size_t i = 0; i < sizeof(topics) / sizeof(topics[0]); i++) {
		const char *name = variable(topics[i].variable);
		char *usual = config->org ? xasprintf("%s.%s", config->org, topics[i].usual) : NULL;
		if (name || usual)
			text_list_add(&config->topics, name ? name : usual);
		free(usual);
	}
}

/* NAME=VALUE is one of those that Kubernetes gives every pod for each service, here for one named
 * portlog or portlog-something: PORTLOG_SERVICE_HOST, PORTLOG_KAFKA_PORT_9092_TCP_ADDR … They are
 * nobody's settings. */
static bool is_of_a_service(const char *entry)
{
	static const char pattern[] =
		"_(SERVICE_(HOST|PORT(_[A-Z0-9_]+)?)=|PORT=[a-z]+://|PORT_[0-9]+_"
		"(TCP|UDP|SCTP)(_(PROTO|PORT|ADDR))?=)";
	regex_t regex;
	if (regcomp(&regex, pattern, REG_EXTENDED | REG_NOSUB) != 0)
		return false;
	char *name_and_scheme = xstrndup(entry, strcspn(entry, "=") + strlen("=sctp://"));
	bool found = regexec(&regex, name_and_scheme, 0, NULL, 0) == 0;
	free(name_and_scheme);
	regfree(&regex);
	return found;
}

/* PORTLOG_KAFKA_BOOTSTRAP_SERVERS=… is bootstrap.servers. */
static void take_kafka(struct config *config)
{
	size_t prefix = strlen(kafka_prefix);
	for (char **entry = environ; *entry; entry++) {
		const char *equals = strchr(*entry, '=');
		if (strncmp(*entry, kafka_prefix, prefix) != 0 || !equals || !equals[1] ||
			is_of_a_service(*entry))
			continue;
		char *name = xstrndup(*entry + prefix, (size_t)(equals - *entry) - prefix);
		for (char *c = name; *c; c++)
			*c = *c == '_' ? '.' : (char)tolower((unsigned char)*c);
		text_pairs_set(&config->kafka, name, equals + 1);
		free(name);
	}
}

void config_environment_apply(struct config *config)
{
	take("PORT_ORG_ID", &config->org);
	take("PORT_CLIENT_ID", &config->port.client_id);
	take("PORT_CLIENT_SECRET", &config->port.client_secret);
	take("PORT_API_BASE_URL", &config->port.api);
	take("KAFKA_CONSUMER_GROUP_ID", &config->group);
	take("CONTROL_THE_PAYLOAD_CONFIG_PATH", &config->agent_mapping);
	take_topics(config);
	for (size_t i = 0; i < sizeof(agent_properties) / sizeof(agent_properties[0]); i++) {
		const char *value = variable(agent_properties[i].variable);
		if (value)
			text_pairs_set(&config->kafka, agent_properties[i].property, value);
	}
	take_kafka(config);
}

static bool add_variable(void *data, const struct option *row, void *place, const char *object)
{
	struct text_list *names = data;
	(void)place;
	(void)object;
	if (!row->letter_only) {
		char *name = option_variable("PORTLOG", row);
		text_list_add(names, name);
		free(name);
	}
	return true;
}

void config_environment_check(
	const struct option *const *tables, config_unknown_variable *found, void *data)
{
	struct text_list known = { 0 };
	text_list_split(&known, "PORTLOG_CONFIG_JSON PORTLOG_NOW PORTLOG_PAGER");
	/* option_each only computes where values would be: the names alone are used. */
	static char nowhere[1];
	for (; *tables; tables++) {
		struct option_set set = { *tables, nowhere };
		option_each(&set, add_variable, &known);
	}
	for (char **entry = environ; *entry; entry++) {
		char *name = xstrndup(*entry, strcspn(*entry, "="));
		if (strncmp(name, "PORTLOG_", 8) == 0 &&
			strncmp(name, kafka_prefix, strlen(kafka_prefix)) != 0 &&
			!text_list_has(&known, name) && !is_of_a_service(*entry))
			found(data, name, text_nearest(name, (const char *const *)known.items));
		free(name);
	}
	text_list_clear(&known);
}
