#include "cli/console.h"

#include <langinfo.h>
#include <locale.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "base/text.h"
#include "base/xalloc.h"
#include "cli/line_history.h"
#include "cli/terminal.h"
#include "libraries/edit_library.h"

enum {
	ENTRIES_MOST = 1000, /* in the memory of the arrow keys */
	WORDS_MOST = 200,    /* shown of what may stand at the cursor */
};

struct console {
	struct console_settings settings;
	EditLine *edit;
	History *past;
	char *file; /* of the history; NULL: none */
	char *prompt;
	struct buf line;
	bool interrupted;
};

static struct console *console_of(EditLine *edit)
{
	struct console *console = NULL;
	el_get(edit, EL_CLIENTDATA, &console);
	return console;
}

static char *prompt_of(EditLine *edit)
{
	return console_of(edit)->prompt;
}

/* While a line is edited the terminal makes no signals: Ctrl-C is a key, which ends the line where
 * it is, as in a shell. */
static unsigned char interrupt(EditLine *edit, int key)
{
	(void)key;
	console_of(edit)->interrupted = true;
	el_cursor(edit, 1 << 20);
	el_insertstr(edit, "^C");
	el_push(edit, "\n");
	return CC_REFRESH;
}

/* libedit catches it, gives the terminal back, stops, and draws the line again. */
static unsigned char suspend(EditLine *edit, int key)
{
	(void)edit;
	(void)key;
	raise(SIGTSTP);
	return CC_NORM;
}

/* What all the words begin with. */
static size_t common_length(const struct text_list *words)
{
	size_t length = strlen(words->items[0]);
	for (size_t i = 1; i < words->count; i++)
		while (strncmp(words->items[0], words->items[i], length) != 0)
			length--;
	return length;
}

static void list_words(const struct text_list *words)
{
	size_t width = 0, columns, shown = words->count < WORDS_MOST ? words->count : WORDS_MOST;
	struct buf out = { 0 };
	for (size_t i = 0; i < shown; i++)
		width = strlen(words->items[i]) > width ? strlen(words->items[i]) : width;
	columns = terminal_width() / (width + 2);
	for (size_t i = 0; i < shown; i++) {
		size_t start = out.length + (columns <= 1 || i % columns == 0);
		buf_add_text(&out, columns <= 1 || i % columns == 0 ? "\n" : "");
		buf_add_text(&out, words->items[i]);
		if (columns > 1 && (i + 1) % columns != 0 && i + 1 < shown)
			text_pad(&out, start, width + 2);
	}
	if (shown < words->count)
		buf_addf(&out, "\n… and %zu more", words->count - shown);
	buf_add_char(&out, '\n');
	fputs(buf_text(&out), stdout);
	fflush(stdout);
	buf_free(&out);
}

static unsigned char insert_words(EditLine *edit, size_t typed, const struct text_list *words)
{
	size_t length = common_length(words);
	if (words->count > 1 && length <= typed) {
		list_words(words);
		return CC_REDISPLAY;
	}
	char *word =
		xasprintf("%.*s%s", (int)length, words->items[0], words->count == 1 ? " " : "");
	if (typed > 0)
		el_deletestr(edit, (int)typed);
	el_insertstr(edit, word);
	free(word);
	return CC_REFRESH;
}

static unsigned char complete(EditLine *edit, int key)
{
	struct console *console = console_of(edit);
	const LineInfo *info = el_line(edit);
	struct text_list words = { 0 };
	size_t typed = 0;
	int waiting = 0;
	(void)key;
	/* A tab in what is pasted is a blank. */
	if (ioctl(STDIN_FILENO, FIONREAD, &waiting) == 0 && waiting > 0)
		return el_insertstr(edit, " ") == 0 ? CC_REFRESH : CC_ERROR;
	console->settings.complete(console->settings.data,
		span_make(info->buffer, (size_t)(info->lastchar - info->buffer)),
		(size_t)(info->cursor - info->buffer), &typed, &words);
	unsigned char answer =
		words.count > 0 ? insert_words(edit, typed, &words) : CC_REFRESH_BEEP;
	text_list_clear(&words);
	return answer;
}

static void enter(struct console *console, const char *entry)
{
	HistEvent event;
	history(console->past, &event, H_ENTER, entry);
}

