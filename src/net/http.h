/* HTTP requests, blocking, on connections that are kept; the only user of libcurl. HTTP/2 where an
 * https server has it; proxies from the environment (HTTP_PROXY, HTTPS_PROXY, ALL_PROXY, NO_PROXY,
 * also in lower case). */
#ifndef PORTLOG_NET_HTTP_H
#define PORTLOG_NET_HTTP_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/error.h"
#include "base/text_list.h"
#include "net/address.h"

/* However long the other side says: an outage, or a clock that is wrong, ends some time. */
enum { HTTP_RETRY_AFTER_MOST_MS = 3600 * 1000 };

/* Connections that are kept between requests. Not to be used by two threads at once. */
struct http;

/* Absent members are the system's. */
struct http_tls {
	const char *ca;   /* file of the authorities to trust (PEM) */
	const char *cert; /* the client's certificate (PEM) */
	const char *key;  /* its key, where it is not in the same file */
	bool unverified;  /* whoever answers is believed */
};

struct http_request {
	const char *method; /* upper case */
	const char *url;    /* http or https */
	/* May be NULL. Checked: nothing a value holds can become another header. */
	const struct text_pairs *headers;
	struct span body;   /* absent: none */
	int64_t timeout_ms; /* for all of it, redirects too */
	/* So much of the answer is read; what follows is not (response.cut). */
	size_t most_bytes;
	/* It may go out on a connection that was kept, as GET and HEAD always may. A server may
	 * close one at the very moment we send, and then nobody knows whether it was heard: for
	 * who asks again in any case. */
	bool kept;
	int idle_s; /* a connection that lay idle for longer is not used again; 0: 1 s */
	const struct http_tls *tls;          /* may be NULL */
	const struct address_range *allowed; /* of what net/address.h refuses */
	size_t allowed_count;
	const atomic_bool *stop; /* becoming true ends it within a second (ERROR_INTERRUPTED); may
				    be NULL */
};

struct http_response {
	int status;
	struct buf body;
	bool cut;                  /* the body is longer than most_bytes */
	struct text_pairs headers; /* names as received, repeated ones joined by ", "; no cookies */
	int64_t retry_after_ms;    /* 0: not said; at most HTTP_RETRY_AFTER_MOST_MS */
	const char *not_followed;  /* why a redirect was not followed; NULL: there was none */
};

/* What is known of a request that failed. */
struct http_trouble {
	bool sent; /* the other side may have seen it, or a part of it */
	bool timed_out;
	int status; /* of an answer that broke off; 0: none */
	int64_t retry_after_ms;
};

struct http *http_new(void);
void http_free(struct http *http);
/* This thread's own, made when first asked for; it ends with the thread. */
struct http *http_of_thread(void);

/* Any answer is a success here, whatever its status. Redirects are followed (five at most) where
 * scheme, host and port stay the same; any other is the answer, and 301 or 302 to a POST. Sent once
 * more on a new connection is what the server says it did not look at (HTTP/2: a refused stream,
 * GOAWAY), and GET and HEAD that were lost with a kept one; nothing else is ever sent twice by
 * itself. ERROR_CONFIG: the request is none (URL, header, method), nothing was sent. ERROR_NETWORK:
 * no answer (transient where another try may help); http_trouble tells more. Errors name the URL
 * without user, password and query. */
bool http_send(struct http *http, const struct http_request *request,
	struct http_response *ret_response, struct error *err);
void http_response_release(struct http_response *response);
/* Of the last http_send, where it failed. */
const struct http_trouble *http_trouble(const struct http *http);

/* NULL where there is none of that name (in any case). */
const char *http_header(const struct http_response *response, const char *name);

const char *http_version(void); /* libcurl's */

#endif
