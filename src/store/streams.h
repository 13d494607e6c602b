/* Streams: a partition of a topic in one of its epochs; and where recording goes on in each. There
 * are few, so all are in memory. */
#ifndef PORTLOG_STORE_STREAMS_H
#define PORTLOG_STORE_STREAMS_H

#include "store/stmt.h"

struct stream {
	int64_t id;
	struct span topic; /* owned */
	int32_t partition;
	int64_t epoch;
	int64_t last_offset; /* the highest recorded; -1: none */
	int64_t next_offset; /* the position; -1: none */
	int64_t floor;       /* below it nothing is executed; 0: none was found */
	bool moved;          /* next_offset is to be written */
};

struct streams;

/* Reads them all. */
bool streams_new(struct connection *c, struct streams **ret_streams, struct error *err);
void streams_free(struct streams *s);

/* The stream of that name, made where there is none; valid until the next call. An absent topic
 * gives stream 0. */
bool streams_find(struct streams *s, struct span topic, int32_t partition, int64_t epoch,
	struct stream **ret_stream, struct error *err);
/* The same, NULL where there is none. */
struct stream *streams_known(
	const struct streams *s, struct span topic, int32_t partition, int64_t epoch);
/* The stream with a position in the newest epoch of the partition; NULL where there is none. */
const struct stream *streams_newest(const struct streams *s, struct span topic, int32_t partition);
/* The offset of the last record before its position; -1: there is none. */
bool streams_last_before(
	struct streams *s, const struct stream *stream, int64_t *ret_offset, struct error *err);
/* Moves the position forward, never back. */
void stream_move(struct stream *s, int64_t next_offset);
/* The journal is read again from its beginning. */
void streams_forget_floors(struct streams *s);
/* Writes what moved. */
bool streams_flush(struct streams *s, struct error *err);

#endif
