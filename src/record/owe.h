/* What a message owes by the rules, decided as it is recorded: `on` and `match` alone, for jq would
 * hold up recording. */
#ifndef PORTLOG_RECORD_OWE_H
#define PORTLOG_RECORD_OWE_H

#include "action/rule.h"
#include "event/decode.h"
#include "event/local_execution.h"
#include "record/batch.h"

struct owe;

/* As local records name it; borrowed. */
struct local_rule local_rule_of(const struct rule *rule);

/* rules and the decoder's parts are borrowed. */
struct owe *owe_new(const struct rules *rules, const struct decoder *decoder);
void owe_free(struct owe *owe);

/* Adds to the batch what its last record owes. below_floor: nothing, but what it asks for must be
 * known to what comes behind it. */
void owe_last(struct owe *owe, struct batch *batch, bool below_floor);

#endif
