#include "record/recorder.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/xalloc.h"
#include "kafka/kafka.h"
#include "record/ending.h"
#include "record/recorder_state.h"
#include "record/status.h"
#include "record/status_line.h"
#include "store/owed.h"

enum {
	POLL_MOST = 500,        /* messages between looks at the other sources */
	FINISH_MS = 2000,       /* for the batch in hand, when told to stop */
	EXECUTOR_END_MS = 1500, /* for what is being executed, likewise */
	INTERRUPT_MS = 5000,    /* for what did not end in execution.drain, and to tell Port */
	CLOSE_MS = 2500,        /* for leaving the group; the whole end must take less than 5 s */
	END_MS = 4800,          /* then what still hangs is cut off */
	LOGIN_AGAIN_MS = 5000,  /* after Port's API did not answer */
	UNREACHABLE_MS = 30000, /* how long --exit-eof waits for a broker */
	SECOND_MS = 1000,
	WAL_MUCH = 256000000, /* bytes; portlog's own readers let it be 64 MiB */
	OTHERS_MS = 30000,    /* who has the partitions that are not ours */
	ANSWERED_MS = 45000,
	OPEN_AGAIN_MS = 300000,
};

bool recorder_check(const struct recorder_settings *s, struct error *err)
{
	return kafka_connection_check(s, err) &&
	       (!s->execution || executor_check(s->execution, err));
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
			recorder_fail(r, &result->error);
			return;
		}
		log_event(r->log, LOG_LEVEL_WARNING, "cannot get Kafka's login; trying again",
			log_text("reason", result->error.text));
		r->login_again_ms = clock_monotonic_ms() + LOGIN_AGAIN_MS;
		return;
	}
	struct port_credentials *now = &r->connection.credentials;
	bool is_new = !now->username || !same_login(now, &result->credentials);
	kafka_connection_take(&r->connection, result);
	r->login_fetched_ms = clock_monotonic_ms();
	if (!r->consumer && !recorder_open_consumer(r, &err))
		recorder_fail(r, &err);
	else if (is_new)
		consumer_login(r->consumer, now->username, now->password);
}

static void serve_login(struct recorder *r)
{
	struct login_result result;
	if (login_take(r->login, &result)) {
		login_came(r, &result);
		login_result_release(&result);
	}
	if (!r->login_again_ms || clock_monotonic_ms() < r->login_again_ms || login_start(r->login))
		return;
	log_say(r->log, LOG_LEVEL_WARNING,
		"cannot get Kafka's login: no thread can be started; trying again");
	r->login_again_ms = clock_monotonic_ms() + LOGIN_AGAIN_MS;
}

static void begin_login(struct recorder *r)
{
	const struct login_settings settings = kafka_connection_login(&r->connection);
	r->login = login_new(&settings);
	r->login_again_ms = clock_monotonic_ms();
}

/* Where there are rules, or what they once made is not ended. */
static bool begin_executing(
	struct recorder *r, const struct executor_settings *s, struct error *err)
{
	struct owed_counts counts;
	if (!s)
		return true;
	if (!owed_counts(r->store, &counts, err))
		return false;
	if (!s->rules && counts.owed + counts.running + counts.waiting + counts.pending == 0)
		return true;
	return executor_new(s, r->store, &r->intake, r->log, &r->executor, err);
}

static bool begin(struct recorder *r, struct error *err)
{
	const struct recorder_settings *s = r->settings;
	if (!control_open(store_path(r->store), &r->control, err) ||
		!begin_executing(r, s->execution, err))
		return false;
	if (!kafka_connection_wants_login(s))
		return recorder_open_consumer(r, err);
	begin_login(r);
	return true;
}

/* All is checked, and what it needs is there, before the first is used. */
static bool read_again(struct recorder *r, struct recorder_renewal *ret_renewal, struct error *err)
{
	const struct recorder_settings *s = r->settings;
	const struct executor_settings **execution = &ret_renewal->execution;
	bool executed = r->executor != NULL;
	if (!s->reload(s->data, ret_renewal, err))
		return false;
	bool ok = executed ? !*execution || executor_prepare(r->executor, *execution, err)
			   : begin_executing(r, *execution, err);
	if (ok && s->renew(s->data, err)) {
		if (executed && *execution)
			executor_renew(r->executor);
		return true;
	}
	if (!executed) {
		executor_free(r->executor, 0); /* it has begun nothing */
		r->executor = NULL;
	}
	return false;
}

