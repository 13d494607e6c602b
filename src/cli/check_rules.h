/* The part of check that looks at rules. */
#ifndef PORTLOG_CLI_CHECK_RULES_H
#define PORTLOG_CLI_CHECK_RULES_H

struct config;
struct report;

void check_rules(struct report *report, const struct config *config);

#endif
