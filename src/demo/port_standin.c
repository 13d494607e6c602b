#include "demo/port_standin.h"

#include <arpa/inet.h>
#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/json_scan.h"
#include "base/json_write.h"
#include "base/xalloc.h"

enum {
	CONNECTIONS_MOST = 64,
	REQUEST_MOST_BYTES = 2 * 1024 * 1024,
	READ_BYTES = 16384,
	TOKEN_LASTS_S = 10800,
};

static const char token[] = "demo-token-of-the-stand-in";

struct connection {
	int fd; /* -1: free */
	struct buf in;
};

struct port_standin {
	char *url;
	char *client_id;
	char *client_secret;
	int listener;
	int stop; /* an eventfd */
	pthread_t thread;
	struct connection connections[CONNECTIONS_MOST];
	pthread_mutex_t mutex; /* of what was told */
	struct port_telling *told;
};

/* A request that has come as a whole; all of it points into what was read. */
struct request {
	struct span method;
	struct span path;  /* without the query */
	struct span query; /* behind the '?' */
	struct span headers;
	struct span body;
	size_t length; /* of it all */
};

static struct span behind(struct span text, const char *end)
{
	return span_make(end, (size_t)(text.data + text.length - end));
}

/* What stands before the separator; *rest goes on behind it, or is empty. */
static struct span cut(struct span *rest, const char *separator)
{
	struct span first = *rest;
	const char *at = memmem(rest->data, rest->length, separator, strlen(separator));
	if (at)
		first.length = (size_t)(at - rest->data);
	*rest = at ? behind(*rest, at + strlen(separator))
		   : span_make(rest->data + rest->length, 0);
	return first;
}

/* A header's value, or of a query, with other separators, a parameter's. Empty: not there. */
static struct span value_of(struct span list, const char *separator, const char *name)
{
	size_t length = strlen(name);
	while (list.length > 0) {
		struct span one = cut(&list, separator);
		if (one.length >= length && strncasecmp(one.data, name, length) == 0)
			return span_make(one.data + length, one.length - length);
	}
	return span_of("");
}

static struct span header(const struct request *request, const char *name)
{
	return value_of(request->headers, "\r\n", name);
}

/* False: not all of it is here yet. */
static bool request_read(struct span text, struct request *ret_request)
{
	const char *end = memmem(text.data, text.length, "\r\n\r\n", 4);
	if (!end)
		return false;
	struct span body = behind(text, end + 4);
	struct span head = span_make(text.data, (size_t)(end - text.data));
	struct span line = cut(&head, "\r\n");
	struct request request = { .headers = head };
	request.method = cut(&line, " ");
	request.query = cut(&line, " ");
	request.path = cut(&request.query, "?");
	char digits[16] = "";
	struct span length = header(&request, "Content-Length: ");
	if (length.length < sizeof(digits))
		memcpy(digits, length.data, length.length);
	request.body = span_make(body.data, strtoul(digits, NULL, 10));
	request.length = (size_t)(request.body.data - text.data) + request.body.length;
	*ret_request = request;
	return request.body.length <= body.length;
}

/* An answer's status, its body appended to out. */
typedef int handler(struct port_standin *standin, const struct request *request, struct span name,
	struct buf *out);

static bool member_is(const struct json_doc *doc, const char *path, const char *text)
{
	struct buf scratch = { 0 };
	struct span value = json_text(doc, json_path(doc, 0, path), &scratch);
	bool same = value.data && span_is(value, text);
	buf_free(&scratch);
	return same;
}

static int answer_token(struct port_standin *standin, const struct request *request,
	struct span name, struct buf *out)
{
	struct json_doc doc = { 0 };
	(void)name;
	bool known = json_scan(&doc, request->body.data, request->body.length) == JSON_OK &&
		     member_is(&doc, ".clientId", standin->client_id) &&
		     member_is(&doc, ".clientSecret", standin->client_secret);
	json_doc_release(&doc);
	if (!known)
		return 401;
	buf_addf(out,
		"{\"ok\":true,\"accessToken\":\"%s\",\"expiresIn\":%d,"
		"\"tokenType\":\"Bearer\"}",
		token, TOKEN_LASTS_S);
	return 200;
}

