#include "execution_bench.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/xalloc.h"
#include "store_bench.h"

void open_store(struct place *p)
{
	struct store_settings settings = { .path = p->path, .compression = COMPRESSION_OFF };
	struct decoder decoder = { 0 };
	struct error err = { 0 };
	if (!store_open(&settings, &decoder, &p->store, &err))
		fail_msg("%s", err.text);
}

int set_up(void **state)
{
	struct place *p = xcalloc(1, sizeof(*p));
	const char *tmp = getenv("TMPDIR");
	snprintf(
		p->folder, sizeof(p->folder), "%.200s/portlog-owed-XXXXXX", tmp ? tmp : "/var/tmp");
	assert_non_null(mkdtemp(p->folder));
	snprintf(p->path, sizeof(p->path), "%s/s.db", p->folder);
	p->now_ms = 1795515331000;
	open_store(p);
	*state = p;
	return 0;
}

int tear_down(void **state)
{
	struct place *p = *state;
	store_close(p->store);
	store_remove(p->path);
	rmdir(p->folder);
	arena_free(&p->texts);
	free(p);
	return 0;
}

void add_message(struct place *p, const char *value)
{
	assert_true(p->count < MOST);
	p->records[p->count++] = (struct record){ .source = SOURCE_KAFKA,
		.topic = span_of("org_x.runs"),
		.partition = 1,
		.offset = p->offset++,
		.timestamp_ms = 1795515330999,
		.timestamp_type = TIMESTAMP_CREATE,
		.received_ms = p->now_ms,
		.value = arena_copy(&p->texts, span_of(value)) };
}

void add_local(struct place *p, struct span value)
{
	assert_true(p->count < MOST);
	p->records[p->count++] = (struct record){ .source = SOURCE_LOCAL,
		.partition = -1,
		.epoch = -1,
		.offset = -1,
		.received_ms = p->now_ms,
		.value = arena_copy(&p->texts, value) };
}

void add_text(struct place *p, const char *value)
{
	add_local(p, span_of(value));
}

struct journal_owed *owe(struct place *p, const char *run_id)
{
	assert_true(p->owed_count < MOST);
	struct journal_owed *owed = &p->owed[p->owed_count++];
	*owed = (struct journal_owed){ .record = p->count - 1,
		.run_id = span_of(run_id),
		.rules = span_of(RULES),
		.once_per_run = run_id != NULL };
	return owed;
}

bool try_append(struct place *p, struct journal_result *ret_result, struct error *err)
{
	struct journal_batch batch = { .records = p->records,
		.count = p->count,
		.owed = p->owed,
		.owed_count = p->owed_count,
		.tries = p->tries,
		.try_count = p->try_count };
	p->count = p->owed_count = p->try_count = 0;
	p->now_ms += 1000;
	return journal_append(p->store, &batch, ret_result, err);
}

struct journal_result append(struct place *p)
{
	struct journal_result result = { 0 };
	struct error err = { 0 };
	if (!try_append(p, &result, &err))
		fail_msg("%s", err.text);
	return result;
}

char *rows(struct place *p, const char *sql)
{
	return store_rows(p->path, sql);
}

/* What reindex must make again; report_try it must leave. */
static const char *const rebuilt[] = { "SELECT * FROM execution", "SELECT * FROM execution_step",
	"SELECT * FROM report", "SELECT * FROM report_try", "SELECT * FROM executions",
	"SELECT * FROM reports", "SELECT * FROM floor" };
enum { REBUILT = sizeof(rebuilt) / sizeof(rebuilt[0]) };

void assert_reindex_is_same(struct place *p)
{
	struct error err = { 0 };
	char *before[REBUILT];
	for (size_t i = 0; i < REBUILT; i++)
		before[i] = rows(p, rebuilt[i]);
	if (!store_reindex(p->store, NULL, NULL, &err))
		fail_msg("%s", err.text);
	for (size_t i = 0; i < REBUILT; i++) {
		assert_rows(rebuilt[i], before[i]);
		free(before[i]);
	}
}

void add_started(struct place *p, int64_t execution, int attempt)
{
	const struct local_started started = { execution, attempt,
		{ span_of("else"), span_of("d3"), span_of("webhook") }, true };
	struct buf text = { 0 };
	local_started_write(&started, &text);
	add_local(p, buf_span(&text));
	buf_free(&text);
}

struct local_ended ended_as(int64_t execution, int attempt, enum execution_state state)
{
	return (struct local_ended){
		.execution = execution, .attempt = attempt, .state = state, .exit_code = -1
	};
}

void add_ended(struct place *p, struct local_ended ended)
{
	struct buf text = { 0 };
	local_ended_write(&ended, &text);
	add_local(p, buf_span(&text));
	buf_free(&text);
}

void add_request(struct place *p, enum local_what what, int64_t execution, const char *reason)
{
	const struct local_request request = { execution, span_of(reason), span_of("ana") };
	struct buf text = { 0 };
	local_request_write(what, &request, &text);
	add_local(p, buf_span(&text));
	buf_free(&text);
}

void owe_one(struct place *p)
{
	add_message(p, "{\"a\":1}");
	owe(p, "r_1");
	assert_int_equal(append(p).owed, 1);
}

struct seen {
	struct buf text;
	int most;
};

static bool see_execution(void *data, const struct owed_execution *x)
{
	struct seen *seen = data;
	buf_addf(&seen->text, "%" PRId64 " %s\n", x->id, execution_state_word(x->state));
	return --seen->most != 0;
}

void assert_listed(struct place *p, bool all, int64_t after_id, int most, const char *expected)
{
	struct seen seen = { .most = most };
	struct error err = { 0 };
	if (!(all ? owed_executions : owed_open)(p->store, after_id, see_execution, &seen, &err))
		fail_msg("%s", err.text);
	assert_string_equal(buf_text(&seen.text), expected);
	buf_free(&seen.text);
}
