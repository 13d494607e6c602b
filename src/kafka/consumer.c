/* librdkafka's high-level consumer behind callbacks. All of librdkafka's own callbacks are served
 * from consumer_poll (log.queue, poll_set_consumer), so everything but the asker is one thread. */
#include "kafka/consumer.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/xalloc.h"
#include "kafka/asker.h"
#include "kafka/conf.h"
#include "kafka/destroy.h"
#include "kafka/kafka.h"
#include "libraries/rdkafka_library.h"

enum {
	WAKE_EVERY_MS = 5,
	WAKE_AGAIN_MS = 1000, /* after a broker did not answer */
};

/* A partition that delivers. */
struct slot {
	char *topic;
	int32_t partition;
	void *data;
	int64_t next; /* behind the last message or end that was delivered */
};

struct consumer {
	struct consumer_owner owner;
	rd_kafka_t *handle;
	rd_kafka_queue_t *queue;
	int descriptor;
	struct asker *asker;
	char *group;
	struct text_list topics;
	size_t held; /* partitions that the group gave us */
	bool held_asked;
	struct slot *slots;
	size_t slot_count;
	size_t last_slot; /* messages come in runs of one partition */
	size_t wake_slot; /* the one to wake next */
	unsigned generation;
	bool assigned_now; /* the owner has called consumer_assign in its callback */
	rd_kafka_topic_partition_list_t *paused; /* NULL: nothing is */
	bool wake_asked;
	int64_t wake_after_ms;
};

void consumer_message_release(struct consumer_message *message)
{
	free(message->headers);
	if (message->handle)
		rd_kafka_message_destroy(message->handle);
	message->headers = NULL;
	message->handle = NULL;
}

static struct slot *find_slot(struct consumer *c, const char *topic, int32_t partition)
{
	for (size_t i = 0; i < c->slot_count; i++) {
		size_t at = (c->last_slot + i) % c->slot_count;
		struct slot *slot = &c->slots[at];
		if (slot->partition == partition && strcmp(slot->topic, topic) == 0) {
			c->last_slot = at;
			return slot;
		}
	}
	return NULL;
}

static void clear_slots(struct consumer *c)
{
	for (size_t i = 0; i < c->slot_count; i++)
		free(c->slots[i].topic);
	free(c->slots);
	c->slots = NULL;
	c->slot_count = c->last_slot = c->wake_slot = 0;
}

static void on_error(rd_kafka_t *handle, int failure, const char *reason, void *opaque)
{
	struct consumer *c = opaque;
	char text[256];
	if (failure == RD_KAFKA_RESP_ERR__FATAL) {
		rd_kafka_fatal_error(handle, text, sizeof(text));
		reason = text;
	}
	c->owner.trouble(c->owner.data, consumer_trouble_of(failure, reason), NULL, reason);
}

static void on_log(const rd_kafka_t *handle, int level, const char *facility, const char *text)
{
	struct consumer *c = rd_kafka_opaque(handle);
	if (log_is_on_protocol(facility, text))
		c->owner.trouble(c->owner.data, TROUBLE_PROTOCOL, NULL, text);
	c->owner.log(c->owner.data, log_is_on_settings(level, facility), facility, text);
}

static void on_commit(rd_kafka_t *handle, rd_kafka_resp_err_t failure,
	rd_kafka_topic_partition_list_t *list, void *opaque)
{
	struct consumer *c = opaque;
	(void)handle;
	if (failure == RD_KAFKA_RESP_ERR__NO_OFFSET || !list)
		return;
	size_t count = (size_t)list->cnt;
	struct consumer_partition *partitions = xcalloc(count ? count : 1, sizeof(*partitions));
	for (size_t i = 0; i < count; i++) {
		const rd_kafka_topic_partition_t *from = &list->elems[i];
		struct slot *slot = find_slot(c, from->topic, from->partition);
		partitions[i] = (struct consumer_partition){ .topic = from->topic,
			.partition = from->partition,
			.offset = from->offset,
			.data = slot ? slot->data : NULL };
		if (!failure)
			failure = from->err;
	}
	c->owner.committed(
		c->owner.data, partitions, count, failure ? rd_kafka_err2str(failure) : NULL);
	free(partitions);
}

