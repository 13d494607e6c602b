#include "intake_bench.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "store_bench.h"

static bool fake_assign(
	void *data, const struct consumer_partition *partitions, size_t count, struct error *err)
{
	struct bench *b = data;
	if (b->refusing)
		return error_set(err, ERROR_NETWORK, "cannot assign partitions");
	buf_add_text(&b->asked, "assign");
	for (size_t i = 0; i < count; i++)
		buf_addf(&b->asked, " %" PRId32 "@%" PRId64, partitions[i].partition,
			partitions[i].offset);
	buf_add_text(&b->asked, "; ");
	return true;
}

static void fake_pause(void *data)
{
	struct bench *b = data;
	buf_add_text(&b->asked, "pause; ");
}

static void fake_ask(
	void *data, const struct consumer_partition *partition, bool committed, int64_t time_ms)
{
	struct bench *b = data;
	(void)time_ms;
	buf_addf(&b->asked, "ask %" PRId32 "%s; ", partition->partition,
		committed ? " committed" : "");
}

static void fake_commit(
	void *data, const struct consumer_partition *partitions, size_t count, const char *metadata)
{
	struct bench *b = data;
	buf_add_text(&b->asked, "commit");
	for (size_t i = 0; i < count; i++)
		buf_addf(&b->asked, " %" PRId32 "@%" PRId64, partitions[i].partition,
			partitions[i].offset);
	buf_addf(&b->asked, " seq %s; ", strrchr(metadata, ' ') + 1);
	assert_int_equal(strncmp(metadata, "portlog/1 ", 10), 0);
	if (b->unheard)
		return;
	intake_committed(&b->intake, partitions, count, NULL);
	b->intake.committed_ms = 0; /* no waiting for the next one */
}

void open_bench(struct bench *b)
{
	struct error err = { 0 };
	const struct store_settings settings = { .path = b->path };
	const struct decoder decoder = { 0 };
	assert_true(store_open(&settings, &decoder, &b->store, &err));
	b->intake = (struct intake){ .store = b->store,
		.log = b->log,
		.source = { b, fake_assign, fake_pause, fake_ask, fake_commit } };
}

void close_bench(struct bench *b)
{
	intake_release(&b->intake);
	store_close(b->store);
}

int set_up(void **state)
{
	static struct bench bench;
	const struct log_settings settings = { .fd = STDERR_FILENO };
	bench = (struct bench){ .directory = P_tmpdir "/intake.XXXXXX" };
	assert_non_null(mkdtemp(bench.directory));
	snprintf(bench.path, sizeof(bench.path), "%s/p.db", bench.directory);
	log_set_level(LOG_LEVEL_ERROR);
	bench.log = log_new(&settings);
	open_bench(&bench);
	*state = &bench;
	return 0;
}

int tear_down(void **state)
{
	struct bench *b = *state;
	close_bench(b);
	log_free(b->log);
	buf_free(&b->asked);
	store_remove(b->path);
	assert_int_equal(rmdir(b->directory), 0);
	return 0;
}

/* What was asked since the last time. */
void assert_asked(struct bench *b, const char *wanted)
{
	assert_string_equal(buf_text(&b->asked), wanted);
	buf_clear(&b->asked);
}

void give_partitions(struct bench *b, int32_t count)
{
	struct consumer_partition partitions[4];
	for (int32_t i = 0; i < count; i++)
		partitions[i] = (struct consumer_partition){ .topic = "runs", .partition = i };
	intake_assigned(&b->intake, partitions, (size_t)count);
}

void say(struct bench *b, int32_t partition, int64_t offset, const char *value)
{
	struct consumer_message message = { .record = { .source = SOURCE_KAFKA,
						    .topic = span_of("runs"),
						    .partition = partition,
						    .offset = offset,
						    .epoch = -1,
						    .received_ms = clock_now_ms(),
						    .value = span_of(value) } };
	intake_message(&b->intake, b->intake.partitions[partition], &message);
}

void say_end(struct bench *b, int32_t partition, int64_t offset)
{
	intake_end(&b->intake, b->intake.partitions[partition], offset);
}

void answer(struct bench *b, int32_t partition, int64_t low, int64_t high, int64_t committed)
{
	answer_with(b, partition, low, high, committed, "");
}

void answer_with(struct bench *b, int32_t partition, int64_t low, int64_t high, int64_t committed,
	const char *metadata)
{
	const struct consumer_answer message = { .topic = "runs",
		.partition = partition,
		.data = b->intake.partitions[partition],
		.ok = true,
		.low = low,
		.high = high,
		.at_time = CONSUMER_NONE,
		.committed = committed,
		.metadata = metadata };
	intake_answer(&b->intake, &message);
}

/* Everything that is due, now. */
void settle(struct bench *b)
{
	intake_flush(&b->intake);
	intake_tick(&b->intake);
}

/* One line of them, rows by ' '. */
void assert_rows(struct bench *b, const char *sql, const char *wanted)
{
	char *text = store_rows(b->path, sql);
	size_t length = strlen(text);
	for (size_t i = 0; i < length; i++)
		if (text[i] == '\n')
			text[i] = i + 1 < length ? ' ' : '\0';
	assert_string_equal(text, wanted);
	free(text);
}

const char records[] = "SELECT partition, epoch, kafka_offset, value FROM journal WHERE "
		       "source = 'kafka' ORDER BY seq";
const char gaps[] =
	"SELECT partition, epoch, first_offset, last_offset, reason FROM gaps ORDER BY 1, 2, 3";
const char positions[] = "SELECT partition, epoch, next_offset FROM positions ORDER BY 1, 2";
