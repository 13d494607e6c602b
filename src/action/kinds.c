#include "action/kinds.h"

#include <stdlib.h>

#define ACTION_KIND_ADDRESS(name) &action_##name,

static const struct action_kind *const kinds[] = { ACTION_KINDS(ACTION_KIND_ADDRESS) };

const struct action_kind *action_kind_of(struct span name)
{
	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
		if (span_is(name, kinds[i]->name))
			return kinds[i];
	}
	return NULL;
}

void action_result_release(struct action_result *result)
{
	free(result->reason);
	buf_free(&result->output);
	buf_free(&result->request);
	buf_free(&result->response);
	*result = (struct action_result){ 0 };
}
