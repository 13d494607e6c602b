#include "cli/line_history.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/xalloc.h"

enum {
	ENTRIES_MOST = 2000, /* in the file; cut to half of it */
	ENTRY_BYTES_MOST = 1 << 16,
};

char *line_history_path(const char *name)
{
	const char *state = getenv("XDG_STATE_HOME"), *home = getenv("HOME");
	/* The standard wants relative ones ignored. */
	if (state && *state == '/')
		return xasprintf("%s/portlog/%s", state, name);
	return home && *home == '/' ? xasprintf("%s/.local/state/portlog/%s", home, name) : NULL;
}

static void add_escaped(const char *entry, struct buf *out)
{
	for (; *entry; entry++) {
		if (*entry == '\n' || *entry == '\\')
			buf_add_char(out, '\\');
		buf_add_char(out, *entry == '\n' ? 'n' : *entry);
	}
	buf_add_char(out, '\n');
}

/* In place. */
static void unescape(char *line)
{
	char *to = line;
	for (; *line && *line != '\n'; line++) {
		bool escaped = *line == '\\' && (line[1] == 'n' || line[1] == '\\');
		line += escaped;
		*to++ = escaped && *line == 'n' ? '\n' : *line;
	}
	*to = '\0';
}

static void make_directories(const char *path)
{
	char *copy = xstrdup(path);
	for (char *at = strchr(copy + 1, '/'); at; at = strchr(at + 1, '/')) {
		*at = '\0';
		mkdir(copy, 0700);
		*at = '/';
	}
	free(copy);
}

/* One write: lines of two consoles do not mix. */
static bool write_file(const char *path, int flags, const struct buf *text)
{
	int file = open(path, O_WRONLY | O_CREAT | O_CLOEXEC | flags, 0600);
	if (file < 0)
		return false;
	bool ok = fchmod(file, 0600) == 0 &&
		  write(file, buf_text(text), text->length) == (ssize_t)text->length;
	return close(file) == 0 && ok;
}

/* Through a second file, so that the first is whole at any time. */
static void cut(const char *path, const struct text_list *entries)
{
	struct buf text = { 0 };
	char *next = xasprintf("%s.%ld", path, (long)getpid());
	for (size_t i = 0; i < entries->count; i++)
		add_escaped(entries->items[i], &text);
	if (!write_file(next, O_EXCL, &text) || rename(next, path) != 0)
		unlink(next);
	free(next);
	buf_free(&text);
}

void line_history_load(const char *path, struct text_list *ret_entries)
{
	FILE *file = path ? fopen(path, "re") : NULL;
	struct text_list all = { 0 };
	char *line = NULL;
	size_t size = 0;
	if (!file)
		return;
	while (getline(&line, &size, file) > 0) {
		unescape(line);
		text_list_add(&all, line);
	}
	free(line);
	fclose(file);
	bool long_ago = all.count > ENTRIES_MOST;
	size_t from = all.count > ENTRIES_MOST / 2 ? all.count - ENTRIES_MOST / 2 : 0;
	for (size_t i = from; i < all.count; i++)
		text_list_add(ret_entries, all.items[i]);
	text_list_clear(&all);
	if (long_ago)
		cut(path, ret_entries);
}

void line_history_add(const char *path, const char *entry)
{
	struct buf text = { 0 };
	if (!path || strlen(entry) > ENTRY_BYTES_MOST)
		return;
	add_escaped(entry, &text);
	if (!write_file(path, O_APPEND, &text) && errno == ENOENT) {
		make_directories(path);
		write_file(path, O_APPEND, &text);
	}
	buf_free(&text);
}
