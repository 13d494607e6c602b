#include "event/local.h"

#include <stddef.h>
#include <string.h>

static const char *const words[] = {
	[LOCAL_GAP] = "gap",
	[LOCAL_EPOCH] = "epoch",
	[LOCAL_FLOOR] = "floor",
	[LOCAL_CONFIG] = "config",
	[LOCAL_DICTIONARY] = "dictionary",
	[LOCAL_EXECUTION_OWED] = "execution.owed",
	[LOCAL_EXECUTION_STARTED] = "execution.started",
	[LOCAL_EXECUTION_ENDED] = "execution.ended",
	[LOCAL_REPORT_OWED] = "report.owed",
	[LOCAL_REPORT_SENT] = "report.sent",
	[LOCAL_REPORT_REFUSED] = "report.refused",
	[LOCAL_CANCEL] = "cancel",
	[LOCAL_RETRY] = "retry",
};

enum { WORD_COUNT = sizeof(words) / sizeof(words[0]) };

const char *local_what_word(enum local_what what)
{
	return (unsigned)what < WORD_COUNT ? words[what] : NULL;
}

bool local_what_of(struct span word, enum local_what *ret_what)
{
	for (unsigned i = 1; i < WORD_COUNT; i++) {
		if (span_is(word, words[i])) {
			*ret_what = (enum local_what)i;
			return true;
		}
	}
	return false;
}

bool local_what_read(struct span value, enum local_what *ret_what)
{
	static const char begin[] = "{\"what\":\"";
	size_t length = sizeof(begin) - 1;
	if (!value.data || value.length < length || memcmp(value.data, begin, length) != 0)
		return false;
	const char *word = value.data + length;
	const char *end = memchr(word, '"', value.length - length);
	return end && local_what_of(span_make(word, (size_t)(end - word)), ret_what);
}

/* Digits alone: neither 1e3 nor 1.0 is a number that we wrote. */
static bool parse(struct span text, int64_t *ret_number)
{
	bool negative = text.length > 0 && text.data[0] == '-';
	int64_t number = 0;
	if (text.length == (size_t)negative)
		return false;
	for (size_t i = negative; i < text.length; i++) {
		if (text.data[i] < '0' || text.data[i] > '9' ||
			__builtin_mul_overflow(number, 10, &number) ||
			__builtin_add_overflow(number, text.data[i] - '0', &number))
			return false;
	}
	*ret_number = negative ? -number : number;
	return true;
}

bool local_int(const struct json_doc *doc, const char *name, int64_t least, int64_t most,
	int64_t *ret_number)
{
	json_index at = json_member(doc, 0, span_of(name));
	int64_t number;
	if (json_kind_of(doc, at) != JSON_KIND_NUMBER || !parse(json_raw(doc, at), &number) ||
		number < least || number > most)
		return false;
	*ret_number = number;
	return true;
}

static struct span cut(struct span text, size_t most)
{
	if (text.length <= most)
		return text;
	while (most > 0 && ((unsigned char)text.data[most] & 0xc0) == 0x80)
		most--;
	return span_make(text.data, most);
}

struct span local_text(
	const struct json_doc *doc, const char *name, size_t most, struct arena *texts)
{
	struct buf decoded = { 0 };
	struct span text = cut(json_text(doc, json_member(doc, 0, span_of(name)), &decoded), most);
	if (decoded.data)
		text = arena_copy(texts, text);
	buf_free(&decoded);
	return text;
}

bool local_true(const struct json_doc *doc, const char *name)
{
	return json_kind_of(doc, json_member(doc, 0, span_of(name))) == JSON_KIND_TRUE;
}
