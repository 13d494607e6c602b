#include "action/exec_request.h"

#include <stdlib.h>
#include <string.h>

#include "action/exec_environment.h"
#include "action/reading.h"
#include "base/json_write.h"
#include "base/xalloc.h"

static struct exec_request *request_of(struct reading *r)
{
	return r->into;
}

/* A value as a program gets it: what is no text, as JSON. */
static bool read_word(struct reading *r, struct reading_place place, json_index at, char **ret_text)
{
	enum json_kind kind = json_kind_of(&r->doc, at);
	struct buf text = { 0 };
	if (kind != JSON_KIND_ARRAY && kind != JSON_KIND_OBJECT && kind != JSON_KIND_NULL)
		return reading_scalar(r, place, at, ret_text);
	if (kind == JSON_KIND_NULL)
		return reading_wrong(r, place, "is null: there is no such value");
	json_compact(json_raw(&r->doc, at), &text);
	*ret_text = buf_take(&text);
	return true;
}

/* The members' rows */

/* A null is an error: without it, what stands behind would take its place. */
static bool read_argv(struct reading *r, struct reading_place place, json_index at)
{
	size_t count = 0;
	text_list_clear(&request_of(r)->argv);
	if (json_kind_of(&r->doc, at) != JSON_KIND_ARRAY)
		return reading_has_template(r, at) || reading_wrong(r, place, "must be an array");
	for (json_index i = json_first(&r->doc, at); i != JSON_ABSENT;
		i = json_next(&r->doc, at, i)) {
		char *name = xasprintf("argv[%zu]", count++), *word = NULL;
		bool ok = read_word(r, (struct reading_place){ NULL, name }, i, &word);
		if (ok)
			text_list_add(&request_of(r)->argv, word);
		free(name);
		free(word);
		if (!ok)
			return false;
	}
	const struct text_list *argv = &request_of(r)->argv;
	return (argv->count > 0 && argv->items[0][0] != '\0') ||
	       reading_wrong(r, place, "must begin with a program");
}

static bool read_variable(struct reading *r, struct reading_place place, json_index at)
{
	char *value = NULL;
	if (*place.name == '\0' || strchr(place.name, '='))
		return reading_wrong(r, place, "is no name of a variable");
	if (exec_is_own_variable(place.name))
		return reading_wrong(r, place, "is portlog's own: it sets it by itself");
	if (!read_word(r, place, at, &value))
		return false;
	text_pairs_set(&request_of(r)->env, place.name, value);
	free(value);
	return true;
}

static bool read_env(struct reading *r, struct reading_place place, json_index at)
{
	if (json_kind_of(&r->doc, at) != JSON_KIND_OBJECT)
		return reading_has_template(r, at) || reading_wrong(r, place, "must be an object");
	return reading_members(r, "env", at, read_variable);
}

static bool read_cwd(struct reading *r, struct reading_place place, json_index at)
{
	if (!reading_string(r, place, at, &request_of(r)->cwd))
		return false;
	return reading_has_template(r, at) || request_of(r)->cwd[0] == '/' ||
	       reading_wrong(r, place, "must be an absolute path");
}

static bool read_stdin(struct reading *r, struct reading_place place, json_index at)
{
	struct exec_request *request = request_of(r);
	struct buf scratch = { 0 };
	(void)place;
	request->has_stdin = true;
	buf_clear(&request->input);
	if (json_kind_of(&r->doc, at) == JSON_KIND_STRING)
		buf_add_span(&request->input, json_text(&r->doc, at, &scratch));
	else
		json_compact(json_raw(&r->doc, at), &request->input);
	buf_free(&scratch);
	return true;
}

static const struct reading_row members[] = {
	{ "argv", read_argv },
	{ "env", read_env },
	{ "cwd", read_cwd },
	{ "stdin", read_stdin },
	{ NULL, NULL },
};

static bool read_setting(struct reading *r, struct reading_place place, json_index at)
{
	return reading_by_row(r, members, place, at);
}

static bool read_all(struct reading *r, struct span settings)
{
	if (!reading_object(r, settings, read_setting))
		return false;
	json_index input = json_member(&r->doc, 0, span_of("stdin"));
	request_of(r)->has_stdin = input != JSON_ABSENT; /* null: it is empty */
	return !json_is_nothing(&r->doc, json_member(&r->doc, 0, span_of("argv"))) ||
	       error_set(r->err, ERROR_CONFIG, "%s needs an 'argv'", r->path);
}

bool exec_request_make(struct span settings, const char *path, bool filled,
	struct exec_request *ret_request, struct error *err)
{
	struct exec_request request = { 0 };
	struct reading r = { .path = path, .filled = filled, .into = &request, .err = err };
	bool ok = read_all(&r, settings);
	if (ok)
		*ret_request = request;
	else
		exec_request_release(&request);
	reading_release(&r);
	return ok;
}

void exec_request_release(struct exec_request *request)
{
	text_list_clear(&request->argv);
	text_pairs_clear(&request->env);
	free(request->cwd);
	buf_free(&request->input);
	*request = (struct exec_request){ 0 };
}
