/* Where the program of an exec is: as a shell would look for it, though none is asked. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "action/exec_environment.h"
#include "action/exec_request.h"
#include "base/text.h"
#include "base/xalloc.h"

static bool failed(struct error *err, const char *program, const char *what)
{
	struct buf shown = { 0 };
	text_safe(span_of(program), &shown);
	error_set(err, ERROR_NEGATIVE, "'%.200s' %s", buf_text(&shown), what);
	buf_free(&shown);
	return false;
}

/* 0, or errno. */
static int run_trouble(const char *file)
{
	struct stat info;
	if (stat(file, &info) != 0)
		return errno;
	if (S_ISDIR(info.st_mode))
		return EISDIR;
	return access(file, X_OK) == 0 ? 0 : errno;
}

static const char *trouble_text(int why)
{
	return why == EISDIR   ? "is a directory"
	       : why == EACCES ? "is not executable (permission denied)"
	       : why == ENOENT ? "is not there"
			       : strerror(why);
}

static bool find_by_path(const struct exec_request *request, char **ret_file, struct error *err)
{
	const char *program = request->argv.items[0];
	char *file = *program == '/' || !request->cwd ? xstrdup(program)
						      : xasprintf("%s/%s", request->cwd, program);
	int why = run_trouble(file);
	if (why == 0) {
		*ret_file = file;
		return true;
	}
	failed(err, file, trouble_text(why));
	free(file);
	return false;
}

/* As the program has it. */
static const char *path_of(const struct exec_request *request)
{
	const char *own = text_pairs_get(&request->env, "PATH");
	const char *ours = getenv("PATH");
	return own ? own : ours && *ours ? ours : EXEC_DEFAULT_PATH;
}

/* Only in absolute directories: who runs it where is no business of PATH. */
static bool find_in_path(const struct exec_request *request, char **ret_file, struct error *err)
{
	const char *program = request->argv.items[0], *p = path_of(request);
	int why = ENOENT;
	for (; *p; p += strcspn(p, ":"), p += *p == ':') {
		char *file = xasprintf("%.*s/%s", (int)strcspn(p, ":"), p, program);
		int trouble = *p == '/' ? run_trouble(file) : ENOENT;
		if (trouble == 0) {
			*ret_file = file;
			return true;
		}
		if (trouble == EACCES)
			why = trouble;
		free(file);
	}
	return failed(err, program, why == EACCES ? trouble_text(why) : "is not in PATH");
}

bool exec_find(const struct exec_request *request, char **ret_file, struct error *err)
{
	return strchr(request->argv.items[0], '/') ? find_by_path(request, ret_file, err)
						   : find_in_path(request, ret_file, err);
}

/* What is there of settings as written. */

static bool is_template(const char *text)
{
	return text && strstr(text, "{{");
}

static enum exec_found look_for(const struct exec_request *request, struct error *err)
{
	struct stat info;
	const char *cwd = request->cwd;
	const char *program = request->argv.count > 0 ? request->argv.items[0] : NULL;
	if (cwd && !is_template(cwd) && (stat(cwd, &info) != 0 || !S_ISDIR(info.st_mode))) {
		failed(err, cwd, "is no directory");
		return EXEC_NOWHERE;
	}
	bool by_path = program && strchr(program, '/');
	if (!program || is_template(program) ||
		(by_path ? *program != '/' && is_template(cwd) : is_template(path_of(request))))
		return EXEC_DEPENDS;
	char *file = NULL;
	enum exec_found found = exec_find(request, &file, err) ? EXEC_FOUND : EXEC_MISSING;
	free(file);
	return found;
}

enum exec_found exec_look(struct span settings, struct error *err)
{
	struct exec_request request = { 0 };
	enum exec_found found = EXEC_DEPENDS;
	if (exec_request_make(settings, "exec", false, &request, err))
		found = look_for(&request, err);
	exec_request_release(&request);
	return found;
}

bool exec_shows_secret(struct span settings)
{
	struct exec_request request = { 0 };
	struct error err = { 0 };
	bool shows = false;
	if (exec_request_make(settings, "exec", false, &request, &err))
		for (size_t i = 0; i < request.argv.count; i++)
			shows = shows || (is_template(request.argv.items[i]) &&
						 strstr(request.argv.items[i], ".secrets"));
	exec_request_release(&request);
	return shows;
}
