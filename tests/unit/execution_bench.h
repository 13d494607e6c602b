/* A store and batches for it: messages, what they owe, and what a recorder would write of it. */
#ifndef PORTLOG_TESTS_EXECUTION_BENCH_H
#define PORTLOG_TESTS_EXECUTION_BENCH_H

#include "unit.h"

#include "event/local_execution.h"
#include "store/journal.h"
#include "store/owed.h"

enum { MOST = 64 };

struct place {
	char folder[256];
	char path[288];
	struct store *store;
	/* The batch that is collected. */
	struct record records[MOST];
	size_t count;
	struct journal_owed owed[MOST];
	size_t owed_count;
	struct owed_try tries[MOST];
	size_t try_count;
	int64_t offset;
	int64_t now_ms;
	struct arena texts;
};

/* Of each test; a struct place in *state. */
int set_up(void **state);
int tear_down(void **state);
void open_store(struct place *p);

#define RULES                                                         \
	"[{\"name\":\"deploy\",\"digest\":\"d1\",\"kind\":\"exec\"}," \
	"{\"name\":\"else\",\"digest\":\"d2\",\"kind\":\"webhook\"}]"

/* A message; its offset is the next. */
void add_message(struct place *p, const char *value);
void add_local(struct place *p, struct span value);
void add_text(struct place *p, const char *value);
/* The message added last owes it; with a run once per run. */
struct journal_owed *owe(struct place *p, const char *run_id);
/* What was added, a second after the last batch. */
bool try_append(struct place *p, struct journal_result *ret_result, struct error *err);
struct journal_result append(struct place *p);
/* All rows, one per line. */
char *rows(struct place *p, const char *sql);

#define assert_rows(sql, expected)                    \
	do {                                          \
		char *rows_ = rows(p, sql);           \
		assert_string_equal(rows_, expected); \
		free(rows_);                          \
	} while (0)

/* All of `execution`, `report` and `report_try` and of their views is the same after reindex. */
void assert_reindex_is_same(struct place *p);

/* What a recorder writes of an execution. */
void add_started(struct place *p, int64_t execution, int attempt);
struct local_ended ended_as(int64_t execution, int attempt, enum execution_state state);
void add_ended(struct place *p, struct local_ended ended);
void add_request(struct place *p, enum local_what what, int64_t execution, const char *reason);

/* One message that owes one execution: records 1 and 2. */
void owe_one(struct place *p);

/* Which executions are listed, all or those that are open; at most so many, 0: all. */
void assert_listed(struct place *p, bool all, int64_t after_id, int most, const char *expected);

#define CASE(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

#endif
