/* Ending librdkafka within a time. */
#ifndef PORTLOG_KAFKA_DESTROY_H
#define PORTLOG_KAFKA_DESTROY_H

#include <stdbool.h>
#include <stdint.h>

#include "libraries/rdkafka_library.h"

/* False: it could not be ended before the deadline (monotonic) and goes on by itself. */
bool handle_destroy(rd_kafka_t *handle, int64_t deadline_ms);

#endif
