#include "base/text_list.h"

#include <stdlib.h>
#include <string.h>

#include "base/xalloc.h"

static void add(struct text_list *list, char *text)
{
	list->items = xreallocarray(list->items, list->count + 2, sizeof(*list->items));
	list->items[list->count++] = text;
	list->items[list->count] = NULL;
}

void text_list_add(struct text_list *list, const char *text)
{
	add(list, xstrdup(text));
}

void text_list_clear(struct text_list *list)
{
	for (size_t i = 0; i < list->count; i++)
		free(list->items[i]);
	free(list->items);
	*list = (struct text_list){ 0 };
}

bool text_list_has(const struct text_list *list, const char *text)
{
	for (size_t i = 0; i < list->count; i++)
		if (strcmp(list->items[i], text) == 0)
			return true;
	return false;
}

bool text_list_same(const struct text_list *a, const struct text_list *b)
{
	bool same = a->count == b->count;
	for (size_t i = 0; same && i < a->count; i++)
		same = strcmp(a->items[i], b->items[i]) == 0;
	return same;
}

void text_list_split(struct text_list *list, const char *text)
{
	static const char between[] = ", \t\n";
	for (text += strspn(text, between); *text; text += strspn(text, between)) {
		size_t length = strcspn(text, between);
		add(list, xstrndup(text, length));
		text += length;
	}
}

void text_pairs_set(struct text_pairs *pairs, const char *name, const char *value)
{
	for (size_t i = 0; i < pairs->count; i++)
		if (strcmp(pairs->items[i].name, name) == 0) {
			char *copy = xstrdup(value);
			free(pairs->items[i].value);
			pairs->items[i].value = copy;
			return;
		}
	pairs->items = xreallocarray(pairs->items, pairs->count + 1, sizeof(*pairs->items));
	pairs->items[pairs->count++] = (struct text_pair){ xstrdup(name), xstrdup(value) };
}

const char *text_pairs_get(const struct text_pairs *pairs, const char *name)
{
	for (size_t i = 0; i < pairs->count; i++)
		if (strcmp(pairs->items[i].name, name) == 0)
			return pairs->items[i].value;
	return NULL;
}

bool text_pairs_same(const struct text_pairs *a, const struct text_pairs *b)
{
	bool same = a->count == b->count;
	for (size_t i = 0; same && i < a->count; i++) {
		const char *other = text_pairs_get(b, a->items[i].name);
		same = other && strcmp(other, a->items[i].value) == 0;
	}
	return same;
}

void text_pairs_clear(struct text_pairs *pairs)
{
	for (size_t i = 0; i < pairs->count; i++) {
		free(pairs->items[i].name);
		free(pairs->items[i].value);
	}
	free(pairs->items);
	*pairs = (struct text_pairs){ 0 };
}
