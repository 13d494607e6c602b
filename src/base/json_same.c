/* Equality of JSON values (RFC 6902, 4.6): what they mean, not how they are written. Numbers are
 * compared digit by digit, because 9007199254740993 is not 9007199254740992. */
#include "base/json_scan.h"

#include <stdlib.h>
#include <string.h>

#include "base/xalloc.h"

/* A number as 0.DIGITS * 10^exponent, digits without zeros at either end. */
struct decimal {
	const char *digits; /* the text from the first digit that counts; may hold the point */
	size_t count;       /* of digits that count; 0: the number is zero */
	int64_t exponent;
	bool negative;
};

/* Far beyond what any text can shift, and far from overflow. */
static const int64_t exponent_max = INT64_C(1) << 60;

static int64_t read_exponent(const char *p, const char *end)
{
	bool negative = false;
	int64_t value = 0;
	if (p < end && (*p == '-' || *p == '+'))
		negative = *p++ == '-';
	for (; p < end && value < exponent_max / 10; p++)
		value = value * 10 + (*p - '0');
	if (p < end)
		value = exponent_max;
	return negative ? -value : value;
}

static struct decimal read_decimal(struct span text)
{
	struct decimal number = { 0 };
	const char *p = text.data;
	const char *end = p + text.length;
	size_t seen = 0; /* digits since the first that is not zero */
	int64_t before_point = 0;
	bool point = false;
	if (*p == '-') {
		number.negative = true;
		p++;
	}
	for (; p < end && *p != 'e' && *p != 'E'; p++) {
		if (*p == '.') {
			point = true;
			continue;
		}
		if (seen > 0 || *p != '0') {
			if (seen++ == 0)
				number.digits = p;
			if (*p != '0')
				number.count = seen;
			if (!point)
				before_point++;
		} else if (point) {
			before_point--;
		}
	}
	number.exponent = before_point + (p < end ? read_exponent(p + 1, end) : 0);
	if (number.count == 0) {
		number.exponent = 0;
		number.negative = false;
	}
	return number;
}

static bool number_equal(struct span a, struct span b)
{
	struct decimal x = read_decimal(a);
	struct decimal y = read_decimal(b);
	if (x.count != y.count || x.exponent != y.exponent || x.negative != y.negative)
		return false;
	const char *p = x.digits;
	const char *q = y.digits;
	for (size_t i = 0; i < x.count; i++) {
		p += *p == '.' ? 1 : 0;
		q += *q == '.' ? 1 : 0;
		if (*p++ != *q++)
			return false;
	}
	return true;
}

static bool text_equal(struct span a, bool a_escaped, struct span b, bool b_escaped)
{
	if (a.length == b.length && memcmp(a.data, b.data, a.length) == 0)
		return true;
	if (!a_escaped && !b_escaped)
		return false;
	struct buf x = { 0 };
	struct buf y = { 0 };
	json_unescape(a, &x);
	json_unescape(b, &y);
	bool same = span_equal(buf_span(&x), buf_span(&y));
	buf_free(&x);
	buf_free(&y);
	return same;
}

static int by_name(const void *a, const void *b)
{
	const struct json_entry *x = a;
	const struct json_entry *y = b;
	size_t common = x->name.length < y->name.length ? x->name.length : y->name.length;
	int order = memcmp(x->name.data, y->name.data, common);
	if (order == 0)
		order = (x->name.length > y->name.length) - (x->name.length < y->name.length);
	if (order == 0)
		order = (x->value > y->value) - (x->value < y->value);
	return order;
}

/* Names that had escapes are decoded in one go, and pointed to when texts no longer moves. */
static void read_entries(struct json_members *members, const struct json_doc *doc, json_index at)
{
	members->count = 0;
	buf_clear(&members->texts);
	for (json_index i = json_first(doc, at); i != JSON_ABSENT; i = json_next(doc, at, i)) {
		const struct json_node *node = &doc->nodes[i];
		struct json_entry *entry = &members->items[members->count++];
		entry->value = i;
		entry->name = span_make(doc->text + node->key_start, node->key_length);
		if (node->key_escaped) {
			size_t before = members->texts.length;
			json_unescape(entry->name, &members->texts);
			entry->name.data = NULL;
			entry->name.length = members->texts.length - before;
		}
	}
	const char *text = buf_text(&members->texts);
	for (size_t i = 0; i < members->count; i++) {
		if (!members->items[i].name.data) {
			members->items[i].name.data = text;
			text += members->items[i].name.length;
		}
	}
}