static void reload(struct recorder *r)
{
	const struct recorder_settings *s = r->settings;
	struct recorder_renewal renewal = { 0 };
	struct error err;
	if (!s->reload)
		return;
	if (!read_again(r, &renewal, &err)) {
		log_event(r->log, LOG_LEVEL_ERROR,
			"cannot use the configuration; going on with the old one",
			log_text("reason", err.text));
		return;
	}
	if (renewal.login && r->consumer)
		consumer_login(r->consumer,
			kafka_connection_property(&r->connection, "sasl.username"),
			kafka_connection_property(&r->connection, "sasl.password"));
	if (renewal.port && r->login) {
		login_free(r->login);
		begin_login(r);
	}
}

static void begin_to_end(struct recorder *r)
{
	if (r->intake.give_up_ms > 0)
		return;
	r->intake.give_up_ms = clock_monotonic_ms() + FINISH_MS;
	ending_begin(r->ending, END_MS);
}

bool recorder_told_to_stop(void)
{
	sigset_t pending;
	return sigpending(&pending) == 0 &&
	       (sigismember(&pending, SIGTERM) == 1 || sigismember(&pending, SIGINT) == 1);
}

/* The store asks while it works: a signal that comes meanwhile is not read yet. */
static bool is_patient(void *data)
{
	struct recorder *r = data;
	if (r->intake.give_up_ms == 0 && recorder_told_to_stop())
		begin_to_end(r);
	return intake_is_patient(&r->intake);
}

/* What runs is waited for. Others of the group have the partitions meanwhile; the store is locked,
 * and the control socket is answered. False: there is nothing to wait for. */
static bool begin_drain(struct recorder *r)
{
	int64_t limit_ms;
	struct buf running = { 0 };
	size_t count = r->executor ? executor_drain(r->executor, &limit_ms) : 0;
	if (count == 0 || limit_ms == 0)
		return false;
	r->drain_ms = clock_monotonic_ms() + limit_ms;
	ending_begin(r->ending, limit_ms + INTERRUPT_MS + END_MS);
	executor_running_text(r->executor, &running);
	log_event(r->log, LOG_LEVEL_INFO,
		"waiting for what is being executed; a second signal interrupts it",
		log_int("executions", (int64_t)count), log_int("at_most_s", limit_ms / 1000),
		log_text("running", buf_text(&running)));
	buf_free(&running);
	login_free(r->login);
	r->login = NULL;
	r->group_left = consumer_close(r->consumer, CLOSE_MS);
	r->consumer = NULL;
	if (r->intake.partition_count > 0) /* the broker did not answer */
		intake_revoked(&r->intake, true);
	r->intake.give_up_ms = 0;
	return true;
}

static void drain(struct recorder *r)
{
	bool over = clock_monotonic_ms() >= r->drain_ms;
	bool last = r->interrupted || executor_running(r->executor) == 0;
	if (executor_is_drained(r->executor) || (over && last)) {
		r->stop = true;
		begin_to_end(r);
	} else if (over) {
		log_event(r->log, LOG_LEVEL_WARNING, "interrupting what is still being executed",
			log_int("executions", (int64_t)executor_running(r->executor)));
		r->interrupted = true;
		r->drain_ms = clock_monotonic_ms() + INTERRUPT_MS;
		executor_interrupt(r->executor);
	}
}

static void stop_by_signal(struct recorder *r, const char *name)
{
	log_event(r->log, LOG_LEVEL_INFO, r->drain_ms ? "stopping at once" : "stopping",
		log_text("signal", name));
	begin_to_end(r);
	r->stop = r->drain_ms || !begin_drain(r);
}

/* SIGHUP has two meanings. A terminal that was closed answers no question any more. */
static bool has_lost_terminal(const struct recorder *r)
{
	return (r->settings->terminals & ~recorder_terminals()) != 0;
}