/* A pause outlives librdkafka's assignments, so it is ended before they change: behind
 * rd_kafka_assign, which goes on in librdkafka's thread, the resume may be taken for older than the
 * assignment, and every message fetched from then on for outdated. */
static void resume(struct consumer *c)
{
	if (!c->paused)
		return;
	rd_kafka_resume_partitions(c->handle, c->paused);
	rd_kafka_topic_partition_list_destroy(c->paused);
	c->paused = NULL;
}

static void partitions_given(struct consumer *c, const rd_kafka_topic_partition_list_t *list)
{
	size_t count = (size_t)list->cnt;
	struct consumer_partition *partitions = xcalloc(count ? count : 1, sizeof(*partitions));
	for (size_t i = 0; i < count; i++)
		partitions[i] = (struct consumer_partition){ .topic = list->elems[i].topic,
			.partition = list->elems[i].partition,
			.offset = CONSUMER_NONE };
	c->generation++;
	c->held = count;
	c->assigned_now = false;
	c->owner.assigned(c->owner.data, partitions, count);
	free(partitions);
	/* The group waits for an answer, if only to hear that nothing is to be fetched yet. */
	struct error err;
	if (!c->assigned_now && !consumer_assign(c, NULL, 0, &err))
		c->owner.trouble(c->owner.data, TROUBLE_FATAL, NULL, err.text);
}

static void on_rebalance(rd_kafka_t *handle, rd_kafka_resp_err_t what,
	rd_kafka_topic_partition_list_t *list, void *opaque)
{
	struct consumer *c = opaque;
	if (what == RD_KAFKA_RESP_ERR__ASSIGN_PARTITIONS) {
		partitions_given(c, list);
		return;
	}
	c->owner.revoked(c->owner.data, rd_kafka_assignment_lost(handle) != 0);
	c->generation++;
	resume(c);
	clear_slots(c);
	rd_kafka_assign(handle, NULL);
}

static bool subscribe(struct consumer *c, const struct text_list *topics, struct error *err)
{
	rd_kafka_topic_partition_list_t *list =
		rd_kafka_topic_partition_list_new((int)topics->count);
	for (size_t i = 0; i < topics->count; i++)
		rd_kafka_topic_partition_list_add(list, topics->items[i], RD_KAFKA_PARTITION_UA);
	rd_kafka_resp_err_t failure = rd_kafka_subscribe(c->handle, list);
	rd_kafka_topic_partition_list_destroy(list);
	if (failure)
		return error_set(err, ERROR_NETWORK, "cannot subscribe to the topics: %s",
			rd_kafka_err2str(failure));
	return true;
}

bool consumer_new(const struct consumer_settings *settings, const struct consumer_owner *owner,
	struct consumer **ret_consumer, struct error *err)
{
	static const uint64_t one = 1;
	char reason[256];
	rd_kafka_conf_t *conf = rd_kafka_conf_new();
	struct consumer *c = xcalloc(1, sizeof(*c));
	c->owner = *owner;
	c->descriptor = -1;
	c->group = xstrdup(settings->group);
	for (size_t i = 0; i < settings->topics->count; i++)
		text_list_add(&c->topics, settings->topics->items[i]);
	if (!consumer_fill_conf(conf, settings, err))
		goto failed;
	rd_kafka_conf_set_opaque(conf, c);
	rd_kafka_conf_set_error_cb(conf, on_error);
	rd_kafka_conf_set_log_cb(conf, on_log);
	rd_kafka_conf_set_offset_commit_cb(conf, on_commit);
	rd_kafka_conf_set_rebalance_cb(conf, on_rebalance);
	c->descriptor = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
	if (c->descriptor < 0) {
		error_set(err, ERROR_NETWORK, "cannot make an eventfd: %s", strerror(errno));
		goto failed;
	}
	c->handle = rd_kafka_new(RD_KAFKA_CONSUMER, conf, reason, sizeof(reason));
	if (!c->handle) {
		bool no_thread = rd_kafka_last_error() == RD_KAFKA_RESP_ERR__CRIT_SYS_RESOURCE;
		error_set(err, no_thread ? ERROR_STORE : ERROR_CONFIG,
			"cannot make a Kafka consumer: %s", reason);
		goto failed;
	}
	conf = NULL;
	rd_kafka_set_log_queue(c->handle, NULL);
	rd_kafka_poll_set_consumer(c->handle);
	c->queue = rd_kafka_queue_get_consumer(c->handle);
	rd_kafka_queue_io_event_enable(c->queue, c->descriptor, &one, sizeof(one));
	/* What came into the queue before that is not told, nor what comes behind it. */
	ssize_t written = write(c->descriptor, &one, sizeof(one));
	(void)written;
	c->asker = asker_new(c->handle, c->descriptor);
	if (!c->asker) {
		consumer_close(c, 1000);
		return error_set_transient(err, ERROR_STORE, "no thread can be started");
	}
	if (!subscribe(c, settings->topics, err)) {
		consumer_close(c, 1000);
		return false;
	}
	*ret_consumer = c;
	return true;
failed:
	if (conf)
		rd_kafka_conf_destroy(conf);
	if (c->descriptor >= 0)
		close(c->descriptor);
	text_list_clear(&c->topics);
	free(c->group);
	free(c);
	return false;
}

