#include "net/port_api.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include <jansson.h>

#include "base/clock.h"
#include "base/json_write.h"
#include "base/xalloc.h"
#include "net/http.h"

enum {
	TIMEOUT_MS = 30000,
	MOST_BYTES = 1 << 20,
	TOKEN_MARGIN_MS = 60000, /* a token is renewed so long before it ends */
};

struct port_api {
	char *url; /* without a slash at the end */
	char *client_id;
	char *client_secret;
	const atomic_bool *stop;
	struct http *http;
	char *token; /* NULL: none yet */
	int64_t token_until_ms;
};

struct port_api *port_api_new(const struct port_api_settings *settings)
{
	struct port_api *api = xcalloc(1, sizeof(*api));
	api->url = xstrdup(settings->url);
	for (size_t n = strlen(api->url); n > 0 && api->url[n - 1] == '/'; n--)
		api->url[n - 1] = '\0';
	api->client_id = xstrdup(settings->client_id);
	api->client_secret = xstrdup(settings->client_secret);
	api->stop = settings->stop;
	api->http = http_new();
	return api;
}

void port_api_free(struct port_api *api)
{
	if (!api)
		return;
	http_free(api->http);
	free(api->url);
	free(api->client_id);
	free(api->client_secret);
	free(api->token);
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

/* Asks, and gives the answer where its status is 2xx. */
static bool exchange(struct port_api *api, const char *method, const char *path, struct span body,
	json_t **ret_answer, struct error *err)
{
	struct text_pairs headers = { 0 };
	struct http_response response;
	char *url = xasprintf("%s%s", api->url, path);
	if (api->token) {
		char *value = xasprintf("Bearer %s", api->token);
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
		.stop = api->stop };
	bool ok = http_send(api->http, &request, &response, err);
	text_pairs_clear(&headers);
	free(url);
	if (!ok)
		return false;
	json_t *answer = json_loadb(buf_text(&response.body), response.body.length, 0, NULL);
	if (response.status < 200 || response.status > 299)
		ok = refused(api, path, response.status, answer, err);
	else if (!answer)
		ok = error_set(err, ERROR_REMOTE,
			"%s%s does not answer with JSON; is it Port's API?", api->url, path);
	http_response_release(&response);
	if (ok)
		*ret_answer = answer;
	else
		json_decref(answer);
	return ok;
}

static bool log_in(struct port_api *api, struct error *err)
{
	struct buf body = { 0 };
	struct json_writer w = { .out = &body };
	json_t *answer;
	if (api->token && clock_monotonic_ms() < api->token_until_ms)
		return true;
	free(api->token);
	api->token = NULL;
	json_object_start(&w);
	json_member_text(&w, "clientId", api->client_id);
	json_member_text(&w, "clientSecret", api->client_secret);
	json_object_end(&w);
	bool ok = exchange(api, "POST", "/v1/auth/access_token", buf_span(&body), &answer, err);
	buf_free(&body);
	if (!ok)
		return false;
	const char *token = json_string_value(json_object_get(answer, "accessToken"));
	int64_t seconds = json_integer_value(json_object_get(answer, "expiresIn"));
	if (token) {
		api->token = xstrdup(token);
		api->token_until_ms = clock_monotonic_ms() + seconds * 1000 - TOKEN_MARGIN_MS;
	} else {
		ok = error_set(err, ERROR_REMOTE, "%s gives no access token", api->url);
	}
	json_decref(answer);
	return ok;
}

static bool get(struct port_api *api, const char *path, json_t **ret_answer, struct error *err)
{
	return log_in(api, err) && exchange(api, "GET", path, (struct span){ 0 }, ret_answer, err);
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
