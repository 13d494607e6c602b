/* Which records are known by their content. */
#ifndef PORTLOG_STORE_IMPORT_PROJECTION_H
#define PORTLOG_STORE_IMPORT_PROJECTION_H

#include "event/record.h"

/* An imported record that Kafka's offset does not tell from its equals. */
bool import_is_anonymous(const struct record *record);

#endif