static void load_history(struct console *console)
{
	struct text_list entries = { 0 };
	HistEvent event;
	console->past = history_init();
	history(console->past, &event, H_SETSIZE, ENTRIES_MOST);
	history(console->past, &event, H_SETUNIQUE, 1);
	el_set(console->edit, EL_HIST, history, console->past);
	console->file = line_history_path(console->settings.past);
	line_history_load(console->file, &entries);
	for (size_t i = 0; i < entries.count; i++)
		enter(console, entries.items[i]);
	text_list_clear(&entries);
}

static void bind_keys(EditLine *edit)
{
	/* Wide: of others libedit makes copies that it never frees. */
	el_wset(edit, EL_ADDFN, L"portlog-complete", L"complete the word", complete);
	el_wset(edit, EL_ADDFN, L"portlog-interrupt", L"forget the line", interrupt);
	el_wset(edit, EL_ADDFN, L"portlog-suspend", L"stop the program", suspend);
	el_set(edit, EL_BIND, "^I", "portlog-complete", NULL);
	el_set(edit, EL_BIND, "^C", "portlog-interrupt", NULL);
	el_set(edit, EL_BIND, "-a", "^C", "portlog-interrupt", NULL);
	el_set(edit, EL_BIND, "^Z", "portlog-suspend", NULL);
	el_set(edit, EL_SETTY, "-d", "-isig", NULL);
}

/* libedit reads characters as the locale says; what portlog writes is always UTF-8. */
static void set_locale(void)
{
	if (!setlocale(LC_CTYPE, "") || strcasecmp(nl_langinfo(CODESET), "UTF-8") != 0)
		setlocale(LC_CTYPE, "C.UTF-8");
}

struct console *console_open(const struct console_settings *settings)
{
	struct console *console = xcalloc(1, sizeof(*console));
	set_locale();
	signal(SIGINT, SIG_IGN);
	console->settings = *settings;
	console->edit = el_init(settings->name, stdin, stdout, stderr);
	if (!console->edit) {
		free(console);
		return NULL;
	}
	el_set(console->edit, EL_CLIENTDATA, console);
	el_set(console->edit, EL_PROMPT, prompt_of);
	el_set(console->edit, EL_EDITOR, "emacs");
	el_set(console->edit, EL_SIGNAL, 1);
	load_history(console);
	el_source(console->edit, NULL);
	bind_keys(console->edit);
	return console;
}

void console_close(struct console *console)
{
	if (!console)
		return;
	el_end(console->edit);
	history_end(console->past);
	buf_free(&console->line);
	free(console->prompt);
	free(console->file);
	free(console);
}

/* libedit's own handler of SIGINT gives the terminal back and goes on reading: from elsewhere it
 * must not come while a line is edited. */
static const char *get_line(EditLine *edit, int *ret_count)
{
	sigset_t interrupts, before;
	sigemptyset(&interrupts);
	sigaddset(&interrupts, SIGINT);
	sigprocmask(SIG_BLOCK, &interrupts, &before);
	const char *line = el_gets(edit, ret_count);
	sigprocmask(SIG_SETMASK, &before, NULL);
	return line;
}

enum console_input console_read(struct console *console, const char *prompt, const char **ret_line)
{
	int count = 0;
	free(console->prompt);
	console->prompt = xstrdup(prompt);
	console->interrupted = false;
	/* The window may have another size since a statement ran. */
	el_resize(console->edit);
	const char *line = get_line(console->edit, &count);
	if (console->interrupted)
		return CONSOLE_INTERRUPTED;
	if (!line || count <= 0)
		return CONSOLE_END;
	buf_clear(&console->line);
	buf_add_text(&console->line, line);
	while (console->line.length > 0 && console->line.data[console->line.length - 1] == '\n')
		console->line.data[--console->line.length] = '\0';
	*ret_line = buf_text(&console->line);
	return CONSOLE_LINE;
}

void console_remember(struct console *console, const char *entry)
{
	enter(console, entry);
	line_history_add(console->file, entry);
}

#define TEXT_OF(number) #number
#define VERSION_TEXT(major, minor) TEXT_OF(major) "." TEXT_OF(minor)

/* It does not say which it is when it runs. */
const char *console_version(void)
{
	return VERSION_TEXT(LIBEDIT_MAJOR, LIBEDIT_MINOR);
}
