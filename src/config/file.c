#include "config/file.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <jansson.h>

#include "base/clock.h"
#include "base/text.h"
#include "base/xalloc.h"

enum {
	FILE_MOST_BYTES = 16 * 1024 * 1024,
	CHUNK_BYTES = 65536,
	PIPE_MS = 30000, /* for who writes to a pipe */
};

/* The file being read. */
struct reading {
	const char
		*directory; /* relative paths are relative to it; NULL: to the working directory */
	struct config *config;
	struct error *err;
};

/* Where a value is: "port.client_id", "topics[1]". */
static char *path_below(const char *path, const char *name)
{
	return *path ? xasprintf("%s.%s", path, name) : xstrdup(name);
}

/* hidden: the path does not stand in errors. */
static bool cannot_read(const char *path, bool hidden, int why, struct error *err)
{
	if (hidden)
		return error_set(err, ERROR_CONFIG,
			"cannot read the file that is named there (it may be the value itself, so "
			"it is not shown): %s",
			strerror(why));
	return error_set(err, ERROR_CONFIG, "cannot read '%s': %s", path, strerror(why));
}

/* What comes next; 0: the end. A pipe is not waited for indefinitely: a recorder reads its files
 * again while it records. -1: errno says why. */
static ssize_t read_some(int file, int64_t deadline_ms, struct buf *out)
{
	struct pollfd end = { file, POLLIN, 0 };
	ssize_t count = -1;
	errno = EAGAIN;
	while (count < 0 && (errno == EAGAIN || errno == EINTR)) {
		int64_t left_ms = deadline_ms - clock_monotonic_ms();
		if (left_ms <= 0 || poll(&end, 1, (int)left_ms) == 0) {
			errno = ETIMEDOUT;
			return -1;
		}
		count = read(file, buf_reserve(out, CHUNK_BYTES), CHUNK_BYTES);
	}
	return count;
}

