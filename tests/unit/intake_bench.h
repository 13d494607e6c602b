/* The intake with a store and without a broker: what Kafka would tell is told by the test, and what
 * the intake asks of Kafka is written down as text. */
#ifndef PORTLOG_TESTS_INTAKE_BENCH_H
#define PORTLOG_TESTS_INTAKE_BENCH_H

#include "unit.h"

#include <stdio.h>

#include "base/xalloc.h"
#include "record/intake.h"
#include "store/journal.h"

struct bench {
	char directory[32];
	char path[64];
	struct store *store;
	struct log *log;
	struct buf asked; /* of Kafka, in order */
	bool unheard;     /* commits are not acknowledged */
	bool refusing;    /* partitions cannot be assigned */
	struct intake intake;
};

/* Of each test; the first of all is a struct bench in *state. */
int set_up(void **state);
int tear_down(void **state);
/* The store, and the intake on it: what a restart is. */
void open_bench(struct bench *b);
void close_bench(struct bench *b);

void give_partitions(struct bench *b, int32_t count);
void say(struct bench *b, int32_t partition, int64_t offset, const char *value);
void say_end(struct bench *b, int32_t partition, int64_t offset);
void answer(struct bench *b, int32_t partition, int64_t low, int64_t high, int64_t committed);
/* The same, with what the commit says. */
void answer_with(struct bench *b, int32_t partition, int64_t low, int64_t high, int64_t committed,
	const char *metadata);
/* Does everything that is due, now. */
void settle(struct bench *b);

/* What was asked since the last time. */
void assert_asked(struct bench *b, const char *wanted);
/* The rows of a query on a second connection, columns by '|', rows by ' '. */
void assert_rows(struct bench *b, const char *sql, const char *wanted);
extern const char records[];
extern const char gaps[];
extern const char positions[];

#endif
