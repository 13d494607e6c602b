#include "record/trouble.h"

#include <stddef.h>
#include <string.h>

#include "kafka/kafka.h"

/* librdkafka puts the broker's name and how long it took around the reason. */
static const char *reason_in(const char *text)
{
	const char *reason = strstr(text, ": SASL");
	return reason ? reason + 2 : text;
}

static bool login(const char *text, const struct trouble_place *place, struct error *err)
{
	const char *harm = place->scram ? kafka_known_harm(0) : NULL;
	if (harm && !strstr(harm, "SCRAM"))
		harm = NULL;
	return error_set(err, ERROR_NETWORK,
		"cannot log in to Kafka as '%s': %.200s; check the user and the password "
		"(librdkafka %s%s%s)",
		place->username ? place->username : "", reason_in(text), kafka_version(),
		harm ? "; note: " : "", harm ? harm : "");
}

#define AUTHORITY "set the property ssl.ca.location to the file of the authority that signed it"

static bool certificate(const char *text, struct error *err)
{
	static const struct {
		const char *word;
		const char *advice;
	} rows[] = {
		{ "expired", "it must be renewed, or the clock of this machine is wrong" },
		{ "not yet valid", "the clock of this machine may be wrong" },
		{ "mismatch", "name the broker in bootstrap.servers as its certificate does" },
		{ "self-signed", AUTHORITY },
		{ "issuer", AUTHORITY },
		{ "", AUTHORITY "; 'portlog check' names the reason" },
	};
	size_t i = 0;
	while (!strstr(text, rows[i].word))
		i++;
	return error_set(err, ERROR_NETWORK,
		"cannot trust the certificate of the Kafka broker: %.250s; %s", text,
		rows[i].advice);
}

bool trouble_passes(enum consumer_trouble trouble, const char *text,
	const struct trouble_place *place, struct error *err)
{
	switch (trouble) {
	case TROUBLE_LOGIN:
		return login(text, place, err);
	case TROUBLE_MECHANISM:
		return error_set(err, ERROR_NETWORK,
			"the Kafka broker does not accept this kind of login: %.250s; check "
			"security.protocol and "
			"sasl.mechanism (at Port: SASL_SSL and SCRAM-SHA-512)",
			reason_in(text));
	case TROUBLE_CERTIFICATE:
		return certificate(text, err);
	case TROUBLE_GROUP_DENIED:
		return error_set(err, ERROR_NETWORK,
			"not allowed to use the consumer group '%s': Port allows ORG_ID.<name>, or "
			"exactly the Kafka user's name%s%s; use --group",
			place->group, place->username ? ", here " : "",
			place->username ? place->username : "");
	case TROUBLE_TOPIC_DENIED:
		return error_set(err, ERROR_NETWORK,
			"not allowed to read the topic '%s': it must be one of the organization "
			"whose "
			"login this is%s%s; check --org and --topic",
			place->topic ? place->topic : "?", place->username ? ", " : "",
			place->username ? place->username : "");
	case TROUBLE_FATAL:
		return error_set(err, ERROR_NETWORK, "librdkafka %s cannot go on: %s",
			kafka_version(), text);
	case TROUBLE_OTHER:
	case TROUBLE_UNREACHABLE:
	case TROUBLE_PROTOCOL:
	case TROUBLE_TOPIC_MISSING:
		break;
	}
	return true;
}
