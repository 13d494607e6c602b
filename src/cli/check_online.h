/* The part of check that asks Port's API and the brokers. */
#ifndef PORTLOG_CLI_CHECK_ONLINE_H
#define PORTLOG_CLI_CHECK_ONLINE_H

struct recorder_settings;
struct report;

void check_online(struct report *report, const struct recorder_settings *settings);

#endif
