#include "net/http.h"

#include <ctype.h>
#include <inttypes.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/clock.h"
#include "base/xalloc.h"
#include "libraries/curl_library.h"
#include "net/http_text.h"
#include "net/http_url.h"

enum {
	CONNECT_MS = 10000,
	REDIRECTS_MOST = 5,
	SENT_AGAIN_MOST = 3, /* on new connections, what was not looked at */
	HEADER_BYTES_MOST = 256 * 1024,
	KEPT_MOST = 4, /* connections per handle */
	/* Of the URL and all headers: libcurl has no memory for more than 1 MiB with its own. */
	HEAD_BYTES_MOST = 1024 * 1024 - 16 * 1024,
};

struct http {
	CURL *handle;
	struct http_trouble trouble;
};

/* One request under way, with what redirects make of it. */
struct exchange {
	const struct http_request *request;
	struct http *http;
	char *url;
	const char *method;
	struct span body;
	int64_t deadline_ms;
	struct http_response answer;
	size_t header_bytes;
	int begun;                  /* how often the request was about to be written */
	bool fresh;                 /* on a connection of its own */
	bool unheard;               /* the server says that it did not look at it */
	const char *refused;        /* why the address is, NULL: it is not */
	char address[ADDRESS_SIZE]; /* that is refused */
	char reason[CURL_ERROR_SIZE];
};

static pthread_once_t curl_once = PTHREAD_ONCE_INIT;
static pthread_once_t key_once = PTHREAD_ONCE_INIT;
static pthread_key_t thread_key;

static void prepare_curl(void)
{
	if (curl_global_init(CURL_GLOBAL_DEFAULT) != CURLE_OK)
		abort(); /* out of memory */
}

static void free_of_thread(void *http)
{
	http_free(http);
}

static void make_key(void)
{
	if (pthread_key_create(&thread_key, free_of_thread) != 0)
		abort(); /* out of memory */
}

