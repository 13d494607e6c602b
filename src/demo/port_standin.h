/* A small stand-in for Port's API, on a port of 127.0.0.1: it answers what portlog tells of runs,
 * and hands it over to whoever plays Port. It knows no limits and no faults;
 * tests/tools/port_strict.py does. Facts: Port's OpenAPI description. */
#ifndef PORTLOG_DEMO_PORT_STANDIN_H
#define PORTLOG_DEMO_PORT_STANDIN_H

#include <stdbool.h>

#include "base/buf.h"
#include "base/error.h"

struct port_standin;

enum port_told {
	PORT_TOLD_STATUS, /* of a run */
	PORT_TOLD_LOG,    /* of a run */
	PORT_TOLD_ENTITY, /* run_id is empty where it is tied to none */
};

struct port_telling {
	enum port_told what;
	char *run_id;
	char *blueprint; /* of an entity, else empty */
	struct buf body; /* JSON, valid */
	struct port_telling *next;
};

/* Whoever has these gets a token. */
bool port_standin_new(const char *client_id, const char *client_secret,
	struct port_standin **ret_standin, struct error *err);
void port_standin_free(struct port_standin *standin);

/* For port.api. */
const char *port_standin_url(const struct port_standin *standin);
/* The next thing that was told, oldest first; NULL: nothing more so far. It is yours. */
struct port_telling *port_standin_take(struct port_standin *standin);
void port_telling_free(struct port_telling *telling);

#endif
