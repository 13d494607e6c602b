/* Executions are folds of local records: their life record by record, once per run; the same after
 * reindex; and nonsense changes nothing. */
#include "execution_bench.h"

#include <stdlib.h>

#include "base/xalloc.h"

static const char life[] =
	"SELECT id, rule, kind, state, reason, attempt, substr(created_at, 18, 2),"
	" substr(started_at, 18, 2), substr(ended_at, 18, 2), exit_code, http_status, output"
	" FROM executions";

static void test_life(void **state)
{
	struct place *p = *state;
	owe_one(p);
	assert_rows("SELECT seq, source, value FROM journal WHERE seq = 2",
		"2|local|{\"what\":\"execution.owed\",\"seq\":1,\"idx\":0,\"run_id\":\"r_1\","
		"\"once\":true,\"rules\":" RULES "}\n");
	assert_rows(life, "2|deploy|exec|owed|NULL|0|31|NULL|NULL|NULL|NULL|NULL\n");
	add_started(p, 2, 1);
	append(p);
	assert_rows(life, "2|else|webhook|running|NULL|1|31|32|NULL|NULL|NULL|NULL\n");
	struct local_ended waiting = ended_as(2, 1, EXECUTION_WAITING);
	waiting.reason = span_of("503");
	waiting.http_status = 503;
	waiting.output = span_of("busy");
	waiting.next_ms = 1795515400000;
	add_ended(p, waiting);
	append(p);
	assert_rows(life, "2|else|webhook|waiting|503|1|31|32|NULL|NULL|503|busy\n");
	assert_rows("SELECT next_ms FROM execution", "1795515400000\n");
	assert_reindex_is_same(p);
	add_started(p, 2, 2);
	append(p);
	assert_rows(life, "2|else|webhook|running|NULL|2|31|34|NULL|NULL|NULL|NULL\n");
	struct local_ended ended = ended_as(2, 2, EXECUTION_SUCCEEDED);
	ended.exit_code = 0;
	ended.output = span_of("done");
	add_ended(p, ended);
	append(p);
	assert_rows(life, "2|else|webhook|succeeded|NULL|2|31|34|35|0|NULL|done\n");
	/* What has ended has ended. */
	add_started(p, 2, 3);
	add_ended(p, ended_as(2, 3, EXECUTION_FAILED));
	add_ended(p, ended_as(2, 2, EXECUTION_VOID));
	add_request(p, LOCAL_CANCEL, 2, "late");
	append(p);
	assert_rows(life, "2|else|webhook|succeeded|NULL|2|31|34|35|0|NULL|done\n");
	assert_reindex_is_same(p);
}

/* The records that told something, in order; what changed nothing is none of them. */
static void test_steps(void **state)
{
	struct place *p = *state;
	static const char steps[] = "SELECT execution, seq FROM execution_step";
	owe_one(p);
	assert_rows(steps, "");
	add_started(p, 2, 1);
	add_started(p, 99, 1);
	add_request(p, LOCAL_RETRY, 2, "it runs");
	add_request(p, LOCAL_CANCEL, 2, "no more");
	add_ended(p, ended_as(2, 1, EXECUTION_WAITING));
	add_ended(p, ended_as(2, 1, EXECUTION_FAILED));
	add_ended(p, ended_as(2, 1, EXECUTION_SUCCEEDED));
	add_request(p, LOCAL_CANCEL, 2, "late");
	add_request(p, LOCAL_RETRY, 2, "again");
	add_request(p, LOCAL_CANCEL, 2, "a mistake");
	append(p);
	assert_rows(steps, "2|3\n2|6\n2|7\n2|8\n2|11\n2|12\n");
	assert_reindex_is_same(p);
	/* What is no execution has none. */
	add_message(p, "{}");
	owe(p, NULL);
	append(p);
	add_started(p, (int64_t)store_size(p->store), 1);
	append(p);
	assert_rows("SELECT count(*) FROM execution_step", "7\n");
	add_ended(p, ended_as((int64_t)store_size(p->store) - 1, 1, EXECUTION_VOID));
	append(p);
	assert_rows("SELECT count(*) FROM execution_step", "6\n");
	assert_reindex_is_same(p);
}

