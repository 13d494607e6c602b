#include "net/port_token.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/xalloc.h"

enum { MARGIN_MS = 60000 }; /* a token is renewed so long before it ends */

struct port_token {
	port_token_fetch *fetch;
	void *data;
	pthread_mutex_t lock;
	pthread_cond_t fetched;
	bool fetching;
	uint64_t fetches;         /* how many have ended */
	struct port_fetched last; /* the last that ended; its token is the current one */
	int64_t until_ms;
};

struct port_token *port_token_new(port_token_fetch *fetch, void *data)
{
	struct port_token *token = xcalloc(1, sizeof(*token));
	token->fetch = fetch;
	token->data = data;
	if (pthread_mutex_init(&token->lock, NULL) != 0 ||
		pthread_cond_init(&token->fetched, NULL) != 0)
		abort(); /* out of memory */
	return token;
}

void port_token_free(struct port_token *token)
{
	if (!token)
		return;
	pthread_mutex_destroy(&token->lock);
	pthread_cond_destroy(&token->fetched);
	free(token->last.token);
	free(token);
}

static bool is_good(const struct port_token *token, const char *refused)
{
	const char *text = token->last.token;
	return text && !(refused && strcmp(text, refused) == 0) &&
	       clock_monotonic_ms() < token->until_ms;
}

/* Port gives the same token until it ends: asking for it again and again would not make it last. */
static int64_t margin_ms(const struct port_token *token, const struct port_fetched *fetched)
{
	if (token->last.token && strcmp(token->last.token, fetched->token) == 0)
		return 0;
	return fetched->valid_ms / 2 < MARGIN_MS ? fetched->valid_ms / 2 : MARGIN_MS;
}

/* With the lock held, which is left while it is fetched. */
static void fetch(struct port_token *token)
{
	struct port_fetched fetched = { 0 };
	token->fetching = true;
	pthread_mutex_unlock(&token->lock);
	token->fetch(token->data, &fetched);
	pthread_mutex_lock(&token->lock);
	if (fetched.token)
		token->until_ms =
			clock_monotonic_ms() + fetched.valid_ms - margin_ms(token, &fetched);
	free(token->last.token);
	token->last = fetched;
	token->fetching = false;
	token->fetches++;
	pthread_cond_broadcast(&token->fetched);
}

static void wait_for_fetch(struct port_token *token)
{
	uint64_t before = token->fetches;
	while (token->fetches == before)
		pthread_cond_wait(&token->fetched, &token->lock);
}

bool port_token_get(struct port_token *token, const char *refused, char **ret_text,
	struct port_fetched *ret_failed)
{
	bool waited = false;
	pthread_mutex_lock(&token->lock);
	/* A fetch that failed for others failed for us, too. */
	while (!is_good(token, refused) && !(waited && !token->last.token)) {
		if (!token->fetching) {
			fetch(token);
			break;
		}
		wait_for_fetch(token);
		waited = true;
	}
	bool ok = token->last.token != NULL;
	if (ok)
		*ret_text = xstrdup(token->last.token);
	else
		*ret_failed = token->last;
	pthread_mutex_unlock(&token->lock);
	return ok;
}
