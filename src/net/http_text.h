/* What HTTP texts may look like, as far as libcurl leaves that to its caller. */
#ifndef PORTLOG_NET_HTTP_TEXT_H
#define PORTLOG_NET_HTTP_TEXT_H

#include "base/buf.h"
#include "base/error.h"
#include "base/text_list.h"

/* A method is upper-case letters; a header's name a token (RFC 9110) that is not the connection's
 * own business; a value has no control characters. ERROR_CONFIG; values are not told. */
bool http_method_check(const char *method, struct error *err);
bool http_header_check(const char *name, struct span value, struct error *err);

/* Takes a header line of an answer ("Name: value\r\n"); repeated names are joined by ", ". What is
 * no header, and cookies, are passed over. */
void http_headers_add(struct text_pairs *headers, struct span line);
/* In any case; NULL: not there. */
const char *http_headers_get(const struct text_pairs *headers, const char *name);

#endif
