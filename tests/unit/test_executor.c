/* What is owed starts once it is nobody else's, and never otherwise: each row of the floor's table,
 * with a store and real programs, and without a broker. What a program was told to do stands in a
 * file; the states in the view. */
#include "intake_bench.h"
#include "store_bench.h"

#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "action/jq.h"
#include "action/jq_helper.h"
#include "base/clock.h"
#include "base/process.h"
#include "event/local_execution.h"
#include "record/executor.h"
#include "record/scheduler.h"
#include "store/reader.h"

enum { WAIT_MS = 20000 };

#define SH(name, script)                                       \
	"{\"name\":\"" name "\",\"match\":{\"action\":\"" name \
	"\"},\"exec\":{\"argv\":[\"/bin/sh\","                 \
	"\"-c\",\"" script "\",\"sh\",\"{{ .run.id }}\"],\"env\":{\"DONE\":\"%s/done\"}}"
#define DO "echo $1 >>$DONE"

static const char all_rules[] = "[" SH("do", DO) "}," SH("again", DO) ",\"idempotent\":true}," SH(
	"sleep", DO "; exec sleep 100") "}," SH("nap", DO "; sleep 0.3") "}," SH("fail",
	DO "; exit 3") ",\"retry\":{"
		       "\"attempts\":2,\"backoff\":\"1h\"}}," SH(
			       "when", DO) ",\"when\":\".inputs.yes\"}]";

/* Somebody sets the clocks; the second one only goes forward. */
static int64_t now_shift_ms, monotonic_shift_ms;
int64_t __real_clock_now_ms(void);
int64_t __wrap_clock_now_ms(void);
int64_t __real_clock_monotonic_ms(void);
int64_t __wrap_clock_monotonic_ms(void);

int64_t __wrap_clock_now_ms(void)
{
	return __real_clock_now_ms() + now_shift_ms;
}

int64_t __wrap_clock_monotonic_ms(void)
{
	return __real_clock_monotonic_ms() + monotonic_shift_ms;
}

struct scene {
	struct bench *bench;
	struct executor *executor;
	struct text_pairs secrets;
	char *rules;
	struct executor_settings settings;
	struct error err;
};

static struct scene scene_of(void **state)
{
	struct scene s = { .bench = *state };
	const char *d = s.bench->directory;
	s.rules = xasprintf(all_rules, d, d, d, d, d, d);
	s.settings = (struct executor_settings){ .rules = s.rules };
	return s;
}

/* What a recorder does at its start; the partition is given and the brokers have answered. */
static void start(
	struct scene *s, int64_t low, int64_t high, int64_t committed, const char *metadata)
{
	struct bench *b = s->bench;
	struct error err;
	s->settings.secrets = &s->secrets;
	if (!executor_new(&s->settings, b->store, &b->intake, b->log, &s->executor, &err))
		fail_msg("%s", err.text);
	give_partitions(b, 1);
	answer_with(b, 0, low, high, committed, metadata);
	settle(b);
}

static void stop(struct scene *s)
{
	assert_true(executor_free(s->executor, 10000));
	s->executor = NULL;
	close_bench(s->bench);
	open_bench(s->bench);
}

static void finish(struct scene *s)
{
	char *path = xasprintf("%s/done", s->bench->directory);
	assert_true(executor_free(s->executor, 10000));
	unlink(path);
	free(path);
	free(s->rules);
}

/* "portlog/1 UUID SEQ", SEQ so far from the journal's end; free it. */
static char *our_metadata(const struct scene *s, int64_t beyond)
{
	struct buf text = { 0 };
	floor_metadata_write(store_uuid(s->bench->store),
		(uint64_t)((int64_t)store_size(s->bench->store) + beyond), &text);
	return buf_take(&text);
}

static const char others_metadata[] = "portlog/1 6a0f2a2c-5d5e-4a3c-9d1e-0123456789ab 5";

static void say_run(struct scene *s, int64_t offset, const char *run_id, const char *action)
{
	char *value = xasprintf("{\"inputs\":{},\"action\":{\"identifier\":\"%s\"},\"run\":{\"id\":"
				"\"%s\"},\"context\":{\"runId\":\"%s\"},\"trigger\":{}}",
		action, run_id, run_id);
	char *kept = strdup(value); /* the batch borrows it */
	say(s->bench, 0, offset, kept);
	settle(s->bench);
	free(value);
	free(kept);
}

/* Its signature is of another secret. */
static const char forged_run[] =
	"{\"headers\":{\"X-Port-Signature\":\"v1,AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=\","
	"\"X-Port-Timestamp\":\"1793703600\"},\"action\":{\"identifier\":\"do\"},"
	"\"run\":{\"id\":\"r_1\"},\"context\":{\"runId\":\"r_1\"},\"trigger\":{}}";

static char *states(struct scene *s)
{
	char *text = store_rows(s->bench->path,
		"SELECT coalesce(group_concat(run_id || ' ' || state || ' ' || attempt, ', '), '')"
		" FROM (SELECT * FROM executions ORDER BY id)");
	text[strcspn(text, "\n")] = '\0';
	return text;
}

/* The run's execution. */
static int64_t id_of(struct scene *s, const char *run_id)
{
	char *sql = xasprintf("SELECT id FROM executions WHERE run_id = '%s'", run_id);
	char *text = store_rows(s->bench->path, sql);
	int64_t id = atoll(text);
	free(text);
	free(sql);
	return id;
}

/* From now on, or from the start on; %s in them is where the programs write. */
static void use_rules(struct scene *s, const char *rules)
{
	struct error err;
	struct buf text = { 0 };
	for (const char *at; (at = strstr(rules, "%s")); rules = at + 2)
		buf_addf(&text, "%.*s%s", (int)(at - rules), rules, s->bench->directory);
	buf_add_text(&text, rules);
	free(s->rules);
	s->settings.rules = s->rules = buf_take(&text);
	if (!s->executor)
		return;
	assert_true(executor_prepare(s->executor, &s->settings, &err));
	executor_renew(s->executor);
}

