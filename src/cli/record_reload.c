#include "cli/record_reload.h"

#include "base/log.h"
#include "event/path_map.h"
#include "store/store.h"

bool reload_load(const struct invocation *call, struct config **ret_config, struct error *err)
{
	const struct config_sources sources = {
		.path = call->global->config, .store = call->global->store, .flags = call->flags
	};
	return config_load(&sources, ret_config, err);
}

void reload_settings(const struct config *config, bool no_actions,
	struct recorder_settings *settings, struct executor_settings *execution)
{
	*execution = (struct executor_settings){ .rules = config->rules,
		.execution = config->execution,
		.fields = config->fields,
		.feeders = &config->feeders,
		.secrets = &config->secrets,
		.api = config->port.api,
		.client_id = config->port.client_id,
		.client_secret = config->port.client_secret,
		.former_client_secrets = config_former_secrets(config) };
	settings->execution = no_actions ? NULL : execution;
	settings->org = config->org;
	settings->group = config->group;
	settings->topics = &config->topics;
	settings->properties = &config->kafka;
	settings->api = config->port.api;
	settings->client_id = config->port.client_id;
	settings->client_secret = config->port.client_secret;
}

static bool check(struct reload *r, const struct config *config, struct error *err)
{
	struct path_map *paths = NULL;
	struct recorder_settings settings = *r->settings;
	struct executor_settings execution;
	reload_settings(config, r->no_actions, &settings, &execution);
	bool ok = config_has_no_mapping(config, r->no_actions, err) &&
		  path_map_new(span_of(config->fields), &config->feeders, &paths, err) &&
		  recorder_check(&settings, err);
	path_map_free(paths);
	return ok;
}

/* Without what needs a restart the rest may be wrong. */
static bool check_together(struct reload *r, struct error *err)
{
	config_take_over(r->config, r->next);
	bool ok = check(r, r->config, err);
	config_take_over(r->config, r->next);
	return ok || error_prefix(err, "restart the recorder, for it cannot take over %s alone",
			     buf_text(&r->changes.now));
}

static void forget_next(struct reload *r)
{
	config_free(r->next);
	config_changes_release(&r->changes);
	r->next = NULL;
}

bool reload_run(void *data, struct recorder_renewal *ret_renewal, struct error *err)
{
	struct reload *r = data;
	struct recorder_settings settings = *r->settings;
	forget_next(r);
	if (!reload_load(r->call, &r->next, err) || !check(r, r->next, err))
		return false;
	config_compare(r->config, r->next, &r->changes);
	if (!check_together(r, err))
		return false;
	reload_settings(r->next, r->no_actions, &settings, &r->next_execution);
	r->next_execution.fields = r->config->fields; /* these need a restart */
	r->next_execution.feeders = &r->config->feeders;
	ret_renewal->port = r->changes.takers & NOW_PORT;
	ret_renewal->login = r->changes.takers & NOW_LOGIN;
	ret_renewal->execution = r->changes.takers & NOW_EXECUTION ? settings.execution : NULL;
	return true;
}

/* The store's group comes first, for it may fail. The store keeps the secrets' addresses. */
static bool use(const struct reload *r, const struct config *config, struct error *err)
{
	unsigned takers = r->changes.takers;
	return (!(takers & NOW_GROUP) || store_set_group(r->store, config->store_group, err)) &&
	       (!(takers & NOW_STORE) ||
		       store_set_reading(r->store, config->port.client_secret,
			       config_former_secrets(config),
			       config->compression == CONFIG_COMPRESSION_OFF ? COMPRESSION_OFF
									     : COMPRESSION_AUTO,
			       err));
}

static void log_changes(struct log *log, const struct config_changes *changes)
{
	const char *now = buf_text(&changes->now), *restart = buf_text(&changes->restart);
	log_event(log, LOG_LEVEL_INFO, "the configuration was read again",
		log_text(*now || !*restart ? "changed" : "taken_over", *now ? now : "nothing"));
	if (*restart)
		log_event(log, LOG_LEVEL_WARNING,
			"what has changed of these settings needs a restart",
			log_text("settings", restart));
}

bool reload_use(void *data, struct error *err)
{
	struct reload *r = data;
	config_take_over(r->config, r->next);
	bool ok = use(r, r->config, err);
	if (ok) {
		reload_settings(r->config, r->no_actions, r->settings, &r->execution);
		log_changes(r->settings->log, &r->changes);
	} else {
		config_take_over(r->config, r->next);
	}
	forget_next(r);
	return ok;
}

void reload_release(struct reload *r)
{
	forget_next(r);
	config_free(r->config);
}
