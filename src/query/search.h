/* --search: words are found by the full text index; phrases are then looked for in the message
 * itself, for the index does not know in which order words came. */
#ifndef PORTLOG_QUERY_SEARCH_H
#define PORTLOG_QUERY_SEARCH_H

#include <stdint.h>

#include "base/buf.h"
#include "base/text_list.h"

/* Appends the full text expression for "any of the texts, all words of it"; false where a text has
 * no word in it (the text is returned). */
bool search_expression(const struct text_list *texts, struct buf *out, const char **ret_wordless);

/* The word as the full text's expressions quote it; appended. */
void search_quote(struct span word, struct buf *out);

/* Some text has a phrase, so that hits must be checked. */
bool search_has_phrase(const struct text_list *texts);

/* As many texts are told apart in hits. */
enum { SEARCH_TEXTS_MOST = 32 };

/* Whether the message has all words and phrases of any of the texts. hits: a bit for each text
 * whose words the index found in it. value: the record's. */
bool search_fits(const struct text_list *texts, uint64_t hits, struct span value);

#endif
