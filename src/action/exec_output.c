#include "action/exec_output.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/json_scan.h"
#include "base/json_write.h"
#include "base/xalloc.h"

bool exec_output_make(char **ret_path, struct error *err)
{
	const char *directory = getenv("TMPDIR");
	char *path = xasprintf(
		"%s/portlog-output-XXXXXX", directory && *directory == '/' ? directory : P_tmpdir);
	int file = mkostemp(path, O_CLOEXEC); /* 0600 */
	if (file < 0) {
		bool is_short = errno == EMFILE || errno == ENFILE || errno == ENOMEM;
		error_set(err, ERROR_STORE,
			"cannot make a file for $PORTLOG_OUTPUT in "
			"'%.*s': %s",
			(int)(strrchr(path, '/') - path), path, strerror(errno));
		err->transient = is_short;
		free(path);
		return false;
	}
	close(file);
	*ret_path = path;
	return true;
}

/* A program may have put anything in its place: what is no file is not waited for. */
static const char *read_file(const char *path, struct buf *text)
{
	struct stat info;
	int file = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY);
	if (file < 0)
		return errno == ENOENT ? NULL : strerror(errno);
	const char *why = NULL;
	if (fstat(file, &info) != 0 || !S_ISREG(info.st_mode))
		why = "it is no file any more";
	else if (info.st_size > EXEC_OUTPUT_MOST)
		why = "it is larger than 1 MiB";
	ssize_t got = 1;
	while (!why && got > 0 && text->length < EXEC_OUTPUT_MOST) {
		size_t room = EXEC_OUTPUT_MOST - text->length;
		got = read(file, buf_reserve(text, room), room);
		text->length += got > 0 ? (size_t)got : 0;
	}
	close(file);
	return got < 0 ? "it cannot be read" : why;
}

const char *exec_output_read(const char *path, struct buf *object)
{
	struct json_doc doc = { 0 };
	struct buf text = { 0 };
	const char *why = read_file(path, &text);
	enum json_result result = json_scan(&doc, buf_text(&text), text.length);
	if (!why && result == JSON_OK && json_kind_of(&doc, 0) == JSON_KIND_OBJECT)
		json_compact(buf_span(&text), object);
	else if (!why && result != JSON_EMPTY)
		why = "it is no JSON object";
	json_doc_release(&doc);
	buf_free(&text);
	return why;
}

void exec_output_remove(char *path)
{
	if (path)
		unlink(path);
	free(path);
}
