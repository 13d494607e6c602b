/* What is owed: written with its record or not at all, read back by whoever does it; and what Port
 * is still to be told. */
#include "execution_bench.h"

#include <inttypes.h>
#include <stdlib.h>

#include "event/local_report.h"

static void test_passed_over(void **state)
{
	struct place *p = *state;
	for (int i = 0; i < 3; i++)
		add_message(p, "{\"a\":1}");
	append(p);
	p->offset = 0;
	for (int i = 0; i < 5; i++) {
		add_message(p, "{\"a\":1}");
		owe(p, NULL);
		owe(p, NULL)->idx = 1;
	}
	/* Twice in one batch, too. */
	p->offset = 4;
	add_message(p, "{\"a\":1}");
	owe(p, NULL)->idx = 2;
	struct journal_result result = append(p);
	assert_int_equal(result.passed_over, 4);
	assert_int_equal(result.added, 2);
	assert_int_equal(result.owed, 4);
	assert_rows(
		"SELECT id, seq, idx FROM executions ORDER BY id", "5|4|0\n6|4|1\n8|7|0\n9|7|1\n");
	assert_rows("SELECT seq, kafka_offset FROM journal WHERE source = 'kafka'",
		"1|0\n2|1\n3|2\n4|3\n7|4\n");
	assert_rows("SELECT next_offset FROM positions", "5\n");
}

/* The leaves of what was prepared ahead hold the right seqs: enough records for the second thread.
 */
static void test_many(void **state)
{
	enum { MANY = 500 };
	static struct record records[MANY];
	static struct journal_owed owed[MANY];
	struct place *p = *state;
	struct journal_result result;
	struct error err = { 0 };
	struct buf id = { 0 };
	for (int i = 0; i < MANY; i++) {
		buf_clear(&id);
		buf_addf(&id, "r_%d", i / 2);
		add_message(p, "{\"a\":1}");
		records[i] = p->records[--p->count];
		owed[i] = (struct journal_owed){ .record = (size_t)i,
			.run_id = arena_copy(&p->texts, buf_span(&id)),
			.rules = span_of(RULES),
			.once_per_run = true };
	}
	struct journal_batch batch = {
		.records = records, .count = MANY, .owed = owed, .owed_count = MANY
	};
	if (!journal_append(p->store, &batch, &result, &err))
		fail_msg("%s", err.text);
	assert_int_equal(result.added, MANY);
	assert_int_equal(result.owed, MANY / 2);
	assert_rows("SELECT count(*), count(DISTINCT run_id) FROM executions", "250|250\n");
	assert_rows("SELECT count(*) FROM execution x JOIN record r ON r.seq = x.seq"
		    " WHERE x.id = x.seq + 1 AND r.source = 1",
		"250\n");
	assert_rows("SELECT count(*) FROM journal WHERE source = 'local' AND json_extract(value,"
		    " '$.seq') = seq - 1",
		"250\n");
	assert_reindex_is_same(p);
	buf_free(&id);
}

static void test_failed_append(void **state)
{
	struct place *p = *state;
	struct error err = { 0 };
	owe_one(p);
	add_message(p, "{\"b\":1}");
	owe(p, "r_2");
	add_text(p, "{\"what\":\"report.owed\",\"report\":\"log\"}");
	add_started(p, 2, 1);
	p->tries[p->try_count++] = (struct owed_try){ 2, 1, 1, 1 };
	p->offset = 0; /* another record than the one that is here */
	add_message(p, "{\"other\":1}");
	assert_false(try_append(p, NULL, &err));
	assert_int_equal(err.kind, ERROR_INTEGRITY);
	assert_rows("SELECT id, state, attempt FROM executions", "2|owed|0\n");
	assert_rows("SELECT count(*) FROM journal", "2\n");
	assert_rows(
		"SELECT count(*) FROM report UNION ALL SELECT count(*) FROM report_try", "0\n0\n");
	assert_rows("SELECT count(*) FROM run_name WHERE run_id = 'r_2'", "0\n");
	/* Nor does it stand in the way of the next. */
	p->offset = 1;
	add_message(p, "{\"b\":1}");
	owe(p, "r_2");
	assert_int_equal(append(p).owed, 1);
	assert_rows("SELECT id, run_id FROM executions WHERE seq = 3", "4|r_2\n");
}

