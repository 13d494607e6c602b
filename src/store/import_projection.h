/* By what an imported record without an offset is known. */
#ifndef PORTLOG_STORE_IMPORT_PROJECTION_H
#define PORTLOG_STORE_IMPORT_PROJECTION_H

#include "base/crypto.h"
#include "event/record.h"

/* An imported record that Kafka's offset does not tell from its equals. */
bool import_is_anonymous(const struct record *record);
/* SHA-256 of topic, timestamp, key, headers and value. */
void import_digest(const struct record *record, struct hash *ret_digest);

#endif
