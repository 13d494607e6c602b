#include "base/buf.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/xalloc.h"

struct span span_of(const char *text)
{
	return (struct span){ text, text ? strlen(text) : 0 };
}

struct span span_make(const char *data, size_t length)
{
	return (struct span){ data, length };
}

bool span_equal(struct span a, struct span b)
{
	if (!a.data || !b.data)
		return !a.data && !b.data;
	return a.length == b.length && (a.length == 0 || memcmp(a.data, b.data, a.length) == 0);
}

bool span_is(struct span a, const char *text)
{
	return span_equal(a, span_of(text));
}

char *span_dup(struct span a)
{
	if (!a.data)
		return NULL;
	char *copy = xmalloc(a.length + 1);
	if (a.length)
		memcpy(copy, a.data, a.length);
	copy[a.length] = '\0';
	return copy;
}

void buf_free(struct buf *b)
{
	free(b->data);
	*b = (struct buf){ 0 };
}

void buf_clear(struct buf *b)
{
	b->length = 0;
	if (b->data)
		b->data[0] = '\0';
}

char *buf_reserve(struct buf *b, size_t more)
{
	size_t need = b->length + more + 1;
	if (need > b->capacity) {
		size_t capacity = b->capacity ? b->capacity : 64;
		while (capacity < need)
			capacity += capacity / 2;
		b->data = xrealloc(b->data, capacity);
		b->capacity = capacity;
	}
	return b->data + b->length;
}

void buf_add(struct buf *b, const void *data, size_t length)
{
	char *end = buf_reserve(b, length);
	if (length)
		memcpy(end, data, length);
	b->length += length;
	b->data[b->length] = '\0';
}

void buf_add_span(struct buf *b, struct span s)
{
	buf_add(b, s.data, s.length);
}

void buf_add_text(struct buf *b, const char *text)
{
	buf_add(b, text, strlen(text));
}

void buf_add_char(struct buf *b, char c)
{
	buf_add(b, &c, 1);
}

void buf_addf(struct buf *b, const char *format, ...)
{
	va_list arguments, again;
	va_start(arguments, format);
	va_copy(again, arguments);
	int length = vsnprintf(NULL, 0, format, arguments);
	va_end(arguments);
	if (length > 0) {
		char *end = buf_reserve(b, (size_t)length);
		vsnprintf(end, (size_t)length + 1, format, again);
		b->length += (size_t)length;
	}
	va_end(again);
}

char *buf_take(struct buf *b)
{
	buf_reserve(b, 0);
	b->data[b->length] = '\0';
	char *text = b->data;
	*b = (struct buf){ 0 };
	return text;
}

const char *buf_text(const struct buf *b)
{
	return b->data ? b->data : "";
}

struct span buf_span(const struct buf *b)
{
	return (struct span){ buf_text(b), b->length };
}
