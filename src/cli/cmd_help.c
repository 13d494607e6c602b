/* portlog help [COMMAND] */
#include "cli/command.h"
#include "cli/help.h"

static bool run(struct invocation *call, struct error *err)
{
	struct buf out = { 0 };
	const struct command *command;
	if (call->arguments.count == 0) {
		help_overview(call->width, &out);
	} else {
		if (!help_find(call->arguments.items[0], &command, err))
			return false;
		help_command(command, call->width, &out);
	}
	help_write(&out);
	buf_free(&out);
	return true;
}

const struct command cmd_help = {
	.name = "help",
	.summary = "show what the commands are, or one of them",
	.arguments = "[COMMAND]",
	.most_arguments = 1,
	.run = run,
};
