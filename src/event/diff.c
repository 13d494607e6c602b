#include "event/diff.h"

#include <string.h>

#include "base/json_write.h"

/* So many members are found by a small table of hashes, which somebody who wants to be slow could
 * fill badly, but no further than this; where there are more, they are sorted. */
enum { FEW_MEMBERS = 32, SLOTS = 2 * FEW_MEMBERS };

/* An object, its members by name: of those that come twice the last one. */
struct side {
	const struct json_doc *doc;
	json_index at;
	size_t count; /* of different names */
	json_index slots[SLOTS];
	struct json_members sorted; /* only where there are many */
};

struct comparing {
	struct buf path;
	struct buf name;
	int level;
	diff_found *found;
	void *data;
};

/* Names differ at their ends, if anywhere. */
static size_t slot_of(struct span name)
{
	uint64_t head = 0;
	uint64_t tail = 0;
	size_t length = name.length < 8 ? name.length : 8;
	memcpy(&head, name.data, length);
	memcpy(&tail, name.data + name.length - length, length);
	uint64_t hash = (head ^ tail << 1 ^ name.length) * UINT64_C(0x9E3779B97F4A7C15);
	return (size_t)(hash >> 58);
}

/* The slot that has the name, else the free one where it belongs. */
static json_index *find_slot(struct side *s, struct span name)
{
	size_t slot = slot_of(name);
	while (s->slots[slot] != JSON_ABSENT && !json_key_is(s->doc, s->slots[slot], name))
		slot = (slot + 1) % SLOTS;
	return &s->slots[slot];
}

static void side_open(
	struct side *s, const struct json_doc *doc, json_index at, struct buf *scratch)
{
	s->doc = doc;
	s->at = at;
	s->count = 0;
	s->sorted = (struct json_members){ 0 };
	memset(s->slots, 0xFF, sizeof(s->slots)); /* JSON_ABSENT */
	if (json_kind_of(doc, at) != JSON_KIND_OBJECT)
		return;
	if (doc->nodes[at].children > FEW_MEMBERS) {
		json_members_sort(&s->sorted, doc, at);
		s->count = s->sorted.count;
		return;
	}
	for (json_index i = json_first(doc, at); i != JSON_ABSENT; i = json_next(doc, at, i)) {
		buf_clear(scratch);
		json_index *slot = find_slot(s, json_key_of(doc, i, scratch));
		s->count += *slot == JSON_ABSENT;
		*slot = i;
	}
}

static json_index side_find(struct side *s, struct span name)
{
	return s->sorted.count > 0 ? json_members_find(&s->sorted, name) : *find_slot(s, name);
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
	return at == JSON_ABSENT || json_kind_of(doc, at) == JSON_KIND_OBJECT;
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

/* The members of one side; those that both have are compared only where gone is false. Returns how
 * many both have. */
static size_t compare_members(
	struct comparing *c, struct side *before, struct side *after, bool gone)
{
	struct side *here = gone ? before : after;
	struct side *there = gone ? after : before;
	size_t common = 0;
	for (json_index i = json_first(here->doc, here->at); i != JSON_ABSENT;
		i = json_next(here->doc, here->at, i)) {
		buf_clear(&c->name);
		struct span name = json_key_of(here->doc, i, &c->name);
		if (side_find(here, name) != i)
			continue;
		json_index other = side_find(there, name);
		common += other != JSON_ABSENT;
		if ((gone && other != JSON_ABSENT) || (c->level == 1 && is_bookkeeping(name)))
			continue;
		/* Most of them; nothing else is worth doing for these. */
		if (span_equal(json_raw(here->doc, i), json_raw(there->doc, other)))
			continue;
		size_t length = c->path.length;
		push_name(&c->path, name);
		compare_values(
			c, before->doc, gone ? i : other, after->doc, gone ? JSON_ABSENT : i);
		pop_name(&c->path, length);
	}
	return common;
}

static void compare_objects(struct comparing *c, const struct json_doc *before,
	json_index before_at, const struct json_doc *after, json_index after_at)
{
	struct side old_side;
	struct side new_side;
	if (span_equal(json_raw(before, before_at), json_raw(after, after_at)))
		return;
	side_open(&old_side, before, before_at, &c->name);
	side_open(&new_side, after, after_at, &c->name);
	c->level++;
	if (compare_members(c, &old_side, &new_side, false) < old_side.count)
		compare_members(c, &old_side, &new_side, true);
	c->level--;
	json_members_release(&old_side.sorted);
	json_members_release(&new_side.sorted);
}

void diff_states(const struct json_doc *before, json_index before_at, const struct json_doc *after,
	json_index after_at, diff_found *found, void *data)
{
	struct comparing c = { .found = found, .data = data };
	if (json_kind_of(before, before_at) != JSON_KIND_OBJECT)
		before_at = JSON_ABSENT;
	if (json_kind_of(after, after_at) != JSON_KIND_OBJECT)
		after_at = JSON_ABSENT;
	compare_objects(&c, before, before_at, after, after_at);
	buf_free(&c.path);
	buf_free(&c.name);
}
