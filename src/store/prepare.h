/* What a record costs of CPU before SQLite sees it: decoding, the property diff, the words, the
 * leaf, packing. Pure, so that a second thread can be ahead of the one that inserts. */
#ifndef PORTLOG_STORE_PREPARE_H
#define PORTLOG_STORE_PREPARE_H

#include <stdint.h>

#include "base/crypto.h"
#include "event/decode.h"
#include "event/event.h"
#include "event/properties.h"
#include "event/record.h"

struct prepared {
	const struct record *record;
	uint64_t seq;
	struct span headers; /* as in the hashed form; absent: none */
	struct hash leaf;
	struct events events;
	struct properties properties;
	struct buf words;
	struct buf property_tails; /* see property_projection.h */
	struct buf packed;
	bool is_packed;
	size_t value_bytes; /* of the record that it was last used for */
	struct buf text;    /* what headers points to */
};

/* What preparing needs to know. */
struct prepare_settings {
	struct decoder decoder;
	struct span dictionary; /* absent: values stay plain */
};

struct preparer;

/* Settings are copied; the dictionary's bytes, too. */
struct preparer *preparer_new(const struct prepare_settings *settings);
void preparer_free(struct preparer *p);

/* Prepares the records, of which the first gets that seq; prepared records come in order by
 * preparer_next, while a thread works ahead. One job at a time. */
struct prepare_job {
	const struct record *const *records;
	size_t count;
	uint64_t first_seq;
	bool is_replay; /* nothing is to be packed */
};
void preparer_start(struct preparer *p, const struct prepare_job *job);
/* The next one, valid until the next call; NULL at the end. */
struct prepared *preparer_next(struct preparer *p);
/* Stops early: what is under way is thrown away. */
void preparer_stop(struct preparer *p);

#endif