static int keep(struct port_standin *standin, enum port_told what, struct span run_id,
	struct span blueprint, struct span body)
{
	struct json_doc doc = { 0 };
	bool valid = json_scan(&doc, body.data, body.length) == JSON_OK;
	json_doc_release(&doc);
	if (!valid)
		return 422;
	struct port_telling *telling = xcalloc(1, sizeof(*telling));
	telling->what = what;
	telling->run_id = span_dup(run_id);
	telling->blueprint = span_dup(blueprint);
	buf_add_span(&telling->body, body);
	pthread_mutex_lock(&standin->mutex);
	struct port_telling **end = &standin->told;
	while (*end)
		end = &(*end)->next;
	*end = telling;
	pthread_mutex_unlock(&standin->mutex);
	return what == PORT_TOLD_STATUS ? 200 : 201;
}

static int answer_status(struct port_standin *standin, const struct request *request,
	struct span name, struct buf *out)
{
	(void)out;
	return keep(standin, PORT_TOLD_STATUS, name, span_of(""), request->body);
}

static int answer_log(struct port_standin *standin, const struct request *request, struct span name,
	struct buf *out)
{
	(void)out;
	return keep(standin, PORT_TOLD_LOG, name, span_of(""), request->body);
}

static int answer_entity(struct port_standin *standin, const struct request *request,
	struct span name, struct buf *out)
{
	(void)out;
	return keep(standin, PORT_TOLD_ENTITY, value_of(request->query, "&", "run_id="), name,
		request->body);
}

/* The name in a path stands between its two parts. */
static const struct route {
	const char *method;
	const char *before;
	const char *after;
	handler *answer;
	bool open; /* to whoever has no token yet */
} routes[] = {
	{ "POST", "/v1/auth/access_token", "", answer_token, true },
	{ "PATCH", "/v1/actions/runs/", "", answer_status, false },
	{ "POST", "/v1/actions/runs/", "/logs", answer_log, false },
	{ "POST", "/v1/blueprints/", "/entities", answer_entity, false },
};

static bool route_fits(
	const struct route *route, const struct request *request, struct span *ret_name)
{
	struct span path = request->path;
	size_t before = strlen(route->before);
	size_t after = strlen(route->after);
	if (!span_is(request->method, route->method) || path.length < before + after ||
		memcmp(path.data, route->before, before) != 0 ||
		memcmp(path.data + path.length - after, route->after, after) != 0)
		return false;
	*ret_name = span_make(path.data + before, path.length - before - after);
	return !memchr(ret_name->data, '/', ret_name->length);
}

static bool has_token(const struct request *request)
{
	struct span value = header(request, "Authorization: Bearer ");
	return span_is(value, token);
}

static int answer(struct port_standin *standin, const struct request *request, struct buf *out)
{
	struct span name;
	for (size_t i = 0; i < sizeof(routes) / sizeof(routes[0]); i++) {
		if (!route_fits(&routes[i], request, &name))
			continue;
		if (!routes[i].open && !has_token(request))
			return 401;
		return routes[i].answer(standin, request, name, out);
	}
	return 404;
}

/* False: it went away. */
static bool send_answer(int fd, int status, const struct buf *body)
{
	static const char said[] = "{\"ok\":true}";
	static const char refused[] = "{\"ok\":false,\"error\":\"refused\"}";
	struct span text =
		body->length > 0 ? buf_span(body) : span_of(status < 300 ? said : refused);
	struct buf out = { 0 };
	buf_addf(&out,
		"HTTP/1.1 %d %s\r\nContent-Type: application/json\r\nContent-Length: %zu\r\n\r\n",
		status, status < 300 ? "OK" : "No", text.length);
	buf_add_span(&out, text);
	ssize_t sent = send(fd, out.data, out.length, MSG_NOSIGNAL);
	bool ok = sent == (ssize_t)out.length;
	buf_free(&out);
	return ok;
}

static void connection_close(struct connection *connection)
{
	if (connection->fd >= 0)
		close(connection->fd);
	buf_free(&connection->in);
	connection->fd = -1;
}

/* False: it is to be closed. */
static bool connection_serve(struct port_standin *standin, struct connection *connection)
{
	char text[READ_BYTES];
	struct request request;
	ssize_t length = recv(connection->fd, text, sizeof(text), 0);
	if (length <= 0 || connection->in.length > REQUEST_MOST_BYTES)
		return length < 0 && errno == EINTR;
	buf_add(&connection->in, text, (size_t)length);
	while (request_read(buf_span(&connection->in), &request)) {
		struct buf body = { 0 };
		int status = answer(standin, &request, &body);
		bool ok = send_answer(connection->fd, status, &body);
		buf_free(&body);
		if (!ok)
			return false;
		size_t left = connection->in.length - request.length;
		memmove(connection->in.data, connection->in.data + request.length, left);
		connection->in.length = left;
	}
	return true;
}

