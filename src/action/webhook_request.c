#include "action/webhook_request.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "action/reading.h"
#include "base/json_scan.h"
#include "base/json_write.h"
#include "base/xalloc.h"
#include "net/http_text.h"
#include "net/http_url.h"

/* What the settings' rows fill. */
struct parts {
	struct webhook_request *request;
	struct buf query;
	json_index body;
};

static struct parts *parts_of(struct reading *r)
{
	return r->into;
}

static struct webhook_request *request_of(struct reading *r)
{
	return parts_of(r)->request;
}

/* The members' rows */

static bool read_url(struct reading *r, struct reading_place place, json_index at)
{
	char *url = NULL;
	bool ok = reading_string(r, place, at, &url);
	if (ok && reading_has_template(r, at)) {
		size_t known = (size_t)(strstr(url, "{{") - url);
		size_t length = known < 7 ? known : 7;
		if (strncasecmp(url, "http://", length) != 0 &&
			strncasecmp(url, "https://", length) != 0)
			ok = reading_wrong(r, place, "must begin with http:// or https://");
	} else if (ok && !http_url_check(url, r->err)) {
		ok = reading_wrong_at(r, place);
	}
	if (ok)
		request_of(r)->url = url;
	else
		free(url);
	return ok;
}

static bool read_method(struct reading *r, struct reading_place place, json_index at)
{
	if (!reading_string(r, place, at, &request_of(r)->method))
		return false;
	if (reading_has_template(r, at))
		return true;
	for (char *c = request_of(r)->method; *c; c++)
		*c = (char)toupper((unsigned char)*c);
	return http_method_check(request_of(r)->method, r->err) || reading_wrong_at(r, place);
}

/* Who asks, for whom, by which way, and where the request begins and ends. */
static const char powerful[] =
	"*Authenticate* *Authorization* Connection Content-* Cookie* Expect "
	"Forwarded *-Group* Host *-Host HTTP2-* If-* Impersonate-* *-IP Keep-Alive "
	"*-Key* Max-Forwards Metadata* *-Method* Origin *Password* Proxy-* Range "
	"Referer Sec-* *Secret* *Signature* TE *Token* Trailer Transfer-* Upgrade* "
	"*-URI *-URL *-User *User-* Via X-Accel-* X-Amz-* X-Aws-* X-Forwarded* "
	"X-Google-* X-Hub-* X-Middleware-* X-Ms-* X-Port-* X-Sendfile*";

const char *webhook_header_refusal(struct span name)
{
	const char *why = NULL;
	char *text = span_dup(name);
	for (char *c = text; *c; c++) /* many servers take them for the same */
		*c = *c == '_' ? '-' : *c;
	if (reading_name_fits(powerful, text, true))
		why = "servers obey; only the rule itself may set it";
	free(text);
	return why; /* what is no name is found when the request is made */
}

static bool read_header(struct reading *r, struct reading_place place, json_index at)
{
	char *value = NULL;
	if (strcasecmp(place.name, "X-Port-Signature") == 0 ||
		strcasecmp(place.name, "X-Port-Timestamp") == 0)
		return reading_wrong(r, place, "is portlog's own: it signs by itself");
	bool ok = reading_scalar(r, place, at, &value);
	if (ok && !http_header_check(place.name,
			  reading_has_template(r, at) ? span_of("") : span_of(value), r->err))
		ok = reading_wrong_at(r, place);
	if (ok)
		text_pairs_set(&request_of(r)->headers, place.name, value);
	free(value);
	return ok;
}

static bool read_headers(struct reading *r, struct reading_place place, json_index at)
{
	if (json_kind_of(&r->doc, at) != JSON_KIND_OBJECT)
		return reading_has_template(r, at) || reading_wrong(r, place, "must be an object");
	return reading_members(r, "headers", at, read_header);
}

