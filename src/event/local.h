/* Local records: what portlog itself decided or did, as compact JSON {"what":"…", …}. */
#ifndef PORTLOG_EVENT_LOCAL_H
#define PORTLOG_EVENT_LOCAL_H

#include <stdbool.h>

#include "base/buf.h"

enum local_what {
	LOCAL_GAP = 1,
	LOCAL_EPOCH,
	LOCAL_FLOOR,
	LOCAL_CONFIG,
	LOCAL_DICTIONARY,
};

const char *local_what_word(enum local_what what);
bool local_what_of(struct span word, enum local_what *ret_what);

#endif
