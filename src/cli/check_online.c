#include "cli/check_online.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/xalloc.h"
#include "cli/report.h"
#include "config/config.h"
#include "kafka/kafka.h"
#include "kafka/probe.h"
#include "net/port_api.h"
#include "record/trouble.h"

enum { PROBE_MS = 15000 };

struct online {
	struct report *report;
	const struct config *config;
	struct port_credentials credentials;
	char *organization; /* from Port's API */
	char *group;
	struct text_list topics;
	struct text_list said; /* librdkafka repeats itself: each kind of trouble once per topic */
	bool refused;
};

static const char *property(const struct online *o, const char *name)
{
	return text_pairs_get(&o->config->kafka, name);
}

/* As the recorder does: brokers, user and password, and the organization, where they are not set.
 */
static bool ask_port(struct online *o)
{
	struct error err = { 0 };
	const struct config_port *port = &o->config->port;
	if (!port->client_id || !port->client_secret)
		return true;
	const struct port_api_settings settings = {
		.url = port->api, .client_id = port->client_id, .client_secret = port->client_secret
	};
	struct port_api *api = port_api_new(&settings);
	bool ok = port_api_kafka_credentials(api, &o->credentials, &err) &&
		  (o->config->org || port_api_organization(api, &o->organization, &err));
	port_api_free(api);
	if (ok)
		report_line(o->report, REPORT_GOOD, "Port's API", "%s gave brokers and user '%s'",
			port->api, o->credentials.username);
	else
		report_line(o->report, REPORT_PROBLEM, "Port's API", "%s", err.text);
	return ok;
}

static const char *username(const struct online *o)
{
	return o->credentials.username ? o->credentials.username : property(o, "sasl.username");
}

static void on_trouble(
	void *data, enum consumer_trouble trouble, const char *topic, const char *text)
{
	struct online *o = data;
	struct error err = { 0 };
	const char *mechanism = property(o, "sasl.mechanisms");
	if (!mechanism)
		mechanism = property(o, "sasl.mechanism");
	const struct trouble_place place = { .group = o->group,
		.username = username(o),
		.topic = topic,
		.scram = mechanism ? strncmp(mechanism, "SCRAM", 5) == 0
				   : o->credentials.username != NULL };
	if (!trouble_passes(trouble, text, &place, &err))
		text = err.text;
	else if (trouble == TROUBLE_OTHER)
		return; /* goes by itself; if not, no answer is told */
	char key[320];  /* the texts differ by how long things took */
	snprintf(key, sizeof(key), "%d %.300s", (int)trouble, topic ? topic : "");
	if (text_list_has(&o->said, key))
		return;
	text_list_add(&o->said, key);
	o->refused = o->refused || trouble != TROUBLE_UNREACHABLE;
	report_line(o->report, trouble == TROUBLE_UNREACHABLE ? REPORT_NOTE : REPORT_PROBLEM,
		"Kafka", "%s", text);
}

static void on_topic(void *data, const struct probe_topic *topic)
{
	struct online *o = data;
	if (!topic->error)
		report_line(o->report, REPORT_GOOD, "topic", "%s has %d partition%s", topic->name,
			topic->partitions, topic->partitions == 1 ? "" : "s");
	else if (topic->trouble == TROUBLE_TOPIC_MISSING)
		report_line(o->report, REPORT_PROBLEM, "topic",
			"%s is not there; Port makes it when Kafka is set up for the organization: "
			"check "
			"--org and --topic",
			topic->name);
	else
		on_trouble(o, topic->trouble, topic->name, topic->error);
}

static void on_group(void *data)
{
	const struct online *o = data;
	report_line(o->report, REPORT_GOOD, "group", "%s may be used", o->group);
}

/* What follows from the organization that Port's API told. */
static void complete(struct online *o)
{
	const struct config *config = o->config;
	for (size_t i = 0; i < config->topics.count; i++)
		text_list_add(&o->topics, config->topics.items[i]);
	static const char *const usual[] = { "runs", "change.log" };
	for (size_t i = 0; i < 2 && o->organization && config->topics.count == 0; i++) {
		char *topic = xasprintf("%s.%s", o->organization, usual[i]);
		text_list_add(&o->topics, topic);
		free(topic);
	}
	if (config->group)
		o->group = xstrdup(config->group);
	else if (o->organization)
		o->group = xasprintf("%s.portlog", o->organization);
}

static void probe(struct online *o)
{
	struct error err = { 0 };
	bool answered = false;
	const char *brokers = property(o, "bootstrap.servers");
	const struct probe_owner owner = { o, on_trouble, on_topic, on_group };
	const struct consumer_settings settings = {
		.brokers = brokers ? NULL : o->credentials.brokers,
		.group = o->group,
		.properties = &o->config->kafka,
		.topics = &o->topics,
		.username = o->credentials.username,
		.password = o->credentials.password,
		.mechanism_is_ports = o->credentials.username != NULL,
	};
	if (!brokers)
		brokers = o->credentials.brokers;
	if (!probe_run(&settings, PROBE_MS, &owner, &answered, &err))
		report_line(o->report, REPORT_PROBLEM, "Kafka", "%s", err.text);
	else if (answered)
		report_line(o->report, REPORT_GOOD, "Kafka", "answers, and took the login");
	else if (!o->refused)
		report_line(o->report, REPORT_PROBLEM, "Kafka",
			"no answer from %s in %d s; check the address, the port and the firewall",
			brokers, PROBE_MS / 1000);
}

void check_online(struct report *report, const struct config *config)
{
	struct online o = { .report = report, .config = config };
	if (ask_port(&o)) {
		complete(&o);
		/* Without these there is a problem that has been told. */
		bool reachable = property(&o, "bootstrap.servers") || o.credentials.brokers;
		if (reachable && o.group && o.topics.count > 0)
			probe(&o);
	}
	port_credentials_release(&o.credentials);
	text_list_clear(&o.topics);
	text_list_clear(&o.said);
	free(o.organization);
	free(o.group);
}
