/* What holds for every use of librdkafka: its version and what is known to be harmful in it, the
 * properties that are portlog's own, and the group ids that Port's clusters allow. */
#ifndef PORTLOG_KAFKA_KAFKA_H
#define PORTLOG_KAFKA_KAFKA_H

#include <stdbool.h>

#include "base/error.h"
#include "base/text_list.h"

/* The library's version at run time, "2.0.2". */
const char *kafka_version(void);

/* What this version of the library does wrong where it matters here; NULL: nothing known. One
 * sentence per call, by index from 0. */
const char *kafka_known_harm(unsigned index);

/* The property is one that portlog sets itself: ERROR_CONFIG with the reason. */
bool kafka_property_allowed(const char *name, struct error *err);

/* Whether the library knows all names and takes the values: ERROR_CONFIG otherwise. Opens nothing.
 */
bool kafka_properties_check(const struct text_pairs *properties, struct error *err);

/* Port's clusters allow a group named ORG.<anything>, or exactly the Kafka user's name. Other names
 * are refused here, before connecting (ERROR_CONFIG). org and username may be NULL: not known;
 * where neither is, any name will do. */
bool kafka_group_allowed(
	const char *group, const char *org, const char *username, struct error *err);

#endif
