#include "kafka/conf.h"

#include <string.h>
#include <syslog.h>

enum consumer_trouble consumer_trouble_of(rd_kafka_resp_err_t failure, const char *text)
{
	switch (failure) {
	case RD_KAFKA_RESP_ERR__AUTHENTICATION:
	case RD_KAFKA_RESP_ERR_SASL_AUTHENTICATION_FAILED:
		/* A connection that breaks during the handshake is told as one that was refused. */
		if (strstr(text, "mechanism handshake"))
			return strstr(text, "failed: Local:") ? TROUBLE_OTHER : TROUBLE_MECHANISM;
		return TROUBLE_LOGIN;
	case RD_KAFKA_RESP_ERR__SSL:
		/* Connections that break while they are made are __SSL, too. */
		return strstr(text, "certificate")     ? TROUBLE_CERTIFICATE
		       : strstr(text, "SSL_HANDSHAKE") ? TROUBLE_PROTOCOL
						       : TROUBLE_OTHER;
	case RD_KAFKA_RESP_ERR__TRANSPORT:
		return strstr(text, "security.protocol") || strstr(text, "SSL_HANDSHAKE") ||
				       strstr(text, "APIVERSION_QUERY")
			       ? TROUBLE_PROTOCOL
			       : TROUBLE_OTHER;
	case RD_KAFKA_RESP_ERR_GROUP_AUTHORIZATION_FAILED:
		return TROUBLE_GROUP_DENIED;
	case RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED:
		return TROUBLE_TOPIC_DENIED;
	case RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART:
	case RD_KAFKA_RESP_ERR__UNKNOWN_TOPIC:
		return TROUBLE_TOPIC_MISSING;
	case RD_KAFKA_RESP_ERR__ALL_BROKERS_DOWN:
	case RD_KAFKA_RESP_ERR__RESOLVE:
		return TROUBLE_UNREACHABLE;
	case RD_KAFKA_RESP_ERR__FATAL:
		return TROUBLE_FATAL;
	default:
		return TROUBLE_OTHER;
	}
}

bool log_is_on_settings(int level, const char *facility)
{
	return level <= LOG_WARNING &&
	       (strcmp(facility, "CONFWARN") == 0 || strcmp(facility, "CERTSTORE") == 0);
}

bool log_is_on_protocol(const char *facility, const char *text)
{
	return strcmp(facility, "FAIL") == 0 && strstr(text, "closed by peer") != NULL &&
	       strstr(text, "APIVERSION_QUERY") != NULL;
}

static bool conf_set(rd_kafka_conf_t *conf, const char *name, const char *value, struct error *err)
{
	char reason[256];
	if (rd_kafka_conf_set(conf, name, value, reason, sizeof(reason)) == RD_KAFKA_CONF_OK)
		return true;
	return error_set(err, ERROR_CONFIG, "cannot set the Kafka property '%s': %s", name, reason);
}

struct property {
	const char *name;
	const char *value;
};

/* Defaults that differ from librdkafka's; the user's properties come after them. Bounded queues
 * keep memory flat however far behind (measured: 8 MB and small fetches are as fast as more). */
static const struct property defaults[] = {
	{ "client.id", "portlog" },
	{ "queued.max.messages.kbytes", "8192" },
	{ "fetch.message.max.bytes", "262144" },
	{ "fetch.max.bytes", "16777216" },
	/* Other requests to that broker wait behind a fetch that waits for messages. */
	{ "fetch.wait.max.ms", "100" },
	{ "topic.metadata.refresh.interval.ms", "60000" },
	{ "reconnect.backoff.max.ms", "3000" },
	{ "socket.keepalive.enable", "true" },
	{ "check.crcs", "true" },
};

/* What the recorder's promises rest on (kafka.c refuses them as the user's properties). */
static const struct property ours[] = {
	{ "enable.auto.commit", "false" },
	{ "enable.auto.offset.store", "false" },
	{ "auto.offset.reset", "error" },
	{ "isolation.level", "read_committed" },
	{ "enable.partition.eof", "true" },
	{ "log.queue", "true" },
};

static bool conf_set_all(
	rd_kafka_conf_t *conf, const struct property *list, size_t count, struct error *err)
{
	for (size_t i = 0; i < count; i++)
		if (!conf_set(conf, list[i].name, list[i].value, err))
			return false;
	return true;
}

bool consumer_fill_conf(
	rd_kafka_conf_t *conf, const struct consumer_settings *settings, struct error *err)
{
	if (!conf_set_all(conf, defaults, sizeof(defaults) / sizeof(defaults[0]), err))
		return false;
	if (rd_kafka_version() >= QUEUE_BACKOFF_VERSION &&
		!conf_set(conf, "fetch.queue.backoff.ms", "10", err))
		return false;
	if (settings->mechanism_is_ports &&
		!(conf_set(conf, "security.protocol", "SASL_SSL", err) &&
			conf_set(conf, "sasl.mechanism", "SCRAM-SHA-512", err)))
		return false;
	if (settings->username && !(conf_set(conf, "sasl.username", settings->username, err) &&
					  conf_set(conf, "sasl.password", settings->password, err)))
		return false;
	for (size_t i = 0; settings->properties && i < settings->properties->count; i++)
		if (!conf_set(conf, settings->properties->items[i].name,
			    settings->properties->items[i].value, err))
			return false;
	if (settings->brokers && !conf_set(conf, "bootstrap.servers", settings->brokers, err))
		return false;
	/* Its default is going to change, and with 'consumer' rd_kafka_assign fails. */
	if (rd_kafka_version() >= GROUP_PROTOCOL_VERSION &&
		!conf_set(conf, "group.protocol", "classic", err))
		return false;
	return conf_set(conf, "group.id", settings->group, err) &&
	       conf_set_all(conf, ours, sizeof(ours) / sizeof(ours[0]), err);
}
