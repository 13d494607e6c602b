/* Inside action/rule*.c: rules as they were parsed. */
#ifndef PORTLOG_ACTION_RULE_PARTS_H
#define PORTLOG_ACTION_RULE_PARTS_H

#include "action/rule.h"
#include "base/crypto.h"

struct rule {
	struct rule_settings settings;
	int signature; /* never DEFAULT */
	size_t kind;   /* index into rule_kind_words */
	char digest[HASH_BYTES * 2 + 1];
	struct template **when;
	struct template *request;
	struct template *key;            /* NULL: none */
	struct template *report;         /* what is told of a success */
	struct template *report_failure; /* of a failure */
};

struct rules {
	struct execution_settings execution;
	struct rule *items;
	size_t count;
};

#endif