void json_members_sort(struct json_members *members, const struct json_doc *doc, json_index at)
{
	size_t needed = json_kind_of(doc, at) == JSON_KIND_OBJECT ? doc->nodes[at].children : 0;
	members->count = 0;
	if (needed == 0)
		return;
	if (needed > members->capacity) {
		members->items = xreallocarray(members->items, needed, sizeof(members->items[0]));
		members->capacity = needed;
	}
	read_entries(members, doc, at);
	qsort(members->items, members->count, sizeof(members->items[0]), by_name);
	size_t kept = 0;
	for (size_t i = 0; i < members->count; i++) {
		bool last = i + 1 == members->count ||
			    !span_equal(members->items[i].name, members->items[i + 1].name);
		if (last)
			members->items[kept++] = members->items[i];
	}
	members->count = kept;
}

json_index json_members_find(const struct json_members *members, struct span name)
{
	size_t low = 0;
	size_t high = members->count;
	struct json_entry wanted = { .name = name };
	while (low < high) {
		size_t middle = low + (high - low) / 2;
		const struct json_entry *entry = &members->items[middle];
		if (span_equal(entry->name, name))
			return entry->value;
		if (by_name(entry, &wanted) < 0)
			low = middle + 1;
		else
			high = middle;
	}
	return JSON_ABSENT;
}

void json_members_release(struct json_members *members)
{
	free(members->items);
	buf_free(&members->texts);
	*members = (struct json_members){ 0 };
}

static bool value_equal(
	const struct json_doc *a, json_index at_a, const struct json_doc *b, json_index at_b);

static bool array_equal(
	const struct json_doc *a, json_index at_a, const struct json_doc *b, json_index at_b)
{
	if (a->nodes[at_a].children != b->nodes[at_b].children)
		return false;
	json_index i = json_first(a, at_a);
	json_index j = json_first(b, at_b);
	while (i != JSON_ABSENT) {
		if (!value_equal(a, i, b, j))
			return false;
		i = json_next(a, at_a, i);
		j = json_next(b, at_b, j);
	}
	return true;
}

/* By sorted names, so that neither order nor thousands of members in another order matter. Each
 * member is compared once: a second try on some of them would double the work at every level. */
static bool object_equal(
	const struct json_doc *a, json_index at_a, const struct json_doc *b, json_index at_b)
{
	struct json_members x = { 0 };
	struct json_members y = { 0 };
	json_members_sort(&x, a, at_a);
	json_members_sort(&y, b, at_b);
	bool same = x.count == y.count;
	for (size_t i = 0; same && i < x.count; i++)
		same = span_equal(x.items[i].name, y.items[i].name) &&
		       value_equal(a, x.items[i].value, b, y.items[i].value);
	json_members_release(&x);
	json_members_release(&y);
	return same;
}

static bool value_equal(
	const struct json_doc *a, json_index at_a, const struct json_doc *b, json_index at_b)
{
	enum json_kind kind = json_kind_of(a, at_a);
	if (kind != json_kind_of(b, at_b))
		return false;
	struct span x = json_raw(a, at_a);
	struct span y = json_raw(b, at_b);
	switch (kind) {
	case JSON_KIND_NULL:
	case JSON_KIND_FALSE:
	case JSON_KIND_TRUE:
		return true;
	case JSON_KIND_NUMBER:
		return number_equal(x, y);
	case JSON_KIND_STRING:
		return text_equal(x, a->nodes[at_a].escaped, y, b->nodes[at_b].escaped);
	case JSON_KIND_ARRAY:
		return array_equal(a, at_a, b, at_b);
	case JSON_KIND_OBJECT:
		return object_equal(a, at_a, b, at_b);
	}
	return false;
}

bool json_same(const struct json_doc *a, json_index at_a, const struct json_doc *b, json_index at_b)
{
	if (at_a >= a->count || at_b >= b->count)
		return at_a >= a->count && at_b >= b->count;
	return span_equal(json_raw(a, at_a), json_raw(b, at_b)) || value_equal(a, at_a, b, at_b);
}
