/* Lists of texts, and of name=value pairs, that own what they hold. Start as { 0 }. */
#ifndef PORTLOG_BASE_TEXT_LIST_H
#define PORTLOG_BASE_TEXT_LIST_H

#include <stdbool.h>
#include <stddef.h>

struct text_list {
	char **items; /* ended by a NULL that count does not count; NULL where empty */
	size_t count;
};

void text_list_add(struct text_list *list, const char *text);
void text_list_clear(struct text_list *list); /* frees everything */
bool text_list_has(const struct text_list *list, const char *text);
bool text_list_same(const struct text_list *a, const struct text_list *b); /* in that order */
/* Adds the parts between commas and white space. */
void text_list_split(struct text_list *list, const char *text);

/* Values of a filter: any_of from --NAME, none_of from its twin --not-NAME. */
struct text_match {
	struct text_list any_of;
	struct text_list none_of;
};

struct text_pair {
	char *name;
	char *value;
};

struct text_pairs {
	struct text_pair *items;
	size_t count;
};

/* Replaces the value of a name that is there. */
void text_pairs_set(struct text_pairs *pairs, const char *name, const char *value);
const char *text_pairs_get(const struct text_pairs *pairs, const char *name); /* NULL: not there */
bool text_pairs_same(const struct text_pairs *a, const struct text_pairs *b); /* in any order */
void text_pairs_clear(struct text_pairs *pairs);

#endif
