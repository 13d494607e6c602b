#include "cli/record_reload.h"

#include <string.h>

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

static bool same_text(const char *a, const char *b)
{
	return a && b ? strcmp(a, b) == 0 : a == b;
}

static bool same_list(const struct text_list *a, const struct text_list *b)
{
	bool same = a->count == b->count;
	for (size_t i = 0; same && i < a->count; i++)
		same = strcmp(a->items[i], b->items[i]) == 0;
	return same;
}

/* All that librdkafka can be given while it runs. */
static bool is_login(const char *property)
{
	return strcmp(property, "sasl.username") == 0 || strcmp(property, "sasl.password") == 0;
}

static bool same_login(const struct text_pairs *a, const struct text_pairs *b)
{
	return same_text(text_pairs_get(a, "sasl.username"), text_pairs_get(b, "sasl.username")) &&
	       same_text(text_pairs_get(a, "sasl.password"), text_pairs_get(b, "sasl.password"));
}

static bool same_pairs(const struct text_pairs *a, const struct text_pairs *b)
{
	bool same = a->count == b->count;
	for (size_t i = 0; same && i < a->count; i++)
		same = same_text(text_pairs_get(b, a->items[i].name), a->items[i].value);
	return same;
}

/* All but a login's other name or password. */
static bool same_properties(const struct text_pairs *a, const struct text_pairs *b)
{
	bool same = a->count == b->count;
	for (size_t i = 0; same && i < a->count; i++) {
		const char *value = text_pairs_get(b, a->items[i].name);
		same = value && (is_login(a->items[i].name) || same_text(value, a->items[i].value));
	}
	return same;
}

static bool same_port(const struct config_port *a, const struct config_port *b)
{
	return same_text(a->api, b->api) && same_text(a->client_id, b->client_id) &&
	       same_text(a->client_secret, b->client_secret) &&
	       same_list(&a->former_client_secrets, &b->former_client_secrets);
}

static void add_name(struct buf *names, const char *name)
{
	buf_addf(names, "%s%s", names->length > 0 ? ", " : "", name);
}

/* What the recorder has open and can't exchange. */
static void name_refused(const struct config *a, const struct config *b, struct buf *names)
{
	const struct {
		const char *name;
		bool same;
	} rows[] = {
		{ "org", same_text(a->org, b->org) },
		{ "store", same_text(a->store, b->store) },
		{ "kafka", same_properties(&a->kafka, &b->kafka) },
		{ "topics", same_list(&a->topics, &b->topics) },
		{ "group", same_text(a->group, b->group) },
		{ "fields", same_text(a->fields, b->fields) },
	};
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		if (!rows[i].same)
			add_name(names, rows[i].name);
}

static void swap(void *a, void *b, size_t size)
{
	char kept[sizeof(struct config)];
	memcpy(kept, a, size);
	memcpy(a, b, size);
	memcpy(b, kept, size);
}

static bool check(const struct reload *r, const struct config *config, struct error *err)
{
	struct path_map *paths = NULL;
	struct recorder_settings settings = *r->settings;
	struct executor_settings execution;
	reload_settings(config, r->no_actions, &settings, &execution);
	bool ok = config_has_no_mapping(config, r->no_actions, err) &&
		  path_map_new(span_of(config->fields), &paths, err) &&
		  recorder_check(&settings, err);
	path_map_free(paths);
	return ok;
}

/* What the store and the recorder do from now on otherwise. Where this fails nothing is changed but
 * the store's group, which is tried again with the next signal. */
static bool use(struct reload *r, struct config *from, struct recorder_renewal *ret_renewal,
	struct buf *names, struct error *err)
{
	struct config *to = r->config;
	ret_renewal->port = !same_port(&to->port, &from->port);
	ret_renewal->login =
		same_properties(&to->kafka, &from->kafka) && !same_login(&to->kafka, &from->kafka);
	bool group = !same_text(to->store_group, from->store_group);
	bool rules = !same_text(to->rules, from->rules) ||
		     !same_text(to->execution, from->execution) ||
		     !same_pairs(&to->secrets, &from->secrets);
	ret_renewal->execution = rules || ret_renewal->port;
	bool compression = to->compression != from->compression;
	if (group && !store_set_group(r->store, from->store_group, err))
		return false;
	if (!store_set_reading(r->store, from->port.client_secret, config_former_secrets(from),
		    from->compression == CONFIG_COMPRESSION_OFF ? COMPRESSION_OFF
								: COMPRESSION_AUTO,
		    err))
		return false;
	swap(&to->port, &from->port, sizeof(to->port));
	swap(&to->rules, &from->rules, sizeof(to->rules));
	swap(&to->execution, &from->execution, sizeof(to->execution));
	swap(&to->secrets, &from->secrets, sizeof(to->secrets));
	swap(&to->store_group, &from->store_group, sizeof(to->store_group));
	to->compression = from->compression;
	if (ret_renewal->login)
		swap(&to->kafka, &from->kafka, sizeof(to->kafka));
	reload_settings(to, r->no_actions, r->settings, &r->execution);
	const struct {
		const char *name;
		bool used;
	} rows[] = { { "port", ret_renewal->port }, { "rules, execution or secrets", rules },
		{ "the login in kafka", ret_renewal->login }, { "store_group", group },
		{ "compression", compression } };
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		if (rows[i].used)
			add_name(names, rows[i].name);
	return true;
}

bool reload_run(void *data, struct recorder_renewal *ret_renewal, struct error *err)
{
	struct reload *r = data;
	struct log *log = r->settings->log;
	struct recorder_renewal renewal = { 0 };
	struct buf used = { 0 };
	struct buf refused = { 0 };
	struct config *config = NULL;
	bool ok = reload_load(r->call, &config, err) && check(r, config, err);
	if (ok) {
		name_refused(r->config, config, &refused);
		ok = use(r, config, &renewal, &used, err);
	}
	if (ok) {
		log_event(log, LOG_LEVEL_INFO, "the configuration was read again",
			log_text("changed", used.length > 0 ? buf_text(&used) : "nothing"));
		*ret_renewal = renewal;
	}
	if (ok && refused.length > 0)
		log_event(log, LOG_LEVEL_WARNING,
			"what else has changed in the configuration needs a restart",
			log_text("settings", buf_text(&refused)));
	config_free(config);
	buf_free(&used);
	buf_free(&refused);
	return ok;
}
