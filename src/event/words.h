/* The words under which a record is found by --search. Pure; a change of it raises
 * DECODER_VERSION. */
#ifndef PORTLOG_EVENT_WORDS_H
#define PORTLOG_EVENT_WORDS_H

#include "event/event.h"
#include "event/properties.h"

/* Words that are no text but what a filter asks for: of each change and each run its blueprint,
 * action, operation and so on, and the path of each changed property. */
enum facet {
	FACET_NONE,
	FACET_BLUEPRINT,
	FACET_ACTION,
	FACET_OPERATION,
	FACET_STATUS,
	FACET_ORIGIN,
	FACET_RESOURCE,
	FACET_PATH,
	FACET_RUN_BLUEPRINT,
	FACET_RUN_ACTION,
	FACET_RUN_OPERATION,
	FACET_RUN_ORIGIN,
	FACET_COUNT,
};
/* False for what most records have (SUCCESS, entity, UPDATE …): who walks meets it soon, and a word
 * of it would be in each of them. */
bool words_has_facet(enum facet facet, struct span name);
/* "p:properties.replicas": of a name, whatever is in it, in any case. Different names may have the
 * same word, one name has one. Appended to out. */
void words_facet(enum facet facet, struct span name, struct buf *out);

/* Appends the record's words to out, in lower case, one space between them: all facets; then, each
 * once, identifiers whole ("checkout-api_v2") and their parts ("checkout", "api", "v2"), titles,
 * names, e-mail addresses, messages, labels, summaries, changed values and inputs. Numbers, times
 * and ids (of runs, events, users) have no parts, addresses only those before the '@'. At most
 * about 2 KiB of these words: what comes first matters most. properties is what properties_collect
 * gives. */
void words_of_record(const struct record *record, const struct events *events,
	const struct properties *properties, struct buf *out);

/* The words of any text, in the same normal form and in its order: "checkout-api_v2" stays one
 * word; one that comes twice comes twice. Appended to out, one space between them. */
void words_of_text(struct span text, struct buf *out);

#endif