struct http *http_new(void)
{
	struct http *http = xcalloc(1, sizeof(*http));
	pthread_once(&curl_once, prepare_curl);
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

struct http *http_of_thread(void)
{
	pthread_once(&key_once, make_key);
	struct http *http = pthread_getspecific(thread_key);
	if (http)
		return http;
	http = http_new();
	if (pthread_setspecific(thread_key, http) != 0)
		abort(); /* out of memory */
	return http;
}

/* What libcurl asks while it works */

static size_t take(char *data, size_t size, size_t count, void *user)
{
	struct exchange *x = user;
	struct buf *body = &x->answer.body;
	size_t room = x->request->most_bytes - body->length;
	size_t length = size * count;
	if (length > room) {
		buf_add(body, data, room);
		x->answer.cut = true;
		return CURL_WRITEFUNC_ERROR;
	}
	buf_add(body, data, length);
	return length;
}

static size_t take_header(char *data, size_t size, size_t count, void *user)
{
	struct exchange *x = user;
	struct span line = span_make(data, size * count);
	x->header_bytes += line.length;
	if (x->header_bytes > HEADER_BYTES_MOST)
		return 0;
	/* Another answer begins: the one before was '100 Continue' or the like. */
	if (line.length > 5 && memcmp(line.data, "HTTP/", 5) == 0)
		text_pairs_clear(&x->answer.headers);
	else
		http_headers_add(&x->answer.headers, line);
	return line.length;
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

static bool is_refused(struct exchange *x, const struct address *address)
{
	const struct http_request *request = x->request;
	x->refused = address_refused(address, request->allowed, request->allowed_count);
	if (x->refused)
		address_format(address, x->address);
	return x->refused != NULL;
}

/* Sees the address that a name came to, whatever it was asked for. */
static curl_socket_t open_socket(void *user, curlsocktype purpose, struct curl_sockaddr *to)
{
	struct exchange *x = user;
	struct address address;
	(void)purpose;
	if (address_of_socket(&to->addr, &address) && is_refused(x, &address))
		return CURL_SOCKET_BAD;
	return socket(to->family, to->socktype | SOCK_CLOEXEC, to->protocol);
}

static bool is_harmless(const struct exchange *x)
{
	return strcmp(x->method, "GET") == 0 || strcmp(x->method, "HEAD") == 0;
}

/* Our stream, 1, is the first of a connection of its own: GOAWAY with an earlier last one says that
 * it was not looked at and never will be (RFC 9113, 6.8). */
static int on_debug(CURL *c, curl_infotype type, char *data, size_t size, void *user)
{
	static const char goaway[] = "GOAWAY", none[] = "last_stream=0";
	struct exchange *x = user;
	(void)c;
	if (type != CURLINFO_TEXT || !memmem(data, size, goaway, sizeof(goaway) - 1))
		return 0;
	const char *last = memmem(data, size, none, sizeof(none) - 1);
	const char *behind = last ? last + sizeof(none) - 1 : NULL;
	x->unheard = last && (behind == data + size || !isdigit((unsigned char)*behind));
	return 0;
}

/* Before the first byte of the request. libcurl sends it once more, by itself, where a kept
 * connection broke without an answer; but it may have been heard. On a connection of its own it
 * does that with refused streams alone, which is safe (RFC 9113, 8.7). */
static int before_request(
	void *user, char *remote_ip, char *local_ip, int remote_port, int local_port)
{
	struct exchange *x = user;
	struct address address;
	bool again = x->begun++ > 0;
	(void)local_ip;
	(void)remote_port;
	(void)local_port;
	/* A kept connection may come from a request that was allowed more. */
	if (address_parse(span_of(remote_ip), &address) && is_refused(x, &address))
		return CURL_PREREQFUNC_ABORT;
	if (again && !x->fresh && !is_harmless(x))
		return CURL_PREREQFUNC_ABORT;
	x->http->trouble.sent = true;
	return CURL_PREREQFUNC_OK;
}

/* Setting up */

static struct curl_slist *make_headers(const struct http_request *request)
{
	/* curl would ask for '100-continue' and guess a content type. */
	struct curl_slist *list = curl_slist_append(NULL, "Expect:");
	bool typed = false;
	for (size_t i = 0; request->headers && i < request->headers->count; i++) {
		const struct text_pair *pair = &request->headers->items[i];
		/* With a colon and nothing behind it curl would leave the header out. */
		char *line = *pair->value ? xasprintf("%s: %s", pair->name, pair->value)
					  : xasprintf("%s;", pair->name);
		list = curl_slist_append(list, line);
		typed |= strcasecmp(pair->name, "Content-Type") == 0;
		free(line);
	}
	return typed ? list : curl_slist_append(list, "Content-Type:");
}

/* curl itself takes http's proxy from the lower-case name alone, for the sake of CGI programs. */
static void set_proxy(CURL *c, const char *url)
{
	const char *proxy = getenv("HTTP_PROXY");
	if (proxy && *proxy && !getenv("http_proxy") && strncasecmp(url, "http:", 5) == 0)
		curl_easy_setopt(c, CURLOPT_PROXY, proxy);
}

static void set_tls(CURL *c, const struct http_tls *tls)
{
	if (!tls)
		return;
	if (tls->ca)
		curl_easy_setopt(c, CURLOPT_CAINFO, tls->ca);
	if (tls->cert)
		curl_easy_setopt(c, CURLOPT_SSLCERT, tls->cert);
	if (tls->key)
		curl_easy_setopt(c, CURLOPT_SSLKEY, tls->key);
	curl_easy_setopt(c, CURLOPT_SSL_VERIFYPEER, tls->unverified ? 0L : 1L);
	curl_easy_setopt(c, CURLOPT_SSL_VERIFYHOST, tls->unverified ? 0L : 2L);
}

static void set_callbacks(CURL *c, struct exchange *x)
{
	curl_easy_setopt(c, CURLOPT_WRITEFUNCTION, take);
	curl_easy_setopt(c, CURLOPT_WRITEDATA, x);
	curl_easy_setopt(c, CURLOPT_HEADERFUNCTION, take_header);
	curl_easy_setopt(c, CURLOPT_HEADERDATA, x);
	curl_easy_setopt(c, CURLOPT_XFERINFOFUNCTION, progress);
	curl_easy_setopt(c, CURLOPT_XFERINFODATA, x);
	curl_easy_setopt(c, CURLOPT_NOPROGRESS, 0L);
	curl_easy_setopt(c, CURLOPT_OPENSOCKETFUNCTION, open_socket);
	curl_easy_setopt(c, CURLOPT_OPENSOCKETDATA, x);
	curl_easy_setopt(c, CURLOPT_PREREQFUNCTION, before_request);
	curl_easy_setopt(c, CURLOPT_PREREQDATA, x);
	curl_easy_setopt(c, CURLOPT_ERRORBUFFER, x->reason);
}

static void set_limits(CURL *c, const struct exchange *x)
{
	int64_t left_ms = x->deadline_ms - clock_monotonic_ms();
	long timeout_ms = left_ms > 1 ? (long)left_ms : 1;
	int idle_s = x->request->idle_s ? x->request->idle_s : 1;
	curl_easy_setopt(c, CURLOPT_TIMEOUT_MS, timeout_ms);
	curl_easy_setopt(
		c, CURLOPT_CONNECTTIMEOUT_MS, timeout_ms < CONNECT_MS ? timeout_ms : CONNECT_MS);
	curl_easy_setopt(c, CURLOPT_MAXAGE_CONN, (long)idle_s);
	curl_easy_setopt(c, CURLOPT_MAXCONNECTS, (long)KEPT_MOST);
	curl_easy_setopt(c, CURLOPT_NOSIGNAL, 1L);
#if LIBCURL_VERSION_NUM >= 0x075700
	/* Who is told to stop does not wait for a name that is being looked up. */
	curl_easy_setopt(c, CURLOPT_QUICK_EXIT, 1L);
#endif
}

/* What may not be sent twice gets a connection of its own: a server may close a kept one at the
 * very moment we send, and then nobody knows whether it was heard. */
static void set_connection(CURL *c, struct exchange *x)
{
	x->fresh = x->fresh || !(x->request->kept || is_harmless(x));
	curl_easy_setopt(c, CURLOPT_FRESH_CONNECT, x->fresh ? 1L : 0L);
	curl_easy_setopt(c, CURLOPT_FORBID_REUSE, x->fresh ? 1L : 0L);
	/* libcurl tells of GOAWAY in no other way. */
	curl_easy_setopt(c, CURLOPT_VERBOSE, x->fresh ? 1L : 0L);
	curl_easy_setopt(c, CURLOPT_DEBUGFUNCTION, on_debug);
	curl_easy_setopt(c, CURLOPT_DEBUGDATA, x);
}

static void set_up(CURL *c, struct exchange *x, struct curl_slist *headers)
{
	curl_easy_reset(c);
	curl_easy_setopt(c, CURLOPT_URL, x->url);
	curl_easy_setopt(c, CURLOPT_PATH_AS_IS, 1L);
	curl_easy_setopt(c, CURLOPT_CUSTOMREQUEST, x->method);
	curl_easy_setopt(c, CURLOPT_HTTPHEADER, headers);
	curl_easy_setopt(c, CURLOPT_SUPPRESS_CONNECT_HEADERS, 1L);
	curl_easy_setopt(c, CURLOPT_USERAGENT, "portlog/" PORTLOG_VERSION);
	curl_easy_setopt(c, CURLOPT_PROTOCOLS_STR, "http,https");
	curl_easy_setopt(c, CURLOPT_HTTP_VERSION, (long)CURL_HTTP_VERSION_2TLS);
	set_proxy(c, x->url);
	set_tls(c, x->request->tls);
	set_callbacks(c, x);
	set_limits(c, x);
	set_connection(c, x);
	if (strcmp(x->method, "HEAD") == 0)
		curl_easy_setopt(c, CURLOPT_NOBODY, 1L);
	if (!x->body.data)
		return;
	curl_easy_setopt(c, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)x->body.length);
	curl_easy_setopt(c, CURLOPT_POSTFIELDS, x->body.data);
}

/* What came of it */

/* Trying again gives the same. */
static bool is_lasting(CURLcode code)
{
	switch (code) {
	case CURLE_PEER_FAILED_VERIFICATION:
	case CURLE_SSL_CACERT_BADFILE:
	case CURLE_SSL_CERTPROBLEM:
	case CURLE_SSL_ENGINE_NOTFOUND:
	case CURLE_URL_MALFORMAT:
	case CURLE_UNSUPPORTED_PROTOCOL:
		return true;
	default:
		return false;
	}
}

static bool fail(struct exchange *x, CURLcode code, struct error *err)
{
	struct http_trouble *trouble = &x->http->trouble;
	const char *why = x->reason[0] ? x->reason : curl_easy_strerror(code);
	struct buf shown = { 0 };
	http_url_shown(x->url, &shown);
	const char *url = buf_text(&shown);
	trouble->status = x->answer.status;
	trouble->retry_after_ms = x->answer.retry_after_ms;
	trouble->sent = trouble->sent && !x->unheard;
	trouble->timed_out = code == CURLE_OPERATION_TIMEDOUT;
	if (x->refused)
		error_set(err, ERROR_NETWORK,
			"cannot ask %s: %s is %s, which is refused (see 'allow_addresses')", url,
			x->address, x->refused);
	else if (x->begun > 1 && !x->fresh && code == CURLE_ABORTED_BY_CALLBACK)
		error_set_transient(
			err, ERROR_NETWORK, "%s closed the connection without an answer", url);
	else if (code == CURLE_ABORTED_BY_CALLBACK)
		error_set(err, ERROR_INTERRUPTED, "stopped while asking %s", url);
	else if (x->header_bytes > HEADER_BYTES_MOST)
		error_set(err, ERROR_REMOTE, "%s answers with more than %d bytes of headers", url,
			HEADER_BYTES_MOST);
	else if (trouble->timed_out && trouble->sent)
		error_set_transient(err, ERROR_NETWORK, "%s did not answer within %" PRId64 " ms",
			url, x->request->timeout_ms);
	else if (trouble->status > 0)
		error_set_transient(err, ERROR_NETWORK, "the answer of %s (%d) broke off: %s", url,
			trouble->status, why);
	else if (is_lasting(code) && !trouble->sent)
		error_set(err, ERROR_NETWORK, "cannot ask %s: %s", url, why);
	else
		error_set_transient(err, ERROR_NETWORK, "cannot ask %s: %s", url, why);
	buf_free(&shown);
	return false;
}

/* An address that is written into the URL is refused before anything is asked, also of a proxy. */
static bool check_host(struct exchange *x, struct error *err)
{
	struct address address;
	if (!http_url_address(x->url, &address) || !is_refused(x, &address))
		return true;
	return fail(x, CURLE_COULDNT_CONNECT, err);
}

/* libcurl leaves to us what HTTP/2 loses with a connection: what the server has not looked at, and
 * on a kept one what may be sent again. */
static bool may_send_again(const struct exchange *x, CURLcode code)
{
	long connections = 0;
	curl_easy_getinfo(x->http->handle, CURLINFO_NUM_CONNECTS, &connections);
	bool lost = x->http->trouble.sent && connections == 0 && is_harmless(x) &&
		    code != CURLE_OPERATION_TIMEDOUT && code != CURLE_ABORTED_BY_CALLBACK;
	return code != CURLE_OK && x->header_bytes == 0 && (x->unheard || lost);
}

static CURLcode perform(struct exchange *x, struct curl_slist *headers)
{
	CURLcode code;
	int count = 0;
	do {
		x->fresh = x->fresh || count > 0;
		/* What was sent was not looked at. */
		if (x->unheard)
			x->http->trouble.sent = false;
		x->unheard = false;
		set_up(x->http->handle, x, headers);
		code = curl_easy_perform(x->http->handle);
	} while (may_send_again(x, code) && ++count <= SENT_AGAIN_MOST);
	return code;
}

/* As libcurl reads it, but for numbers: those that are too large for it are not 0. */
static int64_t retry_after_ms(const struct exchange *x)
{
	const char *text = http_header(&x->answer, "Retry-After");
	curl_off_t seconds = 0;
	curl_easy_getinfo(x->http->handle, CURLINFO_RETRY_AFTER, &seconds);
	if (text && isdigit((unsigned char)*text))
		seconds = strtoll(text, NULL, 10);
	return seconds <= 0                                ? 0
	       : seconds > HTTP_RETRY_AFTER_MOST_MS / 1000 ? HTTP_RETRY_AFTER_MOST_MS
							   : (int64_t)seconds * 1000;
}

static bool ask(struct exchange *x, struct error *err)
{
	CURL *c = x->http->handle;
	long status = 0;
	if (!check_host(x, err))
		return false;
	struct curl_slist *headers = make_headers(x->request);
	CURLcode code = perform(x, headers);
	curl_easy_getinfo(c, CURLINFO_RESPONSE_CODE, &status);
	curl_slist_free_all(headers);
	x->answer.status = (int)status;
	x->answer.retry_after_ms = retry_after_ms(x);
	return code == CURLE_OK || x->answer.cut || fail(x, code, err);
}

/* Redirects */

static bool is_redirect(int status)
{
	return status == 301 || status == 302 || status == 303 || status == 307 || status == 308;
}

/* Browsers make a GET of a POST that is answered so. Some servers mean by it that the work is done
 * and this is the page about it, others that it was not even looked at and belongs elsewhere: a GET
 * would be told as success, a second POST might do it twice. */
static bool is_ambiguous(const struct exchange *x)
{
	return (x->answer.status == 301 || x->answer.status == 302) &&
	       strcmp(x->method, "POST") == 0;
}

/* Whether the answer is a redirect that is followed: the exchange is then the next request. */
static bool follow(struct exchange *x, int count)
{
	char *url = NULL;
	if (!is_redirect(x->answer.status))
		return false;
	curl_easy_getinfo(x->http->handle, CURLINFO_REDIRECT_URL, &url);
	if (!url)
		return false;
	if (count >= REDIRECTS_MOST)
		x->answer.not_followed = "redirected too often";
	else if (!http_url_same_origin(x->url, url))
		x->answer.not_followed = "redirected to another host, which is not followed";
	else if (is_ambiguous(x))
		x->answer.not_followed =
			"the POST was redirected (301, 302), which is not followed: it is not "
			"known "
			"whether the work was done; set 'url' to the address in 'Location'";
	if (x->answer.not_followed)
		return false;
	char *next = xstrdup(url);
	free(x->url);
	x->url = next;
	/* 303: it is done, and another thing is to be fetched. */
	if (x->answer.status == 303 && strcmp(x->method, "HEAD") != 0) {
		x->method = "GET";
		x->body = (struct span){ 0 };
	}
	http_response_release(&x->answer);
	x->header_bytes = 0;
	x->begun = 0;
	x->fresh = false;
	return true;
}

static bool check(const struct http_request *request, struct error *err)
{
	size_t bytes = strlen(request->url);
	if (!http_method_check(request->method, err) || !http_url_check(request->url, err))
		return false;
	for (size_t i = 0; request->headers && i < request->headers->count; i++) {
		const struct text_pair *pair = &request->headers->items[i];
		if (!http_header_check(pair->name, span_of(pair->value), err))
			return false;
		bytes += strlen(pair->name) + strlen(pair->value);
	}
	return bytes <= HEAD_BYTES_MOST ||
	       error_set(err, ERROR_CONFIG,
		       "URL and headers have %zu bytes, more than the %d that can be sent; what is "
		       "large belongs in the body",
		       bytes, HEAD_BYTES_MOST);
}

bool http_send(struct http *http, const struct http_request *request,
	struct http_response *ret_response, struct error *err)
{
	http->trouble = (struct http_trouble){ 0 };
	if (!check(request, err))
		return false;
	struct exchange x = { .request = request,
		.http = http,
		.url = xstrdup(request->url),
		.method = request->method,
		.body = request->body,
		.deadline_ms = clock_monotonic_ms() + request->timeout_ms };
	int count = 0;
	bool ok;
	do
		ok = ask(&x, err);
	while (ok && follow(&x, count++));
	if (ok)
		*ret_response = x.answer;
	else
		http_response_release(&x.answer);
	free(x.url);
	return ok;
}

void http_response_release(struct http_response *response)
{
	buf_free(&response->body);
	text_pairs_clear(&response->headers);
	*response = (struct http_response){ 0 };
}

const struct http_trouble *http_trouble(const struct http *http)
{
	return &http->trouble;
}

const char *http_header(const struct http_response *response, const char *name)
{
	return http_headers_get(&response->headers, name);
}

const char *http_version(void)
{
	return curl_version_info(CURLVERSION_NOW)->version;
}
