/* Findings, one a line: what was looked at, and whether it is good. */
#ifndef PORTLOG_CLI_REPORT_H
#define PORTLOG_CLI_REPORT_H

#include <stdbool.h>

enum report_kind {
	REPORT_GOOD,
	REPORT_NOTE,
	REPORT_PROBLEM,
};

/* Starts as { .color = …, .quiet = … }. */
struct report {
	bool color;
	bool quiet; /* problems only */
	int problems;
};

/* Writes a line to stdout, made safe. */
void report_line(struct report *report, enum report_kind kind, const char *what, const char *format,
	...) __attribute__((format(printf, 4, 5)));

#endif
