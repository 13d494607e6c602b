/* Bytes to meaning: which events a record tells (Port's message variants V1 to V18, see
 * doc/architecture.md). Tolerant: what it does not understand is still recorded. */
#ifndef PORTLOG_EVENT_DECODE_H
#define PORTLOG_EVENT_DECODE_H

#include "event/event.h"
#include "event/path_map.h"

/* Part of the projections' fingerprint: raise it whenever the same bytes would give other events,
 * property changes or words. */
enum { DECODER_VERSION = 4 };

struct decoder {
	const struct path_map *paths; /* NULL: the shipped ones */
	const char *secret;           /* Port's client secret; NULL: signatures are unverifiable */
	const char *const *former; /* secrets from before a rotation, ended by NULL; NULL: none */
};

/* Fills events, which borrows from the record's value. Never fails: what is wrong with the record
 * is in events->problem. */
void decode_record(
	const struct decoder *decoder, const struct record *record, struct events *events);

#endif
