/* An access token that several threads share: one of them fetches it, the others wait. */
#ifndef PORTLOG_NET_PORT_TOKEN_H
#define PORTLOG_NET_PORT_TOKEN_H

#include <stdbool.h>
#include <stdint.h>

#include "base/error.h"

struct port_token;

/* What a fetch gave, or why it gave nothing. */
struct port_fetched {
	char *token;            /* given to the port_token; NULL where it failed */
	int64_t valid_ms;       /* how long it is good from now on */
	int status;             /* of an answer that gives none; 0: there was no answer */
	int64_t retry_after_ms; /* it asked to wait so long; 0: it did not */
	struct error error;
};

/* Blocking; called by one thread at a time. */
typedef void port_token_fetch(void *data, struct port_fetched *ret_fetched);

struct port_token *port_token_new(port_token_fetch *fetch, void *data);
void port_token_free(struct port_token *token);

/* A copy (yours) of a token that is good for a while, and another than refused, which Port did not
 * take just now (NULL: none was refused), if Port gives another. Failing, *ret_failed says why (its
 * token is NULL); all who waited for that fetch are told the same. */
bool port_token_get(struct port_token *token, const char *refused, char **ret_text,
	struct port_fetched *ret_failed);

#endif
