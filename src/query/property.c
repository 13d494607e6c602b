/* How people name properties. */
#include <string.h>

#include "base/text.h"
#include "query/blame.h"

struct span property_short(struct span path)
{
	static const char *const optional[] = { "properties.", "relations." };
	for (size_t i = 0; i < sizeof(optional) / sizeof(optional[0]); i++) {
		size_t length = strlen(optional[i]);
		if (path.length > length && memcmp(path.data, optional[i], length) == 0)
			return span_make(path.data + length, path.length - length);
	}
	return path;
}

/* "limits" is limits.cpu's, too. Of the parts of a path only those at a dot can be objects; a dot
 * within quotes only costs a comparison that fails. */
static bool fits(struct span name, struct span path)
{
	if (text_glob(name, path))
		return true;
	for (size_t i = 1; i < path.length; i++)
		if (path.data[i] == '.' && text_equal(name, span_make(path.data, i)))
			return true;
	return false;
}

bool property_is_named(struct span path, const char *name)
{
	return fits(span_of(name), path) || fits(span_of(name), property_short(path));
}
