/* The scanner: one loop without recursion. An open container's node keeps its parent's index in
 * .next until it closes, so that no stack is needed beside the nodes. */
#include "base/json_scan.h"

#include <stdlib.h>
#include <string.h>

#ifdef __SSE2__
#include <emmintrin.h>
#endif

#include "base/xalloc.h"

/* One large message must not keep its nodes for the rest of the process's life. */
enum { NODES_KEPT = 65536, NODES_FIRST = 256 };

static bool is_space(uint8_t c)
{
	return c == ' ' || c == '\n' || c == '\r' || c == '\t';
}

static bool is_digit(uint8_t c)
{
	return c >= '0' && c <= '9';
}

static bool is_hex(uint8_t c)
{
	return is_digit(c) || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
}

static const uint8_t *skip_space(const uint8_t *p, const uint8_t *end)
{
	while (p < end && is_space(*p))
		p++;
	return p;
}

static bool is_continuation(uint8_t c)
{
	return (c & 0xC0) == 0x80;
}

/* How many bytes the character at p, which is not ASCII, has; 0 where it is not UTF-8 (RFC 3629:
 * no overlong forms, no surrogates, nothing above U+10FFFF). */
static size_t utf8_sequence(const uint8_t *p, const uint8_t *end)
{
	size_t left = (size_t)(end - p);
	if (p[0] >= 0xC2 && p[0] <= 0xDF)
		return left >= 2 && is_continuation(p[1]) ? 2 : 0;
	if (p[0] >= 0xE0 && p[0] <= 0xEF) {
		uint8_t low = p[0] == 0xE0 ? 0xA0 : 0x80;
		uint8_t high = p[0] == 0xED ? 0x9F : 0xBF;
		return left >= 3 && p[1] >= low && p[1] <= high && is_continuation(p[2]) ? 3 : 0;
	}
	if (p[0] >= 0xF0 && p[0] <= 0xF4) {
		uint8_t low = p[0] == 0xF0 ? 0x90 : 0x80;
		uint8_t high = p[0] == 0xF4 ? 0x8F : 0xBF;
		return left >= 4 && p[1] >= low && p[1] <= high && is_continuation(p[2]) &&
				       is_continuation(p[3])
			       ? 4
			       : 0;
	}
	return 0;
}

static bool is_utf8(const uint8_t *p, const uint8_t *end)
{
	while (p < end) {
		size_t length = *p < 0x80 ? 1 : utf8_sequence(p, end);
		if (length == 0)
			return false;
		p += length;
	}
	return true;
}

/* The first byte from p on that a string cannot simply hold: a quote, a backslash, a control
 * character, or one that is not ASCII. */
static const uint8_t *skip_plain(const uint8_t *p, const uint8_t *end)
{
#ifdef __SSE2__
	const __m128i quote = _mm_set1_epi8('"');
	const __m128i backslash = _mm_set1_epi8('\\');
	const __m128i space = _mm_set1_epi8(' ');
	while (end - p >= 16) {
		__m128i bytes = _mm_loadu_si128((const __m128i *)(const void *)p);
		/* Bytes above 0x7F are negative here, so one comparison finds them, too. */
		__m128i special = _mm_or_si128(
			_mm_cmplt_epi8(bytes, space), _mm_or_si128(_mm_cmpeq_epi8(bytes, quote),
							      _mm_cmpeq_epi8(bytes, backslash)));
		unsigned mask = (unsigned)_mm_movemask_epi8(special);
		if (mask != 0)
			return p + __builtin_ctz(mask);
		p += 16;
	}
#endif
	while (p < end && *p >= 0x20 && *p < 0x80 && *p != '"' && *p != '\\')
		p++;
	return p;
}