static void test_reading(void **state)
{
	struct place *p = *state;
	struct error err = { 0 };
	for (int i = 0; i < 6; i++) {
		add_message(p, "{\"a\": 1.10}");
		owe(p, i == 1 ? "r_1" : NULL)->idx = 3;
	}
	p->owed[2].skipped = span_of("old");
	append(p);
	add_started(p, 4, 1);
	add_ended(p, ended_as(8, 0, EXECUTION_FAILED));
	add_ended(p, ended_as(10, 0, EXECUTION_SKIPPED));
	struct local_ended waiting = ended_as(12, 1, EXECUTION_WAITING);
	waiting.next_ms = 77;
	add_ended(p, waiting);
	append(p);
	assert_listed(p, false, 0, 0, "2 owed\n4 running\n12 waiting\n");
	assert_listed(p, true, 0, 0, "2 owed\n4 running\n6 skipped\n12 waiting\n");
	assert_listed(p, true, 4, 0, "6 skipped\n12 waiting\n");
	assert_listed(p, false, 4, 0, "12 waiting\n");
	assert_listed(p, true, 0, 2, "2 owed\n4 running\n");
	assert_listed(p, true, 12, 0, "");

	struct owed_execution x;
	struct buf storage = { 0 };
	bool found;
	assert_true(owed_execution(p->store, 4, &x, &storage, &found, &err));
	assert_true(found);
	assert_int_equal(x.seq, 3);
	assert_int_equal(x.idx, 3);
	assert_int_equal(x.state, EXECUTION_RUNNING);
	assert_int_equal(x.attempt, 1);
	assert_int_equal(x.created_ms, 1795515331000);
	assert_int_equal(x.timestamp_ms, 1795515330999);
	assert_int_equal(x.partition, 1);
	assert_int_equal(x.epoch, 0);
	assert_int_equal(x.offset, 1);
	assert_span(x.run_id, "r_1");
	assert_span(x.rules, RULES);
	assert_span(x.rule, "else");
	assert_span(x.digest, "d3");
	assert_span(x.kind, "webhook");
	assert_span(x.reason, NULL);
	assert_span(x.topic, "org_x.runs");
	assert_true(owed_execution(p->store, 2, &x, &storage, &found, &err));
	assert_true(found);
	assert_span(x.rule, NULL);
	assert_span(x.run_id, NULL);
	assert_true(owed_execution(p->store, 12, &x, &storage, &found, &err));
	assert_int_equal(x.next_ms, 77);
	assert_true(owed_execution(p->store, 3, &x, &storage, &found, &err));
	assert_false(found);

	assert_true(owed_value(p->store, 3, &storage, &err));
	assert_string_equal(buf_text(&storage), "{\"a\": 1.10}");
	assert_false(owed_value(p->store, 999, &storage, &err));
	assert_int_equal(err.kind, ERROR_INTEGRITY);
	struct owed_counts counts;
	assert_true(owed_counts(p->store, &counts, &err));
	assert_int_equal(counts.owed, 1);
	assert_int_equal(counts.running, 1);
	assert_int_equal(counts.waiting, 1);
	assert_int_equal(counts.pending, 0);
	buf_free(&storage);
}

struct seen {
	struct buf text;
};

static bool see_report(void *data, const struct owed_report *r)
{
	struct seen *seen = data;
	buf_addf(&seen->text, "%" PRId64 " %" PRId64 " %.*s %d %" PRId64 " %" PRId64 "\n", r->id,
		r->execution, (int)r->run_id.length, r->run_id.data ? r->run_id.data : "",
		r->attempt, r->next_ms, r->not_before_ms);
	return true;
}