static void test_each_state(void **state)
{
	struct place *p = *state;
	static const enum execution_state states[] = { EXECUTION_SUCCEEDED, EXECUTION_FAILED,
		EXECUTION_TIMED_OUT, EXECUTION_SKIPPED, EXECUTION_INTERRUPTED,
		EXECUTION_CANCELLED };
	for (size_t i = 0; i < sizeof(states) / sizeof(states[0]); i++) {
		add_message(p, "{}");
		owe(p, NULL);
		append(p);
		add_ended(p, ended_as((int64_t)store_size(p->store), 0, states[i]));
		append(p);
	}
	assert_rows("SELECT state, attempt, ended_at IS NOT NULL FROM executions ORDER BY id",
		"succeeded|0|1\nfailed|0|1\ntimed_out|0|1\nskipped|0|1\ninterrupted|0|1\n"
		"cancelled|0|1\n");
	assert_reindex_is_same(p);
}

static void test_cancel_and_retry(void **state)
{
	struct place *p = *state;
	static const char brief[] =
		"SELECT state, reason, attempt, ended_at IS NOT NULL FROM executions";
	owe_one(p);
	add_request(p, LOCAL_CANCEL, 2, "typo");
	append(p);
	assert_rows(brief, "cancelled|typo|0|1\n");
	add_request(p, LOCAL_RETRY, 2, "it was right");
	append(p);
	assert_rows(brief, "owed|it was right|0|0\n");
	add_started(p, 2, 1);
	append(p);
	/* One that runs is ended by whoever runs it, and is not owed again meanwhile. */
	add_request(p, LOCAL_CANCEL, 2, "no");
	add_request(p, LOCAL_RETRY, 2, "no");
	append(p);
	assert_rows(brief, "running|NULL|1|0\n");
	struct local_ended cancelled = ended_as(2, 1, EXECUTION_CANCELLED);
	cancelled.reason = span_of("no");
	add_ended(p, cancelled);
	append(p);
	assert_rows(brief, "cancelled|no|1|1\n");
	add_request(p, LOCAL_RETRY, 2, "yes");
	add_started(p, 2, 2);
	add_ended(p, ended_as(2, 2, EXECUTION_WAITING));
	append(p);
	assert_rows(brief, "waiting|NULL|2|0\n");
	assert_rows("SELECT next_ms - created_ms > 0 FROM execution", "1\n");
	add_request(p, LOCAL_RETRY, 2, "now");
	append(p);
	assert_rows(brief, "owed|now|2|0\n");
	assert_rows("SELECT next_ms FROM execution", "NULL\n");
	add_started(p, 2, 3);
	add_ended(p, ended_as(2, 3, EXECUTION_WAITING));
	add_request(p, LOCAL_CANCEL, 2, "enough");
	append(p);
	assert_rows(brief, "cancelled|enough|3|1\n");
	assert_rows("SELECT next_ms FROM execution", "NULL\n");
	assert_reindex_is_same(p);
}

static void test_once_per_run(void **state)
{
	struct place *p = *state;
	add_message(p, "{\"a\":1}");
	owe(p, "r_1");
	owe(p, "r_1")->idx = 1;
	add_message(p, "{\"a\":2}");
	owe(p, "r_1");
	add_message(p, "{\"a\":3}");
	owe(p, "r_2")->idx = 4;
	struct journal_result result = append(p);
	assert_int_equal(result.added, 3);
	assert_int_equal(result.owed, 2);
	assert_int_equal(result.first_seq, 1);
	assert_rows("SELECT id, seq, idx, run_id FROM executions ORDER BY id",
		"2|1|0|r_1\n5|4|4|r_2\n");
	store_close(p->store);
	open_store(p);
	add_ended(p, ended_as(2, 0, EXECUTION_FAILED));
	add_message(p, "{\"a\":4}");
	owe(p, "r_1");
	owe(p, "r_3");
	assert_int_equal(append(p).owed, 1);
	assert_rows("SELECT run_id, state FROM executions ORDER BY id",
		"r_1|failed\nr_2|owed\nr_3|owed\n");
	assert_reindex_is_same(p);
	add_message(p, "{\"a\":5}");
	owe(p, "r_2");
	assert_int_equal(append(p).owed, 0);
}

/* An update of a run, or a change by it, may be read before the run's request, which comes by
 * another topic: that must not take the place of the run's own execution. */
static void test_updates_are_another_matter(void **state)
{
	struct place *p = *state;
	add_message(p, "{\"a\":1}");
	owe(p, "r_1")->once_per_run = false;
	owe(p, "r_1")->once_per_run = false;
	owe(p, "r_1");
	append(p);
	add_message(p, "{\"a\":2}");
	owe(p, "r_1");
	owe(p, "r_1")->once_per_run = false;
	append(p);
	assert_rows(
		"SELECT id, seq, once FROM execution ORDER BY id", "2|1|0\n3|1|0\n4|1|1\n6|5|0\n");
	struct error err = { 0 };
	int64_t id;
	assert_true(owed_execution_of_run(p->store, span_of("r_1"), &id, &err));
	assert_int_equal(id, 6);
	assert_true(owed_execution_of_run(p->store, span_of("r_2"), &id, &err));
	assert_int_equal(id, 0);
	add_message(p, "{\"a\":3}");
	owe(p, "r_2")->once_per_run = false;
	append(p);
	add_message(p, "{\"a\":4}");
	owe(p, "r_2");
	assert_int_equal(append(p).owed, 1);
}

