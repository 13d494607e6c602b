#include "net/http_url.h"

#include <string.h>
#include <strings.h>

#include "base/text.h"
#include "libraries/curl_library.h"

enum { SHOWN_MOST = 160 };

static bool is_http(const char *scheme)
{
	return scheme && (strcmp(scheme, "http") == 0 || strcmp(scheme, "https") == 0);
}

/* The parts that make an origin, with the scheme's port where none is written. */
struct origin {
	char *scheme;
	char *host; /* numbers in their usual form */
	char *port;
};

static void origin_release(struct origin *origin)
{
	curl_free(origin->scheme);
	curl_free(origin->host);
	curl_free(origin->port);
}

static CURLUcode origin_of(const char *url, struct origin *ret_origin)
{
	CURLU *parts = curl_url();
	CURLUcode code = curl_url_set(parts, CURLUPART_URL, url, 0);
	if (code == CURLUE_OK)
		code = curl_url_get(parts, CURLUPART_SCHEME, &ret_origin->scheme, 0);
	if (code == CURLUE_OK)
		code = curl_url_get(parts, CURLUPART_HOST, &ret_origin->host, 0);
	if (code == CURLUE_OK && is_http(ret_origin->scheme))
		code = curl_url_get(parts, CURLUPART_PORT, &ret_origin->port, CURLU_DEFAULT_PORT);
	curl_url_cleanup(parts);
	return code;
}

/* A text that does not parse may have its password anywhere before the last '@'. */
static void shown_anyhow(const char *url, struct buf *out)
{
	const char *scheme = strstr(url, "://");
	const char *at = strrchr(url, '@');
	struct span start = span_make(url, scheme ? (size_t)(scheme + 3 - url) : 0);
	const char *rest = at ? at + 1 : url + start.length;
	struct buf text = { 0 };
	buf_add_span(&text, start);
	buf_add(&text, rest, strcspn(rest, "?#"));
	text_safe(buf_span(&text), out);
	buf_free(&text);
}

void http_url_shown(const char *url, struct buf *out)
{
	struct buf whole = { 0 };
	char *text = NULL, *query = NULL;
	CURLU *parts = curl_url();
	if (curl_url_set(parts, CURLUPART_URL, url, CURLU_NON_SUPPORT_SCHEME) == CURLUE_OK) {
		curl_url_get(parts, CURLUPART_QUERY, &query, 0);
		curl_url_set(parts, CURLUPART_USER, NULL, 0);
		curl_url_set(parts, CURLUPART_PASSWORD, NULL, 0);
		curl_url_set(parts, CURLUPART_OPTIONS, NULL, 0);
		curl_url_set(parts, CURLUPART_QUERY, NULL, 0);
		curl_url_set(parts, CURLUPART_FRAGMENT, NULL, 0);
		curl_url_get(parts, CURLUPART_URL, &text, 0);
	}
	if (text)
		text_safe(span_of(text), &whole);
	else
		shown_anyhow(url, &whole);
	text_cut_middle(buf_span(&whole), SHOWN_MOST, out);
	if (query)
		buf_add_text(out, "?…");
	curl_free(text);
	curl_free(query);
	curl_url_cleanup(parts);
	buf_free(&whole);
}

static bool bad_url(const char *url, const char *why, struct error *err)
{
	struct buf shown = { 0 };
	http_url_shown(url, &shown);
	error_set(err, ERROR_CONFIG, "'%s' is no URL for a request: %s", buf_text(&shown), why);
	buf_free(&shown);
	return false;
}

bool http_url_check(const char *url, struct error *err)
{
	struct origin origin = { 0 };
	CURLUcode code = origin_of(url, &origin);
	bool ok = false;
	if (code == CURLUE_UNSUPPORTED_SCHEME || (origin.scheme && !is_http(origin.scheme)))
		bad_url(url, "only http and https are possible", err);
	else if (code == CURLUE_BAD_SCHEME)
		bad_url(url, "it does not begin with http:// or https://", err);
	else if (code != CURLUE_OK)
		bad_url(url, curl_url_strerror(code), err);
	else
		ok = true;
	origin_release(&origin);
	return ok;
}

void http_percent_encode(struct span bytes, struct buf *out)
{
	for (size_t i = 0; i < bytes.length; i++) {
		unsigned char c = (unsigned char)bytes.data[i];
		bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
			     (c >= '0' && c <= '9') || (c && strchr("-._~", c));
		if (plain)
			buf_add_char(out, (char)c);
		else
			buf_addf(out, "%%%02X", c);
	}
}

void http_url_masked(const char *url, struct buf *out)
{
	const char *scheme = strstr(url, "://");
	const char *authority = scheme ? scheme + 3 : url;
	const char *at = NULL;
	size_t length = strcspn(authority, "/?#");
	for (size_t i = 0; i < length; i++) {
		if (authority[i] == '@')
			at = authority + i;
	}
	if (at) {
		buf_add(out, url, (size_t)(authority - url));
		buf_add_text(out, "***");
	}
	buf_add_text(out, at ? at : url);
}

bool http_url_same_origin(const char *url, const char *other)
{
	struct origin a = { 0 }, b = { 0 };
	bool same = origin_of(url, &a) == CURLUE_OK && origin_of(other, &b) == CURLUE_OK &&
		    a.port && b.port && strcmp(a.scheme, b.scheme) == 0 &&
		    strcasecmp(a.host, b.host) == 0 && strcmp(a.port, b.port) == 0;
	origin_release(&a);
	origin_release(&b);
	return same;
}

bool http_url_address(const char *url, struct address *ret_address)
{
	struct origin origin = { 0 };
	bool is_one = origin_of(url, &origin) == CURLUE_OK &&
		      address_parse(span_of(origin.host), ret_address);
	origin_release(&origin);
	return is_one;
}