static bool slurp(const char *path, bool hidden, struct buf *out, struct error *err)
{
	int64_t deadline_ms = clock_monotonic_ms() + PIPE_MS;
	int file = open(path, O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
	if (file < 0)
		return cannot_read(path, hidden, errno, err);
	ssize_t count;
	do {
		count = read_some(file, deadline_ms, out);
		if (count < 0)
			break;
		out->length += (size_t)count;
		out->data[out->length] = '\0';
	} while (count > 0 && out->length <= FILE_MOST_BYTES);
	int why = count < 0 ? errno : out->length > FILE_MOST_BYTES ? EFBIG : 0;
	close(file);
	return !why || cannot_read(path, hidden, why, err);
}

static char *resolve(const struct reading *reading, const char *path)
{
	if (path[0] == '/' || !reading->directory)
		return xstrdup(path);
	return xasprintf("%s/%s", reading->directory, path);
}

static const char *kind(const json_t *value)
{
	switch (json_typeof(value)) {
	case JSON_OBJECT:
		return "an object";
	case JSON_ARRAY:
		return "an array";
	case JSON_STRING:
		return "a string";
	case JSON_INTEGER:
	case JSON_REAL:
		return "a number";
	case JSON_TRUE:
	case JSON_FALSE:
		return "true or false";
	default:
		return "null";
	}
}

static bool wrong_type(
	const struct reading *reading, const char *path, const char *wanted, const json_t *value)
{
	return error_set(
		reading->err, ERROR_CONFIG, "'%s' must be %s, not %s", path, wanted, kind(value));
}

/* Somebody may have written the secret itself where its place belongs, so that errors show only
 * what surely is one. A path begins with "./", "../", or a directory that is there and another '/'.
 */
static bool is_path(const char *text)
{
	const char *second = text[0] == '/' ? strchr(text + 1, '/') : NULL;
	char *top = second ? span_dup(span_make(text, (size_t)(second - text))) : NULL;
	struct stat info;
	bool is = strncmp(text, "./", 2) == 0 || strncmp(text, "../", 3) == 0 ||
		  (top && top[1] && stat(top, &info) == 0 && S_ISDIR(info.st_mode));
	free(top);
	return is;
}

/* What is in capitals with an underscore is hardly a secret. */
static bool is_variable(const char *text)
{
	return text[strspn(text, "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_")] == '\0' &&
	       strchr(text, '_');
}

/* {"file": "PATH"}: what is in it, without the line feed at its end. */
static bool from_file(
	const struct reading *reading, const char *path, const char *file, char **ret_text)
{
	struct buf text = { 0 };
	char *resolved = resolve(reading, file);
	bool ok = slurp(resolved, !is_path(file), &text, reading->err);
	text_list_add(&reading->config->files, resolved);
	free(resolved);
	if (ok && memchr(buf_text(&text), '\0', text.length))
		ok = error_set(reading->err, ERROR_CONFIG, "the file has a NUL byte");
	if (!ok) {
		error_prefix(reading->err, "'%s'", path);
		buf_free(&text);
		return false;
	}
	while (text.length > 0 &&
		(text.data[text.length - 1] == '\n' || text.data[text.length - 1] == '\r'))
		text.data[--text.length] = '\0';
	*ret_text = buf_take(&text);
	return true;
}

/* A string, {"env": "NAME"} or {"file": "PATH"}. */
static bool text_value(
	const struct reading *reading, const char *path, const json_t *value, char **ret_text)
{
	static const char wanted[] = "a string, {\"env\": \"NAME\"} or {\"file\": \"PATH\"}";
	if (json_is_string(value)) {
		*ret_text = xstrdup(json_string_value(value));
		if (strstr(path, "secret") || strstr(path, "password"))
			reading->config->holds_secrets = true;
		return true;
	}
	const json_t *env = json_object_get(value, "env"), *file = json_object_get(value, "file");
	if (json_object_size(value) != 1 || !json_is_string(env ? env : file))
		return wrong_type(reading, path, wanted, value);
	if (file)
		return from_file(reading, path, json_string_value(file), ret_text);
	const char *name = json_string_value(env), *text = getenv(name);
	if (!text && !is_variable(name))
		return error_set(reading->err, ERROR_CONFIG,
			"'%s': the environment variable that is named there is not set (it may be "
			"the value itself, so it is not shown)",
			path);
	if (!text)
		return error_set(reading->err, ERROR_CONFIG,
			"'%s': the environment variable '%s' is not set", path, name);
	*ret_text = xstrdup(text);
	return true;
}

static bool list_value(const struct reading *reading, const char *path, const json_t *value,
	struct text_list *list)
{
	if (!json_is_array(value))
		return wrong_type(reading, path, "an array of strings", value);
	for (size_t i = 0; i < json_array_size(value); i++) {
		char *text, *inner = xasprintf("%s[%zu]", path, i);
		bool ok = text_value(reading, inner, json_array_get(value, i), &text);
		free(inner);
		if (!ok)
			return false;
		text_list_add(list, text);
		free(text);
	}
	return true;
}

/* Properties may be written as numbers and booleans, too: "session.timeout.ms": 45000. */
static bool pair_value(
	const struct reading *reading, const char *path, const json_t *value, char **ret_text)
{
	if (json_is_integer(value))
		*ret_text = xasprintf("%" JSON_INTEGER_FORMAT, json_integer_value(value));
	else if (json_is_boolean(value))
		*ret_text = xstrdup(json_is_true(value) ? "true" : "false");
	else
		return text_value(reading, path, value, ret_text);
	return true;
}

static bool pairs_value(
	const struct reading *reading, const char *path, json_t *value, struct text_pairs *pairs)
{
	const char *name;
	json_t *member;
	if (!json_is_object(value))
		return wrong_type(reading, path, "an object", value);
	json_object_foreach(value, name, member)
	{
		char *text, *inner = path_below(path, name);
		bool ok = pair_value(reading, inner, member, &text);
		free(inner);
		if (!ok)
			return false;
		text_pairs_set(pairs, name, text);
		free(text);
	}
	return true;
}

static bool written_value(const struct reading *reading, const struct option *row, void *place,
	const char *path, const json_t *value)
{
	char *text;
	if (!text_value(reading, path, value, &text))
		return false;
	bool ok = option_set_text(row, place, text, path, 0, reading->err);
	if (!ok)
		reading->err->kind = ERROR_CONFIG;
	free(text);
	return ok;
}

static bool integer_value(const struct reading *reading, const struct option *row, void *place,
	const char *path, const json_t *value)
{
	if (!json_is_integer(value))
		return wrong_type(reading, path, "an integer", value);
	char digits[32];
	snprintf(digits, sizeof(digits), "%" JSON_INTEGER_FORMAT, json_integer_value(value));
	bool ok = option_set_text(row, place, digits, path, 0, reading->err);
	if (!ok)
		reading->err->kind = ERROR_CONFIG;
	return ok;
}

static void json_text(const json_t *value, char **place)
{
	char *dumped = json_dumps(value, JSON_COMPACT | JSON_ENCODE_ANY | JSON_PRESERVE_ORDER);
	free(*place);
	*place = xstrdup(dumped ? dumped : "null");
	free(dumped);
}

static bool object(const struct reading *reading, const struct option *rows, void *settings,
	const char *path, json_t *value);

static bool member(const struct reading *reading, const struct option *row, void *settings,
	const char *path, json_t *value)
{
	void *place = (char *)settings + row->offset;
	switch (row->type) {
	case OPTION_TYPE_OBJECT:
		return object(reading, row->rows, place, path, value);
	case OPTION_TYPE_LIST:
		return list_value(reading, path, value, place);
	case OPTION_TYPE_PAIRS:
		return pairs_value(reading, path, value, place);
	case OPTION_TYPE_INTEGER:
	case OPTION_TYPE_NUMBER:
		return integer_value(reading, row, place, path, value);
	case OPTION_TYPE_FLAG:
		if (!json_is_boolean(value))
			return wrong_type(reading, path, "true or false", value);
		*(bool *)place = json_is_true(value);
		return true;
	case OPTION_TYPE_JSON:
		json_text(value, place);
		return true;
	default:
		return written_value(reading, row, place, path, value);
	}
}

static const struct option *find_row(const struct option *rows, const char *name)
{
	for (; rows->type != OPTION_TYPE_END; rows++)
		if (rows->name && strcmp(rows->name, name) == 0)
			return rows;
	return NULL;
}

static bool unknown_key(const struct reading *reading, const struct option *rows, const char *path,
	const char *name)
{
	struct text_list names = { 0 };
	for (; rows->type != OPTION_TYPE_END; rows++)
		if (rows->name)
			text_list_add(&names, rows->name);
	const char *nearest = text_nearest(name, (const char *const *)names.items);
	if (nearest) {
		const char *dot = strrchr(path, '.');
		error_set(reading->err, ERROR_CONFIG,
			"'%.200s' is no setting; did you mean '%.*s%s'?", path,
			dot ? (int)(dot - path) + 1 : 0, path, nearest);
	} else {
		error_set(reading->err, ERROR_CONFIG,
			"'%.200s' is no setting; see portlog-config(5) or 'portlog check --schema'",
			path);
	}
	text_list_clear(&names);
	return false;
}

static bool object(const struct reading *reading, const struct option *rows, void *settings,
	const char *path, json_t *value)
{
	const char *name;
	json_t *inner;
	if (!json_is_object(value))
		return wrong_type(reading, *path ? path : "(all of it)", "an object", value);
	json_object_foreach(value, name, inner)
	{
		char *below = path_below(path, name);
		const struct option *row = find_row(rows, name);
		bool ok = row ? member(reading, row, settings, below, inner)
			      : unknown_key(reading, rows, below, name);
		free(below);
		if (!ok)
			return false;
	}
	return true;
}

/* jansson quotes the text it stumbled on, which may be a secret. */
static bool not_json(const json_error_t *error, struct error *err)
{
	int length = (int)strcspn(error->text, "'");
	const char *near = strstr(error->text, " near ");
	if (near)
		length = (int)(near - error->text);
	return error_set(err, ERROR_CONFIG, "line %d, column %d: %.*s", error->line, error->column,
		length, error->text);
}

static bool path_settings(const struct reading *reading, struct config *config)
{
	char **const places[] = { &config->store, &config->agent_mapping };
	for (size_t i = 0; i < sizeof(places) / sizeof(places[0]); i++)
		if (*places[i]) {
			char *resolved = resolve(reading, *places[i]);
			free(*places[i]);
			*places[i] = resolved;
		}
	return true;
}

bool config_parse(struct span text, const char *name, const char *directory, struct config *config,
	struct error *err)
{
	json_error_t json_error;
	struct reading reading = { directory, config, err };
	json_t *root = json_loadb(
		text.data ? text.data : "", text.length, JSON_REJECT_DUPLICATES, &json_error);
	bool ok = root ? object(&reading, config_options, config, "", root)
		       : not_json(&json_error, err);
	json_decref(root);
	if (!ok)
		return error_prefix(err, "cannot use the configuration %s", name);
	return path_settings(&reading, config);
}

bool config_file_read(const char *path, struct config *config, struct error *err)
{
	struct buf text = { 0 };
	const char *slash = strrchr(path, '/');
	char *directory = slash ? xstrndup(path, (size_t)(slash - path) + (slash == path)) : NULL;
	bool ok = slurp(path, false, &text, err)
			  ? config_parse(buf_span(&text), path, directory, config, err)
			  : error_prefix(err, "cannot use the configuration");
	buf_free(&text);
	free(directory);
	return ok;
}

const char *config_jansson_version(void)
{
	return jansson_version_str();
}
