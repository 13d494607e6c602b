/* Where the recording of a partition goes on, and what may be committed: pure rules. */
#ifndef PORTLOG_RECORD_ASSIGNMENT_H
#define PORTLOG_RECORD_ASSIGNMENT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { OFFSET_NONE = -1 };

/* Where a partition begins of which the store has nothing. */
enum from_where {
	FROM_BEGINNING,
	FROM_END,
	FROM_TIME,
};

/* What the store and the brokers know. */
struct assignment_facts {
	bool has_position;
	int64_t epoch;
	int64_t next;      /* the store's next offset */
	int64_t last;      /* of the last record before it that is here; OFFSET_NONE */
	bool made_anew;    /* other bytes than ours stand at an offset that we have */
	int64_t low;       /* the first offset that is there */
	int64_t high;      /* behind the last one that may be read */
	int64_t committed; /* by others of the group, as found at assignment; OFFSET_NONE */
	enum from_where from;
	int64_t at_time; /* FROM_TIME: the first offset of that time or later */
};

struct assignment_gap {
	const char *reason;
	int64_t first;
	int64_t last;
};

enum { ASSIGNMENT_GAPS = 2 };

struct assignment_plan {
	int64_t epoch;
	int64_t start;
	int64_t read_from; /* before start: what is here already is read again and compared */
	bool new_epoch;    /* the topic was made anew */
	size_t gap_count;
	struct assignment_gap gaps[ASSIGNMENT_GAPS];
};

struct assignment_plan assignment_plan(const struct assignment_facts *facts);

/* Where to begin reading so that the last record that is here comes first, to be compared: other
 * bytes than ours mean another topic of the same name. Between it and next are only holes: control
 * records, mostly. next, where there is no such record or too much between. */
int64_t assignment_read_from(int64_t last, int64_t next);

/* The offset that commits must go beyond: what the group had committed when the partition was
 * assigned. One beyond the end is of a topic that is no more, and counts as none. */
int64_t assignment_commit_floor(int64_t committed, int64_t high);

#endif
