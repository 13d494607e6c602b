/* Local records: what portlog itself decided or did, as compact JSON {"what":"…", …}. They may come
 * from an export that somebody altered: who reads them believes nothing. */
#ifndef PORTLOG_EVENT_LOCAL_H
#define PORTLOG_EVENT_LOCAL_H

#include <stdbool.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/json_scan.h"

enum local_what {
	LOCAL_GAP = 1,
	LOCAL_EPOCH,
	LOCAL_FLOOR,
	LOCAL_CONFIG,
	LOCAL_DICTIONARY,
	LOCAL_EXECUTION_OWED,
	LOCAL_EXECUTION_STARTED,
	LOCAL_EXECUTION_ENDED,
	LOCAL_REPORT_OWED,
	LOCAL_REPORT_SENT,
	LOCAL_REPORT_REFUSED,
	LOCAL_CANCEL,
	LOCAL_RETRY,
};

enum {
	LOCAL_NAME_MOST = 1024,
	LOCAL_ATTEMPTS_MOST = 1000000000,
};

const char *local_what_word(enum local_what what);
bool local_what_of(struct span word, enum local_what *ret_what);

/* The record's word. It is the first member, as we write it, so that whoever has no use for the
 * record need not scan it. False: it is none of ours. */
bool local_what_read(struct span value, enum local_what *ret_what);

/* A member that is an integer from least to most. */
bool local_int(const struct json_doc *doc, const char *name, int64_t least, int64_t most,
	int64_t *ret_number);
/* A member that is a text, cut to so many bytes (whole characters); absent where it is none. Lives
 * as long as the document's text and the arena. */
struct span local_text(
	const struct json_doc *doc, const char *name, size_t most, struct arena *texts);
/* A member that is true. */
bool local_true(const struct json_doc *doc, const char *name);

#endif
