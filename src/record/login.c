#include "record/login.h"

#include <poll.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "base/xalloc.h"

enum { END_MS = 1000 };

struct login {
	struct port_api *api;
	bool want_organization;
	atomic_bool stop;
	bool running; /* the thread is to be joined */
	pthread_t thread;
	int descriptor;
	struct login_result result; /* the thread's until it has written to descriptor */
};

void login_result_release(struct login_result *result)
{
	port_credentials_release(&result->credentials);
	free(result->organization);
	result->organization = NULL;
}

struct login *login_new(const struct login_settings *settings)
{
	struct login *login = xcalloc(1, sizeof(*login));
	const struct port_api_settings api = { .url = settings->api,
		.client_id = settings->client_id,
		.client_secret = settings->client_secret,
		.stop = &login->stop };
	login->want_organization = settings->want_organization;
	login->api = port_api_new(&api);
	login->descriptor = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
	if (login->descriptor < 0)
		abort(); /* no descriptors left at the start: nothing would work */
	return login;
}

static void *fetch(void *data)
{
	static const uint64_t one = 1;
	struct login *login = data;
	struct login_result *result = &login->result;
	result->ok = port_api_kafka_credentials(login->api, &result->credentials, &result->error) &&
		     (!login->want_organization || port_api_organization(login->api,
							   &result->organization, &result->error));
	ssize_t written = write(login->descriptor, &one, sizeof(one));
	(void)written;
	return NULL;
}

bool login_start(struct login *login)
{
	if (login->running)
		return true;
	login->result = (struct login_result){ 0 };
	login->running = pthread_create(&login->thread, NULL, fetch, login) == 0;
	return login->running;
}

int login_descriptor(const struct login *login)
{
	return login->descriptor;
}

bool login_take(struct login *login, struct login_result *ret_result)
{
	uint64_t events;
	if (!login->running ||
		read(login->descriptor, &events, sizeof(events)) != (ssize_t)sizeof(events))
		return false;
	pthread_join(login->thread, NULL);
	login->running = false;
	*ret_result = login->result;
	login->result = (struct login_result){ 0 };
	return true;
}

void login_free(struct login *login)
{
	if (!login)
		return;
	atomic_store(&login->stop, true);
	if (login->running) {
		/* curl asks at least once a second whether to go on; resolving a name it can't. */
		struct pollfd fetched = { .fd = login->descriptor, .events = POLLIN };
		if (poll(&fetched, 1, END_MS) <= 0)
			return;
		pthread_join(login->thread, NULL);
	}
	login_result_release(&login->result);
	port_api_free(login->api);
	close(login->descriptor);
	free(login);
}
