/* portlog help [COMMAND]: as git does it, the page of the manual where a person asks and it is
 * there; else, and for --help, the short help. */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/xalloc.h"
#include "cli/command.h"
#include "cli/help.h"

/* Pages that are no command's. */
static const struct guide {
	const char *name;
	const char *page;
	const char *section;
} guides[] = {
	{ "config", "portlog-config", "5" },
	{ "views", "portlog-views", "7" },
};

static bool is_installed(const char *section, const char *page)
{
	int status = -1;
	pid_t process = fork();
	if (process == 0) {
		int nowhere = open("/dev/null", O_WRONLY | O_CLOEXEC);
		dup2(nowhere, STDOUT_FILENO);
		dup2(nowhere, STDERR_FILENO);
		execlp("man", "man", "-w", section, page, (char *)NULL);
		_exit(127);
	}
	return process > 0 && waitpid(process, &status, 0) == process && status == 0;
}

/* Becomes man, where it has the page; else returns. */
static void show_page(const struct invocation *call, const char *section, const char *page)
{
	if (!is_installed(section, page))
		return;
	if (call->global->no_pager)
		setenv("MANPAGER", "cat", 1);
	execlp("man", "man", section, page, (char *)NULL);
}

static bool show_guide(
	const struct invocation *call, const char *name, bool *ret_found, struct error *err)
{
	for (size_t i = 0; i < sizeof(guides) / sizeof(guides[0]); i++)
		if (strcmp(guides[i].name, name) == 0) {
			*ret_found = true;
			show_page(call, guides[i].section, guides[i].page);
			return error_set(err, ERROR_NEGATIVE,
				"cannot show %s(%s): man does not find it; install portlog's "
				"manual",
				guides[i].page, guides[i].section);
		}
	return true;
}

static bool show_command(const struct invocation *call, const char *name, struct error *err)
{
	const struct command *command;
	struct buf out = { 0 };
	if (!help_find(name, &command, err))
		return false;
	char *page = xasprintf("portlog-%s", command->name);
	if (call->terminal)
		show_page(call, "1", page);
	free(page);
	help_command(command, call->width, &out);
	help_write(&out);
	buf_free(&out);
	return true;
}

static bool run(struct invocation *call, struct error *err)
{
	struct buf out = { 0 };
	bool is_guide = false;
	if (call->arguments.count > 0) {
		const char *name = call->arguments.items[0];
		return show_guide(call, name, &is_guide, err) &&
		       (is_guide || show_command(call, name, err));
	}
	help_overview(call->width, &out);
	help_write(&out);
	buf_free(&out);
	return true;
}

const struct command cmd_help = {
	.name = "help",
	.summary = "show what the commands are, or one of them",
	.arguments = "[COMMAND]",
	.description = "Shows the command's manual page where that is installed and stdout is a "
		       "terminal, else what --help shows. 'config' and 'views' are pages, too.",
	.most_arguments = 1,
	.run = run,
};