/* What Ann wants, by the control socket. */
static bool ask(struct scene *s,
	bool (*what)(struct executor *, const struct executor_request *, struct error *),
	int64_t id, bool again)
{
	const struct executor_request request = { id, span_of("enough"), span_of("ann"), again };
	return what(s->executor, &request, &s->err);
}

/* Only for somebody who says that it may be. */
static void asked_again(struct scene *s, const char *run_id, const char *refusal)
{
	assert_false(ask(s, executor_retry, id_of(s, run_id), false));
	assert_string_equal(s->err.text, refusal);
	assert_true(ask(s, executor_retry, id_of(s, run_id), true));
}

static void turn(struct scene *s)
{
	struct error err;
	int descriptors[EXECUTOR_DESCRIPTORS];
	struct pollfd wait[EXECUTOR_DESCRIPTORS];
	settle(s->bench);
	if (!executor_tick(s->executor, &err))
		fail_msg("%s", err.text);
	executor_descriptors(s->executor, descriptors);
	for (size_t i = 0; i < EXECUTOR_DESCRIPTORS; i++)
		wait[i] = (struct pollfd){ descriptors[i], POLLIN, 0 };
	poll(wait, EXECUTOR_DESCRIPTORS, 5);
}

static void wait_states(struct scene *s, const char *wanted)
{
	int64_t end_ms = clock_monotonic_ms() + WAIT_MS;
	char *seen = states(s);
	while (strcmp(seen, wanted) != 0 && clock_monotonic_ms() < end_ms) {
		turn(s);
		free(seen);
		seen = states(s);
	}
	assert_string_equal(seen, wanted);
	free(seen);
}

/* It stays so, however often it is looked at. */
static void stays(struct scene *s, const char *wanted)
{
	for (int i = 0; i < 20; i++)
		turn(s);
	wait_states(s, wanted);
}

/* The runs whose programs ran, a space behind each. */
static void assert_done(struct scene *s, const char *wanted)
{
	char *path = xasprintf("%s/done", s->bench->directory), line[64];
	struct buf text = { 0 };
	FILE *file = fopen(path, "r");
	while (file && fgets(line, sizeof(line), file))
		buf_addf(&text, "%.*s ", (int)strcspn(line, "\n"), line);
	if (file)
		fclose(file);
	assert_string_equal(buf_text(&text), wanted);
	buf_free(&text);
	free(path);
}

/* Once Kafka has acknowledged, and not before. */
static void test_acknowledged(void **state)
{
	struct scene s = scene_of(state);
	s.bench->unheard = true;
	start(&s, 0, 0, CONSUMER_NONE, "");
	say_run(&s, 0, "r_1", "do");
	stays(&s, "r_1 owed 0");
	assert_false(executor_is_idle(s.executor));
	assert_false(ask(&s, executor_retry, id_of(&s, "r_1"), false));
	assert_string_equal(
		s.err.text, "another recorder may have it; --again has it executed all the same");
	s.bench->unheard = false;
	const struct consumer_partition sent = { .topic = "runs", .offset = 1 };
	intake_committed(&s.bench->intake, &sent, 1, NULL);
	wait_states(&s, "r_1 succeeded 1");
	assert_done(&s, "r_1 ");
	stays(&s, "r_1 succeeded 1");
	assert_true(executor_is_idle(s.executor));
	finish(&s);
}

/* What waits for the acknowledgement does not wait for the next commit's time, too. */
static void test_committed_at_once(void **state)
{
	struct scene s = scene_of(state);
	start(&s, 0, 0, CONSUMER_NONE, "");
	s.bench->intake.committed_ms = clock_monotonic_ms() + WAIT_MS; /* as if it had failed */
	say_run(&s, 0, "r_else", "nothing");
	assert_int_equal(s.bench->intake.partitions[0]->acked, 0);
	s.bench->intake.committed_ms = clock_monotonic_ms(); /* it was only just */
	say_run(&s, 1, "r_1", "do");
	assert_int_equal(s.bench->intake.partitions[0]->acked, 2);
	wait_states(&s, "r_1 succeeded 1");
	finish(&s);
}

/* A commit that failed acknowledges nothing. */
static void test_refused_commit(void **state)
{
	struct scene s = scene_of(state);
	s.bench->unheard = true;
	start(&s, 0, 0, CONSUMER_NONE, "");
	say_run(&s, 0, "r_1", "do");
	const struct consumer_partition sent = { .topic = "runs", .offset = 1 };
	log_set_level(LOG_LEVEL_ERROR);
	intake_committed(&s.bench->intake, &sent, 1, "not a member");
	stays(&s, "r_1 owed 0");
	assert_done(&s, "");
	finish(&s);
}

/* What was there at the first start is not executed, nor after a restart that finds less
 * committed, while it is caught up. */
static void test_first_start(void **state)
{
	struct scene s = scene_of(state);
	start(&s, 0, 3, CONSUMER_NONE, "");
	say_run(&s, 0, "r_1", "do");
	wait_states(&s, "r_1 skipped 0");
	char *metadata = our_metadata(&s, 0);
	stop(&s);
	start(&s, 0, 5, 1, metadata);
	say_run(&s, 1, "r_2", "do");
	say_run(&s, 2, "r_3", "do");
	say_run(&s, 3, "r_4", "do");
	wait_states(&s, "r_1 skipped 0, r_2 skipped 0, r_3 skipped 0, r_4 succeeded 1");
	assert_done(&s, "r_4 ");
	free(metadata);
	finish(&s);
}

/* The first process was ended between recording a run below the floor and saying so. */
static void test_first_start_ended(void **state)
{
	struct scene s = scene_of(state);
	start(&s, 0, 3, CONSUMER_NONE, "");
	turn(&s);
	say_run(&s, 0, "r_1", "do"); /* and no turn */
	char *metadata = our_metadata(&s, 0);
	s.bench->unheard = true;
	stop(&s);
	s.bench->unheard = false;
	start(&s, 0, 5, 1, metadata);
	stays(&s, "r_1 skipped 0");
	assert_done(&s, "");
	free(metadata);
	finish(&s);
}

