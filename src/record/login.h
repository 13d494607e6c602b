/* Kafka's login from Port's API, fetched in a thread of its own: polling must not wait for it. */
#ifndef PORTLOG_RECORD_LOGIN_H
#define PORTLOG_RECORD_LOGIN_H

#include <stdbool.h>
#include <stdint.h>

#include "base/error.h"
#include "net/port_api.h"

struct login;

struct login_settings {
	const char *api;
	const char *client_id;
	const char *client_secret;
	bool want_organization; /* its id is not known */
};

struct login_result {
	bool ok;
	struct error error; /* where not ok */
	struct port_credentials credentials;
	char *organization; /* NULL: was not wanted */
};
void login_result_release(struct login_result *result);

struct login *login_new(const struct login_settings *settings);
/* Ends what is under way, waiting for it at most a second. */
void login_free(struct login *login);
/* Fetches; one at a time. False: no thread can be started. */
bool login_start(struct login *login);
/* Readable when there is a result. */
int login_descriptor(const struct login *login);
/* False: not yet. */
bool login_take(struct login *login, struct login_result *ret_result);

#endif
