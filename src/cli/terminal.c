#include "cli/terminal.h"

#include <fcntl.h>
#include <langinfo.h>
#include <locale.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "base/text.h"

/* Opened the wrong way round on purpose. */
void terminal_guard_descriptors(void)
{
	for (int descriptor = 0; descriptor <= STDERR_FILENO; descriptor++)
		if (fcntl(descriptor, F_GETFD) < 0 &&
			open("/dev/null", descriptor == STDIN_FILENO ? O_WRONLY : O_RDONLY) !=
				descriptor)
			abort();
}

void terminal_give_up(int descriptor)
{
	int nothing = open("/dev/null", O_WRONLY | O_CLOEXEC);
	if (nothing >= 0)
		dup2(nothing, descriptor);
}

size_t terminal_width(void)
{
	enum { MOST = 10000 };
	struct winsize size;
	const char *columns = getenv("COLUMNS");
	char *end = NULL;
	long number = columns ? strtol(columns, &end, 10) : 0;
	if (number > 0 && *end == '\0')
		return number < MOST ? (size_t)number : MOST;
	if ((ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 ||
		    ioctl(STDERR_FILENO, TIOCGWINSZ, &size) == 0) &&
		size.ws_col > 0)
		return size.ws_col < MOST ? size.ws_col : MOST;
	return 80;
}

bool terminal_is_dumb(void)
{
	const char *term = getenv("TERM");
	return !term || !*term || strcmp(term, "dumb") == 0;
}

bool terminal_wants_color(enum color_when when, bool terminal)
{
	const char *no_color = getenv("NO_COLOR");
	if (when != COLOR_AUTO)
		return when == COLOR_ALWAYS;
	return terminal && !(no_color && *no_color) && !terminal_is_dumb();
}

static bool names_utf8(const char *locale)
{
	const char *codeset = strchr(locale, '.');
	return codeset &&
	       (strncasecmp(codeset, ".utf-8", 6) == 0 || strncasecmp(codeset, ".utf8", 5) == 0);
}

/* By the name where it tells: in a small container the locale itself is often not installed. */
bool terminal_locale_is_utf8(void)
{
	static const char *const names[] = { "LC_ALL", "LC_CTYPE", "LANG" };
	const char *name = NULL;
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]) && !(name && *name); i++)
		name = getenv(names[i]);
	if (name && names_utf8(name))
		return true;
	locale_t locale = newlocale(LC_CTYPE_MASK, "", (locale_t)0);
	if (!locale)
		return false;
	bool utf8 = strcmp(nl_langinfo_l(CODESET, locale), "UTF-8") == 0;
	freelocale(locale);
	return utf8;
}

/* What goes to the pager is shown on the terminal, too: stdout is looked at once, before there is a
 * pager. */
void terminal_write_to(int descriptor)
{
	static int stdout_terminal = -1;
	if (stdout_terminal < 0)
		stdout_terminal = isatty(STDOUT_FILENO);
	bool terminal = descriptor == STDOUT_FILENO ? stdout_terminal : isatty(descriptor);
	text_set_ascii(terminal && !terminal_locale_is_utf8());
}