/* Owed, committed, and not started when the recorder was ended. */
static void owed_before(struct scene *s)
{
	s->bench->unheard = true;
	start(s, 0, 0, CONSUMER_NONE, "");
	say_run(s, 0, "r_1", "do");
	stays(s, "r_1 owed 0");
	stop(s);
	s->bench->unheard = false;
}

static void test_restart(void **state)
{
	struct scene s = scene_of(state);
	owed_before(&s);
	char *metadata = our_metadata(&s, 0);
	start(&s, 0, 1, 1, metadata);
	wait_states(&s, "r_1 succeeded 1");
	assert_done(&s, "r_1 ");
	free(metadata);
	finish(&s);
}

/* Each of them may mean that another has run it. What comes later is executed. */
static void another_may_have(void **state, int64_t committed, const char *metadata, int64_t beyond)
{
	struct scene s = scene_of(state);
	owed_before(&s);
	char *ours = our_metadata(&s, beyond);
	start(&s, 0, 1, committed, metadata ? metadata : ours);
	wait_states(&s, "r_1 interrupted 0");
	say_run(&s, 1, "r_2", "do");
	wait_states(&s, "r_1 interrupted 0, r_2 succeeded 1");
	assert_done(&s, "r_2 ");
	asked_again(&s, "r_1",
		"another recorder may have executed it; --again has it executed all the same");
	wait_states(&s, "r_1 succeeded 1, r_2 succeeded 1");
	free(ours);
	finish(&s);
}

static void test_other_store(void **state)
{
	another_may_have(state, 1, others_metadata, 0);
}

static void test_backup(void **state)
{
	another_may_have(state, 1, NULL, 5);
}

static void test_expired_group(void **state)
{
	another_may_have(state, CONSUMER_NONE, "", 0);
}

/* An old copy records again what its newer self has executed. */
static void test_backup_refills(void **state)
{
	struct scene s = scene_of(state);
	start(&s, 0, 0, CONSUMER_NONE, "");
	say_run(&s, 0, "r_1", "do");
	wait_states(&s, "r_1 succeeded 1");
	char *metadata = our_metadata(&s, 9);
	stop(&s);
	start(&s, 0, 3, 3, metadata);
	say_run(&s, 1, "r_2", "do");
	say_run(&s, 2, "r_3", "do");
	say_run(&s, 3, "r_4", "do");
	wait_states(&s, "r_1 succeeded 1, r_2 skipped 0, r_3 skipped 0, r_4 succeeded 1");
	assert_done(&s, "r_1 r_4 ");
	free(metadata);
	finish(&s);
}

/* The new topic is executed from its beginning; of the old one nothing is. */
static void test_made_anew(void **state)
{
	struct scene s = scene_of(state);
	owed_before(&s);
	char *metadata = our_metadata(&s, 0);
	start(&s, 0, 1, 1, metadata);
	say_run(&s, 0, "r_new", "do"); /* other bytes at a known offset */
	answer(s.bench, 0, 0, 1, CONSUMER_NONE);
	settle(s.bench);
	say_run(&s, 0, "r_new", "do");
	wait_states(&s, "r_1 interrupted 0, r_new succeeded 1");
	assert_done(&s, "r_new ");
	free(metadata);
	finish(&s);
}

/* What only a look has found to be another topic's, and was executed as the old one's before. */
static void test_made_anew_is_found_late(void **state)
{
	struct scene s = scene_of(state);
	struct intake *in = &s.bench->intake;
	s.settings.rules = "[{\"name\":\"c\",\"on\":\"change\",\"exec\":{\"argv\":[\"true\"]}}]";
	static const char count[] = "SELECT count(*) FROM executions";
	static const char change[] =
		"{\"action\":\"UPDATE\",\"resourceType\":\"entity\",\"status\":\"SUCCESS\","
		"\"trigger\":{\"by\":{\"userId\":\"u\"},\"at\":\"2026-11-20T08:00:00.000Z\"},"
		"\"context\":{\"entity\":\"cart\",\"blueprint\":\"service\"},\"diff\":{"
		"\"before\":null,\"after\":{\"identifier\":\"cart\"}}}";
	start(&s, 0, 0, CONSUMER_NONE, "");
	say(s.bench, 0, 0, "{\"the old one's\":1}");
	say(s.bench, 0, 1, change);
	settle(s.bench);
	assert_rows(s.bench, count, "1");
	in->looked_ms -= 60000;
	settle(s.bench);
	say(s.bench, 0, 0, change);
	answer(s.bench, 0, 0, 3, CONSUMER_NONE);
	settle(s.bench);
	for (int64_t i = 0; i < 3; i++)
		say(s.bench, 0, i, change);
	settle(s.bench);
	assert_rows(s.bench, count, "3"); /* of four records: one is the same message */
	finish(&s);
}

/* A partition that was not there when the store was begun. */
static void test_later_partition(void **state)
{
	struct scene s = scene_of(state);
	start(&s, 0, 0, CONSUMER_NONE, "");
	say_run(&s, 0, "r_1", "do");
	wait_states(&s, "r_1 succeeded 1");
	char *metadata = our_metadata(&s, 0);
	intake_revoked(&s.bench->intake, false);
	give_partitions(s.bench, 2);
	answer_with(s.bench, 0, 0, 1, 1, metadata);
	answer_with(s.bench, 1, 0, 2, CONSUMER_NONE, "");
	settle(s.bench);
	say(s.bench, 1, 0,
		"{\"inputs\":{},\"action\":{\"identifier\":\"do\"},\"run\":{\"id\":\"r_2\"},"
		"\"context\":{\"runId\":\"r_2\"},\"trigger\":{}}");
	wait_states(&s, "r_1 succeeded 1, r_2 succeeded 1");
	assert_done(&s, "r_1 r_2 ");
	free(metadata);
	finish(&s);
}