static void serve_signals(struct recorder *r)
{
	struct signalfd_siginfo info;
	while (read(r->signals, &info, sizeof(info)) == (ssize_t)sizeof(info)) {
		if (info.ssi_signo != SIGHUP)
			stop_by_signal(r, info.ssi_signo == SIGTERM ? "SIGTERM" : "SIGINT");
		else if (r->drain_ms)
			continue;
		else if (has_lost_terminal(r))
			stop_by_signal(r, "SIGHUP, as the terminal was closed");
		else
			reload(r);
	}
}

/* After a broker went back in time, librdkafka (2.16) takes all it says of a partition for
 * outdated, as long as the client lives. A new one does not know. */
static void open_again_if_stuck(struct recorder *r, int64_t now)
{
	struct error err;
	if (!intake_is_stuck(&r->intake) || now - r->answered_ms > ANSWERED_MS ||
		now < r->open_again_ms)
		return;
	r->open_again_ms = now + OPEN_AGAIN_MS;
	log_say(r->log, LOG_LEVEL_WARNING,
		"a partition delivers nothing although brokers answer; reconnecting");
	bool clean = consumer_close(r->consumer, CLOSE_MS);
	r->consumer = NULL;
	if (!clean) {
		r->threads_left = true;
		error_set(&err, ERROR_NETWORK,
			"a partition delivers nothing, and librdkafka cannot be shut down; restart "
			"the recorder");
		recorder_fail(r, &err);
	} else if (!recorder_open_consumer(r, &err)) {
		recorder_fail(r, &err);
	}
}

/* Said once, and again whenever it has doubled. */
static void warn_of_readers(struct recorder *r)
{
	int64_t bytes = store_wal_bytes(r->store);
	if (bytes < WAL_MUCH)
		r->wal_told = 0;
	if (bytes < WAL_MUCH || bytes < 2 * r->wal_told)
		return;
	struct buf readers = { 0 };
	store_readers(r->store, &readers);
	log_event(r->log, LOG_LEVEL_WARNING,
		"the WAL grows, since a program has been reading the store for a long time",
		log_int("megabytes", bytes / 1000000),
		log_text("pids", readers.length > 0 ? buf_text(&readers) : "not known"));
	buf_free(&readers);
	r->wal_told = bytes;
}

static void warn(struct recorder *r)
{
	struct error err;
	if (store_take_warning(r->store, &err))
		log_event(r->log, LOG_LEVEL_ERROR,
			"older records are not compressed; recording goes on",
			log_text("reason", err.text));
	warn_of_readers(r);
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
	if (r->consumer && r->intake.assigned && now >= r->others_ms) {
		r->others_ms = now + OTHERS_MS;
		consumer_ask_held(r->consumer);
	}
	if (r->consumer && !r->stop && !r->drain_ms)
		open_again_if_stuck(r, now);
	if (!store_is_there(r->store, &err))
		recorder_fail(r, &err);
	warn(r);
	if (r->settings->line) {
		struct buf text = { 0 };
		if (r->drain_ms)
			recorder_draining_text(r, &text);
		else
			status_line_text(r->intake.recorded, r->rate,
				intake_lag(&r->intake, &r->others), &text);
		log_below(r->log, buf_text(&text));
		buf_free(&text);
	}
	if (r->settings->exit_eof && r->unreachable_ms &&
		now - r->unreachable_ms > UNREACHABLE_MS) {
		error_set(&err, ERROR_NETWORK, "no Kafka broker can be reached%s; %s",
			r->intake.assigned_ever ? " any more" : "",
			r->intake.assigned_ever
				? "what came is recorded, and the same command goes on there"
				: "check --brokers and the network");
		recorder_fail(r, &err);
	}
}

static void wait_for_work(struct recorder *r, bool more)
{
	enum { OWN_DESCRIPTORS = 4 };
	struct pollfd wait[OWN_DESCRIPTORS + EXECUTOR_DESCRIPTORS] = {
		{ .fd = r->signals, .events = POLLIN },
		{ .fd = control_descriptor(r->control), .events = POLLIN },
		{ .fd = r->consumer ? consumer_descriptor(r->consumer) : -1, .events = POLLIN },
		{ .fd = r->login ? login_descriptor(r->login) : -1, .events = POLLIN },
	};
	/* While what runs is waited for, nothing is fetched or committed any more. */
	int64_t timeout_ms = more ? 0 : r->consumer ? intake_due_ms(&r->intake) : SECOND_MS;
	nfds_t count = OWN_DESCRIPTORS;
	if (r->executor) {
		int descriptors[EXECUTOR_DESCRIPTORS];
		int64_t due_ms = executor_due_ms(r->executor);
		executor_descriptors(r->executor, descriptors);
		for (size_t i = 0; i < EXECUTOR_DESCRIPTORS; i++)
			wait[count++] = (struct pollfd){ descriptors[i], POLLIN, 0 };
		if (r->consumer || r->drain_ms) /* before, nothing is executed */
			timeout_ms = due_ms < timeout_ms ? due_ms : timeout_ms;
	}
	poll(wait, count, (int)timeout_ms);
}

