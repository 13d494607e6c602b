#include "record/recorder.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/json_scan.h"
#include "base/json_write.h"
#include "base/xalloc.h"
#include "kafka/consumer.h"
#include "kafka/kafka.h"
#include "net/control.h"
#include "record/intake.h"
#include "record/login.h"
#include "record/status.h"
#include "record/trouble.h"

enum {
	POLL_MOST = 500,        /* messages between looks at the other sources */
	CLOSE_MS = 2500,        /* for leaving the group; the whole end must take less than 5 s */
	LOGIN_GRACE_MS = 60000, /* a login that was good may be refused so long */
	LOGIN_FORGOTTEN_MS = 300000,
	LOGIN_AGAIN_MS = 5000,  /* after Port's API did not answer */
	UNREACHABLE_MS = 30000, /* how long --exit-eof waits for a broker */
	SECOND_MS = 1000,
};

struct recorder {
	const struct recorder_settings *settings;
	struct log *log;
	struct store *store;
	struct intake intake;
	struct consumer *consumer; /* NULL: the login is not known yet */
	struct control *control;
	struct login *login; /* NULL: Port's API is not used */
	int signals;
	char *org;
	char *group;
	struct text_list topics;
	struct text_list missing; /* topics that are not there */
	struct port_credentials credentials;
	int64_t started_ms;
	int64_t login_again_ms;   /* monotonic; 0: no fetch is due */
	int64_t login_trouble_ms; /* monotonic: when a login was first refused */
	int64_t login_fetched_ms;
	int64_t unreachable_ms; /* monotonic: since when; 0: not */
	int64_t second_ms;      /* monotonic: when the last second's work was done */
	uint64_t second_recorded;
	double rate;
	bool stop;
	bool failed;
	struct error error;
};

static const char *property(const struct recorder_settings *s, const char *name)
{
	return text_pairs_get(s->properties, name);
}

static bool has_api(const struct recorder_settings *s)
{
	return s->client_id && s->client_secret;
}

static bool wants_login(const struct recorder_settings *s)
{
	const char *protocol = property(s, "security.protocol");
	bool sasl = protocol && strstr(protocol, "SASL") != NULL;
	return !property(s, "bootstrap.servers") || (sasl && !property(s, "sasl.username"));
}

bool recorder_check(const struct recorder_settings *s, struct error *err)
{
	if (!kafka_properties_check(s->properties, err))
		return false;
	if (wants_login(s) && !has_api(s))
		return error_set(err, ERROR_CONFIG,
			property(s, "bootstrap.servers")
				? "no Kafka user: set the property sasl.username, or Port's "
				  "client_id and "
				  "client_secret"
				: "no Kafka brokers: use --brokers, or set Port's client_id and "
				  "client_secret, "
				  "with which they are asked for");
	if (!s->org && !(s->group && s->topics->count > 0) && !wants_login(s))
		return error_set(err, ERROR_CONFIG, "no organization: use --org ORG_ID");
	return !s->group ||
	       kafka_group_allowed(s->group, s->org, property(s, "sasl.username"), err);
}

static void fail(struct recorder *r, const struct error *err)
{
	if (r->failed)
		return;
	r->failed = r->stop = true;
	r->error = *err;
}

/* --- what the consumer tells --- */

static void broker_answered(struct recorder *r)
{
	if (r->unreachable_ms == 0)
		return;
	log_event(r->log, LOG_LEVEL_INFO, "a broker can be reached again",
		log_int("after_ms", clock_monotonic_ms() - r->unreachable_ms));
	r->unreachable_ms = 0;
}

static void on_assigned(void *data, const struct consumer_partition *partitions, size_t count)
{
	struct recorder *r = data;
	broker_answered(r);
	intake_assigned(&r->intake, partitions, count);
}

