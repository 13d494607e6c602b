#include "kafka/kafka.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "libraries/rdkafka_library.h"

enum {
	/* First versions, as rd_kafka_version() gives them, in which a fault is mended. */
	SCRAM_MENDED = 0x020601ff,
	QUEUE_STALL_MENDED = 0x020200ff,
};

const char *kafka_version(void)
{
	return rd_kafka_version_str();
}

static const struct known_harm {
	int mended;
	const char *text;
} known_harms[] = {
	{ SCRAM_MENDED,
		"librdkafka before 2.6.1 cannot log in with SCRAM to Kafka 4 (the broker says "
		"'invalid credentials' although they are right): confluentinc/librdkafka#4895" },
	{ QUEUE_STALL_MENDED,
		"librdkafka before 2.2 resumes a full fetch queue up to a second late; "
		"portlog wakes it" },
};

const char *kafka_known_harm(unsigned index)
{
	int version = rd_kafka_version();
	for (size_t i = 0; i < sizeof(known_harms) / sizeof(known_harms[0]); i++)
		if (version < known_harms[i].mended && index-- == 0)
			return known_harms[i].text;
	return NULL;
}

static const struct reserved {
	const char *name;
	const char *reason;
} reserved[] = {
	{ "group.id", "use the setting 'group', which is checked against what Port allows" },
	{ "enable.auto.commit", "offsets are committed only after the store has them" },
	{ "auto.commit.enable", "offsets are committed only after the store has them" },
	{ "enable.auto.offset.store", "offsets are committed only after the store has them" },
	{ "auto.offset.reset",
		"the store knows where it goes on; a gap must be noticed, not skipped" },
	{ "isolation.level", "aborted transactions never happened, so they are never recorded" },
	{ "enable.partition.eof", "the end of a partition must be noticed" },
	{ "partition.assignment.strategy",
		"partitions must be assigned all at once, as librdkafka's default strategies do" },
	{ "group.protocol", "partitions must be assigned all at once, as with 'classic'" },
	{ "test.mock.num.brokers", "it would replace the brokers with an empty cluster" },
};

bool kafka_property_allowed(const char *name, struct error *err)
{
	const char *global = strncmp(name, "topic.", 6) == 0 ? name + 6 : name;
	for (size_t i = 0; i < sizeof(reserved) / sizeof(reserved[0]); i++)
		if (strcmp(name, reserved[i].name) == 0 || strcmp(global, reserved[i].name) == 0)
			return error_set(err, ERROR_CONFIG,
				"the Kafka property '%s' is portlog's own: %s", name,
				reserved[i].reason);
	return true;
}

/* librdkafka's own error does not name the file. */
static bool file_is_there(const char *name, const char *path, struct error *err)
{
	static const char *const files[] = { "ssl.ca.location", "ssl.certificate.location",
		"ssl.key.location", "ssl.crl.location", "ssl.keystore.location" };
	for (size_t i = 0; i < sizeof(files) / sizeof(files[0]); i++)
		if (strcmp(name, files[i]) == 0 && strcmp(path, "probe") != 0 && path[0] != '\0' &&
			access(path, R_OK) != 0)
			return error_set(err, ERROR_CONFIG,
				"cannot read '%s', which the Kafka property '%s' names: %s", path,
				name, strerror(errno));
	return true;
}

bool kafka_properties_check(const struct text_pairs *properties, struct error *err)
{
	bool ok = true;
	char reason[256];
	rd_kafka_conf_t *conf = rd_kafka_conf_new();
	for (size_t i = 0; ok && i < properties->count; i++) {
		const struct text_pair *pair = &properties->items[i];
		ok = kafka_property_allowed(pair->name, err) &&
		     file_is_there(pair->name, pair->value, err);
		if (ok && rd_kafka_conf_set(conf, pair->name, pair->value, reason,
				  sizeof(reason)) != RD_KAFKA_CONF_OK)
			/* The reason may hold the value, and the value may be a password. */
			ok = error_set(err, ERROR_CONFIG, "the Kafka property '%s' %s", pair->name,
				strstr(reason, "No such") ? "is not known to librdkafka"
							  : "cannot have that value; see "
							    "librdkafka's CONFIGURATION.md");
	}
	rd_kafka_conf_destroy(conf);
	return ok;
}

bool kafka_group_allowed(
	const char *group, const char *org, const char *username, struct error *err)
{
	if (group[0] == '\0')
		return error_set(err, ERROR_CONFIG, "the group id is empty");
	if (!org && !username)
		return true;
	if (username && strcmp(group, username) == 0)
		return true;
	size_t length = org ? strlen(org) : 0;
	if (org && strncmp(group, org, length) == 0 && group[length] == '.' &&
		group[length + 1] != '\0')
		return true;
	if (!org)
		return error_set(err, ERROR_CONFIG,
			"group id '%s' is not allowed by Port: use '%s', or give --org and use "
			"'ORG_ID.<name>'",
			group, username);
	if (!username)
		return error_set(err, ERROR_CONFIG,
			"group id '%s' is not allowed by Port: use '%s.<name>'", group, org);
	return error_set(err, ERROR_CONFIG,
		"group id '%s' is not allowed by Port: use '%s.<name>' or '%s'", group, org,
		username);
}
