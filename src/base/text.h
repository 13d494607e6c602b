/* Text for people: UTF-8, what a terminal may be shown, widths, comparing, wildcards, nearest
 * words. Nothing here asks for the locale; whoever knows that a terminal has no UTF-8 says so with
 * text_set_ascii(). */
#ifndef PORTLOG_BASE_TEXT_H
#define PORTLOG_BASE_TEXT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"

enum { TEXT_INVALID = 0x110000 }; /* stands for a byte that is not UTF-8 */

/* The code point at byte `at` (< text.length) and how many bytes it takes; a byte that belongs to
 * no valid sequence (RFC 3629) is TEXT_INVALID and takes one. */
size_t text_next(struct span text, size_t at, uint32_t *ret_code);
bool text_is_utf8(struct span text);
/* Appends the code point as UTF-8. */
void text_add_code(struct buf *out, uint32_t code);

/* Appends the text with everything visible that could deceive or drive a terminal: \n \t \r, \x1b
 * for other C0 and DEL, \xff for bytes that are not UTF-8, \u009b for C1, \u202e for bidi controls,
 * zero-width characters, U+2028 and U+2029. Joiners (U+200C, U+200D) stay between characters of
 * scripts, and emoji, that need them. */
void text_safe(struct span text, struct buf *out);
/* As text_safe, but line feeds and tabs stay. */
void text_safe_lines(struct span text, struct buf *out);

/* From now on text_safe…() escapes all that is not ASCII, too, and text is cut with '~': for a
 * terminal whose locale is not UTF-8, which might take the bytes 0x80-0x9f within a character for
 * controls. It is of the process, as the locale is. */
void text_set_ascii(bool ascii);
/* A sign of our own, or what stands for it there. */
const char *text_sign(const char *utf8, const char *ascii);
/* What stands for what was cut, one column wide. */
const char *text_ellipsis(void);

/* Columns on a terminal, by what it draws as one: a character with its marks, a joined emoji, a
 * flag; control characters and invalid bytes count as one. */
size_t text_width(struct span text);
/* Appends the text, cut with text_ellipsis() in the middle (or at the end) where it is wider than
 * width. */
void text_cut_middle(struct span text, size_t width, struct buf *out);
void text_cut_end(struct span text, size_t width, struct buf *out);
/* Appends spaces until what was added since `start` (a length of out) is width columns wide. */
void text_pad(struct buf *out, size_t start, size_t width);

/* Appends the words of text, wrapped to width; the first goes where out is, at column, later lines
 * begin at column left. */
void text_wrap(struct buf *out, const char *text, size_t column, size_t left, size_t width);

/* The code point in lower case (Unicode simple folding). */
uint32_t text_fold_case(uint32_t code);
/* Without regard to case (Unicode simple folding), by code point: <0, 0, >0. Absent sorts first. */
int text_compare(struct span a, struct span b);
bool text_equal(struct span a, struct span b);
/* The whole text, without regard to case; '*' is any characters, '?' is one. */
bool text_glob(struct span pattern, struct span text);
bool text_has_wildcard(struct span pattern);

/* The word that was probably meant: the nearest by edit distance (a swap counts one, case in ASCII
 * nothing), NULL where none is near. words ends with NULL. */
const char *text_nearest(const char *word, const char *const *words);

#endif
