/* Kafka's troubles that do not go by themselves, in words that say what to do. */
#ifndef PORTLOG_RECORD_TROUBLE_H
#define PORTLOG_RECORD_TROUBLE_H

#include <stdbool.h>

#include "base/error.h"
#include "kafka/consumer.h"

struct trouble_place {
	const char *group;
	const char *username; /* NULL: none */
	const char *topic;    /* NULL: none in particular */
	bool scram;
};

/* False, and the error: recording is to end. True: it goes by itself, or may. */
bool trouble_passes(enum consumer_trouble trouble, const char *text,
	const struct trouble_place *place, struct error *err);

#endif
