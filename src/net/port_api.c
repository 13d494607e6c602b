#include "net/port_api.h"

#include <stdlib.h>
#include <string.h>

#include <jansson.h>

#include "base/clock.h"
#include "base/json_write.h"
#include "base/xalloc.h"
#include "net/http.h"
#include "net/port_report.h"
#include "net/port_token.h"

enum {
	TIMEOUT_MS = 30000,
	MOST_BYTES = 1 << 20,      /* of an answer */
	IDLE_S = 20,               /* a connection is kept so long */
	VALID_MOST_S = 1000000000, /* a token */
};

struct port_api {
	char *url; /* without a slash at the end */
	char *client_id;
	char *client_secret;
	const atomic_bool *stop;
	struct port_token *token;
};

static port_token_fetch log_in;

struct port_api *port_api_new(const struct port_api_settings *settings)
{
	struct port_api *api = xcalloc(1, sizeof(*api));
	api->url = xstrdup(settings->url);
	for (size_t n = strlen(api->url); n > 0 && api->url[n - 1] == '/'; n--)
		api->url[n - 1] = '\0';
	api->client_id = xstrdup(settings->client_id);
	api->client_secret = xstrdup(settings->client_secret);
	api->stop = settings->stop;
	api->token = port_token_new(log_in, api);
	return api;
}

void port_api_free(struct port_api *api)
{
	if (!api)
		return;
	port_token_free(api->token);
	free(api->url);
	free(api->client_id);
	free(api->client_secret);
	free(api);
}

void port_credentials_release(struct port_credentials *credentials)
{
	free(credentials->brokers);
	free(credentials->username);
	free(credentials->password);
	*credentials = (struct port_credentials){ 0 };
}

/* What Port says in "message" or "error", else nothing. */
static const char *message_of(const json_t *answer)
{
	const char *text = json_string_value(json_object_get(answer, "message"));
	if (!text)
		text = json_string_value(json_object_get(answer, "error"));
	return text ? text : "no reason given";
}

static bool refused(const struct port_api *api, const char *path, int status, const json_t *answer,
	struct error *err)
{
	const char *why = message_of(answer);
	if (status == 401 || status == 404)
		return error_set(err, ERROR_REMOTE,
			"Port refuses %s%s (%d: %s); check the client id and secret, and whether "
			"they are of this region",
			api->url, path, status, why);
	if (status == 429 || status >= 500)
		return error_set_transient(
			err, ERROR_REMOTE, "%s%s fails (%d: %s)", api->url, path, status, why);
	return error_set(
		err, ERROR_REMOTE, "Port refuses %s%s (%d: %s)", api->url, path, status, why);
}

/* One request, with the token where there is one. Any answer is a success. */
static bool exchange(const struct port_api *api, const char *token, const char *method,
	const char *path, struct span body, struct http_response *ret_response, struct error *err)
{
	struct text_pairs headers = { 0 };
	char *url = xasprintf("%s%s", api->url, path);
	if (token) {
		char *value = xasprintf("Bearer %s", token);
		text_pairs_set(&headers, "Authorization", value);
		free(value);
	}
	if (body.data)
		text_pairs_set(&headers, "Content-Type", "application/json");
	const struct http_request request = { .method = method,
		.url = url,
		.headers = &headers,
		.body = body,
		.timeout_ms = TIMEOUT_MS,
		.most_bytes = MOST_BYTES,
		.kept = true, /* what is not answered is told again in any case */
		.idle_s = IDLE_S,
		.stop = api->stop };
	bool ok = http_send(http_of_thread(), &request, ret_response, err);
	text_pairs_clear(&headers);
	free(url);
	return ok;
}

static bool is_success(int status)
{
	return status >= 200 && status <= 299;
}

/* Gives the answer as JSON where its status is 2xx. */
static bool read_answer(const struct port_api *api, const char *path,
	const struct http_response *response, json_t **ret_answer, struct error *err)
{
	bool ok = true;
	json_t *answer = json_loadb(buf_text(&response->body), response->body.length, 0, NULL);
	if (!is_success(response->status))
		ok = refused(api, path, response->status, answer, err);
	else if (response->cut || !answer)
		ok = error_set(err, ERROR_REMOTE,
			"%s%s does not answer with JSON; is it Port's API?", api->url, path);
	if (ok)
		*ret_answer = answer;
	else
		json_decref(answer);
	return ok;
}

