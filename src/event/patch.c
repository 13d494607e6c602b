#include "event/patch.h"

#include <string.h>

#include "base/json_write.h"

struct patching {
	const struct json_doc *before;
	const struct json_doc *after;
	struct json_writer writer;
	struct buf pointer;
	int level;
};

/* RFC 6901: '~' and '/' are escaped. */
static void push(struct buf *pointer, struct span name)
{
	buf_add_char(pointer, '/');
	for (size_t i = 0; i < name.length; i++) {
		if (name.data[i] == '~')
			buf_add_text(pointer, "~0");
		else if (name.data[i] == '/')
			buf_add_text(pointer, "~1");
		else
			buf_add_char(pointer, name.data[i]);
	}
}

static void pop(struct buf *pointer, size_t length)
{
	pointer->length = length;
	if (pointer->data)
		pointer->data[length] = '\0';
}

static void operation(struct patching *p, const char *what, json_index value, bool has_value)
{
	json_object_start(&p->writer);
	json_member_text(&p->writer, "op", what);
	json_member_span(&p->writer, "path", buf_span(&p->pointer));
	if (has_value) {
		json_key(&p->writer, "value");
		json_raw_value(&p->writer, json_raw(p->after, value));
	}
	json_object_end(&p->writer);
}

/* A lone surrogate among the names' escapes decodes to U+FFFD, which is not the name: such an
 * object has members that no pointer can name. */
static bool can_be_named(const struct json_members *members)
{
	for (size_t i = 0; i < members->count; i++) {
		struct span name = members->items[i].name;
		if (memmem(name.data, name.length, "\xef\xbf\xbd", 3))
			return false;
	}
	return true;
}

static void compare(struct patching *p, json_index before, json_index after);

static void compare_member(
	struct patching *p, struct span name, json_index before, json_index after)
{
	size_t length = p->pointer.length;
	push(&p->pointer, name);
	if (before == JSON_ABSENT)
		operation(p, "add", after, true);
	else if (after == JSON_ABSENT)
		operation(p, "remove", JSON_ABSENT, false);
	else
		compare(p, before, after);
	pop(&p->pointer, length);
}

static void compare_members(
	struct patching *p, const struct json_members *old, const struct json_members *new)
{
	for (size_t i = 0; i < old->count; i++)
		if (json_members_find(new, old->items[i].name) == JSON_ABSENT)
			compare_member(p, old->items[i].name, old->items[i].value, JSON_ABSENT);
	for (size_t i = 0; i < new->count; i++)
		compare_member(p, new->items[i].name, json_members_find(old, new->items[i].name),
			new->items[i].value);
}

static bool are_objects(const struct patching *p, json_index before, json_index after)
{
	return json_kind_of(p->before, before) == JSON_KIND_OBJECT &&
	       json_kind_of(p->after, after) == JSON_KIND_OBJECT;
}

/* Both are there. */
static void compare(struct patching *p, json_index before, json_index after)
{
	struct json_members old = { 0 };
	struct json_members new = { 0 };
	if (json_same(p->before, before, p->after, after))
		return;
	bool member_by_member = are_objects(p, before, after) && p->level < PATCH_LEVELS_MAX &&
				p->pointer.length <= PATCH_POINTER_MAX;
	if (member_by_member) {
		json_members_sort(&old, p->before, before);
		json_members_sort(&new, p->after, after);
		member_by_member = can_be_named(&old) && can_be_named(&new);
	}
	p->level++;
	if (member_by_member)
		compare_members(p, &old, &new);
	else
		operation(p, "replace", after, true);
	p->level--;
	json_members_release(&old);
	json_members_release(&new);
}

void patch_write(const struct json_doc *before, json_index before_at, const struct json_doc *after,
	json_index after_at, struct buf *out)
{
	struct patching p = { .before = before, .after = after, .writer = { .out = out } };
	json_array_start(&p.writer);
	if (!json_is_nothing(before, before_at) && !json_is_nothing(after, after_at))
		compare(&p, before_at, after_at);
	else if (json_is_nothing(before, before_at) != json_is_nothing(after, after_at))
		operation(&p, "replace", after_at, true);
	json_array_end(&p.writer);
	buf_free(&p.pointer);
}