/* Past the escape at p; NULL where there is no such escape. */
static const uint8_t *skip_escape(const uint8_t *p, const uint8_t *end)
{
	if (end - p < 2)
		return NULL;
	switch (p[1]) {
	case '"':
	case '\\':
	case '/':
	case 'b':
	case 'f':
	case 'n':
	case 'r':
	case 't':
		return p + 2;
	case 'u':
		return end - p >= 6 && is_hex(p[2]) && is_hex(p[3]) && is_hex(p[4]) && is_hex(p[5])
			       ? p + 6
			       : NULL;
	default:
		return NULL;
	}
}

/* From behind the opening quote to the closing one; NULL where the string is not right. any_bytes:
 * what is not UTF-8 is right, too. */
static const uint8_t *skip_string(
	const uint8_t *p, const uint8_t *end, bool any_bytes, bool *ret_escaped)
{
	bool escaped = false;
	for (;;) {
		p = skip_plain(p, end);
		if (p == end || *p < 0x20)
			return NULL;
		if (*p == '"')
			break;
		if (*p == '\\') {
			escaped = true;
			p = skip_escape(p, end);
			if (!p)
				return NULL;
			continue;
		}
		do {
			size_t length = utf8_sequence(p, end);
			if (length == 0 && !any_bytes)
				return NULL;
			p += length > 0 ? length : 1;
		} while (p < end && *p >= 0x80);
	}
	*ret_escaped = escaped;
	return p;
}

static const uint8_t *skip_digits(const uint8_t *p, const uint8_t *end)
{
	if (p == end || !is_digit(*p))
		return NULL;
	while (p < end && is_digit(*p))
		p++;
	return p;
}

static const uint8_t *skip_number(const uint8_t *p, const uint8_t *end)
{
	if (p < end && *p == '-')
		p++;
	if (p < end && *p == '0')
		p++;
	else if (!(p = skip_digits(p, end)))
		return NULL;
	if (p < end && *p == '.' && !(p = skip_digits(p + 1, end)))
		return NULL;
	if (p < end && (*p == 'e' || *p == 'E')) {
		p++;
		if (p < end && (*p == '+' || *p == '-'))
			p++;
		p = skip_digits(p, end);
	}
	return p;
}

static const uint8_t *skip_word(const uint8_t *p, const uint8_t *end, const char *word)
{
	size_t length = strlen(word);
	if ((size_t)(end - p) < length || memcmp(p, word, length) != 0)
		return NULL;
	return p + length;
}

/* The value at p, if it is no container: fills kind and escaped, returns its end or NULL. */
static const uint8_t *scan_scalar(
	const uint8_t *p, const uint8_t *end, bool any_bytes, struct json_node *node)
{
	switch (*p) {
	case '"':
		node->kind = JSON_KIND_STRING;
		p = skip_string(p + 1, end, any_bytes, &node->escaped);
		return p ? p + 1 : NULL;
	case 'n':
		node->kind = JSON_KIND_NULL;
		return skip_word(p, end, "null");
	case 't':
		node->kind = JSON_KIND_TRUE;
		return skip_word(p, end, "true");
	case 'f':
		node->kind = JSON_KIND_FALSE;
		return skip_word(p, end, "false");
	default:
		node->kind = JSON_KIND_NUMBER;
		return skip_number(p, end);
	}
}

/* The name at p, its colon and the white space round it; returns where the value starts or NULL. */
static const uint8_t *scan_key(const struct json_doc *doc, const uint8_t *p, const uint8_t *end,
	bool any_bytes, struct json_node *node)
{
	if (p == end || *p != '"')
		return NULL;
	const uint8_t *name = p + 1;
	p = skip_string(name, end, any_bytes, &node->key_escaped);
	if (!p)
		return NULL;
	node->has_key = true;
	node->key_start = (uint32_t)(name - (const uint8_t *)doc->text);
	node->key_length = (uint32_t)(p - name);
	p = skip_space(p + 1, end);
	if (p == end || *p != ':')
		return NULL;
	return skip_space(p + 1, end);
}

static struct json_node *node_add(struct json_doc *doc)
{
	if (doc->count == doc->capacity) {
		doc->capacity = doc->capacity > 0 ? doc->capacity * 2 : NODES_FIRST;
		doc->nodes = xreallocarray(doc->nodes, doc->capacity, sizeof(doc->nodes[0]));
	}
	struct json_node *node = &doc->nodes[doc->count++];
	*node = (struct json_node){ 0 };
	return node;
}