static bool add_parameter(struct reading *r, struct reading_place place, json_index at)
{
	char *value = NULL;
	if (!reading_scalar(r, place, at, &value))
		return false;
	if (parts_of(r)->query.length > 0)
		buf_add_char(&parts_of(r)->query, '&');
	http_percent_encode(span_of(place.name), &parts_of(r)->query);
	buf_add_char(&parts_of(r)->query, '=');
	http_percent_encode(span_of(value), &parts_of(r)->query);
	free(value);
	return true;
}

/* An array is the parameter repeated. */
static bool read_parameter(struct reading *r, struct reading_place place, json_index at)
{
	if (json_kind_of(&r->doc, at) != JSON_KIND_ARRAY)
		return add_parameter(r, place, at);
	for (json_index i = json_first(&r->doc, at); i != JSON_ABSENT;
		i = json_next(&r->doc, at, i)) {
		if (!add_parameter(r, place, i))
			return false;
	}
	return true;
}

static bool read_query(struct reading *r, struct reading_place place, json_index at)
{
	if (json_kind_of(&r->doc, at) != JSON_KIND_OBJECT)
		return reading_has_template(r, at) || reading_wrong(r, place, "must be an object");
	return reading_members(r, "query", at, read_parameter);
}

static bool read_body(struct reading *r, struct reading_place place, json_index at)
{
	(void)place;
	parts_of(r)->body = at;
	return true;
}

static bool read_file(
	struct reading *r, struct reading_place place, json_index at, const char **ret_file)
{
	char *file = NULL;
	if (!reading_string(r, place, at, &file))
		return false;
	*ret_file = file;
	return true;
}

static bool read_ca(struct reading *r, struct reading_place place, json_index at)
{
	return read_file(r, place, at, &request_of(r)->tls.ca);
}

static bool read_cert(struct reading *r, struct reading_place place, json_index at)
{
	return read_file(r, place, at, &request_of(r)->tls.cert);
}

static bool read_key(struct reading *r, struct reading_place place, json_index at)
{
	return read_file(r, place, at, &request_of(r)->tls.key);
}

static bool read_verify(struct reading *r, struct reading_place place, json_index at)
{
	enum json_kind kind = json_kind_of(&r->doc, at);
	if (kind != JSON_KIND_TRUE && kind != JSON_KIND_FALSE)
		return reading_wrong(r, place, "must be true or false");
	request_of(r)->tls.unverified = kind == JSON_KIND_FALSE;
	return true;
}

static const struct reading_row tls_members[] = {
	{ "ca", read_ca },
	{ "cert", read_cert },
	{ "key", read_key },
	{ "verify", read_verify },
	{ NULL, NULL },
};

static bool read_tls_member(struct reading *r, struct reading_place place, json_index at)
{
	return reading_by_row(r, tls_members, place, at);
}

/* No template decides whom to trust. */
static bool read_tls(struct reading *r, struct reading_place place, json_index at)
{
	if (json_kind_of(&r->doc, at) != JSON_KIND_OBJECT)
		return reading_wrong(r, place, "must be an object");
	if (reading_has_template(r, at))
		return reading_wrong(r, place, "cannot hold a template");
	return reading_members(r, "tls", at, read_tls_member);
}

static bool read_allow_addresses(struct reading *r, struct reading_place place, json_index at)
{
	static const char what[] = "must be an array of addresses such as \"169.254.169.254\" or "
				   "\"fe80::/10\"";
	struct webhook_request *request = request_of(r);
	struct buf scratch = { 0 };
	bool ok = json_kind_of(&r->doc, at) == JSON_KIND_ARRAY;
	for (json_index i = json_first(&r->doc, at); ok && i != JSON_ABSENT;
		i = json_next(&r->doc, at, i)) {
		struct address_range range;
		buf_clear(&scratch);
		ok = address_range_parse(json_text(&r->doc, i, &scratch), &range);
		if (!ok)
			break;
		request->allowed =
			xreallocarray(request->allowed, request->allowed_count + 1, sizeof(range));
		request->allowed[request->allowed_count++] = range;
	}
	buf_free(&scratch);
	return ok || reading_wrong(r, place, what);
}

