#include "query/search.h"

#include <string.h>

#include "base/json_scan.h"
#include "event/words.h"

/* A piece of a search text: what stands between quotes, or between two of those. */
struct piece {
	struct span text;
	bool quoted;
};

/* Cuts the next piece off rest; a quote that is never closed ends with the text. */
static bool next_piece(struct span *rest, struct piece *ret_piece)
{
	if (rest->length == 0)
		return false;
	bool quoted = rest->data[0] == '"';
	const char *start = rest->data + (quoted ? 1 : 0);
	size_t left = rest->length - (quoted ? 1 : 0);
	const char *end = memchr(start, '"', left);
	size_t length = end ? (size_t)(end - start) : left;
	size_t used = (size_t)(start - rest->data) + length + (end && quoted ? 1 : 0);
	*ret_piece = (struct piece){ span_make(start, length), quoted };
	*rest = span_make(rest->data + used, rest->length - used);
	return true;
}

/* Cuts the next word off words, which are one space apart. */
static bool next_word(struct span *words, struct span *ret_word)
{
	if (words->length == 0)
		return false;
	const char *space = memchr(words->data, ' ', words->length);
	size_t length = space ? (size_t)(space - words->data) : words->length;
	size_t used = length + (space ? 1 : 0);
	*ret_word = span_make(words->data, length);
	*words = span_make(words->data + used, words->length - used);
	return true;
}

void search_quote(struct span word, struct buf *out)
{
	buf_add_char(out, '"');
	for (size_t i = 0; i < word.length; i++) {
		if (word.data[i] == '"')
			buf_add_char(out, '"');
		buf_add_char(out, word.data[i]);
	}
	buf_add_char(out, '"');
}

/* The words as FTS5 strings, one behind the other: all of them must be there. */
static size_t add_words(struct span text, struct buf *out)
{
	struct buf words = { 0 };
	size_t count = 0;
	words_of_text(text, &words);
	struct span rest = buf_span(&words), word;
	while (next_word(&rest, &word)) {
		search_quote(word, out);
		buf_add_char(out, ' ');
		count++;
	}
	buf_free(&words);
	return count;
}

bool search_expression(const struct text_list *texts, struct buf *out, const char **ret_wordless)
{
	for (size_t i = 0; i < texts->count; i++) {
		struct span rest = span_of(texts->items[i]);
		struct piece piece;
		size_t count = 0;
		buf_add_text(out, i == 0 ? "(" : " OR (");
		while (next_piece(&rest, &piece))
			count += add_words(piece.text, out);
		buf_add_text(out, ")");
		if (count == 0) {
			*ret_wordless = texts->items[i];
			return false;
		}
	}
	return true;
}

bool search_has_phrase(const struct text_list *texts)
{
	for (size_t i = 0; i < texts->count; i++)
		if (strchr(texts->items[i], '"'))
			return true;
	return false;
}

/* Both are words one space apart; phrase must begin and end where words do. */
static bool words_hold(struct span words, struct span phrase)
{
	const char *at = words.data;
	const char *end = words.data + words.length;
	while (at && at < end) {
		const char *hit = memmem(at, (size_t)(end - at), phrase.data, phrase.length);
		if (!hit)
			return false;
		bool begins = hit == words.data || hit[-1] == ' ';
		const char *behind = hit + phrase.length;
		if (begins && (behind == end || *behind == ' '))
			return true;
		at = hit + 1;
	}
	return phrase.length == 0;
}

/* A message in the form in which phrases are looked for: the words of each of its strings. */
struct message {
	struct json_doc doc;
	struct buf scratch;
	struct buf words;
};

static bool string_holds(struct message *message, json_index at, struct span phrase)
{
	buf_clear(&message->scratch);
	buf_clear(&message->words);
	words_of_text(json_text(&message->doc, at, &message->scratch), &message->words);
	return words_hold(buf_span(&message->words), phrase);
}

static bool message_holds(struct message *message, struct span text)
{
	struct buf phrase = { 0 };
	bool found = false;
	words_of_text(text, &phrase);
	for (size_t i = 0; i < message->doc.count && !found; i++)
		if (message->doc.nodes[i].kind == JSON_KIND_STRING)
			found = string_holds(message, (json_index)i, buf_span(&phrase));
	buf_free(&phrase);
	return found;
}

static bool text_fits(struct message *message, const char *text)
{
	struct span rest = span_of(text);
	struct piece piece;
	while (next_piece(&rest, &piece))
		if (piece.quoted && !message_holds(message, piece.text))
			return false;
	return true;
}

bool search_fits(const struct text_list *texts, uint64_t hits, struct span value)
{
	struct message message = { 0 };
	bool fits = false;
	if (value.data)
		json_scan(&message.doc, value.data, value.length);
	for (size_t i = 0; i < texts->count && i < SEARCH_TEXTS_MOST && !fits; i++)
		fits = (hits >> i & 1) && text_fits(&message, texts->items[i]);
	json_doc_release(&message.doc);
	buf_free(&message.scratch);
	buf_free(&message.words);
	return fits;
}