/* As kill -9 leaves them: the start is written, the end is not. */
static void write_local(struct scene *s, struct buf *text)
{
	struct error err;
	const struct record record = { .source = SOURCE_LOCAL,
		.partition = -1,
		.epoch = -1,
		.offset = -1,
		.received_ms = clock_now_ms(),
		.value = buf_span(text) };
	const struct journal_batch batch = { .records = &record, .count = 1 };
	assert_true(journal_append(s->bench->store, &batch, NULL, &err));
	buf_free(text);
}

static void write_started(struct scene *s, int64_t id, const char *rule)
{
	struct buf text = { 0 };
	const struct local_started started = { id, 1,
		{ span_of(rule), span_of("d"), span_of("exec") }, false };
	local_started_write(&started, &text);
	write_local(s, &text);
}

static void killed(struct scene *s)
{
	s->bench->unheard = true;
	start(s, 0, 0, CONSUMER_NONE, "");
	say_run(s, 0, "r_1", "do");
	say_run(s, 1, "r_2", "again");
	stays(s, "r_1 owed 0, r_2 owed 0");
	stop(s);
	s->bench->unheard = false;
	write_started(s, 2, "do");
	write_started(s, 4, "again");
}

static void test_crash(void **state)
{
	struct scene s = scene_of(state);
	killed(&s);
	char *metadata = our_metadata(&s, 0);
	start(&s, 0, 2, 2, metadata);
	wait_states(&s, "r_1 interrupted 1, r_2 succeeded 2");
	assert_done(&s, "r_2 ");
	free(metadata);
	finish(&s);
}

/* It was to be cancelled, and a person was told so. */
static void test_crash_cancelled(void **state)
{
	struct scene s = scene_of(state);
	struct buf text = { 0 };
	const struct local_request request = { 4, span_of("enough"), span_of("ann") };
	killed(&s);
	local_request_write(LOCAL_CANCEL, &request, &text);
	write_local(&s, &text);
	char *metadata = our_metadata(&s, 0);
	start(&s, 0, 2, 2, metadata);
	wait_states(&s, "r_1 interrupted 1, r_2 cancelled 1");
	assert_rows(
		s.bench, "SELECT reason FROM executions WHERE id = 4", "cancelled by ann: enough");
	assert_done(&s, "");
	free(metadata);
	finish(&s);
}

static void test_crash_of_an_old_copy(void **state)
{
	struct scene s = scene_of(state);
	killed(&s);
	char *metadata = our_metadata(&s, 5);
	start(&s, 0, 2, 2, metadata);
	wait_states(&s, "r_1 interrupted 1, r_2 interrupted 1");
	assert_done(&s, "");
	free(metadata);
	finish(&s);
}

/* Told to stop: what sleeps is ended, and nobody knows how far it was. */
static void test_stop(void **state)
{
	struct scene s = scene_of(state);
	start(&s, 0, 0, CONSUMER_NONE, "");
	say_run(&s, 0, "r_1", "sleep");
	wait_states(&s, "r_1 running 1");
	stop(&s);
	char *seen = states(&s);
	assert_string_equal(seen, "r_1 interrupted 1");
	free(seen);
	start(&s, 0, 1, 1, others_metadata);
	finish(&s);
}

enum { HOUR_MS = 3600 * 1000, DAY_MS = 24 * HOUR_MS };

/* A wait of an hour at most, whatever is done to the clock meanwhile. */
static void test_the_clock_is_set(void **state)
{
	struct scene s = scene_of(state);
	start(&s, 0, 0, CONSUMER_NONE, "");
	say_run(&s, 0, "r_1", "fail");
	wait_states(&s, "r_1 waiting 1");
	now_shift_ms = DAY_MS;
	stays(&s, "r_1 waiting 1");
	now_shift_ms = -DAY_MS;
	monotonic_shift_ms += HOUR_MS;
	wait_states(&s, "r_1 failed 2");
	now_shift_ms = 0;
	finish(&s);
}

/* What waits was written down by a clock that was ahead, and set right before the next start. */
static void test_the_clock_was_ahead(void **state)
{
	struct scene s = scene_of(state);
	start(&s, 0, 0, CONSUMER_NONE, "");
	now_shift_ms = 300LL * DAY_MS;
	say_run(&s, 0, "r_1", "fail");
	wait_states(&s, "r_1 waiting 1");
	char *metadata = our_metadata(&s, 0);
	stop(&s);
	now_shift_ms = 0;
	start(&s, 0, 1, 1, metadata);
	wait_states(&s, "r_1 failed 2");
	free(metadata);
	finish(&s);
}

static void test_asked(void **state)
{
	struct scene s = scene_of(state);
	start(&s, 0, 0, CONSUMER_NONE, "");
	say_run(&s, 0, "r_1", "fail");
	say_run(&s, 1, "r_2", "sleep");
	wait_states(&s, "r_1 waiting 1, r_2 running 1");
	assert_true(ask(&s, executor_retry, 2, false));
	wait_states(&s, "r_1 failed 2, r_2 running 1");
	assert_false(ask(&s, executor_retry, 4, false));
	assert_string_equal(s.err.text, "execution 4 is running");
	assert_false(ask(&s, executor_cancel, 2, false));
	assert_false(ask(&s, executor_retry, 99, false));
	assert_string_equal(s.err.text, "there is no execution 99");
	assert_true(ask(&s, executor_retry, 2, false));
	assert_true(ask(&s, executor_cancel, 4, false));
	wait_states(&s, "r_1 failed 3, r_2 cancelled 1");
	say_run(&s, 2, "r_3", "do");
	wait_states(&s, "r_1 failed 3, r_2 cancelled 1, r_3 succeeded 1");
	asked_again(&s, "r_3", "it has succeeded; --again has it executed all the same");
	wait_states(&s, "r_1 failed 3, r_2 cancelled 1, r_3 succeeded 2");
	assert_rows(
		s.bench, "SELECT reason FROM executions WHERE id = 4", "cancelled by ann: enough");
	finish(&s);
}

