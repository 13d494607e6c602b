/* A word is what a person would type to find the message again: letters and digits with what joins
 * them in identifiers and addresses ("checkout-api_v2", "ada@example.org"). A slash does not: long
 * paths are seldom typed, and each would be a word of its own in the index. */
#include "event/words.h"

#include <string.h>

#include "base/crypto.h"
#include "base/text.h"

enum {
	WORDS_MAX = 2048,      /* bytes, in all */
	WORD_MAX = 128,        /* bytes; what is longer is no word that anybody types */
	SLOTS = 1024,          /* more than twice the words that fit */
	TEXT_READ_MAX = 16384, /* bytes of one text that are looked at */
};

/* Words that are there already, by hash; places in out, plus one. */
struct collecting {
	struct buf *out;
	size_t start;
	uint16_t slots[SLOTS];
	size_t words;
};

enum character {
	SEPARATES,
	JOINS,
	LETTER,
};

/* Of ASCII, bit by bit: 0-9 A-Z a-z, and - . : @ _ | (which stands in ids of users). */
static const uint64_t letters[] = { UINT64_C(0x03FF000000000000), UINT64_C(0x07FFFFFE07FFFFFE) };
static const uint64_t joiners[] = { UINT64_C(0x0400600000000000), UINT64_C(0x1000000080000001) };

static enum character kind_of(uint32_t code)
{
	if (code < 0x80) {
		uint64_t bit = UINT64_C(1) << (code & 63);
		if (letters[code >> 6] & bit)
			return LETTER;
		return joiners[code >> 6] & bit ? JOINS : SEPARATES;
	}
	/* No-break space, general and ideographic punctuation, bytes that are not UTF-8. */
	if (code == 0xA0 || (code >= 0x2000 && code <= 0x206F) ||
		(code >= 0x3000 && code <= 0x303F) || code == TEXT_INVALID)
		return SEPARATES;
	return LETTER;
}

/* The next code point; most are ASCII. */
static size_t next_code(struct span text, size_t at, uint32_t *ret_code)
{
	unsigned char c = (unsigned char)text.data[at];
	if (c >= 0x80)
		return text_next(text, at, ret_code);
	*ret_code = c;
	return 1;
}

/* Cuts the next word off text, without what joins at its ends. False: there is none. */
static bool next_word(struct span *text, struct span *ret_word)
{
	size_t start = 0;
	size_t end = 0;
	size_t at = 0;
	bool inside = false;
	while (at < text->length) {
		uint32_t code;
		size_t length = next_code(*text, at, &code);
		enum character kind = kind_of(code);
		if (kind == LETTER) {
			if (!inside)
				start = at;
			inside = true;
			end = at + length;
		} else if (kind == SEPARATES && inside) {
			break;
		}
		at += length;
	}
	*ret_word = span_make(text->data + start, end - start);
	*text = span_make(text->data + at, text->length - at);
	return inside;
}

/* Lower case into room, which holds WORD_MAX bytes; 0: too long. */
static size_t fold(struct span word, char *room)
{
	struct buf folded = { 0 };
	size_t length = 0;
	if (word.length > WORD_MAX)
		return 0;
	for (; length < word.length && (unsigned char)word.data[length] < 0x80; length++) {
		char c = word.data[length];
		room[length] = c >= 'A' && c <= 'Z' ? (char)(c + 32) : c;
	}
	if (length == word.length)
		return length;
	for (size_t at = 0; at < word.length;) {
		uint32_t code;
		at += next_code(word, at, &code);
		text_add_code(&folded, text_fold_case(code));
	}
	length = folded.length <= WORD_MAX ? folded.length : 0;
	memcpy(room, buf_text(&folded), length);
	buf_free(&folded);
	return length;
}

static uint32_t hash_of(const char *text, size_t length)
{
	uint32_t hash = 2166136261U; /* FNV-1a */
	for (size_t i = 0; i < length; i++)
		hash = (hash ^ (unsigned char)text[i]) * 16777619U;
	return hash ^ hash >> 15;
}

static bool is_full(const struct collecting *c)
{
	return c->out->length - c->start >= WORDS_MAX || c->words >= SLOTS / 2;
}

