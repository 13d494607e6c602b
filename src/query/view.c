#include "query/view.h"

#include <stddef.h>

const struct view *const views[] = {
	&view_changes,
	&view_runs,
	&view_records,
	&view_executions,
	NULL,
};

const struct view_filter *view_filter(const struct view *view, enum filter_name name)
{
	for (const struct view_filter *f = view->filters; f->name != FILTER_NONE; f++)
		if (f->name == name)
			return f;
	return NULL;
}
