/* Port's signature of a message (HMAC-SHA256 with the client secret over "TIMESTAMP.TEXT"), checked
 * over the bytes received: the two header members are cut out, nothing is printed anew. */
#ifndef PORTLOG_EVENT_SIGNATURE_H
#define PORTLOG_EVENT_SIGNATURE_H

#include "event/event.h"

/* doc is the scanned value; secret NULL: at best SIGNATURE_UNVERIFIABLE. */
enum signature_status signature_check(
	const struct json_doc *doc, struct span value, const char *secret);

#endif