static void connection_accept(struct port_standin *standin)
{
	int fd = accept4(standin->listener, NULL, NULL, SOCK_CLOEXEC);
	for (size_t i = 0; fd >= 0 && i < CONNECTIONS_MOST; i++)
		if (standin->connections[i].fd < 0) {
			standin->connections[i].fd = fd;
			return;
		}
	if (fd >= 0)
		close(fd);
}

static void *serve(void *data)
{
	enum { OTHERS = 2 };
	struct port_standin *standin = data;
	struct pollfd wait[OTHERS + CONNECTIONS_MOST] = {
		{ .fd = standin->stop, .events = POLLIN },
		{ .fd = standin->listener, .events = POLLIN },
	};
	while (!wait[0].revents) {
		for (size_t i = 0; i < CONNECTIONS_MOST; i++)
			wait[OTHERS + i] = (struct pollfd){ standin->connections[i].fd, POLLIN, 0 };
		if (poll(wait, OTHERS + CONNECTIONS_MOST, -1) < 0)
			continue;
		for (size_t i = 0; i < CONNECTIONS_MOST; i++)
			if (wait[OTHERS + i].revents &&
				!connection_serve(standin, &standin->connections[i]))
				connection_close(&standin->connections[i]);
		if (wait[1].revents)
			connection_accept(standin);
	}
	return NULL;
}

static bool listen_on_loopback(struct port_standin *standin, struct error *err)
{
	struct sockaddr_in address = { .sin_family = AF_INET,
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	socklen_t size = sizeof(address);
	standin->listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	standin->stop = eventfd(0, EFD_CLOEXEC);
	if (standin->listener < 0 || standin->stop < 0 ||
		bind(standin->listener, (struct sockaddr *)&address, size) != 0 ||
		listen(standin->listener, CONNECTIONS_MOST) != 0 ||
		getsockname(standin->listener, (struct sockaddr *)&address, &size) != 0)
		return error_set(
			err, ERROR_NETWORK, "cannot listen on 127.0.0.1: %s", strerror(errno));
	standin->url = xasprintf("http://127.0.0.1:%d", ntohs(address.sin_port));
	return true;
}

/* Signals are for the thread that waits for them. */
static bool start_thread(struct port_standin *standin, struct error *err)
{
	sigset_t all;
	sigset_t before;
	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &before);
	int failure = pthread_create(&standin->thread, NULL, serve, standin);
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	return !failure ||
	       error_set(err, ERROR_NETWORK, "cannot start a thread: %s", strerror(failure));
}

static void standin_release(struct port_standin *standin)
{
	for (size_t i = 0; i < CONNECTIONS_MOST; i++)
		connection_close(&standin->connections[i]);
	if (standin->listener >= 0)
		close(standin->listener);
	if (standin->stop >= 0)
		close(standin->stop);
	struct port_telling *telling;
	while ((telling = port_standin_take(standin)))
		port_telling_free(telling);
	pthread_mutex_destroy(&standin->mutex);
	free(standin->url);
	free(standin->client_id);
	free(standin->client_secret);
	free(standin);
}

bool port_standin_new(const char *client_id, const char *client_secret,
	struct port_standin **ret_standin, struct error *err)
{
	struct port_standin *standin = xcalloc(1, sizeof(*standin));
	standin->client_id = xstrdup(client_id);
	standin->client_secret = xstrdup(client_secret);
	pthread_mutex_init(&standin->mutex, NULL);
	for (size_t i = 0; i < CONNECTIONS_MOST; i++)
		standin->connections[i].fd = -1;
	if (!listen_on_loopback(standin, err) || !start_thread(standin, err)) {
		standin_release(standin);
		return false;
	}
	*ret_standin = standin;
	return true;
}

void port_standin_free(struct port_standin *standin)
{
	static const uint64_t one = 1;
	if (!standin)
		return;
	ssize_t written = write(standin->stop, &one, sizeof(one));
	(void)written; /* an eventfd of our own takes it */
	pthread_join(standin->thread, NULL);
	standin_release(standin);
}

const char *port_standin_url(const struct port_standin *standin)
{
	return standin->url;
}

struct port_telling *port_standin_take(struct port_standin *standin)
{
	pthread_mutex_lock(&standin->mutex);
	struct port_telling *telling = standin->told;
	if (telling)
		standin->told = telling->next;
	pthread_mutex_unlock(&standin->mutex);
	return telling;
}

void port_telling_free(struct port_telling *telling)
{
	if (!telling)
		return;
	free(telling->run_id);
	free(telling->blueprint);
	buf_free(&telling->body);
	free(telling);
}
