/* The settings of a recorder: flags over environment over file over defaults. */
#ifndef PORTLOG_CONFIG_CONFIG_H
#define PORTLOG_CONFIG_CONFIG_H

#include <stdbool.h>

#include "base/buf.h"
#include "base/error.h"
#include "base/option.h"

enum config_compression {
	CONFIG_COMPRESSION_AUTO,
	CONFIG_COMPRESSION_OFF,
};

struct config_port {
	char *api; /* "https://api.port.io" */
	char *client_id;
	char *client_secret;
	struct text_list former_client_secrets;
};

struct config {
	char *org;
	char *store; /* never NULL after config_load: a usual place where none was named */
	struct text_pairs kafka; /* librdkafka's properties, as given; not checked here */
	struct text_list topics; /* ORG.runs and ORG.change.log where none are named and ORG is */
	char *group; /* the consumer group; ORG.portlog where none is named and ORG is */
	struct config_port port;
	char *fields; /* JSON; NULL: none */
	struct text_list feeders;
	struct text_pairs secrets;
	char *execution; /* JSON; NULL: none */
	int compression; /* enum config_compression */
	char *store_group;
	char *rules;            /* JSON; NULL: none */
	char *agent_mapping;    /* path of port-agent's mapping file; NULL: none */
	char *proof;            /* JSON; NULL: none */
	char *path;             /* of the file that was read; NULL: there is none */
	bool holds_secrets;     /* that file, as they are */
	struct text_list files; /* that it names: {"file": PATH} */
};
extern const struct option config_options[];

/* Who takes over another value while the recorder runs: `now` of the rows. */
enum {
	NOW_PORT = 1 << 0,      /* who asks Port's API */
	NOW_LOGIN = 1 << 1,     /* the consumer: Kafka's user and password */
	NOW_EXECUTION = 1 << 2, /* the executor */
	NOW_STORE = 1 << 3,     /* the store: how it reads and writes */
	NOW_GROUP = 1 << 4,     /* the store: who may read it */
};

/* What record and its like take on the command line, and from PORTLOG_ORG, PORTLOG_GROUP,
 * PORTLOG_BROKERS and PORTLOG_TOPIC. */
struct config_flags {
	char *org;
	char *group;
	char *brokers;
	struct text_list topic;
	struct text_pairs kafka;
};
extern const struct option config_flag_options[];

struct config_sources {
	const char
		*path; /* --config, PORTLOG_CONFIG; NULL: PORTLOG_CONFIG_JSON, the usual places */
	const char *store; /* --store, PORTLOG_STORE; NULL: the file's, or the usual places */
	const struct config_flags *flags; /* NULL: none */
};

/* Reads all of it. Errors name the place, the wrong word and the nearest right one, and never show
 * a secret. Free with config_free. */
bool config_load(
	const struct config_sources *sources, struct config **ret_config, struct error *err);
void config_free(struct config *config);
/* Likewise, if the struct itself is yours (config_parse). */
void config_release(struct config *config);
/* port.former_client_secrets, ended by NULL; NULL: none. */
const char *const *config_former_secrets(const struct config *config);

/* What is other in a configuration that was read again: names, with ", " between. */
struct config_changes {
	unsigned takers;    /* of now */
	struct buf now;     /* what can be taken over */
	struct buf restart; /* what cannot */
};
void config_compare(
	struct config *in_use, struct config *other, struct config_changes *ret_changes);
void config_changes_release(struct config_changes *changes);
/* Exchanges what can be taken over. */
void config_take_over(struct config *in_use, struct config *other);

/* Reads a file's text into config, which has its defaults; name is for errors, directory is what
 * relative paths in it are relative to (NULL: the working directory). */
bool config_parse(struct span text, const char *name, const char *directory, struct config *config,
	struct error *err);

/* This version does not execute by port-agent's mapping: false where there is one, unless
 * no_actions. */
bool config_has_no_mapping(const struct config *config, bool no_actions, struct error *err);

/* The JSON Schema of the file, from the option rows. */
void config_schema(struct buf *out);

const char *config_jansson_version(void);

#endif