static void on_revoked(void *data, bool lost)
{
	struct recorder *r = data;
	intake_revoked(&r->intake, lost);
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

static void on_committed(
	void *data, const struct consumer_partition *partitions, size_t count, const char *error)
{
	struct recorder *r = data;
	(void)partitions;
	(void)count;
	intake_committed(&r->intake, error);
}

static const char *username_of(const struct recorder *r)
{
	return r->credentials.username ? r->credentials.username
				       : property(r->settings, "sasl.username");
}

static bool uses_scram(const struct recorder *r)
{
	const char *mechanism = property(r->settings, "sasl.mechanism");
	if (!mechanism)
		mechanism = property(r->settings, "sasl.mechanisms");
	return mechanism ? strncmp(mechanism, "SCRAM", 5) == 0 : r->credentials.username != NULL;
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
	if (r->missing.count < r->topics.count || r->intake.assigned_ever)
		return;
	error_set(&err, ERROR_NETWORK,
		"no topic to record exists (%s%s): check --org and --topic; Port makes an "
		"organization's topics when its support is asked",
		topic, r->topics.count > 1 ? ", …" : "");
	fail(r, &err);
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
	const struct trouble_place place = { .group = r->group,
		.username = username_of(r),
		.topic = topic,
		.scram = uses_scram(r) };
	if (trouble == TROUBLE_TOPIC_MISSING) {
		topic_missing(r, topic);
		return;
	}
	if (trouble == TROUBLE_UNREACHABLE && r->unreachable_ms == 0)
		r->unreachable_ms = clock_monotonic_ms();
	if (!trouble_passes(trouble, text, &place, &err) &&
		!(trouble == TROUBLE_LOGIN && login_may_pass(r)) &&
		!(trouble == TROUBLE_CERTIFICATE && r->intake.assigned_ever)) {
		fail(r, &err);
		return;
	}
	log_event(r->log, LOG_LEVEL_WARNING,
		trouble == TROUBLE_UNREACHABLE ? "no broker can be reached; trying again"
		: trouble == TROUBLE_LOGIN     ? "Kafka refuses the login; trying again"
					       : "trouble with Kafka; trying again",
		log_varying(log_text("reason", text)));
}

static void on_log(void *data, bool is_warning, const char *facility, const char *text)
{
	struct recorder *r = data;
	/* Failures come to on_trouble, too, and there they are told once. */
	(void)is_warning;
	log_event(r->log, LOG_LEVEL_DEBUG, "librdkafka", log_text("facility", facility),
		log_varying(log_text("text", text)));
}

/* --- the consumer, as the intake sees it --- */

static bool source_assign(
	void *data, const struct consumer_partition *partitions, size_t count, struct error *err)
{
	struct recorder *r = data;
	return consumer_assign(r->consumer, partitions, count, err);
}

static void source_pause(void *data)
{
	struct recorder *r = data;
	consumer_pause(r->consumer);
}

static void source_ask(
	void *data, const struct consumer_partition *partition, bool committed, int64_t time_ms)
{
	struct recorder *r = data;
	consumer_ask(r->consumer, partition, committed, time_ms);
}

static void source_commit(
	void *data, const struct consumer_partition *partitions, size_t count, const char *metadata)
{
	struct recorder *r = data;
	consumer_commit(r->consumer, partitions, count, metadata);
}

/* --- beginning --- */

static void add_usual_topics(struct recorder *r)
{
	static const char *const usual[] = { "runs", "change.log" };
	for (size_t i = 0; i < sizeof(usual) / sizeof(usual[0]); i++) {
		char *topic = xasprintf("%s.%s", r->org, usual[i]);
		text_list_add(&r->topics, topic);
		free(topic);
	}
}

static bool open_consumer(struct recorder *r, struct error *err)
{
	const struct recorder_settings *s = r->settings;
	if (!r->group)
		r->group = xasprintf("%s.portlog", r->org);
	if (r->topics.count == 0)
		add_usual_topics(r);
	if (!kafka_group_allowed(r->group, r->org, username_of(r), err))
		return false;
	const struct consumer_owner owner = { r, on_assigned, on_revoked, on_message, on_end,
		on_out_of_range, on_answer, on_committed, on_trouble, on_log };
	const struct consumer_settings settings = {
		.brokers = property(s, "bootstrap.servers") ? NULL : r->credentials.brokers,
		.group = r->group,
		.properties = s->properties,
		.topics = &r->topics,
		.username = r->credentials.username,
		.password = r->credentials.password,
		.mechanism_is_ports = r->credentials.username != NULL
	};
	if (!consumer_new(&settings, &owner, &r->consumer, err))
		return false;
	log_event(r->log, LOG_LEVEL_INFO, "joining the group", log_text("group", r->group),
		log_text("librdkafka", kafka_version()));
	return true;
}

static bool same_login(const struct port_credentials *a, const struct port_credentials *b)
{
	return strcmp(a->username, b->username) == 0 && strcmp(a->password, b->password) == 0;
}

static void login_came(struct recorder *r, struct login_result *result)
{
	struct error err;
	r->login_again_ms = 0;
	if (!result->ok) {
		if (!result->error.transient && !r->consumer) {
			fail(r, &result->error);
			return;
		}
		log_event(r->log, LOG_LEVEL_WARNING, "cannot get Kafka's login; trying again",
			log_text("reason", result->error.text));
		r->login_again_ms = clock_monotonic_ms() + LOGIN_AGAIN_MS;
		return;
	}
	bool is_new =
		!r->credentials.username || !same_login(&r->credentials, &result->credentials);
	port_credentials_release(&r->credentials);
	r->credentials = result->credentials;
	result->credentials = (struct port_credentials){ 0 };
	r->login_fetched_ms = clock_monotonic_ms();
	if (!r->org && result->organization)
		r->org = xstrdup(result->organization);
	if (!r->consumer && !open_consumer(r, &err))
		fail(r, &err);
	else if (is_new)
		consumer_login(r->consumer, r->credentials.username, r->credentials.password);
}

static void serve_login(struct recorder *r)
{
	struct login_result result;
	if (login_take(r->login, &result)) {
		login_came(r, &result);
		login_result_release(&result);
	}
	if (r->login_again_ms && clock_monotonic_ms() >= r->login_again_ms)
		login_start(r->login); /* does nothing while one is under way */
}

static bool begin(struct recorder *r, struct error *err)
{
	const struct recorder_settings *s = r->settings;
	if (!control_open(store_path(r->store), &r->control, err))
		return false;
	if (!wants_login(s))
		return open_consumer(r, err);
	const struct login_settings settings = { .api = s->api,
		.client_id = s->client_id,
		.client_secret = s->client_secret,
		.want_organization = !s->org };
	r->login = login_new(&settings);
	r->login_again_ms = clock_monotonic_ms();
	return true;
}

/* --- while it runs --- */

static void write_status(struct recorder *r, struct buf *out)
{
	const struct recorder_status status = { .started_ms = r->started_ms,
		.rate = r->rate,
		.group = r->group,
		.trouble = r->unreachable_ms ? "no broker can be reached"
			   : !r->consumer    ? "waiting for Kafka's login from Port"
					     : NULL };
	status_write(&status, &r->intake, out);
}

static void answer(void *data, struct span line, struct buf *out)
{
	struct recorder *r = data;
	struct json_doc doc = { 0 };
	struct buf scratch = { 0 };
	struct span what = { 0 };
	if (json_scan(&doc, line.data, line.length) == JSON_OK)
		what = json_text(&doc, json_member(&doc, 0, span_of("ask")), &scratch);
	if (span_is(what, "status")) {
		write_status(r, out);
	} else {
		struct json_writer w = { .out = out };
		json_object_start(&w);
		json_member_text(&w, "error", "what can be asked is: status");
		json_object_end(&w);
	}
	buf_free(&scratch);
	json_doc_release(&doc);
}

static void reload(struct recorder *r)
{
	struct error err;
	struct buf text = { 0 };
	if (!r->settings->reload)
		return;
	if (r->settings->reload(r->settings->data, &text, &err))
		log_say(r->log, LOG_LEVEL_INFO, buf_text(&text));
	else
		log_event(r->log, LOG_LEVEL_ERROR,
			"the configuration is wrong; going on with the old one",
			log_text("reason", err.text));
	buf_free(&text);
}

static void serve_signals(struct recorder *r)
{
	struct signalfd_siginfo info;
	while (read(r->signals, &info, sizeof(info)) == (ssize_t)sizeof(info)) {
		if (info.ssi_signo == SIGHUP) {
			reload(r);
			continue;
		}
		log_event(r->log, LOG_LEVEL_INFO, "stopping",
			log_text("signal", info.ssi_signo == SIGTERM ? "SIGTERM" : "SIGINT"));
		r->stop = true;
	}
}

/* Where nothing is published nothing would tell that a broker is back. */
static void ask_whether_back(struct recorder *r)
{
	if (!r->unreachable_ms || r->intake.partition_count == 0 || consumer_asked(r->consumer) > 0)
		return;
	struct partition *p = r->intake.partitions[0];
	const struct consumer_partition question = {
		.topic = p->topic, .partition = p->partition, .data = p
	};
	consumer_ask(r->consumer, &question, false, CONSUMER_NONE);
}

static void each_second(struct recorder *r)
{
	int64_t now = clock_monotonic_ms();
	int64_t elapsed = now - r->second_ms;
	struct error err;
	if (elapsed < SECOND_MS)
		return;
	double newest = (double)(r->intake.recorded - r->second_recorded) * 1000 / (double)elapsed;
	r->rate = r->second_recorded == 0 ? newest : 0.7 * r->rate + 0.3 * newest;
	r->second_ms = now;
	r->second_recorded = r->intake.recorded;
	log_tick(r->log);
	ask_whether_back(r);
	if (r->settings->line) {
		struct buf text = { 0 };
		status_line_text(r->intake.recorded, r->rate, intake_lag(&r->intake), &text);
		status_line_draw(r->settings->line, buf_text(&text));
		buf_free(&text);
	}
	if (r->settings->exit_eof && r->unreachable_ms && !r->intake.assigned_ever &&
		now - r->unreachable_ms > UNREACHABLE_MS) {
		error_set(&err, ERROR_NETWORK,
			"no Kafka broker can be reached; check --brokers and the network");
		fail(r, &err);
	}
}

static void wait_for_work(struct recorder *r, bool more)
{
	struct pollfd wait[] = {
		{ .fd = r->signals, .events = POLLIN },
		{ .fd = control_descriptor(r->control), .events = POLLIN },
		{ .fd = r->consumer ? consumer_descriptor(r->consumer) : -1, .events = POLLIN },
		{ .fd = r->login ? login_descriptor(r->login) : -1, .events = POLLIN },
	};
	int64_t timeout_ms = more ? 0 : intake_due_ms(&r->intake);
	poll(wait, sizeof(wait) / sizeof(wait[0]), (int)timeout_ms);
}

static void run_once(struct recorder *r, bool *more)
{
	wait_for_work(r, *more);
	serve_signals(r);
	control_serve(r->control, answer, r);
	if (r->login)
		serve_login(r);
	*more = r->consumer && !r->stop && consumer_poll(r->consumer, POLL_MOST);
	if (!r->consumer)
		return;
	intake_tick(&r->intake);
	if (r->intake.dead)
		fail(r, &r->intake.error);
	if (r->settings->exit_eof && intake_is_at_end(&r->intake))
		r->stop = true;
}

static void stop_signals(sigset_t *set)
{
	sigemptyset(set);
	sigaddset(set, SIGTERM);
	sigaddset(set, SIGINT);
	sigaddset(set, SIGHUP);
}

void recorder_block_signals(void)
{
	sigset_t set;
	stop_signals(&set);
	sigprocmask(SIG_BLOCK, &set, NULL);
}

static bool watch_signals(int *ret_descriptor, struct error *err)
{
	sigset_t set;
	stop_signals(&set);
	*ret_descriptor = signalfd(-1, &set, SFD_NONBLOCK | SFD_CLOEXEC);
	if (*ret_descriptor < 0)
		return error_set(err, ERROR_STORE, "cannot wait for signals: %s", strerror(errno));
	return true;
}

static bool finish(struct recorder *r)
{
	bool clean = true;
	if (r->settings->line)
		status_line_hide(r->settings->line);
	if (r->consumer)
		clean = consumer_close(r->consumer, CLOSE_MS);
	control_close(r->control);
	login_free(r->login);
	log_event(r->log, LOG_LEVEL_INFO, "stopped",
		log_int("recorded", (int64_t)r->intake.recorded),
		log_text("group_left", clean ? "yes" : "no: the broker does not answer"));
	intake_release(&r->intake);
	port_credentials_release(&r->credentials);
	text_list_clear(&r->topics);
	text_list_clear(&r->missing);
	free(r->org);
	free(r->group);
	close(r->signals);
	return clean;
}

bool recorder_run(const struct recorder_settings *settings, struct store *store,
	bool *ret_threads_left, struct error *err)
{
	struct recorder r = {
		.settings = settings,
		.log = settings->log,
		.store = store,
		.org = settings->org ? xstrdup(settings->org) : NULL,
		.group = settings->group ? xstrdup(settings->group) : NULL,
		.started_ms = clock_now_ms(),
		.second_ms = clock_monotonic_ms(),
		.signals = -1,
	};
	bool more = false;
	struct error failure;
	for (size_t i = 0; i < settings->topics->count; i++)
		text_list_add(&r.topics, settings->topics->items[i]);
	r.intake = (struct intake){ .store = store,
		.log = settings->log,
		.from = settings->from,
		.from_ms = settings->from_ms,
		.source = { &r, source_assign, source_pause, source_ask, source_commit } };
	if (!watch_signals(&r.signals, &failure) || !begin(&r, &failure))
		fail(&r, &failure);
	while (!r.stop) {
		run_once(&r, &more);
		each_second(&r);
	}
	*ret_threads_left = !finish(&r);
	if (r.failed)
		*err = r.error;
	return !r.failed;
}
