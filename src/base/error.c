/* One error at a time, in fixed storage: failing must not fail. */
#include "base/error.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

/* Ends a text that did not fit with an ellipsis, never in the middle of a character. */
static void cut(char *text, size_t size)
{
	static const char ellipsis[] = "\xe2\x80\xa6";
	size_t end = size - sizeof(ellipsis);
	while (end > 0 && ((unsigned char)text[end] & 0xc0) == 0x80)
		end--;
	memcpy(text + end, ellipsis, sizeof(ellipsis));
}

__attribute__((format(printf, 4, 0))) static void fill(struct error *err, enum error_kind kind,
	bool transient, const char *format, va_list arguments)
{
	/* The arguments may point into err itself. */
	char text[sizeof(err->text)];
	int length = vsnprintf(text, sizeof(text), format, arguments);
	if (length >= (int)sizeof(text))
		cut(text, sizeof(text));
	err->kind = kind;
	err->transient = transient;
	memcpy(err->text, text, sizeof(text));
}

bool error_set(struct error *err, enum error_kind kind, const char *format, ...)
{
	va_list arguments;
	va_start(arguments, format);
	fill(err, kind, false, format, arguments);
	va_end(arguments);
	return false;
}

bool error_set_transient(struct error *err, enum error_kind kind, const char *format, ...)
{
	va_list arguments;
	va_start(arguments, format);
	fill(err, kind, true, format, arguments);
	va_end(arguments);
	return false;
}

bool error_prefix(struct error *err, const char *format, ...)
{
	char before[sizeof(err->text)];
	char text[2 * sizeof(err->text) + 2];
	va_list arguments;
	va_start(arguments, format);
	vsnprintf(before, sizeof(before), format, arguments);
	va_end(arguments);
	int length = snprintf(text, sizeof(text), "%s: %s", before, err->text);
	if (length >= (int)sizeof(err->text))
		cut(text, sizeof(err->text));
	memcpy(err->text, text, sizeof(err->text));
	err->text[sizeof(err->text) - 1] = '\0';
	return false;
}

int error_exit_status(const struct error *err)
{
	switch (err->kind) {
	case ERROR_NONE:
		return 0;
	case ERROR_NEGATIVE:
		return 1;
	case ERROR_USAGE:
	case ERROR_CONFIG:
		return 2;
	case ERROR_INTEGRITY:
		return 3;
	case ERROR_INTERRUPTED:
		return 130;
	case ERROR_STORE:
	case ERROR_NETWORK:
	case ERROR_REMOTE:
		break;
	}
	return 4;
}
