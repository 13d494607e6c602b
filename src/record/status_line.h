/* The line at the bottom of a terminal that says how recording goes. */
#ifndef PORTLOG_RECORD_STATUS_LINE_H
#define PORTLOG_RECORD_STATUS_LINE_H

#include <stdint.h>

#include "base/buf.h"

/* Appends "recorded 12,345 · 1,200/s · 34 behind". lag -1: not known. */
void status_line_text(uint64_t records, double rate, int64_t lag, struct buf *out);

#endif
