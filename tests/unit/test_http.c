/* An address is asked about for each request, also where a connection to it is kept that a request
 * made which was allowed more. The rest of http.c is tested over real sockets: tests/web. */
#include "unit.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "net/http.h"

/* Loopback is where a test may go, and is refused here when a test says so. */
static bool refuse;
const char *__wrap_address_refused(
	const struct address *address, const struct address_range *allowed, size_t allowed_count);

const char *__wrap_address_refused(
	const struct address *address, const struct address_range *allowed, size_t allowed_count)
{
	(void)address;
	(void)allowed;
	(void)allowed_count;
	return refuse ? "not for this request" : NULL;
}

struct server {
	int listener;
	atomic_int connections, requests;
};

/* One connection after another; a request without a body arrives in one piece. */
static void *serve(void *data)
{
	static const char answer[] = "HTTP/1.1 204 OK\r\n\r\n";
	struct server *server = data;
	char request[4096];
	for (int c; (c = accept(server->listener, NULL, NULL)) >= 0; close(c)) {
		server->connections++;
		while (read(c, request, sizeof(request)) > 0) {
			server->requests++;
			if (write(c, answer, sizeof(answer) - 1) < 0)
				break;
		}
	}
	return NULL;
}

static void test_kept_connection(void **state)
{
	struct server server = { .listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0) };
	struct sockaddr_in at = { .sin_family = AF_INET, .sin_addr = { htonl(INADDR_LOOPBACK) } };
	socklen_t length = sizeof(at);
	struct http *http = http_new();
	struct http_response response = { 0 };
	struct error err = { 0 };
	pthread_t thread;
	char url[64];
	(void)state;
	assert_int_equal(bind(server.listener, (struct sockaddr *)&at, length), 0);
	assert_int_equal(listen(server.listener, 8), 0);
	getsockname(server.listener, (struct sockaddr *)&at, &length);
	assert_int_equal(pthread_create(&thread, NULL, serve, &server), 0);
	setenv("NO_PROXY", "*", 1);
	/* A name: an address in the URL is refused before anything is connected. */
	snprintf(url, sizeof(url), "http://localhost:%d/", ntohs(at.sin_port));
	const struct http_request request = {
		.method = "GET", .url = url, .timeout_ms = 5000, .most_bytes = 1000, .idle_s = 100
	};
	for (int i = 0; i < 2; i++) {
		assert_true(http_send(http, &request, &response, &err));
		http_response_release(&response);
	}
	assert_int_equal(server.connections, 1);
	assert_int_equal(server.requests, 2);
	refuse = true;
	assert_false(http_send(http, &request, &response, &err));
	refuse = false;
	assert_non_null(strstr(err.text, "127.0.0.1 is not for this request, which is refused"));
	assert_false(http_trouble(http)->sent);
	assert_int_equal(server.requests, 2);
	http_free(http);
	shutdown(server.listener, SHUT_RDWR);
	pthread_join(thread, NULL);
	close(server.listener);
}

int main(void)
{
	static const struct CMUnitTest tests[] = { TEST(test_kept_connection) };
	return cmocka_run_group_tests(tests, NULL, NULL);
}
