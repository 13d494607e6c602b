/* URLs of requests, parsed as http.c will ask for them (by libcurl). */
#ifndef PORTLOG_NET_HTTP_URL_H
#define PORTLOG_NET_HTTP_URL_H

#include <stdbool.h>

#include "base/buf.h"
#include "base/error.h"
#include "net/address.h"

/* Whether it can be asked at all: it parses, http or https, with a host. ERROR_CONFIG. */
bool http_url_check(const char *url, struct error *err);
/* Appends the URL as people may see it: without user and password, and "?…" for a query. */
void http_url_shown(const char *url, struct buf *out);
/* Appends the URL as it is but for user and password, which become three asterisks. */
void http_url_masked(const char *url, struct buf *out);
/* The same scheme, host and port. */
bool http_url_same_origin(const char *url, const char *other);
/* Of a host that is a number, in whatever form (http://2852039166/ is one). */
bool http_url_address(const char *url, struct address *ret_address);
/* Appends bytes so that they are one part of a path, or a name or value of a query. */
void http_percent_encode(struct span bytes, struct buf *out);

#endif
