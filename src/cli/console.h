/* Lines typed at a prompt, with editing, history and completion. The only user of libedit. */
#ifndef PORTLOG_CLI_CONSOLE_H
#define PORTLOG_CLI_CONSOLE_H

#include "base/buf.h"
#include "base/text_list.h"

struct console;

/* Words that may stand at the cursor, a byte of the line; ret_typed: how many bytes before it are
 * the beginning of each. */
typedef void console_complete(void *data, struct span line, size_t cursor, size_t *ret_typed,
	struct text_list *ret_words);

struct console_settings {
	const char *name; /* whom ~/.editrc may address */
	const char *past; /* a name for line_history_path */
	console_complete *complete;
	void *data;
};

/* stdin and stdout are terminals. From here on SIGINT does nothing to this process. */
struct console *console_open(const struct console_settings *settings);
void console_close(struct console *console);

enum console_input {
	CONSOLE_LINE,
	CONSOLE_INTERRUPTED, /* Ctrl-C: what was typed is to be forgotten */
	CONSOLE_END,         /* Ctrl-D on an empty line, or the terminal has gone */
};

/* ret_line: without its end, borrowed until the next; only of CONSOLE_LINE. */
enum console_input console_read(struct console *console, const char *prompt, const char **ret_line);
/* For the arrow keys and the next time. */
void console_remember(struct console *console, const char *entry);

const char *console_version(void);

#endif