/* Port asks to wait: by Retry-After, or because this period's requests are used up. */
static int64_t retry_after_ms(const struct http_response *response)
{
	const char *remaining = http_header(response, "x-ratelimit-remaining");
	const char *reset = http_header(response, "x-ratelimit-reset");
	int64_t wait_ms = response->retry_after_ms;
	if (remaining && reset && strtoll(remaining, NULL, 10) <= 0) {
		const int64_t now_ms = clock_now_ms(), most_s = HTTP_RETRY_AFTER_MOST_MS / 1000;
		int64_t second = strtoll(reset, NULL, 10), now_s = now_ms / 1000;
		/* It is a whole second, and our clock is not Port's. */
		int64_t until_ms = second < now_s - 1        ? 0
				   : second > now_s + most_s ? HTTP_RETRY_AFTER_MOST_MS
							     : (second + 1) * 1000 - now_ms;
		wait_ms = until_ms > wait_ms ? until_ms : wait_ms;
	}
	return wait_ms > HTTP_RETRY_AFTER_MOST_MS ? HTTP_RETRY_AFTER_MOST_MS : wait_ms;
}

static void log_in(void *data, struct port_fetched *ret_fetched)
{
	static const char path[] = "/v1/auth/access_token";
	const struct port_api *api = data;
	struct error *err = &ret_fetched->error;
	struct buf body = { 0 };
	struct json_writer w = { .out = &body };
	struct http_response response;
	json_t *answer = NULL;
	json_object_start(&w);
	json_member_text(&w, "clientId", api->client_id);
	json_member_text(&w, "clientSecret", api->client_secret);
	json_object_end(&w);
	bool ok = exchange(api, NULL, "POST", path, buf_span(&body), &response, err);
	buf_free(&body);
	if (!ok)
		return;
	if (read_answer(api, path, &response, &answer, err)) {
		const char *token = json_string_value(json_object_get(answer, "accessToken"));
		double seconds = json_number_value(json_object_get(answer, "expiresIn"));
		if (!token)
			error_set(err, ERROR_REMOTE, "%s gives no access token", api->url);
		ret_fetched->token = token ? xstrdup(token) : NULL;
		if (seconds > VALID_MOST_S)
			seconds = VALID_MOST_S;
		ret_fetched->valid_ms = seconds > 0 ? (int64_t)(seconds * 1000) : 0;
		json_decref(answer);
	}
	ret_fetched->status = response.status;
	ret_fetched->retry_after_ms = retry_after_ms(&response);
	http_response_release(&response);
}

/* Asks with a token, and once more with a new one where it is refused. Any answer is a success;
 * where Port gave no token, *ret_failed says why. */
static bool ask(struct port_api *api, const char *method, const char *path, struct span body,
	struct http_response *ret_response, struct port_fetched *ret_failed)
{
	char *refused_token = NULL;
	for (;;) {
		struct http_response response;
		struct error err = { 0 };
		char *token;
		bool again = refused_token != NULL;
		bool has_token = port_token_get(api->token, refused_token, &token, ret_failed);
		free(refused_token);
		if (!has_token)
			return false;
		if (!exchange(api, token, method, path, body, &response, &err)) {
			*ret_failed = (struct port_fetched){ .error = err };
			free(token);
			return false;
		}
		if (response.status != 401 || again) {
			*ret_response = response;
			free(token);
			return true;
		}
		http_response_release(&response);
		refused_token = token;
	}
}

static bool get(struct port_api *api, const char *path, json_t **ret_answer, struct error *err)
{
	struct http_response response;
	struct port_fetched failed;
	if (!ask(api, "GET", path, (struct span){ 0 }, &response, &failed)) {
		*err = failed.error;
		return false;
	}
	bool ok = read_answer(api, path, &response, ret_answer, err);
	http_response_release(&response);
	return ok;
}

static char *join(const json_t *array)
{
	struct buf text = { 0 };
	size_t i;
	const json_t *one;
	json_array_foreach(array, i, one)
	{
		if (text.length > 0)
			buf_add_char(&text, ',');
		buf_add_text(&text, json_is_string(one) ? json_string_value(one) : "");
	}
	return buf_take(&text);
}