/* The word that starts there ends with a space or the end. */
static bool word_at_is(const struct collecting *c, size_t at, const char *word, size_t length)
{
	const char *there = c->out->data + at;
	size_t left = c->out->length - at;
	return left >= length && memcmp(there, word, length) == 0 &&
	       (left == length || there[length] == ' ');
}

/* word is in lower case and has no space. */
static void add_folded(struct collecting *c, const char *word, size_t length)
{
	size_t slot = hash_of(word, length) % SLOTS;
	if (length == 0 || c->out->length - c->start + length + 1 > WORDS_MAX || is_full(c))
		return;
	for (; c->slots[slot] != 0; slot = (slot + 1) % SLOTS)
		if (word_at_is(c, c->start + c->slots[slot] - 1, word, length))
			return;
	if (c->out->length > c->start)
		buf_add_char(c->out, ' ');
	c->slots[slot] = (uint16_t)(c->out->length - c->start + 1);
	c->words++;
	buf_add(c->out, word, length);
}

static void add_part(struct collecting *c, struct span part)
{
	char room[WORD_MAX];
	/* A single ASCII letter or digit finds too much to be of use. */
	if (part.length > 1)
		add_folded(c, room, fold(part, room));
}

static bool is_upper(unsigned char c)
{
	return c >= 'A' && c <= 'Z';
}

static bool is_lower(unsigned char c)
{
	return c >= 'a' && c <= 'z';
}

/* A part begins here: checkoutApi, HTTPServer. */
static bool begins_part(struct span word, size_t at)
{
	unsigned char c = (unsigned char)word.data[at];
	unsigned char before = (unsigned char)word.data[at - 1];
	if (!is_upper(c) || before >= 0x80)
		return false;
	if (!is_upper(before))
		return true;
	return at + 1 < word.length && is_lower((unsigned char)word.data[at + 1]);
}

/* whole: how long the word is of which text is the beginning that has parts. */
static void add_parts(struct collecting *c, struct span text, size_t whole)
{
	size_t start = 0;
	for (size_t i = 0; i < text.length; i++) {
		unsigned char byte = (unsigned char)text.data[i];
		bool joins = byte < 0x80 && kind_of(byte) == JOINS;
		if (!joins && (i == start || !begins_part(text, i)))
			continue;
		add_part(c, span_make(text.data + start, i - start));
		start = joins ? i + 1 : i;
	}
	if (start > 0 || text.length < whole)
		add_part(c, span_make(text.data + start, text.length - start));
}

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

static bool begins_with(struct span word, const char *text)
{
	size_t length = strlen(text);
	return word.length >= length && memcmp(word.data, text, length) == 0;
}

static bool is_number(struct span word)
{
	for (size_t i = 0; i < word.length; i++)
		if (!is_digit(word.data[i]) && kind_of((unsigned char)word.data[i]) != JOINS)
			return false;
	return true;
}

static bool is_time(struct span word)
{
	static const char date[] = "0000-00-00";
	if (word.length < strlen(date))
		return false;
	for (size_t i = 0; date[i]; i++)
		if (date[i] == '0' ? !is_digit(word.data[i]) : word.data[i] != date[i])
			return false;
	return true;
}

/* Port's ids, wherever they stand: in links, say. */
static bool is_id(struct span word)
{
	enum { ID_LEAST = 12 };
	return word.length >= ID_LEAST &&
	       (begins_with(word, "r_") || begins_with(word, "wfr_") ||
		       begins_with(word, "wfnr_") || begins_with(word, "event_"));
}

/* What is looked for as a whole: nobody asks for the minutes of a time. */
static bool is_whole(struct span word)
{
	return is_number(word) || is_time(word) || is_id(word);
}

/* Of an address only what stands before the '@' has parts: the rest is in all of them. */
static struct span with_parts(struct span word)
{
	const char *at = memchr(word.data, '@', word.length);
	return at ? span_make(word.data, (size_t)(at - word.data)) : word;
}

