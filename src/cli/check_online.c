#include "cli/check_online.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/xalloc.h"
#include "cli/report.h"
#include "kafka/probe.h"
#include "net/port_api.h"
#include "record/kafka_connection.h"

enum { PROBE_MS = 15000 };

struct online {
	struct report *report;
	struct kafka_connection connection;
	struct text_list said; /* librdkafka repeats itself: each kind of trouble once per topic */
	bool refused;
	char *cause; /* of there being no answer; NULL: not known */
	bool cause_is_protocol;
};

static void told_of_port(const struct online *o, bool ok, const char *gave, const struct error *err)
{
	if (ok)
		report_line(o->report, REPORT_GOOD, "Port's API", "%s %s",
			o->connection.settings->api, gave);
	else
		report_line(o->report, REPORT_PROBLEM, "Port's API", "%s", err->text);
}

/* For Kafka's login where recording asks for it; else for anything, since reports need the account
 * all the same. False: without the answer there is no going on. */
static bool ask_port(struct online *o)
{
	const struct recorder_settings *s = o->connection.settings;
	struct login_result result = { 0 };
	struct error err = { 0 };
	if (!s->client_id || !s->client_secret)
		return !kafka_connection_wants_login(s);
	const struct port_api_settings settings = {
		.url = s->api, .client_id = s->client_id, .client_secret = s->client_secret
	};
	struct port_api *api = port_api_new(&settings);
	bool wants_login = kafka_connection_wants_login(s);
	bool ok = !wants_login || port_api_kafka_credentials(api, &result.credentials, &err);
	if (ok && (!wants_login || !o->connection.org))
		ok = port_api_organization(api, &result.organization, &err);
	port_api_free(api);
	kafka_connection_take(&o->connection, &result);
	if (wants_login && ok) {
		char *gave =
			xasprintf("gave brokers and user '%s'", o->connection.credentials.username);
		told_of_port(o, true, gave, &err);
		free(gave);
	} else {
		told_of_port(o, ok, "accepts the client id", &err);
	}
	login_result_release(&result);
	return ok || !wants_login;
}

/* The last word, but one that names the protocol stays. */
static void keep_cause(struct online *o, enum consumer_trouble trouble, const char *text)
{
	if (o->cause_is_protocol)
		return;
	free(o->cause);
	o->cause = xstrdup(text);
	o->cause_is_protocol = trouble == TROUBLE_PROTOCOL;
}

static void on_warning(void *data, const char *text)
{
	const struct online *o = data;
	const char *behind_thread = strstr(text, "]: ");
	report_line(
		o->report, REPORT_NOTE, "Kafka", "%s", behind_thread ? behind_thread + 3 : text);
}

static void on_trouble(
	void *data, enum consumer_trouble trouble, const char *topic, const char *text)
{
	struct online *o = data;
	struct error err = { 0 };
	const struct trouble_place place = kafka_connection_place(&o->connection, topic);
	if (!trouble_passes(trouble, text, &place, &err))
		text = err.text;
	else if (trouble == TROUBLE_OTHER || trouble == TROUBLE_PROTOCOL) {
		keep_cause(o, trouble, text); /* goes by itself; if not, no answer is told */
		return;
	}
	char key[320]; /* the texts differ by how long things took */
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
	report_line(o->report, REPORT_GOOD, "group", "%s may be used", o->connection.group);
}

static void probe(struct online *o)
{
	struct error err = { 0 };
	bool answered = false;
	const struct probe_owner owner = { o, on_trouble, on_topic, on_warning, on_group };
	const struct consumer_settings settings = kafka_connection_consumer(&o->connection);
	if (!probe_run(&settings, PROBE_MS, &owner, &answered, &err))
		report_line(o->report, REPORT_PROBLEM, "Kafka", "%s", err.text);
	else if (answered)
		report_line(o->report, REPORT_GOOD, "Kafka", "answers, and took the login");
	else if (!o->refused)
		report_line(o->report, REPORT_PROBLEM, "Kafka", "no answer from %s%s%s; check %s",
			settings.brokers
				? settings.brokers
				: kafka_connection_property(&o->connection, "bootstrap.servers"),
			o->cause ? ": " : "", o->cause ? o->cause : "",
			o->cause_is_protocol ? "security.protocol (at Port: SASL_SSL), and the port"
					     : "the address, the port and the firewall");
}

void check_online(struct report *report, const struct recorder_settings *settings)
{
	struct online o = { .report = report };
	struct error err = { 0 };
	kafka_connection_init(&o.connection, settings);
	if (!kafka_connection_check(settings, &err) || !ask_port(&o))
		; /* it has been told */
	else if (!kafka_connection_complete(&o.connection, &err))
		report_line(report, REPORT_PROBLEM, "group", "%s", err.text);
	else
		probe(&o);
	kafka_connection_release(&o.connection);
	text_list_clear(&o.said);
	free(o.cause);
}
