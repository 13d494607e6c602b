/* What Kafka tells the recorder, what it is told, and which of its troubles end recording. */
#include "record/recorder_state.h"

#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/xalloc.h"
#include "kafka/kafka.h"
#include "record/trouble.h"

enum {
	LOGIN_GRACE_MS = 60000, /* a login that was good may be refused so long */
	LOGIN_FORGOTTEN_MS = 300000,
};

void recorder_fail(struct recorder *r, const struct error *err)
{
	if (r->failed)
		return;
	r->failed = r->stop = true;
	r->error = *err;
}

static void broker_answered(struct recorder *r)
{
	if (r->unreachable_ms == 0)
		return;
	log_event(r->log, LOG_LEVEL_INFO, "a broker can be reached again",
		log_int("after_ms", clock_monotonic_ms() - r->unreachable_ms));
	r->unreachable_ms = 0;
	intake_look(&r->intake);
}

static void on_assigned(void *data, const struct consumer_partition *partitions, size_t count)
{
	struct recorder *r = data;
	broker_answered(r);
	intake_assigned(&r->intake, partitions, count);
	others_clear(&r->others);
	r->others_ms = 0;
}

static void on_revoked(void *data, bool lost)
{
	struct recorder *r = data;
	intake_revoked(&r->intake, lost);
	others_clear(&r->others);
}

static void on_message(void *data, void *partition, struct consumer_message *message)
{
	struct recorder *r = data;
	broker_answered(r);
	intake_message(&r->intake, partition, message);
}

static void on_end(void *data, void *partition, int64_t offset)
{
	struct recorder *r = data;
	intake_end(&r->intake, partition, offset);
}

static void on_out_of_range(void *data, void *partition)
{
	struct recorder *r = data;
	intake_out_of_range(&r->intake, partition);
}

static void on_answer(void *data, const struct consumer_answer *answer)
{
	struct recorder *r = data;
	if (answer->ok)
		broker_answered(r);
	intake_answer(&r->intake, answer);
}

static void on_held(void *data, const struct consumer_held *partitions, size_t count)
{
	struct recorder *r = data;
	r->answered_ms = clock_monotonic_ms();
	size_t before = r->others.count;
	others_set(&r->others, partitions, count, &r->intake);
	if (r->others.count <= before)
		return;
	const char *member = r->others.items[0].member;
	log_event(r->log, LOG_LEVEL_WARNING, "not all partitions are assigned to this recorder",
		log_int("elsewhere", (int64_t)r->others.count),
		log_text("first_member", member ? member : "not known"));
}

static void on_committed(
	void *data, const struct consumer_partition *partitions, size_t count, const char *error)
{
	struct recorder *r = data;
	intake_committed(&r->intake, partitions, count, error);
}

static void topic_missing(struct recorder *r, const char *topic)
{
	struct error err;
	if (!topic)
		return;
	log_event(r->log, LOG_LEVEL_WARNING, "a topic is not there; looking for it every minute",
		log_text("topic", topic));
	if (!text_list_has(&r->missing, topic))
		text_list_add(&r->missing, topic);
	if (r->missing.count < r->connection.topics.count || r->intake.assigned_ever)
		return;
	error_set(&err, ERROR_NETWORK,
		"no topic to record exists (%s%s): check --org and --topic; Port makes an "
		"organization's topics when its support is asked",
		topic, r->connection.topics.count > 1 ? ", …" : "");
	recorder_fail(r, &err);
}

/* A login that is refused: a new one is fetched where that is possible, and one that was good
 * before is given some time (brokers that start do not know all users at once). */
static bool login_may_pass(struct recorder *r)
{
	int64_t now = clock_monotonic_ms();
	if (r->login && (r->login_again_ms || now - r->login_fetched_ms > LOGIN_GRACE_MS)) {
		if (!r->login_again_ms)
			r->login_again_ms = now;
		return true;
	}
	if (!r->intake.assigned_ever)
		return false;
	if (now - r->login_trouble_ms > LOGIN_FORGOTTEN_MS)
		r->login_trouble_ms = now;
	return now - r->login_trouble_ms < LOGIN_GRACE_MS;
}

static void on_trouble(
	void *data, enum consumer_trouble trouble, const char *topic, const char *text)
{
	struct recorder *r = data;
	struct error err = { 0 };
	const struct trouble_place place = kafka_connection_place(&r->connection, topic);
	intake_look(&r->intake);
	if (trouble == TROUBLE_TOPIC_MISSING) {
		topic_missing(r, topic);
		return;
	}
	if (trouble == TROUBLE_UNREACHABLE)
		intake_unreachable(&r->intake);
	if (trouble == TROUBLE_UNREACHABLE && r->unreachable_ms == 0)
		r->unreachable_ms = clock_monotonic_ms();
	if (!trouble_passes(trouble, text, &place, &err) &&
		!(trouble == TROUBLE_LOGIN && login_may_pass(r)) &&
		!((trouble == TROUBLE_CERTIFICATE || trouble == TROUBLE_MECHANISM) &&
			r->intake.assigned_ever)) {
		recorder_fail(r, &err);
		return;
	}
	log_event(r->log, LOG_LEVEL_WARNING,
		trouble == TROUBLE_UNREACHABLE ? "no broker can be reached; trying again"
		: trouble == TROUBLE_LOGIN     ? "Kafka refuses the login; trying again"
		: trouble == TROUBLE_PROTOCOL
			? "the broker may expect another security.protocol; trying again"
			: "trouble with Kafka; trying again",
		log_varying(log_text("reason", text)));
}

static void on_log(void *data, bool is_warning, const char *facility, const char *text)
{
	struct recorder *r = data;
	/* Failures come to on_trouble, too, and there they are told once. */
	log_event(r->log, is_warning ? LOG_LEVEL_WARNING : LOG_LEVEL_DEBUG, "librdkafka",
		log_text("facility", facility), log_varying(log_text("text", text)));
}

static bool source_assign(
	void *data, const struct consumer_partition *partitions, size_t count, struct error *err)
{
	struct recorder *r = data;
	return consumer_assign(r->consumer, partitions, count, err);
}

static void source_pause(void *data)
{
	struct recorder *r = data;
	if (r->consumer) /* it has gone before the last batch is recorded */
		consumer_pause(r->consumer);
}

static void source_ask(
	void *data, const struct consumer_partition *partition, bool committed, int64_t time_ms)
{
	struct recorder *r = data;
	if (r->consumer)
		consumer_ask(r->consumer, partition, committed, time_ms);
}

static void source_commit(
	void *data, const struct consumer_partition *partitions, size_t count, const char *metadata)
{
	struct recorder *r = data;
	consumer_commit(r->consumer, partitions, count, metadata);
}

bool recorder_open_consumer(struct recorder *r, struct error *err)
{
	if (!kafka_connection_complete(&r->connection, err))
		return false;
	const struct consumer_owner owner = { r, on_assigned, on_revoked, on_message, on_end,
		on_out_of_range, on_answer, on_held, on_committed, on_trouble, on_log };
	const struct consumer_settings settings = kafka_connection_consumer(&r->connection);
	r->intake.source =
		(struct intake_source){ r, source_assign, source_pause, source_ask, source_commit };
	if (!consumer_new(&settings, &owner, &r->consumer, err))
		return false;
	log_event(r->log, LOG_LEVEL_INFO, "joining the group", log_text("group", settings.group),
		log_text("librdkafka", kafka_version()));
	return true;
}
