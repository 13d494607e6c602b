#include "kafka/probe.h"

#include <stdatomic.h>
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "base/crypto.h"
#include "kafka/conf.h"

enum {
	SLICE_MS = 1000,    /* calls that wait serve no callbacks: between slices we do */
	PROTOCOL_MS = 3000, /* for another broker to answer, where one speaks another protocol */
};

struct probe {
	const struct consumer_settings *settings;
	const struct probe_owner *owner;
	rd_kafka_t *handle;
	int64_t deadline_ms;
	bool answered;
	bool hopeless;         /* no answer will come */
	atomic_int x509_error; /* why a certificate was refused; 0: not known */
};

/* librdkafka does not tell why. It is told OpenSSL's own verdict, unchanged; called from its
 * threads.
 */
static int on_verify(rd_kafka_t *handle, const char *name, int32_t id, int *x509_error, int depth,
	const char *certificate, size_t size, char *reason, size_t reason_size, void *opaque)
{
	struct probe *p = opaque;
	(void)handle;
	(void)name;
	(void)id;
	(void)depth;
	(void)certificate;
	(void)size;
	if (*x509_error == 0)
		return 1;
	atomic_store(&p->x509_error, *x509_error);
	snprintf(reason, reason_size, "%s", crypto_certificate_error(*x509_error));
	return 0;
}

static void tell_trouble(struct probe *p, enum consumer_trouble trouble, const char *reason)
{
	int64_t soon_ms = clock_monotonic_ms() + PROTOCOL_MS;
	int x509_error = atomic_load(&p->x509_error);
	char text[512];
	if (trouble == TROUBLE_LOGIN || trouble == TROUBLE_MECHANISM ||
		trouble == TROUBLE_CERTIFICATE || trouble == TROUBLE_FATAL)
		p->hopeless = true;
	if (trouble == TROUBLE_PROTOCOL && p->deadline_ms > soon_ms)
		p->deadline_ms = soon_ms;
	if (trouble == TROUBLE_CERTIFICATE && x509_error) {
		snprintf(text, sizeof(text), "%s (%s)", crypto_certificate_error(x509_error),
			reason);
		reason = text;
	}
	p->owner->trouble(p->owner->data, trouble, NULL, reason);
}

static void on_error(rd_kafka_t *handle, int failure, const char *reason, void *opaque)
{
	(void)handle;
	tell_trouble(opaque,
		consumer_trouble_of((rd_kafka_resp_err_t)failure, reason ? reason : ""), reason);
}

static void on_log(const rd_kafka_t *handle, int level, const char *facility, const char *text)
{
	struct probe *p = rd_kafka_opaque(handle);
	if (log_is_on_settings(level, facility))
		p->owner->warning(p->owner->data, text);
	if (log_is_on_protocol(facility, text))
		tell_trouble(p, TROUBLE_PROTOCOL, text);
}

static bool go_on(const struct probe *p)
{
	return !p->hopeless && clock_monotonic_ms() < p->deadline_ms;
}

/* Tells of the topic as its metadata has it. */
static void tell_topic(const struct probe *p, const rd_kafka_metadata_topic_t *from)
{
	struct probe_topic topic = { .name = from->topic, .partitions = from->partition_cnt };
	if (from->err || from->partition_cnt == 0) {
		rd_kafka_resp_err_t failure =
			from->err ? from->err : RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART;
		topic.error = rd_kafka_err2str(failure);
		topic.trouble = consumer_trouble_of(failure, topic.error);
	}
	p->owner->topic(p->owner->data, &topic);
}

static void ask_topic(struct probe *p, const char *name)
{
	rd_kafka_topic_t *topic = rd_kafka_topic_new(p->handle, name, NULL);
	bool told = false;
	while (topic && !told && go_on(p)) {
		const rd_kafka_metadata_t *metadata;
		rd_kafka_resp_err_t failure =
			rd_kafka_metadata(p->handle, 0, topic, &metadata, SLICE_MS);
		rd_kafka_poll(p->handle, 0);
		if (failure)
			continue;
		p->answered = true;
		for (int i = 0; i < metadata->topic_cnt; i++)
			tell_topic(p, &metadata->topics[i]);
		told = true;
		rd_kafka_metadata_destroy(metadata);
	}
	if (topic)
		rd_kafka_topic_destroy(topic);
}

/* The group's coordinator answers whoever may use the group, member or not. */
static void ask_group(struct probe *p, const char *topic)
{
	rd_kafka_topic_partition_list_t *list = rd_kafka_topic_partition_list_new(1);
	rd_kafka_topic_partition_list_add(list, topic, 0);
	bool told = false;
	while (!told && go_on(p)) {
		rd_kafka_resp_err_t failure = rd_kafka_committed(p->handle, list, SLICE_MS);
		rd_kafka_poll(p->handle, 0);
		if (!failure)
			failure = list->elems[0].err;
		if (failure == RD_KAFKA_RESP_ERR__TIMED_OUT ||
			failure == RD_KAFKA_RESP_ERR__WAIT_COORD ||
			failure == RD_KAFKA_RESP_ERR_COORDINATOR_NOT_AVAILABLE)
			continue;
		told = true;
		if (!failure)
			p->owner->group(p->owner->data);
		else
			p->owner->trouble(p->owner->data,
				consumer_trouble_of(failure, rd_kafka_err2str(failure)), topic,
				rd_kafka_err2str(failure));
	}
	rd_kafka_topic_partition_list_destroy(list);
}

bool probe_run(const struct consumer_settings *settings, int64_t timeout_ms,
	const struct probe_owner *owner, bool *ret_answered, struct error *err)
{
	char reason[256];
	struct probe p = { .settings = settings,
		.owner = owner,
		.deadline_ms = clock_monotonic_ms() + timeout_ms };
	rd_kafka_conf_t *conf = rd_kafka_conf_new();
	if (!consumer_fill_conf(conf, settings, err)) {
		rd_kafka_conf_destroy(conf);
		return false;
	}
	rd_kafka_conf_set_opaque(conf, &p);
	rd_kafka_conf_set_error_cb(conf, on_error);
	rd_kafka_conf_set_log_cb(conf, on_log);
	rd_kafka_conf_set_ssl_cert_verify_cb(conf, on_verify);
	p.handle = rd_kafka_new(RD_KAFKA_CONSUMER, conf, reason, sizeof(reason));
	if (!p.handle) {
		rd_kafka_conf_destroy(conf);
		return error_set(err, ERROR_CONFIG, "cannot make a Kafka consumer: %s", reason);
	}
	rd_kafka_set_log_queue(p.handle, NULL); /* rd_kafka_poll's */
	rd_kafka_poll(p.handle, 0);
	for (size_t i = 0; i < settings->topics->count; i++)
		ask_topic(&p, settings->topics->items[i]);
	if (p.answered)
		ask_group(&p, settings->topics->items[0]);
	rd_kafka_destroy_flags(p.handle, RD_KAFKA_DESTROY_F_NO_CONSUMER_CLOSE);
	*ret_answered = p.answered;
	return true;
}