static void add_words(struct collecting *c, struct span text, bool parts)
{
	char room[WORD_MAX];
	struct span word;
	if (!text.data)
		return;
	if (text.length > TEXT_READ_MAX)
		text.length = TEXT_READ_MAX;
	while (!is_full(c) && next_word(&text, &word)) {
		add_folded(c, room, fold(word, room));
		if (parts && !is_whole(word))
			add_parts(c, with_parts(word), word.length);
	}
}

static void add_text(struct collecting *c, struct span text)
{
	add_words(c, text, true);
}

/* What a machine made up: its parts mean nothing. */
static void add_id(struct collecting *c, struct span id)
{
	add_words(c, id, false);
}

static void add_identity(struct collecting *c, const struct identity *who)
{
	add_text(c, who->email);
	add_text(c, who->first_name);
	add_text(c, who->last_name);
	add_id(c, who->id);
}

/* Strings and numbers, wherever they are in the value; names of members only where names is true.
 */
static void add_value(struct collecting *c, const struct json_doc *doc, json_index at, bool names)
{
	struct buf scratch = { 0 };
	json_index end = at < doc->count ? doc->nodes[at].next : 0;
	for (json_index i = at; i < end && !is_full(c); i++) {
		buf_clear(&scratch);
		if (names && i > at)
			add_text(c, json_key_of(doc, i, &scratch));
		buf_clear(&scratch);
		if (doc->nodes[i].kind == JSON_KIND_STRING)
			add_text(c, json_text(doc, i, &scratch));
		else if (doc->nodes[i].kind == JSON_KIND_NUMBER)
			add_text(c, json_raw(doc, i));
	}
	buf_free(&scratch);
}

/* The node whose text starts there: nodes are in the order of the text. */
static json_index node_at(const struct json_doc *doc, size_t start)
{
	size_t low = 0;
	size_t high = doc->count;
	while (low < high) {
		size_t middle = low + (high - low) / 2;
		if (doc->nodes[middle].start < start)
			low = middle + 1;
		else
			high = middle;
	}
	return low < doc->count && doc->nodes[low].start == start ? (json_index)low : JSON_ABSENT;
}

/* Marks are stored in full text, and never change. Lists of what is everyday do not either, or
 * DECODER_VERSION changes with them. */
static const struct {
	const char *mark;
	const char *everyday[4]; /* as Port writes it */
} facets[FACET_COUNT] = {
	[FACET_BLUEPRINT] = { "b:", { NULL } },
	[FACET_ACTION] = { "a:", { NULL } },
	[FACET_OPERATION] = { "o:", { "UPDATE" } },
	[FACET_STATUS] = { "s:", { "SUCCESS" } },
	[FACET_ORIGIN] = { "f:", { "UI", "API", "AUTOMATION" } },
	[FACET_RESOURCE] = { "r:", { "entity" } },
	[FACET_PATH] = { "p:", { NULL } },
	[FACET_RUN_BLUEPRINT] = { "rb:", { NULL } },
	[FACET_RUN_ACTION] = { "ra:", { NULL } },
	[FACET_RUN_OPERATION] = { "ro:", { "UPDATE", "DAY-2" } },
	[FACET_RUN_ORIGIN] = { "rf:", { "UI", "API", "AUTOMATION" } },
};

bool words_has_facet(enum facet facet, struct span name)
{
	for (const char *const *word = facets[facet].everyday; *word; word++)
		if (span_is(name, *word))
			return false;
	return true;
}

/* The full text's tokenizer takes white space and control characters for ends of words. */
void words_facet(enum facet facet, struct span name, struct buf *out)
{
	char room[WORD_MAX];
	size_t length = fold(name, room);
	buf_add_text(out, facets[facet].mark);
	if (length == 0 && name.length > 0) {
		struct hash hash;
		struct span digest = { (const char *)hash.bytes, 16 };
		sha256(&name, 1, &hash);
		buf_add_char(out, '#');
		hex_write(digest, out);
		return;
	}
	for (size_t i = 0; i < length; i++) {
		unsigned char c = (unsigned char)room[i];
		buf_add_char(out, c <= ' ' || c == 0x7f ? '_' : room[i]);
	}
}

