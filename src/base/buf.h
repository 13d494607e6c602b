/* Text or bytes that grow, and spans: bytes that are somebody else's. */
#ifndef PORTLOG_BASE_BUF_H
#define PORTLOG_BASE_BUF_H

#include <stdbool.h>
#include <stddef.h>

/* Borrowed bytes, not ended by NUL. data == NULL: absent, which is not the same as empty. */
struct span {
	const char *data;
	size_t length;
};

struct span span_of(const char *text); /* NULL gives the absent span */
struct span span_make(const char *data, size_t length);
/* Two absent spans are equal; absent and empty are not. */
bool span_equal(struct span a, struct span b);
bool span_is(struct span a, const char *text);
/* A copy ended by NUL; NULL where absent. */
char *span_dup(struct span a);

/* Starts as { 0 }. data is NULL or ended by a NUL that length does not count. */
struct buf {
	char *data;
	size_t length;
	size_t capacity;
};

void buf_free(struct buf *b);
void buf_clear(struct buf *b); /* empty, keeps its memory */
/* Room for more bytes (and the NUL) behind length; returns where they go. */
char *buf_reserve(struct buf *b, size_t more);
void buf_add(struct buf *b, const void *data, size_t length);
void buf_add_span(struct buf *b, struct span s);
void buf_add_text(struct buf *b, const char *text);
void buf_add_char(struct buf *b, char c);
void buf_addf(struct buf *b, const char *format, ...) __attribute__((format(printf, 2, 3)));
/* What is in it, ended by NUL, is yours; the buffer is as new. Never NULL. */
char *buf_take(struct buf *b);
/* "" where nothing was ever added. */
const char *buf_text(const struct buf *b);
struct span buf_span(const struct buf *b); /* never absent */

#endif
