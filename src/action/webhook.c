/* A request to a web server. The bytes that are signed are the bytes that are sent. */
#include "action/kinds.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "action/webhook_request.h"
#include "base/clock.h"
#include "base/crypto.h"
#include "base/json_scan.h"
#include "base/json_write.h"
#include "base/text.h"
#include "base/xalloc.h"
#include "net/http_url.h"

enum {
	TIMEOUT_MS = 30000,
	ANSWER_MOST_BYTES = 1024 * 1024,
	QUOTED_COLUMNS = 120, /* of an answer, in the reason */
};

static bool check(struct span settings, const char *path, struct error *err)
{
	return webhook_request_check(settings, path, err);
}

/* "v1," and the Base64 of HMAC-SHA256(secret, "<seconds>.<body>"). */
static void sign(struct webhook_request *request, struct span secret)
{
	char *seconds = xasprintf("%" PRId64, clock_now_ms() / 1000);
	const struct span parts[] = { span_of(seconds), span_of("."), buf_span(&request->body) };
	struct buf signature = { 0 };
	struct hash mac;
	hmac_sha256(secret, parts, 3, &mac);
	buf_add_text(&signature, "v1,");
	base64_write(span_make((const char *)mac.bytes, HASH_BYTES), &signature);
	text_pairs_set(&request->headers, "X-Port-Timestamp", seconds);
	text_pairs_set(&request->headers, "X-Port-Signature", buf_text(&signature));
	buf_free(&signature);
	free(seconds);
}

static void write_headers(struct json_writer *w, const struct text_pairs *headers)
{
	json_key(w, "headers");
	json_object_start(w);
	for (size_t i = 0; i < headers->count; i++)
		json_member_text(w, headers->items[i].name, headers->items[i].value);
	json_object_end(w);
}

static void write_request(const struct webhook_request *request, struct buf *out)
{
	struct json_writer w = { .out = out };
	struct buf url = { 0 };
	http_url_masked(request->url, &url);
	json_object_start(&w);
	json_member_text(&w, "method", request->method);
	json_member_span(&w, "url", buf_span(&url));
	write_headers(&w, &request->headers);
	json_key(&w, "body");
	if (request->body_is_json)
		json_raw_value(&w, buf_span(&request->body));
	else
		json_span_value(
			&w, request->has_body ? buf_span(&request->body) : (struct span){ 0 });
	json_object_end(&w);
	buf_free(&url);
}

static void write_response(const struct http_response *response, struct buf *out)
{
	struct json_writer w = { .out = out };
	struct json_doc doc = { 0 };
	struct span body = buf_span(&response->body);
	bool json = !response->cut && json_scan(&doc, body.data, body.length) == JSON_OK;
	json_doc_release(&doc);
	json_object_start(&w);
	json_member_int(&w, "statusCode", response->status);
	write_headers(&w, &response->headers);
	json_member_span(&w, "text", body);
	json_key(&w, "json");
	json_raw_value(&w, json ? body : (struct span){ 0 });
	json_object_end(&w);
}

/* Head and tail of the answer. */
static void keep_output(const struct http_response *response, struct buf *out)
{
	struct span body = buf_span(&response->body);
	const size_t most = ACTION_HEAD_BYTES + ACTION_TAIL_BYTES;
	if (body.length <= most) {
		buf_add_span(out, body);
	} else {
		buf_add(out, body.data, ACTION_HEAD_BYTES);
		buf_addf(out, "\n… %zu bytes left out …\n", body.length - most);
		buf_add(out, body.data + body.length - ACTION_TAIL_BYTES, ACTION_TAIL_BYTES);
	}
	if (response->cut)
		buf_addf(out, "\n… only the first %d bytes were read …\n", ANSWER_MOST_BYTES);
}

/* What another try may change: the server is busy, or broken, or was asked too early. */
static bool is_passing(int status)
{
	return status == 408 || status == 425 || status == 429 || status >= 500;
}