static void test_void(void **state)
{
	struct place *p = *state;
	owe_one(p);
	add_ended(p, ended_as(2, 0, EXECUTION_VOID));
	append(p);
	assert_rows("SELECT count(*) FROM executions", "0\n");
	assert_rows("SELECT count(*) FROM journal", "3\n");
	add_message(p, "{\"a\":2}");
	owe(p, "r_1");
	append(p); /* records 4 and 5 */
	/* In one batch: what is void before the message comes does not stand in its way, what is
	 * void after it does. */
	add_ended(p, ended_as(5, 0, EXECUTION_VOID));
	add_message(p, "{\"a\":3}");
	owe(p, "r_1");
	assert_int_equal(append(p).owed, 1);
	add_message(p, "{\"a\":4}");
	owe(p, "r_1");
	add_ended(p, ended_as(8, 0, EXECUTION_VOID));
	assert_int_equal(append(p).owed, 0);
	assert_rows("SELECT count(*) FROM executions", "0\n");
	add_request(p, LOCAL_RETRY, 8, "it is gone");
	append(p);
	assert_rows("SELECT count(*) FROM executions", "0\n");
	assert_reindex_is_same(p);
}

static void test_skipped(void **state)
{
	struct place *p = *state;
	add_message(p, "{}");
	owe(p, "r_1")->skipped = span_of("older than max_age");
	add_message(p, "{}");
	owe(p, "r_1");
	append(p);
	assert_rows(life, "2|deploy|exec|skipped|older than max_age|0|31|NULL|31|NULL|NULL|NULL\n");
	add_started(p, 2, 1);
	append(p);
	assert_rows("SELECT state FROM executions", "skipped\n");
	add_request(p, LOCAL_RETRY, 2, "it matters");
	append(p);
	assert_rows("SELECT state, reason, ended_at FROM executions", "owed|it matters|NULL\n");
	assert_listed(p, true, 0, 0, "2 owed\n");
	add_ended(p, ended_as(2, 1, EXECUTION_FAILED));
	append(p);
	assert_listed(p, true, 0, 0, "");
	assert_reindex_is_same(p);
}

/* Texts that a view shows are bounded; JSON is whole or not there. */
static void test_bounds(void **state)
{
	struct place *p = *state;
	struct buf long_text = { 0 }, body = { 0 };
	for (int i = 0; i < 100000; i++)
		buf_add_text(&long_text, "\xc3\xa9");
	owe_one(p);
	struct local_ended ended = ended_as(2, 1, EXECUTION_FAILED);
	ended.output = ended.reason = buf_span(&long_text);
	add_ended(p, ended);
	append(p);
	assert_rows("SELECT length(CAST(output AS BLOB)), length(CAST(reason AS BLOB)),"
		    " length(rtrim(output, char(233))) FROM executions",
		"65536|4096|0\n");
	for (int i = 0; i < 6; i++)
		buf_add_span(&body, buf_span(&long_text));
	char *json = xasprintf(
		"{\"what\":\"report.owed\",\"report\":\"log\",\"body\":\"%s\"}", buf_text(&body));
	add_text(p, json);
	append(p);
	assert_rows("SELECT body, state FROM reports", "NULL|pending\n");
	free(json);
	buf_free(&body);
	buf_free(&long_text);
}

