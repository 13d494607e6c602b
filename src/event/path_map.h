/* Where in a message each field may be found: an ordered list of paths per field, shipped for all
 * known variants and extended by the configuration's "fields" (which come first). */
#ifndef PORTLOG_EVENT_PATH_MAP_H
#define PORTLOG_EVENT_PATH_MAP_H

#include <stdbool.h>

#include "base/buf.h"
#include "base/error.h"

struct path_map;

/* fields: the JSON text of the configuration's "fields" member ({"entity": [".context.entity", …]},
 * a single string counts as a list of one); absent: the shipped paths alone. */
bool path_map_new(struct span fields, struct path_map **ret_map, struct error *err);
void path_map_free(struct path_map *map);
/* A text that is equal for equal maps: part of the projections' fingerprint. */
const char *path_map_fingerprint(const struct path_map *map);

#endif
