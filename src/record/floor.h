/* Below which offset nothing of a partition is executed: at most once by itself in the whole group,
 * whose members share one set of rules. Pure; and the text of the commits that tells it. */
#ifndef PORTLOG_RECORD_FLOOR_H
#define PORTLOG_RECORD_FLOOR_H

#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"

/* "portlog/1 STORE-UUID SEQ": whose commit it is, and how far that store's journal was. */
void floor_metadata_write(const char *uuid, uint64_t seq, struct buf *out);
/* False: it is none of portlog's. */
bool floor_metadata_read(const char *metadata, struct span *ret_uuid, uint64_t *ret_seq);

/* What is known when the group gives us the partition. */
struct floor_facts {
	bool has_commit;       /* of the partition; a commit above high counts as none */
	int64_t committed;     /* its offset */
	bool commit_is_ours;   /* of this store, or a copy of it */
	bool newer_elsewhere;  /* such a one, of any partition, names a seq beyond our journal */
	bool group_has_commit; /* any partition has one */
	bool store_is_new;     /* it had no position in any partition */
	bool has_position;     /* the store has one in this partition */
	int64_t next;          /* that */
	bool made_anew;        /* the topic is another of the same name */
	bool has_floor;        /* the store has recorded one of this partition and epoch */
	int64_t floor;         /* that: it never sinks */
	int64_t low;           /* the first offset that is there */
	int64_t high;          /* behind the last one */
};

struct floor_decision {
	int64_t offset;      /* the floor */
	const char *because; /* the word of the record that tells it */
	/* What this store owes below it, from before, and never started: it starts; else another
	 * may have run it. */
	bool starts_owed;
};

struct floor_decision floor_decide(const struct floor_facts *facts);

#endif
