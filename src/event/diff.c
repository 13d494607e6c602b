#include "event/diff.h"

#include <string.h>

#include "base/json_write.h"

/* Up to so many members they are found by looking at each; beyond, they are sorted first. */
enum { FEW_MEMBERS = 24 };

struct side {
	const struct json_doc *doc;
	json_index at;
	struct json_members sorted; /* only where there are many */
};

struct comparing {
	struct buf path;
	struct buf name;
	int level;
	diff_found *found;
	void *data;
};

static void side_open(struct side *s, const struct json_doc *doc, json_index at)
{
	*s = (struct side){ .doc = doc, .at = at };
	if (json_kind_of(doc, at) == JSON_OBJECT && doc->nodes[at].children > FEW_MEMBERS)
		json_members_sort(&s->sorted, doc, at);
}

static json_index side_find(const struct side *s, struct span name)
{
	if (s->sorted.count > 0)
		return json_members_find(&s->sorted, name);
	return json_member(s->doc, s->at, name);
}

static bool is_bookkeeping(struct span name)
{
	static const char *const names[] = { "updatedAt", "updatedBy", "createdAt", "createdBy" };
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (span_is(name, names[i]))
			return true;
	return false;
}

static bool is_plain(struct span name)
{
	for (size_t i = 0; i < name.length; i++) {
		unsigned char c = (unsigned char)name.data[i];
		if (c < 0x20 || c == 0x7F || strchr(".[]\"\\", c))
			return false;
	}
	return name.length > 0;
}

static void push_name(struct buf *path, struct span name)
{
	if (path->length > 0)
		buf_add_char(path, '.');
	if (is_plain(name))
		buf_add_span(path, name);
	else
		json_quote(name, path);
}

static void pop_name(struct buf *path, size_t length)
{
	path->length = length;
	path->data[length] = '\0';
}

static void report(struct comparing *c, const struct json_doc *before, json_index before_at,
	const struct json_doc *after, json_index after_at)
{
	const struct property_change change = {
		.path = buf_span(&c->path),
		.old_value = json_raw(before, before_at),
		.new_value = json_raw(after, after_at),
	};
	c->found(c->data, &change);
}

static void compare_objects(struct comparing *c, const struct json_doc *before,
	json_index before_at, const struct json_doc *after, json_index after_at);

static bool is_object_or_absent(const struct json_doc *doc, json_index at)
{
	return at == JSON_ABSENT || json_kind_of(doc, at) == JSON_OBJECT;
}

/* An object without members has nothing else to be told by; but an entity's properties and
 * relations always are objects, so there empty and absent are the same. */
static bool is_told_by_members(const struct comparing *c, const struct json_doc *before,
	json_index before_at, const struct json_doc *after, json_index after_at)
{
	if (!is_object_or_absent(before, before_at) || !is_object_or_absent(after, after_at))
		return false;
	if (c->level >= DIFF_LEVELS_MAX || c->path.length > DIFF_PATH_MAX)
		return false;
	if (before_at != JSON_ABSENT && after_at != JSON_ABSENT)
		return true;
	const struct json_node *only =
		before_at != JSON_ABSENT ? &before->nodes[before_at] : &after->nodes[after_at];
	return c->level == 1 || only->children > 0;
}

/* One of them is there. */
static void compare_values(struct comparing *c, const struct json_doc *before, json_index before_at,
	const struct json_doc *after, json_index after_at)
{
	if (is_told_by_members(c, before, before_at, after, after_at))
		compare_objects(c, before, before_at, after, after_at);
	else if (!json_same(before, before_at, after, after_at))
		report(c, before, before_at, after, after_at);
}

/* The members of one side; those that both have are compared only where gone is false. */
static void compare_members(
	struct comparing *c, const struct side *before, const struct side *after, bool gone)
{
	const struct side *here = gone ? before : after;
	const struct side *there = gone ? after : before;
	for (json_index i = json_first(here->doc, here->at); i != JSON_ABSENT;
		i = json_next(here->doc, here->at, i)) {
		buf_clear(&c->name);
		struct span name = json_key_of(here->doc, i, &c->name);
		if (c->level == 1 && is_bookkeeping(name))
			continue;
		json_index other = side_find(there, name);
		if ((gone && other != JSON_ABSENT) || side_find(here, name) != i)
			continue;
		size_t length = c->path.length;
		push_name(&c->path, name);
		compare_values(
			c, before->doc, gone ? i : other, after->doc, gone ? JSON_ABSENT : i);
		pop_name(&c->path, length);
	}
}

static void compare_objects(struct comparing *c, const struct json_doc *before,
	json_index before_at, const struct json_doc *after, json_index after_at)
{
	if (span_equal(json_raw(before, before_at), json_raw(after, after_at)))
		return;
	struct side old_side;
	struct side new_side;
	side_open(&old_side, before, before_at);
	side_open(&new_side, after, after_at);
	c->level++;
	compare_members(c, &old_side, &new_side, false);
	compare_members(c, &old_side, &new_side, true);
	c->level--;
	json_members_release(&old_side.sorted);
	json_members_release(&new_side.sorted);
}

void diff_states(const struct json_doc *before, json_index before_at, const struct json_doc *after,
	json_index after_at, diff_found *found, void *data)
{
	struct comparing c = { .found = found, .data = data };
	if (json_kind_of(before, before_at) != JSON_OBJECT)
		before_at = JSON_ABSENT;
	if (json_kind_of(after, after_at) != JSON_OBJECT)
		after_at = JSON_ABSENT;
	compare_objects(&c, before, before_at, after, after_at);
	buf_free(&c.path);
	buf_free(&c.name);
}