/* The attempt had failed already, and its end was not known yet. */
static void test_cancelled_late(void **state)
{
	struct scene s = scene_of(state);
	int descriptors[EXECUTOR_DESCRIPTORS];
	use_rules(&s, "[" SH("fail", "sleep 0.2; exit 3") ",\"retry\":{\"attempts\":2}}]");
	start(&s, 0, 0, CONSUMER_NONE, "");
	say_run(&s, 0, "r_1", "fail");
	wait_states(&s, "r_1 running 1");
	executor_descriptors(s.executor, descriptors);
	struct pollfd ended = { descriptors[LANE_RUN], POLLIN, 0 };
	assert_int_equal(poll(&ended, 1, WAIT_MS), 1);
	assert_true(ask(&s, executor_cancel, id_of(&s, "r_1"), false));
	wait_states(&s, "r_1 cancelled 1");
	assert_rows(
		s.bench, "SELECT reason, exit_code FROM executions", "cancelled by ann: enough|3");
	finish(&s);
}

/* What a person asked for is not forgotten by a restart before it begins, whatever kept it from
 * beginning by itself. */
static void test_asked_before_a_restart(void **state)
{
	struct scene s = scene_of(state);
	start(&s, 0, 3, CONSUMER_NONE, "");
	say_run(&s, 0, "r_1", "do");
	say_run(&s, 1, "r_2", "when"); /* which does not hold */
	wait_states(&s, "r_1 skipped 0, r_2 skipped 0");
	asked_again(&s, "r_1", "it was skipped; --again has it executed all the same");
	assert_true(ask(&s, executor_retry, id_of(&s, "r_2"), true));
	char *metadata = our_metadata(&s, 0);
	stop(&s);
	start(&s, 0, 3, 2, metadata);
	wait_states(&s, "r_1 succeeded 1, r_2 skipped 0");
	assert_rows(s.bench, "SELECT reason FROM executions WHERE attempt = 0",
		"no rule's 'when' holds");
	free(metadata);
	finish(&s);
}

/* A bad signature is judged by the rule that is to run it, whoever asks for it, also by one that
 * SIGHUP brought, and after a restart. */
static void test_signature(void **state)
{
	struct scene s = scene_of(state);
	struct error err;
	log_set_level(LOG_LEVEL_ERROR);
	s.settings.client_secret = "not-to-be-seen";
	start(&s, 0, 0, CONSUMER_NONE, "");
	say(s.bench, 0, 0, forged_run);
	settle(s.bench);
	wait_states(&s, "r_1 skipped 0");
	assert_true(ask(&s, executor_retry, 2, true));
	wait_states(&s, "r_1 owed 0");
	wait_states(&s, "r_1 skipped 0");
	say_run(&s, 1, "r_2", "fail"); /* unsigned: it may */
	wait_states(&s, "r_1 skipped 0, r_2 waiting 1");
	struct executor_settings strict = s.settings;
	strict.execution = "{\"signature\":\"require\"}";
	assert_true(executor_prepare(s.executor, &strict, &err));
	executor_renew(s.executor);
	assert_true(ask(&s, executor_retry, id_of(&s, "r_2"), false));
	wait_states(&s, "r_1 skipped 0, r_2 skipped 1");
	assert_rows(s.bench, "SELECT DISTINCT reason FROM executions", "its signature is not good");
	assert_done(&s, "r_2 ");
	finish(&s);
}

static void say_record(struct scene *s, struct record record)
{
	struct consumer_message message = { .record = record };
	message.record.source = SOURCE_KAFKA;
	message.record.topic = span_of("runs");
	message.record.epoch = -1;
	message.record.received_ms = clock_now_ms();
	intake_message(&s->bench->intake, s->bench->intake.partitions[0], &message);
	settle(s->bench);
}

/* A message of the user's own, whose run stands in a header alone. */
static void test_header(void **state)
{
	struct scene s = scene_of(state);
	const struct record_header header = { span_of("RUN_ID"), span_of("r_1") };
	use_rules(&s, "[{\"name\":\"any\",\"exec\":{\"argv\":[\"/bin/sh\",\"-c\","
		      "\"echo $PORTLOG_RUN_ID >>%s/done\"]}}]");
	start(&s, 0, 0, CONSUMER_NONE, "");
	say_record(&s, (struct record){ .headers = &header,
			       .header_count = 1,
			       .value = span_of("{\"service\":\"cart\"}") });
	wait_states(&s, "r_1 succeeded 1");
	assert_done(&s, "r_1 ");
	finish(&s);
}

/* A run that was older than max_age when it was recorded is not executed, and Port is told so. */
static void test_max_age(void **state)
{
	enum { AGE_MS = 2 * 3600 * 1000, SECOND_MS = 1000 };
	static const char run[] = "{\"action\":{\"identifier\":\"%s\"},\"run\":{\"id\":\"%s\"},"
				  "\"context\":{\"runId\":\"%s\"},\"trigger\":{}}";
	struct scene s = scene_of(state);
	char *old = xasprintf(run, "when", "r_old", "r_old"),
	     *new = xasprintf(run, "do", "r_new", "r_new");
	s.settings.api = "http://127.0.0.1:1";
	s.settings.client_id = "c";
	s.settings.client_secret = "not-to-be-seen";
	s.settings.execution = "{\"max_age\":\"2h\"}";
	log_set_level(LOG_LEVEL_ERROR);
	start(&s, 0, 0, CONSUMER_NONE, "");
	say_record(&s, (struct record){ .timestamp_ms = clock_now_ms() - AGE_MS - SECOND_MS,
			       .timestamp_type = TIMESTAMP_CREATE,
			       .value = span_of(old) });
	say_record(&s, (struct record){ .offset = 1,
			       .timestamp_ms = clock_now_ms() - AGE_MS + 60 * SECOND_MS,
			       .timestamp_type = TIMESTAMP_CREATE,
			       .value = span_of(new) });
	wait_states(&s, "r_old skipped 0, r_new succeeded 1");
	assert_done(&s, "r_new ");
	assert_rows(s.bench,
		"SELECT what, body ->> 'status', body ->> 'summary' FROM reports"
		" WHERE run_id = 'r_old'",
		"status|FAILURE|older than execution.max_age when it was recorded");
	free(old);
	free(new);
	finish(&s);
}

