#include "query/view.h"

#include <stddef.h>
#include <string.h>

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

bool view_command_takes(const char *command, const char *option)
{
	for (size_t i = 0; views[i]; i++)
		for (int name = FILTER_NONE + 1; name < FILTER_COUNT; name++)
			if (strcmp(views[i]->command, command) == 0 &&
				strcmp(filter_word((enum filter_name)name), option) == 0)
				return view_filter(views[i], (enum filter_name)name);
	return true;
}