int consumer_descriptor(const struct consumer *consumer)
{
	return consumer->descriptor;
}

static enum timestamp_type timestamp_type_from(rd_kafka_timestamp_type_t type)
{
	switch (type) {
	case RD_KAFKA_TIMESTAMP_CREATE_TIME:
		return TIMESTAMP_CREATE;
	case RD_KAFKA_TIMESTAMP_LOG_APPEND_TIME:
		return TIMESTAMP_APPEND;
	default:
		return TIMESTAMP_NONE;
	}
}

static void take_headers(struct consumer_message *message, const rd_kafka_message_t *from)
{
	rd_kafka_headers_t *headers;
	if (rd_kafka_message_headers(from, &headers) != RD_KAFKA_RESP_ERR_NO_ERROR)
		return;
	size_t count = rd_kafka_header_cnt(headers);
	if (count == 0)
		return;
	message->headers = xcalloc(count, sizeof(*message->headers));
	for (size_t i = 0; i < count; i++) {
		const char *name;
		const void *value;
		size_t size;
		rd_kafka_header_get_all(headers, i, &name, &value, &size);
		message->headers[i].name = span_of(name);
		message->headers[i].value = span_make(value, size);
	}
	message->record.headers = message->headers;
	message->record.header_count = count;
}

static void deliver(struct consumer *c, struct slot *slot, rd_kafka_message_t *from)
{
	rd_kafka_timestamp_type_t type;
	int64_t timestamp = rd_kafka_message_timestamp(from, &type);
	struct consumer_message message = {
		.handle = from,
		.record = {
			.source = SOURCE_KAFKA,
			.topic = span_of(rd_kafka_topic_name(from->rkt)),
			.partition = from->partition,
			.epoch = CONSUMER_NONE,
			.offset = from->offset,
			.timestamp_type = timestamp_type_from(type),
			.received_ms = clock_now_ms(),
			.key = span_make(from->key, from->key_len),
			.value = span_make(from->payload, from->len),
		},
	};
	if (message.record.timestamp_type != TIMESTAMP_NONE)
		message.record.timestamp_ms = timestamp;
	take_headers(&message, from);
	slot->next = from->offset + 1;
	c->owner.message(c->owner.data, slot->data, &message);
}

/* What comes in place of a message: the end of a partition, or an error. */
static void deliver_event(struct consumer *c, struct slot *slot, const rd_kafka_message_t *from)
{
	const char *topic = from->rkt ? rd_kafka_topic_name(from->rkt) : NULL;
	const char *text = rd_kafka_message_errstr(from);
	enum consumer_trouble trouble;
	switch (from->err) {
	case RD_KAFKA_RESP_ERR__PARTITION_EOF:
		if (!slot)
			return;
		slot->next = from->offset;
		c->owner.end(c->owner.data, slot->data, from->offset);
		return;
	case RD_KAFKA_RESP_ERR__AUTO_OFFSET_RESET:
	case RD_KAFKA_RESP_ERR_OFFSET_OUT_OF_RANGE:
	case RD_KAFKA_RESP_ERR__UNKNOWN_PARTITION:
		if (slot)
			c->owner.out_of_range(c->owner.data, slot->data);
		return;
	default:
		trouble = consumer_trouble_of(from->err, text ? text : "");
		c->owner.trouble(c->owner.data, trouble, topic, text ? text : "");
		if (trouble == TROUBLE_TOPIC_MISSING && slot)
			c->owner.out_of_range(c->owner.data, slot->data);
	}
}

