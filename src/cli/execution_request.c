#include "cli/execution_request.h"

#include <inttypes.h>
#include <pwd.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/json_scan.h"
#include "base/json_write.h"
#include "base/xalloc.h"
#include "net/control.h"

enum { ANSWER_MS = 10000 };

/* Who asks stands in the journal. */
static char *user_name(void)
{
	const struct passwd *user = getpwuid(getuid());
	return user ? xstrdup(user->pw_name) : xasprintf("uid %lu", (unsigned long)getuid());
}

static void write_request(const struct execution_ask *ask, struct buf *out)
{
	struct json_writer w = { .out = out };
	char *by = user_name();
	json_object_start(&w);
	json_member_text(&w, "ask", ask->verb);
	json_member_int(&w, "id", ask->id);
	json_member_text(&w, "reason", ask->reason);
	json_member_text(&w, "by", by);
	if (ask->again)
		json_member_bool(&w, "again", true);
	json_object_end(&w);
	free(by);
}

/* {"ok":true}, or {"error":TEXT}. */
static bool read_answer(const char *verb, int64_t id, const struct buf *answer, struct error *err)
{
	struct json_doc doc = { 0 };
	struct buf scratch = { 0 };
	bool ok = false;
	struct span why = { 0 };
	if (json_scan(&doc, answer->data, answer->length) == JSON_OK) {
		json_index at = json_member(&doc, 0, span_of("ok"));
		ok = at != JSON_ABSENT && json_kind_of(&doc, at) == JSON_KIND_TRUE;
		why = json_text(&doc, json_member(&doc, 0, span_of("error")), &scratch);
	}
	if (why.data)
		ok = error_set(err, ERROR_NEGATIVE, "cannot %s execution %" PRId64 ": %.*s", verb,
			id, (int)why.length, why.data);
	else if (!ok)
		error_set(err, ERROR_STORE,
			"cannot %s execution %" PRId64 ": the recorder answers nonsense; is it"
			" another version?",
			verb, id);
	json_doc_release(&doc);
	buf_free(&scratch);
	return ok;
}

/* The same failures as control_ask has, with what to do. */
static bool not_asked(struct invocation *call, const char *verb, int64_t id, struct error *err)
{
	if (err->kind == ERROR_NEGATIVE)
		return error_set(err, ERROR_STORE,
			"cannot %s execution %" PRId64 ": no recorder runs on '%s', and only it"
			" executes; start it with 'portlog record', then ask again",
			verb, id, call->store_path);
	return error_set(err, ERROR_STORE,
		"cannot %s execution %" PRId64
		": the recorder did not answer in time; the request may still be"
		" carried out: 'portlog executions show %" PRId64 "' tells",
		verb, id, id);
}

bool execution_request(struct invocation *call, const struct execution_ask *ask, struct error *err)
{
	struct buf line = { 0 }, answer = { 0 };
	write_request(ask, &line);
	bool ok = control_ask(call->store_path, buf_text(&line), ANSWER_MS, &answer, err)
			  ? read_answer(ask->verb, ask->id, &answer, err)
			  : not_asked(call, ask->verb, ask->id, err);
	buf_free(&line);
	buf_free(&answer);
	return ok;
}
