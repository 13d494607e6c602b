/* Port's signature of a message (HMAC-SHA256 with the client secret over "TIMESTAMP.TEXT"), checked
 * over the bytes received: the two header members are cut out, nothing is printed anew. */
#ifndef PORTLOG_EVENT_SIGNATURE_H
#define PORTLOG_EVENT_SIGNATURE_H

#include "event/event.h"

/* doc is the scanned value. The message is good by the secret or by one of the former ones (ended
 * by NULL; NULL: none). Where none of them fits it is SIGNATURE_BAD, but SIGNATURE_UNVERIFIABLE
 * where secret is NULL or empty: then it may have been signed with the one that is missing. */
enum signature_status signature_check(const struct json_doc *doc, struct span value,
	const char *secret, const char *const *former);

#endif