static void run_once(struct recorder *r, bool *more)
{
	struct error err;
	wait_for_work(r, *more);
	serve_signals(r);
	control_serve(r->control, recorder_answer, r);
	if (r->login)
		serve_login(r);
	*more = r->consumer && !r->stop && consumer_poll(r->consumer, POLL_MOST);
	if (!r->consumer && !r->drain_ms)
		return;
	if (r->consumer)
		intake_tick(&r->intake);
	if (r->intake.dead)
		recorder_fail(r, &r->intake.error);
	if (r->executor && !r->stop && !executor_tick(r->executor, &err))
		recorder_fail(r, &err);
	if (r->drain_ms && !r->stop)
		drain(r);
	else if (r->settings->exit_eof && intake_is_at_end(&r->intake) &&
		 (!r->executor || executor_is_idle(r->executor)))
		r->stop = true;
}

static void stop_signals(sigset_t *set)
{
	sigemptyset(set);
	sigaddset(set, SIGTERM);
	sigaddset(set, SIGINT);
	sigaddset(set, SIGHUP);
}

unsigned recorder_terminals(void)
{
	unsigned terminals = 0;
	for (int i = STDIN_FILENO; i <= STDERR_FILENO; i++)
		terminals |= isatty(i) ? 1U << i : 0;
	return terminals;
}

void recorder_block_signals(void)
{
	sigset_t set;
	stop_signals(&set);
	sigaddset(&set, SIGTTOU); /* the log of a background job on a terminal (stty tostop) */
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
	bool clean = !r->drain_ms || r->group_left;
	struct error ignored; /* the next recorder packs */
	log_below(r->log, NULL);
	if (r->settings->exit_eof && !r->failed && r->intake.give_up_ms == 0)
		store_pack(r->store, false, &ignored);
	warn(r);
	bool ended = executor_free(r->executor, EXECUTOR_END_MS);
	if (r->consumer)
		clean = consumer_close(r->consumer, CLOSE_MS);
	if (r->intake.dead) /* also by the last commit */
		recorder_fail(r, &r->intake.error);
	control_close(r->control);
	login_free(r->login);
	log_event(r->log, LOG_LEVEL_INFO, "stopped",
		log_int("recorded", (int64_t)r->intake.recorded),
		log_text("group_left", clean ? "yes" : "no: the broker does not answer"));
	intake_release(&r->intake);
	kafka_connection_release(&r->connection);
	text_list_clear(&r->missing);
	others_clear(&r->others);
	close(r->signals);
	return clean && ended && !r->threads_left;
}

bool recorder_run(const struct recorder_settings *settings, struct store *store,
	bool *ret_threads_left, struct error *err)
{
	struct recorder r = {
		.settings = settings,
		.log = settings->log,
		.store = store,
		.started_ms = clock_now_ms(),
		.second_ms = clock_monotonic_ms(),
		.signals = -1,
	};
	bool more = false;
	struct error failure;
	kafka_connection_init(&r.connection, settings);
	r.intake = (struct intake){ .store = store,
		.log = settings->log,
		.from = settings->from,
		.from_ms = settings->from_ms };
	store_set_patience(store, is_patient, &r);
	r.ending = ending_watch(END_MS);
	if (!watch_signals(&r.signals, &failure) || !begin(&r, &failure))
		recorder_fail(&r, &failure);
	while (!r.stop) {
		run_once(&r, &more);
		each_second(&r);
	}
	*ret_threads_left = !finish(&r);
	store_set_patience(store, NULL, NULL);
	if (r.failed)
		*err = r.error;
	return !r.failed;
}
