/* SIGHUP: what a running recorder takes over from a configuration that has changed. */
#ifndef PORTLOG_CLI_RECORD_RELOAD_H
#define PORTLOG_CLI_RECORD_RELOAD_H

#include "cli/command.h"
#include "config/config.h"
#include "record/recorder.h"

struct reload {
	const struct invocation *call;
	bool no_actions;
	struct config *config;              /* in use */
	struct recorder_settings *settings; /* the recorder's, which borrow from it */
	struct store *store;
	struct executor_settings execution; /* of the configuration in use */
	/* Read again, and not in use yet. */
	struct config *next;
	struct config_changes changes;
	struct executor_settings next_execution;
};

/* The configuration as flags, environment and file give it now. */
bool reload_load(const struct invocation *call, struct config **ret_config, struct error *err);

/* Lets the settings borrow what the configuration says. */
void reload_settings(const struct config *config, bool no_actions,
	struct recorder_settings *settings, struct executor_settings *execution);

/* For recorder_settings.reload and renew, with a struct reload as data. What needs a restart is
 * named in the log, and left as it was. */
bool reload_run(void *data, struct recorder_renewal *ret_renewal, struct error *err);
bool reload_use(void *data, struct error *err);
/* Frees its configurations. */
void reload_release(struct reload *reload);

#endif
