/* Where the demo's recorder acts: the rule it has, the program that the rule names, and Port, which
 * hears what is told of runs and publishes what became of them. */
#ifndef PORTLOG_DEMO_ACTING_H
#define PORTLOG_DEMO_ACTING_H

#include "base/error.h"
#include "base/json_write.h"
#include "demo/story.h"

struct acting;

/* Writes the program into the directory and starts Port. */
bool acting_new(const char *directory, struct acting **ret_acting, struct error *err);
void acting_free(struct acting *acting);

/* The members of a configuration that say all this. A story that ends in the past is not too old.
 */
void acting_config_write(const struct acting *acting, int64_t now_ms, struct json_writer *w);
/* Plans what Port publishes of the next thing it was told; false: it was told nothing more. */
bool acting_hear(struct acting *acting, struct story *story, int64_t at_ms);
/* Whether the program fails from now on. */
bool acting_set_trouble(struct acting *acting, bool trouble, struct error *err);

#endif