static void give_answer(struct consumer *c, const struct question *q)
{
	if (q->group) {
		c->held_asked = false;
		if (!q->failure && q->generation == c->generation)
			c->owner.held(c->owner.data, q->view.items, q->view.count);
		return;
	}
	if (q->data == c)
		c->wake_asked = false;
	if (q->failure)
		c->wake_after_ms = clock_monotonic_ms() + WAKE_AGAIN_MS;
	if (q->generation != c->generation)
		return;
	struct slot *slot = find_slot(c, q->topic, q->partition);
	struct consumer_answer answer = { .topic = q->topic,
		.partition = q->partition,
		.data = q->data == c ? (slot ? slot->data : NULL) : q->data,
		.ok = !q->failure,
		.error = q->failure ? rd_kafka_err2str(q->failure) : NULL,
		.low = q->low,
		.high = q->high,
		.at_time = q->at_time,
		.committed = q->committed,
		.metadata = !q->ask_committed ? NULL
			    : q->metadata     ? q->metadata
					      : "" };
	if (answer.data)
		c->owner.answer(c->owner.data, &answer);
}

static void ask(struct consumer *c, const char *topic, int32_t partition, void *data,
	bool committed, int64_t time_ms)
{
	struct question *q = xcalloc(1, sizeof(*q));
	q->topic = xstrdup(topic);
	q->partition = partition;
	q->data = data;
	q->generation = c->generation;
	q->ask_committed = committed;
	q->time_ms = time_ms;
	q->committed = q->at_time = CONSUMER_NONE;
	asker_ask(c->asker, q);
}

static bool is_behind(struct consumer *c, const struct slot *slot)
{
	int64_t low;
	int64_t high;
	return rd_kafka_get_watermark_offsets(c->handle, slot->topic, slot->partition, &low,
		       &high) == RD_KAFKA_RESP_ERR_NO_ERROR &&
	       high > slot->next;
}

/* Before 2.2, librdkafka fills its fetch queue, stops fetching, and notices up to a second later
 * that the queue is empty again. Any request to that broker wakes it. */
static void wake(struct consumer *c)
{
	if (rd_kafka_version() >= QUEUE_BACKOFF_VERSION || c->wake_asked || c->paused)
		return;
	int64_t now = clock_monotonic_ms();
	if (now < c->wake_after_ms)
		return;
	for (size_t i = 0; i < c->slot_count; i++) {
		struct slot *slot = &c->slots[c->wake_slot++ % c->slot_count];
		if (!is_behind(c, slot))
			continue;
		c->wake_asked = true;
		c->wake_after_ms = now + WAKE_EVERY_MS;
		ask(c, slot->topic, slot->partition, c, false, CONSUMER_NONE);
		return;
	}
}

static void deliver_answers(struct consumer *c)
{
	struct question *q;
	while ((q = asker_answer(c->asker))) {
		give_answer(c, q);
		question_free(q);
	}
}

bool consumer_poll(struct consumer *c, size_t most)
{
	uint64_t events;
	ssize_t taken = read(c->descriptor, &events, sizeof(events));
	(void)taken; /* nothing there is fine, too */
	deliver_answers(c);
	for (size_t i = 0; i < most; i++) {
		rd_kafka_message_t *message = rd_kafka_consumer_poll(c->handle, 0);
		if (!message) {
			wake(c);
			return false;
		}
		struct slot *slot = message->rkt ? find_slot(c, rd_kafka_topic_name(message->rkt),
							   message->partition)
						 : NULL;
		if (message->err)
			deliver_event(c, slot, message);
		else if (slot) {
			deliver(c, slot, message);
			continue;
		}
		rd_kafka_message_destroy(message);
	}
	return true;
}

