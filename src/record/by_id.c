#include "record/by_id.h"

#include <stdlib.h>
#include <string.h>

#include "base/xalloc.h"

static int64_t id_at(const struct by_id *list, size_t at)
{
	return *(const int64_t *)list->items[at];
}

/* Where it is, or would be. */
static size_t place_of(const struct by_id *list, int64_t id)
{
	size_t low = 0, high = list->count;
	while (low < high) {
		size_t middle = low + (high - low) / 2;
		if (id_at(list, middle) < id)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

void *by_id_find(const struct by_id *list, int64_t id)
{
	size_t at = place_of(list, id);
	return at < list->count && id_at(list, at) == id ? list->items[at] : NULL;
}

void by_id_put(struct by_id *list, void *item)
{
	if (list->count == list->capacity) {
		list->capacity = list->capacity ? 2 * list->capacity : 64;
		list->items = xreallocarray(list->items, list->capacity, sizeof(void *));
	}
	size_t at = place_of(list, *(const int64_t *)item);
	memmove(&list->items[at + 1], &list->items[at], (list->count++ - at) * sizeof(void *));
	list->items[at] = item;
}

void by_id_remove(struct by_id *list, int64_t id)
{
	size_t at = place_of(list, id);
	memmove(&list->items[at], &list->items[at + 1], (--list->count - at) * sizeof(void *));
}

void by_id_release(struct by_id *list)
{
	free(list->items);
	*list = (struct by_id){ 0 };
}
