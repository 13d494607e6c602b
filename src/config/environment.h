/* Settings from the environment that are no flags: PORTLOG_KAFKA_NAME and port-agent's variables.
 */
#ifndef PORTLOG_CONFIG_ENVIRONMENT_H
#define PORTLOG_CONFIG_ENVIRONMENT_H

#include "config/config.h"

/* Over what the file says. */
void config_environment_apply(struct config *config);

/* Variables PORTLOG_… that nothing reads: a slip of the pen, most likely, unless Kubernetes has set
 * them for a service of that name. Calls found with each,
 * and the nearest one that is read (NULL: none). */
typedef void config_unknown_variable(void *data, const char *name, const char *nearest);
void config_environment_check(
	const struct option *const *tables, config_unknown_variable *found, void *data);

#endif