bool consumer_assign(struct consumer *c, const struct consumer_partition *partitions, size_t count,
	struct error *err)
{
	struct slot *slots = xcalloc(count ? count : 1, sizeof(*slots));
	rd_kafka_topic_partition_list_t *list = rd_kafka_topic_partition_list_new((int)count);
	for (size_t i = 0; i < count; i++) {
		const struct consumer_partition *from = &partitions[i];
		slots[i] = (struct slot){ .topic = xstrdup(from->topic),
			.partition = from->partition,
			.data = from->data,
			.next = from->offset };
		rd_kafka_topic_partition_list_add(list, from->topic, from->partition)->offset =
			from->offset;
	}
	resume(c);
	clear_slots(c);
	c->slots = slots;
	c->slot_count = count;
	c->assigned_now = true;
	rd_kafka_resp_err_t failure = rd_kafka_assign(c->handle, list);
	rd_kafka_topic_partition_list_destroy(list);
	if (failure)
		return error_set(err, ERROR_NETWORK, "cannot assign partitions: %s",
			rd_kafka_err2str(failure));
	return true;
}

void consumer_pause(struct consumer *c)
{
	rd_kafka_topic_partition_list_t *list =
		rd_kafka_topic_partition_list_new((int)c->slot_count);
	for (size_t i = 0; i < c->slot_count; i++)
		rd_kafka_topic_partition_list_add(list, c->slots[i].topic, c->slots[i].partition);
	resume(c);
	rd_kafka_pause_partitions(c->handle, list);
	c->paused = list;
}

void consumer_ask(struct consumer *c, const struct consumer_partition *partition, bool committed,
	int64_t time_ms)
{
	ask(c, partition->topic, partition->partition, partition->data, committed, time_ms);
}

void consumer_ask_held(struct consumer *c)
{
	if (c->held_asked)
		return;
	struct question *q = xcalloc(1, sizeof(*q));
	q->group = c->group;
	q->topics = &c->topics;
	q->held = c->held;
	q->generation = c->generation;
	c->held_asked = true;
	asker_ask(c->asker, q);
}

void consumer_commit(struct consumer *c, const struct consumer_partition *partitions, size_t count,
	const char *metadata)
{
	rd_kafka_topic_partition_list_t *list = rd_kafka_topic_partition_list_new((int)count);
	for (size_t i = 0; i < count; i++) {
		rd_kafka_topic_partition_t *to = rd_kafka_topic_partition_list_add(
			list, partitions[i].topic, partitions[i].partition);
		to->offset = partitions[i].offset;
		to->metadata = xstrdup(metadata); /* librdkafka frees it */
		to->metadata_size = strlen(metadata);
	}
	rd_kafka_resp_err_t failure = rd_kafka_commit(c->handle, list, 1);
	if (failure)
		on_commit(c->handle, failure, list, c);
	rd_kafka_topic_partition_list_destroy(list);
}

void consumer_login(struct consumer *c, const char *username, const char *password)
{
	rd_kafka_error_t *failure = rd_kafka_sasl_set_credentials(c->handle, username, password);
	if (failure)
		rd_kafka_error_destroy(failure);
}

/* Serves callbacks until the group was left. */
static bool leave_group(struct consumer *c, int64_t deadline_ms)
{
	rd_kafka_error_t *failure = rd_kafka_consumer_close_queue(c->handle, c->queue);
	if (failure) {
		rd_kafka_error_destroy(failure);
		return false;
	}
	while (!rd_kafka_consumer_closed(c->handle)) {
		if (clock_monotonic_ms() >= deadline_ms)
			return false;
		rd_kafka_message_t *message = rd_kafka_consumer_poll(c->handle, 20);
		if (message)
			rd_kafka_message_destroy(message);
	}
	return true;
}

bool consumer_close(struct consumer *c, int64_t timeout_ms)
{
	if (!c)
		return true;
	int64_t deadline_ms = clock_monotonic_ms() + timeout_ms;
	bool clean = leave_group(c, deadline_ms);
	int64_t left_ms = deadline_ms - clock_monotonic_ms();
	/* The thread that asks uses the handle. */
	if (!asker_free(c->asker, left_ms > 100 ? left_ms : 100))
		return false;
	rd_kafka_queue_io_event_enable(c->queue, -1, NULL, 0);
	rd_kafka_queue_destroy(c->queue);
	if (!handle_destroy(c->handle, deadline_ms))
		return false;
	close(c->descriptor);
	if (c->paused)
		rd_kafka_topic_partition_list_destroy(c->paused);
	clear_slots(c);
	text_list_clear(&c->topics);
	free(c->group);
	free(c);
	return clean;
}