bool port_api_kafka_credentials(
	struct port_api *api, struct port_credentials *ret_credentials, struct error *err)
{
	json_t *answer;
	if (!get(api, "/v1/kafka-credentials", &answer, err))
		return error_prefix(err, "cannot get Kafka's credentials");
	const json_t *from = json_object_get(answer, "credentials");
	const json_t *brokers = json_object_get(from, "brokers");
	const char *username = json_string_value(json_object_get(from, "username"));
	const char *password = json_string_value(json_object_get(from, "password"));
	bool ok = json_array_size(brokers) > 0 && username && password;
	if (ok)
		*ret_credentials = (struct port_credentials){ join(brokers), xstrdup(username),
			xstrdup(password) };
	else
		error_set(err, ERROR_REMOTE,
			"%s has no Kafka credentials for this organization; ask Port for a topic",
			api->url);
	json_decref(answer);
	return ok;
}

bool port_api_organization(struct port_api *api, char **ret_id, struct error *err)
{
	json_t *answer;
	if (!get(api, "/v1/organization", &answer, err))
		return error_prefix(err, "cannot get the organization's id");
	const char *id =
		json_string_value(json_object_get(json_object_get(answer, "organization"), "id"));
	if (id)
		*ret_id = xstrdup(id);
	else
		error_set(err, ERROR_REMOTE, "%s does not tell the organization's id; use --org",
			api->url);
	json_decref(answer);
	return id != NULL;
}

/* Reports */

enum port_verdict port_verdict_of(int status)
{
	switch (status) {
	case 409: /* the run has ended, or it was told before */
		return PORT_SENT;
	case 400:
	case 403:
	case 404:
	case 413:
	case 414:
	case 422:
		return PORT_REFUSED;
	default:
		return is_success(status) ? PORT_SENT : PORT_TRY_AGAIN;
	}
}

void port_answer_release(struct port_answer *answer)
{
	buf_free(&answer->body);
}

/* What Port would say, without asking it. */
static bool answer_unsent(int status, const char *why, struct port_answer *ret_answer)
{
	*ret_answer = (struct port_answer){ .verdict = PORT_REFUSED, .status = status };
	buf_addf(
		&ret_answer->body, "{\"ok\":false,\"error\":\"not_sent\",\"message\":\"%s\"}", why);
	return true;
}

/* A name from a message that is only dots would lead elsewhere, with our token, where something on
 * the way tidies paths; also beside a slash that it decodes. */
static bool has_dots(const char *path)
{
	size_t dots = 0, length = 0; /* of the segment */
	for (const char *c = path;; c++) {
		bool coded = strncmp(c, "%2F", 3) == 0 || strncmp(c, "%5C", 3) == 0;
		if (*c && *c != '/' && *c != '?' && !coded) {
			dots += *c == '.';
			length++;
			continue;
		}
		if (length > 0 && dots == length)
			return true;
		if (!*c || *c == '?')
			return false;
		dots = length = 0;
		c += coded ? 2 : 0;
	}
}

static bool answer_without_token(
	const struct port_fetched *failed, struct port_answer *ret_answer, struct error *err)
{
	*err = failed->error;
	if (failed->status == 0)
		return false;
	*ret_answer = (struct port_answer){ .verdict = PORT_TRY_AGAIN,
		.status = failed->status,
		.retry_after_ms = failed->retry_after_ms };
	buf_add_text(&ret_answer->body, failed->error.text);
	return true;
}

bool port_api_report(struct port_api *api, const char *method, const char *path, struct span body,
	struct port_answer *ret_answer, struct error *err)
{
	struct http_response response;
	struct port_fetched failed;
	if (body.length > PORT_BODY_MOST_BYTES)
		return answer_unsent(413, "the body is larger than Port takes", ret_answer);
	if (strlen(path) > PORT_PATH_MOST_BYTES)
		return answer_unsent(414, "the path is longer than Port takes", ret_answer);
	if (has_dots(path))
		return answer_unsent(400, "a name in the path is nothing but dots", ret_answer);
	if (!ask(api, method, path, body.length ? body : (struct span){ 0 }, &response, &failed))
		return answer_without_token(&failed, ret_answer, err);
	*ret_answer = (struct port_answer){ .verdict = port_verdict_of(response.status),
		.status = response.status,
		.body = response.body,
		.retry_after_ms = retry_after_ms(&response) };
	response.body = (struct buf){ 0 };
	http_response_release(&response);
	return true;
}