static void test_not_executed(void **state)
{
	struct scene s = scene_of(state);
	start(&s, 0, 0, CONSUMER_NONE, "");
	say_run(&s, 0, "r_1", "when"); /* which does not hold */
	say_run(&s, 1, "r_2", "nothing");
	say_run(&s, 2, "r_3", "do");
	say_run(&s, 3, "r_3", "again"); /* it is executed already */
	wait_states(&s, "r_3 succeeded 1");
	stays(&s, "r_3 succeeded 1");
	assert_done(&s, "r_3 ");
	finish(&s);
}

/* The rule that a run was owed by is gone when it could start. */
static void test_rule_gone(void **state)
{
	struct scene s = scene_of(state);
	owed_before(&s);
	char *metadata = our_metadata(&s, 0);
	s.settings.rules = "[]";
	start(&s, 0, 1, 1, metadata);
	wait_states(&s, "r_1 skipped 0");
	assert_rows(s.bench, "SELECT reason FROM executions", "its rule is gone");
	assert_false(ask(&s, executor_retry, 2, true));
	assert_string_equal(s.err.text, "its rule is gone: it is skipped");
	free(metadata);
	finish(&s);
}

/* Port becomes known while an attempt runs: it is told how that ended. */
static void test_renewed_port(void **state)
{
	struct scene s = scene_of(state);
	struct error err;
	start(&s, 0, 0, CONSUMER_NONE, "");
	say_run(&s, 0, "r_1", "nap");
	wait_states(&s, "r_1 running 1");
	s.settings.api = "http://127.0.0.1:1";
	s.settings.client_id = "c";
	s.settings.client_secret = "not-to-be-seen";
	assert_true(executor_prepare(s.executor, &s.settings, &err));
	executor_renew(s.executor);
	wait_states(&s, "r_1 succeeded 1");
	assert_rows(s.bench, "SELECT what, body ->> 'status' FROM reports", "status|SUCCESS");
	finish(&s);
}

/* By other paths the record tells of another run now. */
static void test_other_event(void **state)
{
	struct scene s = scene_of(state);
	use_rules(&s, "[{\"name\":\"any\",\"exec\":{\"argv\":[\"/bin/true\"]}}]");
	s.settings.fields = "{\"run_id\":[\".a\"]}";
	s.bench->unheard = true;
	start(&s, 0, 0, CONSUMER_NONE, "");
	say(s.bench, 0, 0, "{\"a\":\"r_1\",\"b\":\"r_2\"}");
	settle(s.bench);
	stays(&s, "r_1 owed 0");
	stop(&s);
	s.bench->unheard = false;
	char *metadata = our_metadata(&s, 0);
	s.settings.fields = "{\"run_id\":[\".b\"]}";
	start(&s, 0, 1, 1, metadata);
	wait_states(&s, "r_1 skipped 0");
	assert_rows(s.bench, "SELECT reason FROM executions",
		"its record tells no such event any more");
	free(metadata);
	finish(&s);
}

static void test_renewed(void **state)
{
	struct scene s = scene_of(state);
	struct error err;
	start(&s, 0, 0, CONSUMER_NONE, "");
	say_run(&s, 0, "r_1", "sleep");
	wait_states(&s, "r_1 running 1");
	struct executor_settings others = s.settings;
	others.rules = "[{\"name\":\"other\",\"match\":{\"action\":\"other\"},\"exec\":{\"argv\":["
		       "\"/bin/true\"]}}]";
	others.execution = "{\"concurrency\":5}";
	assert_true(executor_prepare(s.executor, &others, &err));
	executor_renew(s.executor);
	say_run(&s, 1, "r_2", "do");
	say_run(&s, 2, "r_3", "other");
	wait_states(&s, "r_1 running 1, r_3 succeeded 1");
	others.rules = "[{\"name\":\"bad\"}]";
	assert_false(executor_prepare(s.executor, &others, &err));
	assert_true(ask(&s, executor_cancel, 2, false));
	wait_states(&s, "r_1 cancelled 1, r_3 succeeded 1");
	finish(&s);
}

/* jq's process, which is the only one. */
static void kill_child(void)
{
	char path[64];
	int pid;
	snprintf(path, sizeof(path), "/proc/self/task/%d/children", (int)getpid());
	FILE *file = fopen(path, "r");
	assert_non_null(file);
	assert_int_equal(fscanf(file, "%d", &pid), 1);
	fclose(file);
	siginfo_t info;
	kill(pid, SIGKILL);
	assert_int_equal(waitid(P_PID, (id_t)pid, &info, WEXITED | WNOWAIT), 0);
}

static int64_t count(struct scene *s, const char *where)
{
	char *sql = xasprintf("SELECT count(*) FROM executions WHERE %s", where);
	char *text = store_rows(s->bench->path, sql);
	int64_t number = atoll(text);
	free(text);
	free(sql);
	return number;
}

static void say_runs(struct scene *s, int first, int last, const char *action)
{
	for (int i = first; i <= last; i++) {
		char *run_id = xasprintf("r_%d", i);
		say_run(s, i - 1, run_id, action);
		free(run_id);
	}
}

#define OTHER "{\"name\":\"a\",\"match\":{\"action\":\"a\"},\"exec\":{\"argv\":[\"/bin/true\"]}}"

/* Those that have not been decided when SIGHUP takes their rule away are told so as the others are.
 */
