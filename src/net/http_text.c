#include "net/http_text.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/xalloc.h"

enum { HEADERS_MOST = 100 };

bool http_method_check(const char *method, struct error *err)
{
	size_t letters = strspn(method, "ABCDEFGHIJKLMNOPQRSTUVWXYZ");
	if (letters == 0 || method[letters] != '\0')
		return error_set(
			err, ERROR_CONFIG, "a method is upper-case letters, such as POST or PUT");
	/* Both make libcurl do something else. */
	if (strcmp(method, "CONNECT") == 0 || strcmp(method, "TRACE") == 0)
		return error_set(err, ERROR_CONFIG, "method '%s' is not possible", method);
	return true;
}

static bool is_token(const char *name)
{
	static const char characters[] = "!#$%&'*+-.^_`|~0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"
					 "abcdefghijklmnopqrstuvwxyz";
	return *name != '\0' && name[strspn(name, characters)] == '\0';
}

bool http_header_check(const char *name, struct span value, struct error *err)
{
	static const char *const ours[] = { "Connection", "Content-Length", "Expect",
		"Transfer-Encoding", "Upgrade" };
	if (!is_token(name))
		return error_set(err, ERROR_CONFIG,
			"a header's name is letters, digits and '-', without spaces and colons");
	for (size_t i = 0; i < sizeof(ours) / sizeof(ours[0]); i++) {
		if (strcasecmp(name, ours[i]) == 0)
			return error_set(err, ERROR_CONFIG, "header '%s' cannot be set", name);
	}
	for (size_t i = 0; i < value.length; i++) {
		unsigned char c = (unsigned char)value.data[i];
		if ((c < 0x20 && c != '\t') || c == 0x7f)
			return error_set(err, ERROR_CONFIG,
				"header '%s' holds a line break or another control character",
				name);
	}
	return true;
}

const char *http_headers_get(const struct text_pairs *headers, const char *name)
{
	for (size_t i = 0; i < headers->count; i++) {
		if (strcasecmp(headers->items[i].name, name) == 0)
			return headers->items[i].value;
	}
	return NULL;
}

static void add(struct text_pairs *headers, const char *name, const char *value)
{
	for (size_t i = 0; i < headers->count; i++) {
		struct text_pair *pair = &headers->items[i];
		if (strcasecmp(pair->name, name) != 0)
			continue;
		char *both = xasprintf("%s, %s", pair->value, value);
		free(pair->value);
		pair->value = both;
		return;
	}
	if (headers->count < HEADERS_MOST)
		text_pairs_set(headers, name, value);
}

static struct span trim(struct span text)
{
	while (text.length > 0 && strchr(" \t\r\n", text.data[text.length - 1]))
		text.length--;
	while (text.length > 0 && strchr(" \t", text.data[0])) {
		text.data++;
		text.length--;
	}
	return text;
}

void http_headers_add(struct text_pairs *headers, struct span line)
{
	const char *colon = line.length ? memchr(line.data, ':', line.length) : NULL;
	if (!colon)
		return;
	struct span rest = span_make(colon + 1, line.length - (size_t)(colon + 1 - line.data));
	char *name = span_dup(span_make(line.data, (size_t)(colon - line.data)));
	char *value = span_dup(trim(rest));
	if (is_token(name) && strcasecmp(name, "Set-Cookie") != 0)
		add(headers, name, value);
	free(name);
	free(value);
}
