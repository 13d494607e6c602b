/* The input is an array of two states. Each difference is where its path says, in both; the way
 * back finds as many; equal states have none. */
#include "fuzz.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "event/diff.h"

struct checking {
	const struct json_doc *doc;
	json_index before;
	json_index after;
	size_t count;
};

static void check_value(
	const struct checking *c, json_index state, const char *path, struct span value)
{
	struct span found = json_raw(c->doc, json_path(c->doc, state, path));
	assert(found.data == value.data && found.length == value.length);
}

static void check(void *data, const struct property_change *change)
{
	struct checking *c = data;
	struct buf path = { 0 };
	assert(change->old_value.data || change->new_value.data);
	buf_add_char(&path, '.');
	buf_add_span(&path, change->path);
	check_value(c, c->before, buf_text(&path), change->old_value);
	check_value(c, c->after, buf_text(&path), change->new_value);
	buf_free(&path);
	c->count++;
}

static size_t diff(const struct json_doc *doc, json_index before, json_index after)
{
	struct checking c = { doc, before, after, 0 };
	diff_states(doc, before, doc, after, check, &c);
	return c.count;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct json_doc doc = { 0 };
	if (data && json_scan(&doc, (const char *)data, size) == JSON_OK) {
		json_index a = json_first(&doc, 0);
		json_index b = json_next(&doc, 0, a);
		size_t count = diff(&doc, a, b);
		assert(diff(&doc, b, a) == count);
		assert(diff(&doc, a, a) == 0);
		if (json_same(&doc, a, &doc, b))
			assert(count == 0);
	}
	json_doc_release(&doc);
	return 0;
}