static void report(struct place *p, int64_t execution, const char *run_id, int64_t not_before_ms)
{
	const struct local_report owed = { .execution = execution,
		.run_id = span_of(run_id),
		.report = span_of("status"),
		.method = span_of("PATCH"),
		.path = span_of("/v1/x"),
		.body = span_of("{\"status\":\"SUCCESS\"}"),
		.not_before_ms = not_before_ms };
	struct buf text = { 0 };
	local_report_write(&owed, &text);
	add_local(p, buf_span(&text));
	buf_free(&text);
}

static void end_report(struct place *p, enum local_what what, struct local_report_end ended)
{
	struct buf text = { 0 };
	local_report_end_write(what, &ended, &text);
	add_local(p, buf_span(&text));
	buf_free(&text);
}

static void assert_pending(struct place *p, int64_t after_id, const char *expected)
{
	struct seen seen = { 0 };
	struct error err = { 0 };
	if (!owed_reports(p->store, after_id, see_report, &seen, &err))
		fail_msg("%s", err.text);
	assert_string_equal(buf_text(&seen.text), expected);
	buf_free(&seen.text);
}

static void test_reports(void **state)
{
	static const char told[] =
		"SELECT id, execution_id, run_id, what, body, state, attempt, http_status, answer"
		" FROM reports ORDER BY id";
	struct place *p = *state;
	owe_one(p);
	report(p, 2, "r_1", 0);
	report(p, 0, "r_2", 99);
	append(p); /* records 3 and 4 */
	assert_pending(p, 0, "3 2 r_1 0 0 0\n4 0 r_2 0 0 99\n");
	assert_pending(p, 3, "4 0 r_2 0 0 99\n");
	p->tries[p->try_count++] = (struct owed_try){ 3, 2, 500, 503 };
	p->tries[p->try_count++] = (struct owed_try){ 4, 1, 600, 0 };
	p->tries[p->try_count++] = (struct owed_try){ 2, 1, 700, 0 }; /* no report */
	append(p);
	assert_int_equal(store_size(p->store), 4); /* the journal knows nothing of it */
	p->tries[p->try_count++] = (struct owed_try){ 3, 3, 800, 503 };
	append(p);
	assert_pending(p, 0, "3 2 r_1 3 800 0\n4 0 r_2 1 600 99\n");
	assert_rows(told, "3|2|r_1|status|{\"status\":\"SUCCESS\"}|pending|3|503|NULL\n"
			  "4|NULL|r_2|status|{\"status\":\"SUCCESS\"}|pending|1|NULL|NULL\n");
	assert_reindex_is_same(p);
	end_report(p, LOCAL_REPORT_SENT, (struct local_report_end){ 3, 4, 200, span_of("{}") });
	/* A try that is told in the same batch comes too late. */
	p->tries[p->try_count++] = (struct owed_try){ 3, 4, 900, 0 };
	append(p);
	assert_rows("SELECT report FROM report_try", "4\n");
	end_report(p, LOCAL_REPORT_REFUSED, (struct local_report_end){ 4, 0, 404, { 0 } });
	end_report(p, LOCAL_REPORT_REFUSED, (struct local_report_end){ 3, 9, 404, { 0 } });
	append(p);
	assert_rows(told, "3|2|r_1|status|{\"status\":\"SUCCESS\"}|sent|4|200|{}\n"
			  "4|NULL|r_2|status|{\"status\":\"SUCCESS\"}|refused|1|404|NULL\n");
	assert_rows("SELECT count(*) FROM report_try", "0\n");
	assert_rows("SELECT id, last_seq, ended_ms > owed_ms FROM report ORDER BY id",
		"3|5|1\n4|6|1\n");
	assert_pending(p, 0, "");
	assert_reindex_is_same(p);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(test_passed_over),
		CASE(test_many),
		CASE(test_failed_append),
		CASE(test_reading),
		CASE(test_reports),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
