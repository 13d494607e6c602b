/* What the recorder asks of Port's API, and tells it. Usable from several threads at once, which
 * share one access token. */
#ifndef PORTLOG_NET_PORT_API_H
#define PORTLOG_NET_PORT_API_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"
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

/* What became of a report. */
enum port_verdict {
	PORT_SENT,      /* 2xx; 409: it was known already, or the run has ended */
	PORT_REFUSED,   /* by what cannot get better: 400, 403, 404, 413, 414, 422 */
	PORT_TRY_AGAIN, /* anything else */
};
enum port_verdict port_verdict_of(int status);

struct port_answer {
	enum port_verdict verdict;
	int status;
	struct buf body;        /* what Port said */
	int64_t retry_after_ms; /* nothing should be asked for so long, also after what was sent; 0:
				   it may */
};
void port_answer_release(struct port_answer *answer);

/* A call of port_report.h (an empty body is none). A path or body that is too large, and a
 * path with a name of nothing but dots, is refused unsent. A token that is refused is replaced
 * once. True where there was an answer, also one to the login. False (ERROR_NETWORK,
 * ERROR_INTERRUPTED): there was none, so try again. */
bool port_api_report(struct port_api *api, const char *method, const char *path, struct span body,
	struct port_answer *ret_answer, struct error *err);

#endif
