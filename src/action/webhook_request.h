/* The settings of a webhook, {url, method, headers, query, body, tls, allow_addresses}, and the
 * request that they make. */
#ifndef PORTLOG_ACTION_WEBHOOK_REQUEST_H
#define PORTLOG_ACTION_WEBHOOK_REQUEST_H

#include "base/buf.h"
#include "base/error.h"
#include "base/text_list.h"
#include "net/http.h"

struct webhook_request {
	char *url; /* with the query */
	char *method;
	struct text_pairs headers;
	struct buf body; /* exactly what is sent */
	bool has_body;
	bool body_is_json;
	struct http_tls tls; /* its texts are ours */
	struct address_range *allowed;
	size_t allowed_count;
};

/* Reads settings in which all templates are filled in; without a body of its own it is the message.
 * Errors begin with path. ERROR_CONFIG. Release what it gave. */
bool webhook_request_make(struct span settings, struct span message, const char *path,
	struct webhook_request *ret_request, struct error *err);
/* Whether settings as written can be some; what has "{{" in it may become anything. */
bool webhook_request_check(struct span settings, const char *path, struct error *err);
/* Why a template may not give a header that name: it says who asks, for whom, or where the request
 * begins and ends. NULL: it may. */
const char *webhook_header_refusal(struct span name);
void webhook_request_release(struct webhook_request *request);

#endif