static void test_renewed_undecided(void **state)
{
	enum { RUNS = 20 };
	struct scene s = scene_of(state);
	start(&s, 0, 0, CONSUMER_NONE, "");
	use_rules(&s, "[" SH("do", DO) ",\"when\":\".inputs == {}\"}]");
	say_runs(&s, 1, RUNS, "do");
	turn(&s); /* one is being decided, or was, the others queue */
	use_rules(&s, "[" OTHER "," SH("do", DO) ",\"when\":\".inputs == {}\"}]");
	while (!executor_is_idle(s.executor))
		turn(&s);
	assert_int_equal(count(&s, "state = 'succeeded'"), RUNS);
	say_runs(&s, RUNS + 1, 2 * RUNS, "do");
	turn(&s);
	use_rules(&s, "[" OTHER "]");
	while (!executor_is_idle(s.executor))
		turn(&s);
	assert_int_equal(count(&s, "state IN ('skipped', 'succeeded')"), 2 * RUNS);
	assert_in_range(count(&s, "reason = 'its rule is gone'"), 1, RUNS);
	finish(&s);
}

/* A rule's bounds are its own, wherever it stands in the configuration. */
static void keeps_apart(void **state, const char *before, const char *after)
{
	enum { RUNS = 6 };
	struct scene s = scene_of(state);
	start(&s, 0, 0, CONSUMER_NONE, "");
	use_rules(&s, before);
	say_runs(&s, 1, RUNS, "do");
	while (count(&s, "state = 'running'") == 0)
		turn(&s);
	use_rules(&s, after);
	while (count(&s, "state = 'succeeded'") < RUNS) {
		turn(&s);
		assert_in_range(count(&s, "state = 'running'"), 0, 1);
	}
	finish(&s);
}

#define NAP SH("do", DO "; sleep 0.05")

static void test_renewed_concurrency(void **state)
{
	keeps_apart(
		state, "[" NAP ",\"concurrency\":1}]", "[" OTHER "," NAP ",\"concurrency\":1}]");
}

static void test_renewed_key(void **state)
{
	keeps_apart(state, "[" NAP ",\"key\":\"same\"}]", "[" OTHER "," NAP ",\"key\":\"same\"}]");
}

/* The rule that a run was begun by may no longer be for such runs: it goes on all the same. */
static void test_renewed_begun(void **state)
{
	struct scene s = scene_of(state);
	start(&s, 0, 0, CONSUMER_NONE, "");
	say_run(&s, 0, "r_1", "fail");
	say_run(&s, 1, "r_2", "sleep");
	wait_states(&s, "r_1 waiting 1, r_2 running 1");
	use_rules(&s, "[" SH("fail", DO) ",\"when\":\"false\",\"key\":\"x\"}]");
	assert_true(ask(&s, executor_retry, id_of(&s, "r_1"), false));
	wait_states(&s, "r_1 succeeded 2, r_2 running 1");
	assert_true(ask(&s, executor_cancel, id_of(&s, "r_2"), false));
	wait_states(&s, "r_1 succeeded 2, r_2 cancelled 1");
	finish(&s);
}

/* One that waits for its next attempt has its key, also after a restart. */
static void test_restart_key(void **state)
{
	struct scene s = scene_of(state);
	use_rules(&s, "[" SH("fail", DO "; exit 3") ",\"key\":\"x\",\"retry\":{\"attempts\":2,"
						    "\"backoff\":\"1h\"}}]");
	start(&s, 0, 0, CONSUMER_NONE, "");
	say_runs(&s, 1, 2, "fail");
	wait_states(&s, "r_1 waiting 1, r_2 owed 0");
	char *metadata = our_metadata(&s, 0);
	stop(&s);
	start(&s, 0, 2, 2, metadata);
	int64_t end_ms = clock_monotonic_ms() + 300;
	while (clock_monotonic_ms() < end_ms)
		turn(&s);
	stays(&s, "r_1 waiting 1, r_2 owed 0");
	/* Nor may a reload let the second overtake it; its rule's end is told at once. */
	char *rules = xstrdup(s.rules);
	use_rules(&s, rules);
	stays(&s, "r_1 waiting 1, r_2 owed 0");
	use_rules(&s, "[" OTHER "]");
	wait_states(&s, "r_1 skipped 1, r_2 skipped 0");
	free(rules);
	free(metadata);
	finish(&s);
}

/* A rule whose `when` computes for long holds up its own runs, and not those of others. */
static void test_slow_decision(void **state)
{
	struct scene s = scene_of(state);
	use_rules(
		&s, "[" SH("slow", DO) ",\"when\":\"[limit(400000; repeat(1))] | length > 0\"}," SH(
			    "do", DO) ",\"when\":\"true\"}]");
	start(&s, 0, 0, CONSUMER_NONE, "");
	say_runs(&s, 1, 3, "slow");
	say_run(&s, 3, "r_4", "do");
	while (count(&s, "run_id = 'r_4' AND state = 'succeeded'") == 0)
		turn(&s);
	assert_int_equal(count(&s, "state = 'owed'"), 2);
	finish(&s);
}

/* No process can be begun for jq: it is decided when one can. */
static void test_no_jq(void **state)
{
	struct scene s = scene_of(state);
	struct rlimit limit, none;
	log_set_level(LOG_LEVEL_ERROR);
	use_rules(&s, "[" SH("do", DO) ",\"when\":\"true\"}]");
	start(&s, 0, 0, CONSUMER_NONE, "");
	say_run(&s, 0, "r_0", "else");
	turn(&s);
	getrlimit(RLIMIT_NOFILE, &limit);
	none = (struct rlimit){ 3, limit.rlim_max };
	kill_child();
	setrlimit(RLIMIT_NOFILE, &none);
	say_run(&s, 1, "r_1", "do");
	for (int i = 0; i < 20; i++)
		turn(&s);
	setrlimit(RLIMIT_NOFILE, &limit);
	wait_states(&s, "r_1 succeeded 1");
	finish(&s);
}

static int64_t report_tries(struct scene *s)
{
	char *text = store_rows(s->bench->path, "SELECT sum(attempt) FROM reports");
	int64_t tries = atoll(text);
	free(text);
	return tries;
}

