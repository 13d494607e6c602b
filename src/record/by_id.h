/* A list of structs that begin with an int64_t id, in order of it: ids mostly come in that order,
 * and what is first mostly goes first. It does not own them. Starts as { 0 }. */
#ifndef PORTLOG_RECORD_BY_ID_H
#define PORTLOG_RECORD_BY_ID_H

#include <stddef.h>
#include <stdint.h>

struct by_id {
	void **items;
	size_t count, capacity;
};

void *by_id_find(const struct by_id *list, int64_t id); /* NULL: there is none */
/* There must be none of its id. */
void by_id_put(struct by_id *list, void *item);
/* It must be there. */
void by_id_remove(struct by_id *list, int64_t id);
void by_id_release(struct by_id *list);

#endif