/* Records that no portlog wrote, as an altered export may hold: recorded, and nothing else. */
static void test_nonsense(void **state)
{
	static const char *const values[] = {
		"{\"what\":\"execution.owed\"}",
		"{\"what\":\"execution.owed\"",
		"{\"what\":\"execution.owed\",\"seq\":999,\"idx\":0,\"rules\":" RULES "}",
		"{\"what\":\"execution.owed\",\"seq\":1,\"idx\":0,\"rules\":[]}",
		"{\"what\":\"execution.owed\",\"seq\":1,\"idx\":0,\"rules\":[1]}",
		"{\"what\":\"execution.owed\",\"seq\":1,\"idx\":0,\"rules\":{\"a\":1}}",
		"{\"what\":\"execution.owed\",\"seq\":[],\"idx\":{},\"rules\":" RULES "}",
		"{\"what\":\"execution.started\",\"execution\":999,\"attempt\":1,\"rule\":\"a\","
		"\"digest\":\"d\",\"kind\":\"k\"}",
		"{\"what\":\"execution.started\",\"execution\":2,\"attempt\":1}",
		"{\"what\":\"execution.started\",\"execution\":\"2\",\"attempt\":1,\"rule\":\"a\","
		"\"digest\":\"d\",\"kind\":\"k\"}",
		"{\"what\":\"execution.ended\",\"execution\":2,\"attempt\":1,\"state\":\"owed\"}",
		"{\"what\":\"execution.ended\",\"execution\":2,\"attempt\":1,\"state\":\"done\"}",
		"{\"what\":\"execution.ended\",\"execution\":2,\"attempt\":-1,\"state\":"
		"\"failed\"}",
		"{\"what\":\"execution.ended\",\"execution\":1,\"attempt\":1,\"state\":\"failed\"}",
		"{\"what\":\"execution.ended\",\"execution\":1e400,\"attempt\":1,\"state\":null}",
		"{\"what\":\"cancel\"}",
		"{\"what\":\"cancel\",\"execution\":1}",
		"{\"what\":\"retry\",\"execution\":null}",
		"{\"what\":\"report.owed\"}",
		"{\"what\":\"report.owed\",\"report\":7}",
		"{\"what\":\"report.owed\",\"report\":\"log\",\"execution\":\"x\"}",
		"{\"what\":\"report.sent\"}",
		"{\"what\":\"report.sent\",\"report\":2,\"http_status\":200}",
		"{\"what\":\"report.refused\",\"report\":999}",
		"{\"what\":\"execution.ended\",\"execution\":2,\"execution\":7}",
		"{\"what\":\"gap\"}",
		"{\"what\":\"gap\",\"topic\":\"t\",\"partition\":0,\"epoch\":0,\"first_offset\":1,"
		"\"last_offset\":2}",
		"{\"what\":\"gap\",\"topic\":\"t\",\"partition\":\"0\",\"epoch\":0,"
		"\"first_offset\":1,\"last_offset\":2,\"reason\":\"expired\"}",
		"{\"what\":\"gap\",\"topic\":\"t\",\"partition\":0,\"epoch\":0,\"first_offset\":3,"
		"\"last_offset\":2,\"reason\":\"expired\"}",
	};
	static const char executions[] = "SELECT * FROM execution";
	struct place *p = *state;
	owe_one(p);
	char *before = rows(p, executions);
	for (size_t i = 0; i < sizeof(values) / sizeof(values[0]); i++)
		add_text(p, values[i]);
	add_text(p, "{\"what\":\"cancel\",\"execution\":2,\"x\":\"\xff\"}");
	add_local(p, (struct span){ 0 });
	append(p);
	assert_rows(executions, before);
	assert_rows("SELECT count(*) FROM report", "0\n");
	assert_rows("SELECT count(*) FROM gap", "0\n");
	/* Only local records tell of executions, whatever others say. */
	add_message(p, "{\"what\":\"cancel\",\"execution\":2,\"reason\":\"x\"}");
	append(p);
	assert_rows(executions, before);
	free(before);
	assert_reindex_is_same(p);
}

/* Odd, but of the right form: it is taken, and the store goes on. */
static void test_odd(void **state)
{
	struct place *p = *state;
	add_message(p, "{}");
	append(p);
	add_text(p, "{\"what\":\"execution.owed\",\"seq\":1,\"idx\":4294967295,\"run_id\":"
		    "\"a\\u0000b\",\"rules\":[{\"name\":\"\",\"digest\":\"\",\"kind\":\"\"}]}");
	add_text(p, "{\"what\":\"execution.ended\",\"execution\":2,\"attempt\":1000000000,"
		    "\"state\":\"waiting\",\"next\":9223372036854775807,\"exit_code\":1e9,"
		    "\"output\":\"\\ud800\"}");
	add_text(p, "{\"what\":\"report.owed\",\"execution\":77,\"run_id\":\"\",\"report\":\"\","
		    "\"body\":[1,{\"a\":null}]}");
	append(p);
	assert_rows("SELECT id, idx, rule, state, attempt, exit_code, hex(output) FROM executions",
		"2|4294967295||waiting|1000000000|NULL|EFBFBD\n");
	assert_rows("SELECT execution_id, run_id, body, state FROM reports",
		"77||[1,{\"a\":null}]|pending\n");
	assert_listed(p, false, 0, 0, "2 waiting\n");
	/* An attempt that was over before. */
	add_started(p, 2, 1);
	append(p);
	assert_listed(p, false, 0, 0, "2 waiting\n");
	add_started(p, 2, 1000000000);
	add_ended(p, ended_as(2, 1, EXECUTION_FAILED));
	append(p);
	assert_listed(p, false, 0, 0, "2 running\n");
	assert_reindex_is_same(p);
}

