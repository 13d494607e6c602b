#include "record/kafka_connection.h"

#include <stdlib.h>
#include <string.h>

#include "base/xalloc.h"
#include "kafka/kafka.h"

static const char *property(const struct recorder_settings *s, const char *name)
{
	return text_pairs_get(s->properties, name);
}

bool kafka_connection_wants_login(const struct recorder_settings *s)
{
	const char *protocol = property(s, "security.protocol");
	bool sasl = protocol && strcasestr(protocol, "SASL") != NULL;
	return !property(s, "bootstrap.servers") || (sasl && !property(s, "sasl.username"));
}

bool kafka_connection_check(const struct recorder_settings *s, struct error *err)
{
	if (!kafka_properties_check(s->properties, err))
		return false;
	if (kafka_connection_wants_login(s) && !(s->client_id && s->client_secret))
		return error_set(err, ERROR_CONFIG,
			property(s, "bootstrap.servers")
				? "no Kafka user: set the property sasl.username, or Port's "
				  "client_id and "
				  "client_secret"
				: "no Kafka brokers: use --brokers, or set Port's client_id and "
				  "client_secret, "
				  "with which they are asked for");
	if (!s->org && !(s->group && s->topics->count > 0) && !kafka_connection_wants_login(s))
		return error_set(err, ERROR_CONFIG, "no organization: use --org ORG_ID");
	return !s->group ||
	       kafka_group_allowed(s->group, s->org, property(s, "sasl.username"), err);
}

void kafka_connection_init(struct kafka_connection *c, const struct recorder_settings *s)
{
	*c = (struct kafka_connection){ .settings = s,
		.org = s->org ? xstrdup(s->org) : NULL,
		.group = s->group ? xstrdup(s->group) : NULL };
	for (size_t i = 0; i < s->topics->count; i++)
		text_list_add(&c->topics, s->topics->items[i]);
}

void kafka_connection_release(struct kafka_connection *c)
{
	port_credentials_release(&c->credentials);
	text_list_clear(&c->topics);
	free(c->org);
	free(c->group);
}

struct login_settings kafka_connection_login(const struct kafka_connection *c)
{
	const struct recorder_settings *s = c->settings;
	return (struct login_settings){ .api = s->api,
		.client_id = s->client_id,
		.client_secret = s->client_secret,
		.want_organization = !c->org };
}

void kafka_connection_take(struct kafka_connection *c, struct login_result *result)
{
	port_credentials_release(&c->credentials);
	c->credentials = result->credentials;
	result->credentials = (struct port_credentials){ 0 };
	if (!c->org && result->organization)
		c->org = xstrdup(result->organization);
}

static const char *username_of(const struct kafka_connection *c)
{
	const char *username = kafka_connection_property(c, "sasl.username");
	return username ? username : c->credentials.username;
}

bool kafka_connection_complete(struct kafka_connection *c, struct error *err)
{
	static const char *const usual[] = { "runs", "change.log" };
	if (!c->group)
		c->group = xasprintf("%s.portlog", c->org);
	bool named = c->topics.count > 0;
	for (size_t i = 0; !named && i < sizeof(usual) / sizeof(usual[0]); i++) {
		char *topic = xasprintf("%s.%s", c->org, usual[i]);
		text_list_add(&c->topics, topic);
		free(topic);
	}
	return kafka_group_allowed(c->group, c->org, username_of(c), err);
}

const char *kafka_connection_property(const struct kafka_connection *c, const char *name)
{
	return property(c->settings, name);
}

struct consumer_settings kafka_connection_consumer(const struct kafka_connection *c)
{
	return (struct consumer_settings){ .brokers =
						   kafka_connection_property(c, "bootstrap.servers")
							   ? NULL
							   : c->credentials.brokers,
		.group = c->group,
		.properties = c->settings->properties,
		.topics = &c->topics,
		.username = c->credentials.username,
		.password = c->credentials.password,
		.mechanism_is_ports = c->credentials.username != NULL };
}

struct trouble_place kafka_connection_place(const struct kafka_connection *c, const char *topic)
{
	const char *mechanism = kafka_connection_property(c, "sasl.mechanism");
	if (!mechanism)
		mechanism = kafka_connection_property(c, "sasl.mechanisms");
	return (struct trouble_place){ .group = c->group,
		.username = username_of(c),
		.topic = topic,
		.scram = mechanism ? strncmp(mechanism, "SCRAM", 5) == 0
				   : c->credentials.username != NULL };
}
