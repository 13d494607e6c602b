/* HTTP requests, one at a time, blocking; the only user of libcurl. */
#ifndef PORTLOG_NET_HTTP_H
#define PORTLOG_NET_HTTP_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/error.h"
#include "base/text_list.h"

/* A connection that is kept between requests. Not to be used by two threads at once. */
struct http;

struct http_request {
	const char *method;
	const char *url;
	const struct text_pairs *headers; /* may be NULL */
	struct span body;                 /* absent: none */
	int64_t timeout_ms;
	size_t most_bytes; /* a longer answer is an error */
	const atomic_bool
		*stop; /* becoming true ends the request (ERROR_INTERRUPTED); may be NULL */
};

struct http_response {
	int status;
	struct buf body;
};

struct http *http_new(void);
void http_free(struct http *http);

/* Any answer is a success here, whatever its status. ERROR_NETWORK: there was none (transient where
 * another try may help). Release the response with http_response_release. */
bool http_send(struct http *http, const struct http_request *request,
	struct http_response *ret_response, struct error *err);
void http_response_release(struct http_response *response);

const char *http_version(void); /* libcurl's */

#endif