static const struct reading_row members[] = {
	{ "url", read_url },
	{ "method", read_method },
	{ "headers", read_headers },
	{ "query", read_query },
	{ "body", read_body },
	{ "tls", read_tls },
	{ "allow_addresses", read_allow_addresses },
	{ NULL, NULL },
};

static bool read_setting(struct reading *r, struct reading_place place, json_index at)
{
	return reading_by_row(r, members, place, at);
}

static bool read_all(struct reading *r, struct span settings)
{
	parts_of(r)->body = JSON_ABSENT;
	if (!reading_object(r, settings, read_setting))
		return false;
	if (!request_of(r)->url)
		return error_set(r->err, ERROR_CONFIG, "%s needs a 'url'", r->path);
	return true;
}

/* What settings make */

static void add_query(struct reading *r)
{
	if (parts_of(r)->query.length == 0)
		return;
	char *url = request_of(r)->url;
	int length = (int)strcspn(url, "#"); /* what follows is never sent */
	const char *question = memchr(url, '?', (size_t)length);
	const char *between = !question ? "?" : question[1] && question[1] != '#' ? "&" : "";
	request_of(r)->url =
		xasprintf("%.*s%s%s", length, url, between, buf_text(&parts_of(r)->query));
	free(url);
}

static bool is_json_type(const char *type)
{
	return !type || strcasestr(type, "/json") || strcasestr(type, "+json");
}

/* A string is sent as it is where the content type says that it is no JSON. */
static void make_body(struct reading *r, struct span message)
{
	struct webhook_request *request = request_of(r);
	const char *type = http_headers_get(&request->headers, "Content-Type");
	bool has_none = strcmp(request->method, "GET") == 0 || strcmp(request->method, "HEAD") == 0;
	json_index given = json_member(&r->doc, 0, span_of("body"));
	request->has_body = parts_of(r)->body != JSON_ABSENT || (given == JSON_ABSENT && !has_none);
	if (!request->has_body)
		return;
	if (parts_of(r)->body == JSON_ABSENT) {
		struct json_doc doc = { 0 };
		request->body_is_json = json_scan(&doc, message.data, message.length) == JSON_OK;
		json_doc_release(&doc);
		buf_add_span(&request->body, message);
	} else if (json_kind_of(&r->doc, parts_of(r)->body) == JSON_KIND_STRING &&
		   !is_json_type(type)) {
		struct buf scratch = { 0 };
		buf_add_span(&request->body, json_text(&r->doc, parts_of(r)->body, &scratch));
		buf_free(&scratch);
	} else {
		request->body_is_json = true;
		json_compact(json_raw(&r->doc, parts_of(r)->body), &request->body);
	}
	if (!type)
		text_pairs_set(&request->headers, "Content-Type", "application/json");
}

bool webhook_request_make(struct span settings, struct span message, const char *path,
	struct webhook_request *ret_request, struct error *err)
{
	struct webhook_request request = { .method = xstrdup("POST") };
	struct parts parts = { .request = &request };
	struct reading r = { .path = path, .filled = true, .into = &parts, .err = err };
	bool ok = read_all(&r, settings);
	if (ok) {
		add_query(&r);
		make_body(&r, message);
		*ret_request = request;
	} else {
		webhook_request_release(&request);
	}
	buf_free(&parts.query);
	reading_release(&r);
	return ok;
}

bool webhook_request_check(struct span settings, const char *path, struct error *err)
{
	struct webhook_request request = { 0 };
	struct parts parts = { .request = &request };
	struct reading r = { .path = path, .into = &parts, .err = err };
	bool ok = read_all(&r, settings);
	webhook_request_release(&request);
	buf_free(&parts.query);
	reading_release(&r);
	return ok;
}

static void free_text(const char *text)
{
	free((void *)(uintptr_t)text);
}

void webhook_request_release(struct webhook_request *request)
{
	free(request->url);
	free(request->method);
	text_pairs_clear(&request->headers);
	buf_free(&request->body);
	free_text(request->tls.ca);
	free_text(request->tls.cert);
	free_text(request->tls.key);
	free(request->allowed);
	*request = (struct webhook_request){ 0 };
}
