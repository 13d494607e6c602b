#include "net/http.h"

#include <stdlib.h>
#include <string.h>

#include <curl/curl.h>

#include "base/xalloc.h"

struct http {
	CURL *handle;
};

/* One request under way. */
struct exchange {
	const struct http_request *request;
	struct buf body;
	bool too_long;
};

struct http *http_new(void)
{
	struct http *http = xcalloc(1, sizeof(*http));
	curl_global_init(CURL_GLOBAL_DEFAULT);
	http->handle = curl_easy_init();
	if (!http->handle)
		abort(); /* out of memory */
	return http;
}

void http_free(struct http *http)
{
	if (!http)
		return;
	curl_easy_cleanup(http->handle);
	free(http);
}

static size_t take(char *data, size_t size, size_t count, void *user)
{
	struct exchange *x = user;
	if (x->body.length + size * count > x->request->most_bytes) {
		x->too_long = true;
		return 0;
	}
	buf_add(&x->body, data, size * count);
	return size * count;
}

static int progress(void *user, curl_off_t a, curl_off_t b, curl_off_t c, curl_off_t d)
{
	const struct exchange *x = user;
	(void)a;
	(void)b;
	(void)c;
	(void)d;
	return x->request->stop && atomic_load(x->request->stop);
}

static struct curl_slist *make_headers(const struct http_request *request)
{
	/* curl would ask for '100-continue' and guess a content type. */
	struct curl_slist *list = curl_slist_append(NULL, "Expect:");
	for (size_t i = 0; request->headers && i < request->headers->count; i++) {
		const struct text_pair *pair = &request->headers->items[i];
		char *line = xasprintf("%s: %s", pair->name, pair->value);
		list = curl_slist_append(list, line);
		free(line);
	}
	return list;
}

static void set_up(CURL *c, struct exchange *x, struct curl_slist *headers, char *reason)
{
	const struct http_request *request = x->request;
	curl_easy_reset(c);
	curl_easy_setopt(c, CURLOPT_URL, request->url);
	curl_easy_setopt(c, CURLOPT_CUSTOMREQUEST, request->method);
	curl_easy_setopt(c, CURLOPT_HTTPHEADER, headers);
	curl_easy_setopt(c, CURLOPT_USERAGENT, "portlog/" PORTLOG_VERSION);
	curl_easy_setopt(c, CURLOPT_PROTOCOLS_STR, "http,https");
	curl_easy_setopt(c, CURLOPT_TIMEOUT_MS, (long)request->timeout_ms);
	curl_easy_setopt(c, CURLOPT_NOSIGNAL, 1L);
	curl_easy_setopt(c, CURLOPT_WRITEFUNCTION, take);
	curl_easy_setopt(c, CURLOPT_WRITEDATA, x);
	curl_easy_setopt(c, CURLOPT_XFERINFOFUNCTION, progress);
	curl_easy_setopt(c, CURLOPT_XFERINFODATA, x);
	curl_easy_setopt(c, CURLOPT_NOPROGRESS, 0L);
	curl_easy_setopt(c, CURLOPT_ERRORBUFFER, reason);
	if (!request->body.data)
		return;
	curl_easy_setopt(c, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)request->body.length);
	curl_easy_setopt(c, CURLOPT_POSTFIELDS, request->body.data);
}

static bool failed(const struct exchange *x, CURLcode code, const char *reason, struct error *err)
{
	const char *why = reason[0] ? reason : curl_easy_strerror(code);
	const char *url = x->request->url;
	if (code == CURLE_ABORTED_BY_CALLBACK)
		return error_set(err, ERROR_INTERRUPTED, "stopped while asking %s", url);
	if (x->too_long)
		return error_set(err, ERROR_REMOTE, "%s answers with more than %zu bytes", url,
			x->request->most_bytes);
	switch (code) {
	case CURLE_PEER_FAILED_VERIFICATION:
	case CURLE_SSL_CACERT_BADFILE:
	case CURLE_URL_MALFORMAT:
	case CURLE_UNSUPPORTED_PROTOCOL:
		return error_set(err, ERROR_NETWORK, "cannot ask %s: %s", url, why);
	default:
		return error_set_transient(err, ERROR_NETWORK, "cannot ask %s: %s", url, why);
	}
}

bool http_send(struct http *http, const struct http_request *request,
	struct http_response *ret_response, struct error *err)
{
	char reason[CURL_ERROR_SIZE] = "";
	long status = 0;
	struct exchange x = { .request = request };
	struct curl_slist *headers = make_headers(request);
	set_up(http->handle, &x, headers, reason);
	CURLcode code = curl_easy_perform(http->handle);
	curl_easy_getinfo(http->handle, CURLINFO_RESPONSE_CODE, &status);
	curl_slist_free_all(headers);
	if (code != CURLE_OK) {
		buf_free(&x.body);
		return failed(&x, code, reason, err);
	}
	*ret_response = (struct http_response){ (int)status, x.body };
	return true;
}

void http_response_release(struct http_response *response)
{
	buf_free(&response->body);
}

const char *http_version(void)
{
	return curl_version_info(CURLVERSION_NOW)->version;
}