/* Closes the containers that end at p, up to the next comma or the end of the outermost one.
 * Returns what is behind, NULL where something else stands there. */
static const uint8_t *scan_closers(struct json_doc *doc, const uint8_t *p, const uint8_t *end,
	json_index *open, unsigned *depth)
{
	while (*open != JSON_ABSENT) {
		p = skip_space(p, end);
		if (p == end)
			return NULL;
		if (*p == ',')
			return skip_space(p + 1, end);
		struct json_node *container = &doc->nodes[*open];
		if (*p != (container->kind == JSON_KIND_OBJECT ? '}' : ']'))
			return NULL;
		p++;
		container->length = (uint32_t)(p - (const uint8_t *)doc->text) - container->start;
		*open = container->next;
		container->next = (uint32_t)doc->count;
		(*depth)--;
	}
	return p;
}

static enum json_result scan_value(
	struct json_doc *doc, const uint8_t *p, const uint8_t *end, bool any_bytes)
{
	const uint8_t *text = (const uint8_t *)doc->text;
	json_index open = JSON_ABSENT; /* the innermost container that is not closed yet */
	unsigned depth = 0;
	do {
		struct json_node *node = node_add(doc);
		if (open != JSON_ABSENT) {
			doc->nodes[open].children++;
			if (doc->nodes[open].kind == JSON_KIND_OBJECT &&
				!(p = scan_key(doc, p, end, any_bytes, node)))
				return JSON_MALFORMED;
		}
		if (p == end)
			return JSON_MALFORMED;
		node->start = (uint32_t)(p - text);
		if (*p == '{' || *p == '[') {
			if (++depth > JSON_DEPTH_MAX)
				return JSON_TOO_DEEP;
			node->kind = *p == '{' ? JSON_KIND_OBJECT : JSON_KIND_ARRAY;
			node->next = open;
			open = (json_index)(doc->count - 1);
			p = skip_space(p + 1, end);
			if (p == end || *p != (node->kind == JSON_KIND_OBJECT ? '}' : ']'))
				continue;
		} else {
			p = scan_scalar(p, end, any_bytes, node);
			if (!p)
				return JSON_MALFORMED;
			node->length = (uint32_t)(p - text) - node->start;
			node->next = (uint32_t)doc->count;
		}
		p = scan_closers(doc, p, end, &open, &depth);
		if (!p)
			return JSON_MALFORMED;
	} while (open != JSON_ABSENT);
	return skip_space(p, end) == end ? JSON_OK : JSON_MALFORMED;
}

static enum json_result scan(struct json_doc *doc, const char *text, size_t length, bool any_bytes)
{
	if (doc->capacity > NODES_KEPT)
		json_doc_release(doc);
	doc->text = text;
	doc->count = 0;
	if (length >= UINT32_MAX)
		return JSON_MALFORMED;
	if (length == 0)
		return JSON_EMPTY;
	const uint8_t *start = (const uint8_t *)text;
	const uint8_t *end = start + length;
	const uint8_t *p = skip_space(start, end);
	if (p == end)
		return JSON_EMPTY;
	enum json_result result = scan_value(doc, p, end, any_bytes);
	if (result != JSON_OK) {
		doc->count = 0;
		/* Whatever else is wrong: a text that is no text is told as that. */
		if (!any_bytes && !is_utf8(start, end))
			result = JSON_NOT_UTF8;
	}
	return result;
}

enum json_result json_scan(struct json_doc *doc, const char *text, size_t length)
{
	return scan(doc, text, length, false);
}

enum json_result json_scan_bytes(struct json_doc *doc, const char *text, size_t length)
{
	return scan(doc, text, length, true);
}

void json_doc_release(struct json_doc *doc)
{
	free(doc->nodes);
	*doc = (struct json_doc){ 0 };
}
