#include "demo/acting.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/json_scan.h"
#include "base/xalloc.h"
#include "demo/acting_texts.h"
#include "demo/port_standin.h"

#define CLIENT_ID "halyard-demo-client-id"

enum { SECOND_MS = 1000, HOUR_S = 3600 };

struct acting {
	struct port_standin *port;
	char *directory;
	char *program;
	char *trouble; /* a file; while it is there, the program fails */
};

static bool write_file(const char *path, mode_t mode, const char *text, struct error *err)
{
	size_t length = strlen(text);
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, mode);
	bool ok = fd >= 0 && write(fd, text, length) == (ssize_t)length;
	if (fd >= 0 && close(fd) != 0)
		ok = false;
	return ok || error_set(err, ERROR_STORE, "cannot write '%s': %s", path, strerror(errno));
}

bool acting_new(const char *directory, struct acting **ret_acting, struct error *err)
{
	struct acting *acting = xcalloc(1, sizeof(*acting));
	acting->directory = xstrdup(directory);
	acting->program = xasprintf("%s/deploy.sh", directory);
	acting->trouble = xasprintf("%s/registry-is-down", directory);
	if (!write_file(acting->program, 0600, demo_deploy_sh, err) ||
		!port_standin_new(CLIENT_ID, STORY_SECRET, &acting->port, err)) {
		acting_free(acting);
		return false;
	}
	*ret_acting = acting;
	return true;
}

void acting_free(struct acting *acting)
{
	if (!acting)
		return;
	port_standin_free(acting->port);
	free(acting->directory);
	free(acting->program);
	free(acting->trouble);
	free(acting);
}

/* The rules, with the directory where they have a word for it. */
static void rules_write(const struct acting *acting, struct buf *out)
{
	static const char word[] = "@DIRECTORY@";
	struct buf quoted = { 0 };
	const char *at = demo_rules_json;
	json_quote(span_of(acting->directory), &quoted);
	for (const char *next; (next = strstr(at, word)); at = next + strlen(word)) {
		buf_add(out, at, (size_t)(next - at));
		buf_add(out, quoted.data + 1, quoted.length - 2);
	}
	buf_add(out, at, strlen(at) - 1); /* without the last line's end */
	buf_free(&quoted);
}

void acting_config_write(const struct acting *acting, int64_t now_ms, struct json_writer *w)
{
	struct buf text = { 0 };
	int64_t past_s = (clock_now_ms() - now_ms) / SECOND_MS;
	json_key(w, "port");
	json_object_start(w);
	json_member_text(w, "api", port_standin_url(acting->port));
	json_member_text(w, "client_id", CLIENT_ID);
	json_member_text(w, "client_secret", STORY_SECRET);
	json_object_end(w);
	if (past_s > 0) {
		buf_addf(&text, "%llds", (long long)past_s + HOUR_S);
		json_key(w, "execution");
		json_object_start(w);
		json_member_span(w, "max_age", buf_span(&text));
		json_object_end(w);
		buf_clear(&text);
	}
	rules_write(acting, &text);
	json_key(w, "rules");
	json_raw_value(w, buf_span(&text));
	buf_free(&text);
}

static char *text_of(const struct json_doc *doc, const char *path)
{
	struct buf scratch = { 0 };
	struct span text = json_text(doc, json_path(doc, 0, path), &scratch);
	char *copy = text.data ? span_dup(text) : NULL;
	buf_free(&scratch);
	return copy;
}

/* Of log lines and labels Port publishes nothing; of what it doesn't know, neither. */
static void hear(struct story *story, int64_t at_ms, const struct port_telling *telling)
{
	struct json_doc doc = { 0 };
	json_scan(&doc, telling->body.data, telling->body.length);
	char *identifier = text_of(&doc, ".identifier");
	char *status = text_of(&doc, ".status");
	char *summary = text_of(&doc, ".summary");
	if (telling->what == PORT_TOLD_ENTITY && identifier)
		story_tell_entity(story, at_ms, telling->run_id, telling->blueprint, identifier,
			telling->body.data);
	else if (telling->what == PORT_TOLD_STATUS && status)
		story_tell_end(story, at_ms, telling->run_id, strcmp(status, "SUCCESS") == 0,
			summary ? summary : "");
	free(identifier);
	free(status);
	free(summary);
	json_doc_release(&doc);
}

bool acting_hear(struct acting *acting, struct story *story, int64_t at_ms)
{
	struct port_telling *telling = port_standin_take(acting->port);
	if (!telling)
		return false;
	hear(story, at_ms, telling);
	port_telling_free(telling);
	return true;
}

bool acting_set_trouble(struct acting *acting, bool trouble, struct error *err)
{
	if (trouble)
		return write_file(acting->trouble, 0600, "", err);
	return unlink(acting->trouble) == 0 || errno == ENOENT ||
	       error_set(err, ERROR_STORE, "cannot remove '%s': %s", acting->trouble,
		       strerror(errno));
}