static char *reason_of(const struct webhook_request *request, const struct http_response *response)
{
	struct buf reason = { 0 };
	struct buf quoted = { 0 };
	http_url_shown(request->url, &reason);
	buf_addf(&reason, " answered %d", response->status);
	text_safe(buf_span(&response->body), &quoted);
	if (response->not_followed) {
		buf_addf(&reason, ": %s", response->not_followed);
	} else if (quoted.length > 0) {
		buf_add_text(&reason, ": ");
		text_cut_end(buf_span(&quoted), QUOTED_COLUMNS, &reason);
	}
	buf_free(&quoted);
	return buf_take(&reason);
}

static void judge_answer(const struct webhook_request *request,
	const struct http_response *response, struct action_result *result)
{
	int status = response->status;
	result->http_status = status;
	result->retry_after_ms = response->retry_after_ms;
	keep_output(response, &result->output);
	write_response(response, &result->response);
	if (status >= 200 && status < 300) {
		result->outcome = ACTION_SUCCEEDED;
		return;
	}
	result->outcome = ACTION_FAILED;
	result->hopeless = !is_passing(status);
	result->reason = reason_of(request, response);
}

/* No answer, or not all of one. What began to be sent may have been heard, but where the part of an
 * answer that came says otherwise. */
static void judge_trouble(
	const struct http_trouble *trouble, const struct error *err, struct action_result *result)
{
	bool refused = trouble->status >= 400;
	result->outcome = trouble->timed_out               ? ACTION_TIMED_OUT
			  : err->kind == ERROR_INTERRUPTED ? ACTION_STOPPED
							   : ACTION_FAILED;
	result->http_status = trouble->status;
	result->retry_after_ms = trouble->retry_after_ms;
	result->unknown = trouble->sent && !refused;
	result->hopeless = refused ? !is_passing(trouble->status)
				   : result->outcome == ACTION_FAILED && !err->transient;
	result->reason = xstrdup(err->text);
}

static bool run(const struct action_job *job, struct action_result *ret_result, struct error *err)
{
	struct webhook_request request;
	struct http_response response;
	struct action_result result = { .exit_code = -1 };
	struct http *http = http_of_thread();
	if (!webhook_request_make(job->request, job->message, "webhook", &request, err))
		return false;
	if (job->secret.data)
		sign(&request, job->secret);
	const struct http_request asked = { .method = request.method,
		.url = request.url,
		.headers = &request.headers,
		.body = request.has_body ? buf_span(&request.body) : (struct span){ 0 },
		.timeout_ms = job->timeout_ms > 0 ? job->timeout_ms : TIMEOUT_MS,
		.most_bytes = ANSWER_MOST_BYTES,
		.tls = &request.tls,
		.allowed = request.allowed,
		.allowed_count = request.allowed_count,
		.stop = job->stop };
	bool ok = true;
	write_request(&request, &result.request);
	if (http_send(http, &asked, &response, err)) {
		judge_answer(&request, &response, &result);
		http_response_release(&response);
	} else if (err->kind == ERROR_CONFIG) {
		ok = false;
	} else {
		judge_trouble(http_trouble(http), err, &result);
		*err = (struct error){ 0 };
	}
	webhook_request_release(&request);
	if (ok)
		*ret_result = result;
	else
		action_result_release(&result);
	return ok;
}

static bool describe(const struct action_job *job, struct buf *ret_text, struct error *err)
{
	struct webhook_request request;
	if (!webhook_request_make(job->request, job->message, "webhook", &request, err))
		return false;
	if (job->secret.data) {
		text_pairs_set(&request.headers, "X-Port-Timestamp", "(when it is sent)");
		text_pairs_set(&request.headers, "X-Port-Signature", "v1,(of the bytes sent)");
	}
	write_request(&request, ret_text);
	webhook_request_release(&request);
	return true;
}

const struct action_kind action_webhook = { "webhook", "headers", webhook_header_refusal, check,
	run, describe };
