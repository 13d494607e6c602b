/* What the recorder asks of Port's API. */
#ifndef PORTLOG_NET_PORT_API_H
#define PORTLOG_NET_PORT_API_H

#include <stdatomic.h>
#include <stdbool.h>

#include "base/error.h"

struct port_api;

struct port_api_settings {
	const char *url; /* "https://api.port.io" */
	const char *client_id;
	const char *client_secret;
	const atomic_bool *stop; /* becoming true ends what is under way; may be NULL */
};

struct port_api *port_api_new(const struct port_api_settings *settings);
void port_api_free(struct port_api *api);

/* How to reach the organisation's Kafka topics. */
struct port_credentials {
	char *brokers; /* host:port,host:port */
	char *username;
	char *password;
};
void port_credentials_release(struct port_credentials *credentials);

/* ERROR_REMOTE: refused, and by what; ERROR_NETWORK: no answer. */
bool port_api_kafka_credentials(
	struct port_api *api, struct port_credentials *ret_credentials, struct error *err);

/* The organisation's id, "org_…". Yours to free. */
bool port_api_organization(struct port_api *api, char **ret_id, struct error *err);

#endif