/* Nobody listens there: the reports wait, and the journal does not grow by that. */
static void test_port_is_away(void **state)
{
	struct scene s = scene_of(state);
	s.settings.api = "http://127.0.0.1:1";
	s.settings.client_id = "c";
	s.settings.client_secret = "not-to-be-seen";
	start(&s, 0, 0, CONSUMER_NONE, "");
	say_run(&s, 0, "r_1", "do");
	wait_states(&s, "r_1 succeeded 1");
	uint64_t size = store_size(s.bench->store);
	while (report_tries(&s) == 0)
		turn(&s);
	assert_rows(s.bench, "SELECT what, state FROM reports", "status|pending");
	assert_int_equal(store_size(s.bench->store), size);
	assert_true(executor_is_idle(s.executor));
	/* Nor is Port known any more, when the next try is due. */
	s.settings.client_id = NULL;
	use_rules(&s, "[" OTHER "]");
	int64_t tries = report_tries(&s);
	for (int64_t end_ms = clock_monotonic_ms() + 1200; clock_monotonic_ms() < end_ms;)
		turn(&s);
	assert_int_equal(report_tries(&s), tries);
	finish(&s);
}

/* The status ends the run, and Port ties entities to it only while it goes on: it is not told
 * before they are, however long that takes. */
static void test_port_in_order(void **state)
{
	struct scene s = scene_of(state);
	s.settings.api = "http://127.0.0.1:1";
	s.settings.client_id = "c";
	s.settings.client_secret = "not-to-be-seen";
	use_rules(&s, "[" SH("do", DO) ",\"report\":{\"entities\":[{\"blueprint\":\"b\","
				       "\"identifier\":\"x\"}]}}]");
	start(&s, 0, 0, CONSUMER_NONE, "");
	say_run(&s, 0, "r_1", "do");
	wait_states(&s, "r_1 succeeded 1");
	int64_t end_ms = clock_monotonic_ms() + WAIT_MS;
	char *tried = NULL;
	do {
		turn(&s);
		free(tried);
		tried = store_rows(s.bench->path, "SELECT count(*) FROM reports WHERE attempt > 1");
	} while (atoi(tried) == 0 && clock_monotonic_ms() < end_ms);
	free(tried);
	assert_rows(s.bench, "SELECT what, state, attempt > 0 FROM reports ORDER BY id",
		"entity|pending|1 status|pending|0");
	finish(&s);
}

static bool not_patient(void *data)
{
	(void)data;
	return false;
}

/* Somebody else writes, and is not waited for. */
static sqlite3 *hold_store(struct scene *s)
{
	sqlite3 *other;
	store_set_patience(s->bench->store, not_patient, NULL);
	assert_int_equal(sqlite3_open(s->bench->path, &other), SQLITE_OK);
	assert_int_equal(sqlite3_exec(other, "BEGIN IMMEDIATE", NULL, NULL, NULL), SQLITE_OK);
	return other;
}

static void let_store_go(struct scene *s, sqlite3 *other)
{
	sqlite3_close(other);
	store_set_patience(s->bench->store, NULL, NULL);
}

/* While the store cannot be written nothing is begun, and what ends meanwhile is kept. */
static void test_store_is_away(void **state)
{
	struct scene s = scene_of(state);
	log_set_level(LOG_LEVEL_ERROR);
	start(&s, 0, 0, CONSUMER_NONE, "");
	turn(&s);
	say_run(&s, 0, "r_1", "nap");
	wait_states(&s, "r_1 running 1");
	sqlite3 *other = hold_store(&s);
	int64_t end_ms = clock_monotonic_ms() + 800; /* longer than it naps */
	while (clock_monotonic_ms() < end_ms)
		turn(&s);
	assert_done(&s, "r_1 ");
	wait_states(&s, "r_1 running 1");
	let_store_go(&s, other);
	wait_states(&s, "r_1 succeeded 1");

	s.bench->unheard = true;
	say_run(&s, 1, "r_2", "do");
	stays(&s, "r_1 succeeded 1, r_2 owed 0");
	other = hold_store(&s);
	const struct consumer_partition sent = { .topic = "runs", .offset = 2 };
	intake_committed(&s.bench->intake, &sent, 1, NULL);
	stays(&s, "r_1 succeeded 1, r_2 owed 0");
	assert_done(&s, "r_1 ");
	let_store_go(&s, other);
	wait_states(&s, "r_1 succeeded 1, r_2 succeeded 1");
	assert_done(&s, "r_1 r_2 ");
	finish(&s);
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(int argc, char **argv)
{
	if (process_supervisor_is_called(argc, argv))
		return process_supervise();
	if (jq_helper_is_called(argc, argv))
		return jq_process();
	const struct CMUnitTest tests[] = {
		CASE(test_acknowledged),
		CASE(test_committed_at_once),
		CASE(test_refused_commit),
		CASE(test_first_start),
		CASE(test_first_start_ended),
		CASE(test_restart),
		CASE(test_other_store),
		CASE(test_backup),
		CASE(test_expired_group),
		CASE(test_backup_refills),
		CASE(test_made_anew),
		CASE(test_made_anew_is_found_late),
		CASE(test_later_partition),
		CASE(test_crash),
		CASE(test_crash_cancelled),
		CASE(test_crash_of_an_old_copy),
		CASE(test_stop),
		CASE(test_the_clock_is_set),
		CASE(test_the_clock_was_ahead),
		CASE(test_asked),
		CASE(test_cancelled_late),
		CASE(test_asked_before_a_restart),
		CASE(test_signature),
		CASE(test_header),
		CASE(test_max_age),
		CASE(test_not_executed),
		CASE(test_rule_gone),
		CASE(test_renewed_port),
		CASE(test_other_event),
		CASE(test_renewed),
		CASE(test_renewed_undecided),
		CASE(test_renewed_concurrency),
		CASE(test_renewed_key),
		CASE(test_renewed_begun),
		CASE(test_restart_key),
		CASE(test_slow_decision),
		CASE(test_no_jq),
		CASE(test_port_is_away),
		CASE(test_port_in_order),
		CASE(test_store_is_away),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