#define FLOOR(epoch, offset)                                                         \
	"{\"what\":\"floor\",\"topic\":\"o.runs\",\"partition\":3,\"epoch\":" #epoch \
	",\"offset\":" #offset ",\"because\":\"first_start\"}"

static void assert_floor(struct place *p, int64_t epoch, bool wanted, int64_t offset)
{
	struct error err = { 0 };
	bool found;
	int64_t seen = 0;
	assert_true(owed_floor(p->store, span_of("o.runs"), 3, epoch, &found, &seen, &err));
	assert_int_equal(found, wanted);
	assert_int_equal(seen, offset);
}

/* It never sinks, and each epoch has its own. */
static void test_floor(void **state)
{
	struct place *p = *state;
	assert_floor(p, 0, false, 0);
	add_text(p, FLOOR(0, 90));
	append(p);
	add_text(p, FLOOR(0, 30));
	add_text(p, FLOOR(1, 5));
	add_text(p, FLOOR(0, -7));
	add_text(p, "{\"what\":\"floor\",\"topic\":\"o.runs\",\"partition\":3,\"epoch\":0,"
		    "\"offset\":99,\"because\":\"restart\"}");
	append(p);
	assert_floor(p, 0, true, 90);
	assert_floor(p, 1, true, 5);
	assert_floor(p, 2, false, 0);
	assert_reindex_is_same(p);
}

#define ASKS(id)                                                                              \
	"{\"context\":{\"runId\":\"" id                                                       \
	"\"},\"action\":\"deploy\",\"payload\":{\"properties\":{},"                           \
	"\"action\":{\"identifier\":\"deploy\",\"trigger\":\"CREATE\",\"invocationMethod\":{" \
	"\"type\":\"KAFKA\"}}},\"trigger\":{\"operation\":\"CREATE\"}}"

/* Below the floor a run's own record makes its row; what comes behind it in the batch, or later,
 * does not execute it. */
static void test_below_the_floor(void **state)
{
	static const char all[] = "SELECT id, seq, run_id, state, rule FROM executions ORDER BY id";
	struct place *p = *state;
	add_message(p, ASKS("r_before")); /* offset 0, recorded before the floor was known */
	owe(p, "r_before");
	append(p);
	add_text(p, "{\"what\":\"floor\",\"topic\":\"org_x.runs\",\"partition\":1,\"epoch\":0,"
		    "\"offset\":3,\"because\":\"first_start\"}");
	append(p);
	add_message(p, ASKS("r_1"));
	owe(p, "r_1")->below_floor = true;
	assert_true(owed_is_below_floor(p->store, &p->records[0]));
	add_message(p, ASKS("r_2"));
	owe(p, "r_2")->below_floor = true;
	add_message(p, ASKS("r_2")); /* offset 3 */
	assert_false(owed_is_below_floor(p->store, &p->records[2]));
	owe(p, "r_2");
	add_message(p, ASKS("r_3"));
	owe(p, "r_3");
	append(p);
	add_message(p, ASKS("r_1"));
	owe(p, "r_1");
	append(p);
	assert_rows(all, "2|1|r_before|owed|deploy\n4|4|r_1|skipped|NULL\n5|5|r_2|skipped|NULL\n"
			 "8|7|r_3|owed|deploy\n");
	assert_reindex_is_same(p);
	/* Asked for by a person; and owed by an older portlog, which knew of no such rows. */
	add_text(p, "{\"what\":\"retry\",\"execution\":4,\"reason\":\"why\",\"by\":\"ann\"}");
	add_text(p, "{\"what\":\"execution.owed\",\"seq\":5,\"idx\":0,\"run_id\":\"r_2\","
		    "\"once\":true,\"rules\":" RULES "}");
	append(p);
	assert_rows(all, "2|1|r_before|owed|deploy\n4|4|r_1|owed|NULL\n8|7|r_3|owed|deploy\n"
			 "11|5|r_2|owed|deploy\n");
	assert_reindex_is_same(p);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(test_life),
		CASE(test_steps),
		CASE(test_each_state),
		CASE(test_cancel_and_retry),
		CASE(test_once_per_run),
		CASE(test_updates_are_another_matter),
		CASE(test_void),
		CASE(test_skipped),
		CASE(test_bounds),
		CASE(test_nonsense),
		CASE(test_odd),
		CASE(test_floor),
		CASE(test_below_the_floor),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
