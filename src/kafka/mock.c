#include "kafka/mock.h"

#include <stdlib.h>

#include "base/buf.h"
#include "base/xalloc.h"
#include "libraries/rdkafka_library.h"

enum { POLL_WHEN_FULL_MS = 50 };

struct mock {
	rd_kafka_t *handle; /* owns the cluster, and publishes */
	rd_kafka_mock_cluster_t *cluster;
	size_t failed; /* messages that were not delivered */
};

static void on_delivered(rd_kafka_t *handle, const rd_kafka_message_t *message, void *opaque)
{
	struct mock *mock = opaque;
	(void)handle;
	if (message->err)
		mock->failed++;
}

/* The mock's brokers going away at the end is no news. */
static void ignore_log(const rd_kafka_t *handle, int level, const char *facility, const char *text)
{
	(void)handle;
	(void)level;
	(void)facility;
	(void)text;
}

bool mock_new(struct mock **ret_mock, struct error *err)
{
	static const char *const properties[][2] = {
		{ "test.mock.num.brokers", "1" },
		{ "client.id", "portlog-mock" },
		/* A mock does not lose anything, and order is kept as published. */
		{ "max.in.flight.requests.per.connection", "1" },
		{ "linger.ms", "1" },
	};
	char reason[256];
	struct mock *mock = xcalloc(1, sizeof(*mock));
	rd_kafka_conf_t *conf = rd_kafka_conf_new();
	for (size_t i = 0; i < sizeof(properties) / sizeof(properties[0]); i++)
		if (rd_kafka_conf_set(conf, properties[i][0], properties[i][1], reason,
			    sizeof(reason)) != RD_KAFKA_CONF_OK)
			goto failed;
	rd_kafka_conf_set_opaque(conf, mock);
	rd_kafka_conf_set_dr_msg_cb(conf, on_delivered);
	rd_kafka_conf_set_log_cb(conf, ignore_log);
	mock->handle = rd_kafka_new(RD_KAFKA_PRODUCER, conf, reason, sizeof(reason));
	if (!mock->handle)
		goto failed;
	mock->cluster = rd_kafka_handle_mock_cluster(mock->handle);
	*ret_mock = mock;
	return true;
failed:
	rd_kafka_conf_destroy(conf);
	free(mock);
	return error_set(err, ERROR_NETWORK, "cannot start the mock broker: %s", reason);
}

void mock_free(struct mock *mock)
{
	if (!mock)
		return;
	rd_kafka_destroy(mock->handle);
	free(mock);
}

const char *mock_brokers(const struct mock *mock)
{
	return rd_kafka_mock_cluster_bootstraps(mock->cluster);
}

bool mock_add_topic(struct mock *mock, const char *topic, int32_t partitions, struct error *err)
{
	rd_kafka_resp_err_t failure =
		rd_kafka_mock_topic_create(mock->cluster, topic, partitions, 1);
	if (failure)
		return error_set(err, ERROR_NETWORK, "cannot make topic '%s': %s", topic,
			rd_kafka_err2str(failure));
	return true;
}

static rd_kafka_headers_t *make_headers(const struct record *record)
{
	if (record->header_count == 0)
		return NULL;
	rd_kafka_headers_t *headers = rd_kafka_headers_new(record->header_count);
	for (size_t i = 0; i < record->header_count; i++) {
		const struct record_header *header = &record->headers[i];
		rd_kafka_header_add(headers, header->name.data, (ssize_t)header->name.length,
			header->value.data, (ssize_t)header->value.length);
	}
	return headers;
}

/* librdkafka does not write to what it copies. */
static void *unconst(const char *data)
{
	return (void *)(uintptr_t)data;
}

/* By the array of values: the macros for the argument list are GNU C, which clang is not asked for.
 */
static rd_kafka_resp_err_t publish(
	rd_kafka_t *handle, const char *topic, const struct record *record)
{
	rd_kafka_headers_t *headers = make_headers(record);
	int64_t timestamp_ms = record->timestamp_type == TIMESTAMP_NONE ? 0 : record->timestamp_ms;
	const rd_kafka_vu_t values[] = {
		{ RD_KAFKA_VTYPE_TOPIC, { .cstr = topic } },
		{ RD_KAFKA_VTYPE_PARTITION, { .i32 = record->partition } },
		{ RD_KAFKA_VTYPE_MSGFLAGS, { .i = RD_KAFKA_MSG_F_COPY } },
		{ RD_KAFKA_VTYPE_KEY,
			{ .mem = { unconst(record->key.data), record->key.length } } },
		{ RD_KAFKA_VTYPE_VALUE,
			{ .mem = { unconst(record->value.data), record->value.length } } },
		{ RD_KAFKA_VTYPE_TIMESTAMP, { .i64 = timestamp_ms } },
		{ RD_KAFKA_VTYPE_HEADERS, { .headers = headers } },
	};
	rd_kafka_error_t *error =
		rd_kafka_produceva(handle, values, sizeof(values) / sizeof(values[0]));
	if (!error)
		return RD_KAFKA_RESP_ERR_NO_ERROR;
	rd_kafka_resp_err_t failure = rd_kafka_error_code(error);
	rd_kafka_error_destroy(error);
	if (headers) /* taken only where it succeeds */
		rd_kafka_headers_destroy(headers);
	return failure;
}

bool mock_publish(struct mock *mock, const struct record *record, struct error *err)
{
	char *topic = span_dup(record->topic);
	rd_kafka_resp_err_t failure;
	while ((failure = publish(mock->handle, topic, record)) == RD_KAFKA_RESP_ERR__QUEUE_FULL)
		rd_kafka_poll(mock->handle, POLL_WHEN_FULL_MS);
	rd_kafka_poll(mock->handle, 0);
	free(topic);
	if (failure)
		return error_set(
			err, ERROR_NETWORK, "cannot publish: %s", rd_kafka_err2str(failure));
	return true;
}

bool mock_flush(struct mock *mock, int64_t timeout_ms, struct error *err)
{
	rd_kafka_resp_err_t failure = rd_kafka_flush(mock->handle, (int)timeout_ms);
	if (failure)
		return error_set(
			err, ERROR_NETWORK, "cannot publish: %s", rd_kafka_err2str(failure));
	if (mock->failed)
		return error_set(
			err, ERROR_NETWORK, "%zu messages could not be published", mock->failed);
	return true;
}