static void add_facet(struct buf *out, size_t start, enum facet facet, struct span name)
{
	if (!name.data || !words_has_facet(facet, name))
		return;
	if (out->length > start)
		buf_add_char(out, ' ');
	words_facet(facet, name, out);
}

static void add_facets_of_change(struct buf *out, size_t start, const struct event *e)
{
	add_facet(out, start, FACET_BLUEPRINT, e->blueprint);
	add_facet(out, start, FACET_ACTION, e->action);
	add_facet(out, start, FACET_OPERATION, e->operation);
	add_facet(out, start, FACET_STATUS, e->status);
	add_facet(out, start, FACET_ORIGIN, e->origin);
	add_facet(out, start, FACET_RESOURCE, e->resource);
}

/* No status: it changes, and has an index. */
static void add_facets_of_run(struct buf *out, size_t start, const struct event *e)
{
	add_facet(out, start, FACET_RUN_BLUEPRINT, e->blueprint);
	add_facet(out, start, FACET_RUN_ACTION, e->action);
	add_facet(out, start, FACET_RUN_OPERATION, e->operation);
	add_facet(out, start, FACET_RUN_ORIGIN, e->origin);
}

/* All of them, however many: filters are answered by them. */
static void add_facets(
	const struct events *events, const struct properties *properties, struct buf *out)
{
	size_t start = out->length;
	for (size_t i = 0; i < events->count; i++) {
		const struct event *e = &events->items[i];
		(e->kind == EVENT_RUN ? add_facets_of_run : add_facets_of_change)(out, start, e);
	}
	for (size_t i = 0; i < properties->count; i++)
		add_facet(out, start, FACET_PATH, properties->items[i].path);
}

static void add_values_of(struct collecting *c, const struct json_doc *doc, struct span value)
{
	if (value.data)
		add_value(c, doc, node_at(doc, (size_t)(value.data - doc->text)), false);
}

static void add_properties(
	struct collecting *c, const struct events *events, const struct properties *properties)
{
	for (size_t i = 0; i < properties->count && !is_full(c); i++) {
		add_values_of(c, &events->doc, properties->items[i].new_value);
		add_values_of(c, &events->doc, properties->items[i].old_value);
	}
}

static void add_event(struct collecting *c, const struct event *e)
{
	add_id(c, e->run_id);
	add_text(c, e->entity);
	add_text(c, e->blueprint);
	add_text(c, e->title);
	add_text(c, e->action);
	add_identity(c, &e->user);
	add_identity(c, &e->decided_by);
	add_text(c, e->message);
	add_text(c, e->status_label);
	add_text(c, e->summary);
	add_text(c, e->external_run_id);
	add_text(c, e->detail);
	add_id(c, e->event_id);
}

void words_of_record(const struct record *record, const struct events *events,
	const struct properties *properties, struct buf *out)
{
	size_t start = out->length;
	add_facets(events, properties, out);
	if (out->length > start)
		buf_add_char(out, ' ');
	struct collecting c = { .out = out, .start = out->length };
	for (size_t i = 0; i < events->count; i++)
		add_event(&c, &events->items[i]);
	add_properties(&c, events, properties);
	for (size_t i = 0; i < events->count; i++) {
		const struct event *e = &events->items[i];
		if (e->inputs.length > 0)
			add_value(&c, &events->doc, node_at(&events->doc, e->inputs.start), true);
		if (e->link.data)
			add_values_of(&c, &events->doc, e->link);
	}
	if (events->problem == PROBLEM_UNKNOWN_SHAPE)
		add_value(&c, &events->doc, 0, true);
	/* What is no JSON may still be a text. */
	if (events->problem == PROBLEM_NOT_JSON)
		add_text(&c, record->value);
	if (out->length > start && out->data[out->length - 1] == ' ')
		out->data[--out->length] = '\0';
}

void words_of_text(struct span text, struct buf *out)
{
	char room[WORD_MAX];
	struct span word;
	size_t start = out->length;
	while (text.length > 0 && next_word(&text, &word)) {
		size_t length = fold(word, room);
		if (length == 0)
			continue;
		if (out->length > start)
			buf_add_char(out, ' ');
		buf_add(out, room, length);
	}
}
