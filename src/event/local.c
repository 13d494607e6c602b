#include "event/local.h"

#include <stddef.h>

static const char *const words[] = {
	[LOCAL_GAP] = "gap",
	[LOCAL_EPOCH] = "epoch",
	[LOCAL_FLOOR] = "floor",
	[LOCAL_CONFIG] = "config",
	[LOCAL_DICTIONARY] = "dictionary",
};

enum { WORD_COUNT = sizeof(words) / sizeof(words[0]) };

const char *local_what_word(enum local_what what)
{
	return (unsigned)what < WORD_COUNT ? words[what] : NULL;
}

bool local_what_of(struct span word, enum local_what *ret_what)
{
	for (unsigned i = 1; i < WORD_COUNT; i++) {
		if (span_is(word, words[i])) {
			*ret_what = (enum local_what)i;
			return true;
		}
	}
	return false;
}
