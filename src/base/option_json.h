/* Option rows read from JSON: an object whose members are the rows' names. */
#ifndef PORTLOG_BASE_OPTION_JSON_H
#define PORTLOG_BASE_OPTION_JSON_H

#include "base/json_scan.h"
#include "base/option.h"

/* Fills set (which has its defaults) from the object at `at`. path is how errors call it
 * ("rules[0]"). A list may be written as one string; JSON rows keep the member's exact text.
 * ERROR_CONFIG: an unknown name (with the nearest), one that comes twice, a value of another type.
 */
bool option_read_json(const struct option_set *set, const struct json_doc *doc, json_index at,
	const char *path, struct error *err);

#endif
