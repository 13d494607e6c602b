#include "action/members.h"

#include <stdlib.h>
#include <string.h>

#include "base/json_write.h"
#include "base/xalloc.h"

static struct member *next_member(struct members *m)
{
	if (m->count == m->capacity) {
		m->capacity = m->capacity ? m->capacity * 2 : 8;
		m->items = xreallocarray(m->items, m->capacity, sizeof(*m->items));
	}
	m->items[m->count] = (struct member){ 0 };
	return &m->items[m->count++];
}

void members_add(struct members *m, struct span name, struct span value)
{
	struct member *member = next_member(m);
	member->key = m->texts.length;
	json_quote(name, &m->texts);
	member->key_length = m->texts.length - member->key;
	member->value = m->texts.length;
	buf_add_span(&m->texts, value);
	member->value_length = m->texts.length - member->value;
}

/* For qsort_r: by name, then by place. */
static int compare_members(const void *a, const void *b, void *data)
{
	const struct members *m = data;
	const size_t i = *(const size_t *)a, j = *(const size_t *)b;
	const struct member *x = &m->items[i], *y = &m->items[j];
	size_t least = x->key_length < y->key_length ? x->key_length : y->key_length;
	int order = memcmp(m->texts.data + x->key, m->texts.data + y->key, least);
	if (order == 0 && x->key_length != y->key_length)
		order = x->key_length < y->key_length ? -1 : 1;
	return order ? order : i < j ? -1 : i > j;
}

void members_write(struct members *m, struct buf *out)
{
	size_t *order = xcalloc(m->count + 1, sizeof(*order));
	bool *gone = xcalloc(m->count + 1, sizeof(*gone)), first = true;
	for (size_t i = 0; i < m->count; i++)
		order[i] = i;
	if (m->count > 1)
		qsort_r(order, m->count, sizeof(*order), compare_members, m);
	for (size_t i = 0; i + 1 < m->count; i++) {
		const struct member *x = &m->items[order[i]], *y = &m->items[order[i + 1]];
		gone[order[i]] =
			x->key_length == y->key_length &&
			memcmp(m->texts.data + x->key, m->texts.data + y->key, x->key_length) == 0;
	}
	buf_add_char(out, '{');
	for (size_t i = 0; i < m->count; i++) {
		if (gone[i])
			continue;
		if (!first)
			buf_add_char(out, ',');
		first = false;
		buf_add(out, m->texts.data + m->items[i].key, m->items[i].key_length);
		buf_add_char(out, ':');
		buf_add(out, m->texts.data + m->items[i].value, m->items[i].value_length);
	}
	buf_add_char(out, '}');
	free(order);
	free(gone);
}

void members_release(struct members *m)
{
	free(m->items);
	buf_free(&m->texts);
}
