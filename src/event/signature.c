/* Port signs the message before it puts the two members into its headers, so they are cut out of
 * the bytes received. Printing the JSON anew comes second: JavaScript's 1e-7 is 1e-07 elsewhere. */
#include "event/signature.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/crypto.h"

/* Port takes no more than 1 MiB, so no larger text was ever signed and then printed by another. */
enum { REPRINT_MAX = 1 << 20 };

struct signed_message {
	const struct json_doc *doc;
	struct span value;
	const char *secret;        /* NULL: unknown */
	const char *const *former; /* ended by NULL; NULL: none */
	json_index headers;
	json_index signature;
	json_index timestamp;
	bool without_headers; /* GITLAB: signed before there was a member headers at all */
	bool has_unsigned;    /* so what else is in there was not Port's */
};

/* As Port writes the names in messages, and in its manual. In another case they are names of other
 * members: the signature does not cover its own name, so a changed letter must not go unseen. */
static const char *const signature_names[] = { "X-Port-Signature", "x-port-signature" };
static const char *const timestamp_names[] = { "X-Port-Timestamp", "x-port-timestamp" };

/* How many members have one of the two names, and the last of them. */
static size_t find_header(const struct json_doc *doc, json_index headers, const char *const names[],
	json_index *ret_found)
{
	size_t count = 0;
	if (json_kind_of(doc, headers) != JSON_KIND_OBJECT)
		return 0;
	for (json_index i = json_first(doc, headers); i != JSON_ABSENT;
		i = json_next(doc, headers, i)) {
		if (json_key_is(doc, i, span_of(names[0])) ||
			json_key_is(doc, i, span_of(names[1]))) {
			*ret_found = i;
			count++;
		}
	}
	return count;
}

static bool is_for_gitlab(const struct json_doc *doc)
{
	struct buf scratch = { 0 };
	json_index type = json_path(doc, 0, ".payload.action.invocationMethod.type");
	bool gitlab = span_is(json_text(doc, type, &scratch), "GITLAB");
	buf_free(&scratch);
	return gitlab;
}

/* SIGNATURE_GOOD stands for: there is one, and it is clear which text it is of. */
static enum signature_status find_signature(struct signed_message *m)
{
	size_t signatures = 0;
	size_t headers = 0;
	if (json_kind_of(m->doc, 0) != JSON_KIND_OBJECT)
		return SIGNATURE_NONE;
	for (json_index i = json_first(m->doc, 0); i != JSON_ABSENT; i = json_next(m->doc, 0, i)) {
		if (!json_key_is(m->doc, i, span_of("headers")))
			continue;
		headers++;
		m->headers = i;
		signatures += find_header(m->doc, i, signature_names, &m->signature);
	}
	if (signatures == 0)
		return SIGNATURE_NONE;
	size_t timestamps = find_header(m->doc, m->headers, timestamp_names, &m->timestamp);
	if (signatures > 1 || headers > 1 || timestamps > 1)
		return SIGNATURE_UNVERIFIABLE;
	m->without_headers = is_for_gitlab(m->doc);
	m->has_unsigned =
		m->without_headers && m->doc->nodes[m->headers].children > signatures + timestamps;
	return timestamps == 1 ? SIGNATURE_GOOD : SIGNATURE_BAD;
}

static bool is_cut(const struct signed_message *m, json_index at)
{
	return m->without_headers ? at == m->headers : at == m->signature || at == m->timestamp;
}

/* The text as received, but the object that loses members, whose others stay byte for byte. */
static void cut_text(const struct signed_message *m, struct buf *out)
{
	json_index object = m->without_headers ? 0 : m->headers;
	const struct json_node *node = &m->doc->nodes[object];
	size_t end = node->start + node->length;
	bool first = true;
	buf_add(out, m->value.data, node->start);
	buf_add_char(out, '{');
	for (json_index i = json_first(m->doc, object); i != JSON_ABSENT;
		i = json_next(m->doc, object, i)) {
		if (is_cut(m, i))
			continue;
		const struct json_node *member = &m->doc->nodes[i];
		size_t start = member->key_start - 1;
		if (!first)
			buf_add_char(out, ',');
		first = false;
		buf_add(out, m->value.data + start, member->start + member->length - start);
	}
	buf_add_char(out, '}');
	buf_add(out, m->value.data + end, m->value.length - end);
}

/* Number::toString of ECMAScript, from "d.dddde±xx". */
static void print_digits(const char *digits, int count, int exponent, struct buf *out)
{
	int point = exponent + 1;
	if (point > 21 || point < -5) {
		buf_add(out, digits, 1);
		if (count > 1) {
			buf_add_char(out, '.');
			buf_add(out, digits + 1, (size_t)(count - 1));
		}
		buf_addf(out, "e%+d", exponent);
		return;
	}
	if (point <= 0)
		buf_add_text(out, "0.");
	for (int i = point; i < 0; i++)
		buf_add_char(out, '0');
	for (int i = 0; i < count || i < point; i++) {
		if (i == point && i > 0)
			buf_add_char(out, '.');
		buf_add_char(out, i < count ? digits[i] : '0');
	}
}

/* The fewest digits that give the same number again. */
static void print_number(struct span raw, struct buf *out)
{
	char text[400];
	char digits[40];
	if (raw.length < 16 && !memchr(raw.data, '.', raw.length) &&
		!memchr(raw.data, 'e', raw.length) && !memchr(raw.data, 'E', raw.length) &&
		!span_is(raw, "-0")) {
		buf_add_span(out, raw);
		return;
	}
	if (raw.length >= sizeof(text)) {
		buf_add_span(out, raw);
		return;
	}
	memcpy(text, raw.data, raw.length);
	text[raw.length] = '\0';
	double number = strtod(text, NULL);
	if (!isfinite(number)) {
		buf_add_text(out, "null");
		return;
	}
	/* Numbers below the normal ones have fewer digits that count. */
	for (int places = fabs(number) < 1e-300 ? 0 : 14; places < 17; places++) {
		snprintf(digits, sizeof(digits), "%.*e", places, fabs(number));
		if (strtod(digits, NULL) == fabs(number))
			break;
		/* Below a power of two numbers are twice as dense, so the digits above may do. */
		if (places > 0 && digits[places + 1] < '9') {
			digits[places + 1]++;
			if (strtod(digits, NULL) == fabs(number))
				break;
		}
	}
	char *e = strchr(digits, 'e');
	int exponent = (int)strtol(e + 1, NULL, 10);
	int count = (int)(e - digits) - 1;
	memmove(digits + 1, digits + 2, (size_t)(count > 1 ? count - 1 : 0));
	while (count > 1 && digits[count - 1] == '0')
		count--;
	if (number < 0)
		buf_add_char(out, '-');
	print_digits(digits, count, number == 0 ? 0 : exponent, out);
}

/* JSON.stringify's escapes; what is between them stays. */
static void print_string(struct span inside, struct buf *out)
{
	static const char names[] = "btnvfr";
	struct buf text = { 0 };
	json_unescape(inside, &text);
	buf_add_char(out, '"');
	for (size_t i = 0; i < text.length; i++) {
		unsigned char c = (unsigned char)text.data[i];
		if (c == '"' || c == '\\') {
			buf_add_char(out, '\\');
			buf_add_char(out, (char)c);
		} else if (c >= 8 && c <= 13 && c != 11) {
			buf_add_char(out, '\\');
			buf_add_char(out, names[c - 8]);
		} else if (c < 0x20) {
			buf_addf(out, "\\u%04x", c);
		} else {
			buf_add_char(out, (char)c);
		}
	}
	buf_add_char(out, '"');
	buf_free(&text);
}

static void print_value(const struct signed_message *m, json_index at, struct buf *out)
{
	const struct json_node *node = &m->doc->nodes[at];
	struct span raw = json_raw(m->doc, at);
	bool object = node->kind == JSON_KIND_OBJECT;
	if (node->kind == JSON_KIND_NUMBER) {
		print_number(raw, out);
	} else if (node->kind == JSON_KIND_STRING) {
		print_string(span_make(raw.data + 1, raw.length - 2), out);
	} else if (!object && node->kind != JSON_KIND_ARRAY) {
		buf_add_span(out, raw);
	} else {
		bool first = true;
		buf_add_char(out, object ? '{' : '[');
		for (json_index i = json_first(m->doc, at); i != JSON_ABSENT;
			i = json_next(m->doc, at, i)) {
			const struct json_node *member = &m->doc->nodes[i];
			if (is_cut(m, i))
				continue;
			if (!first)
				buf_add_char(out, ',');
			first = false;
			if (object) {
				print_string(span_make(m->doc->text + member->key_start,
						     member->key_length),
					out);
				buf_add_char(out, ':');
			}
			print_value(m, i, out);
		}
		buf_add_char(out, object ? '}' : ']');
	}
}

static bool is_known(const char *secret)
{
	return secret && *secret != '\0';
}

static bool matches(
	const char *secret, struct span timestamp, struct span text, const struct hash *claimed)
{
	const struct span parts[] = { timestamp, span_of("."), text };
	struct hash mac;
	if (!is_known(secret))
		return false;
	hmac_sha256(span_of(secret), parts, 3, &mac);
	return hash_equal(&mac, claimed);
}

static bool matches_any(const struct signed_message *m, struct span timestamp, struct span text,
	const struct hash *claimed)
{
	bool found = matches(m->secret, timestamp, text, claimed);
	for (const char *const *former = m->former; !found && former && *former; former++)
		found = matches(*former, timestamp, text, claimed);
	return found;
}

/* "v1," and the Base64 of a hash. */
static bool read_claim(struct span text, struct hash *ret_claimed)
{
	struct buf bytes = { 0 };
	bool ok = text.length > 3 && memcmp(text.data, "v1,", 3) == 0 &&
		  base64_read(span_make(text.data + 3, text.length - 3), &bytes) &&
		  bytes.length == HASH_BYTES;
	if (ok)
		memcpy(ret_claimed->bytes, bytes.data, HASH_BYTES);
	buf_free(&bytes);
	return ok;
}

static enum signature_status verify(const struct signed_message *m)
{
	enum signature_status status = SIGNATURE_BAD;
	struct buf scratch = { 0 };
	struct buf timestamp = { 0 };
	struct buf text = { 0 };
	struct hash claimed;
	if (!read_claim(json_text(m->doc, m->signature, &scratch), &claimed))
		goto out;
	struct span time = json_text(m->doc, m->timestamp, &timestamp);
	if (json_kind_of(m->doc, m->timestamp) == JSON_KIND_NUMBER)
		time = json_raw(m->doc, m->timestamp);
	if (!time.data)
		goto out;
	cut_text(m, &text);
	if (matches_any(m, time, buf_span(&text), &claimed)) {
		status = SIGNATURE_GOOD;
		goto out;
	}
	if (m->value.length > REPRINT_MAX)
		goto out;
	buf_clear(&text);
	print_value(m, 0, &text);
	if (matches_any(m, time, buf_span(&text), &claimed))
		status = SIGNATURE_REPRINTED;
out:
	buf_free(&scratch);
	buf_free(&timestamp);
	buf_free(&text);
	return status;
}

enum signature_status signature_check(const struct json_doc *doc, struct span value,
	const char *secret, const char *const *former)
{
	struct signed_message m = {
		.doc = doc,
		.value = value,
		.secret = secret,
		.former = former,
		.headers = JSON_ABSENT,
		.signature = JSON_ABSENT,
		.timestamp = JSON_ABSENT,
	};
	enum signature_status found = find_signature(&m);
	if (found == SIGNATURE_NONE || found == SIGNATURE_UNVERIFIABLE)
		return found;
	if (!is_known(secret) && !(former && *former))
		return SIGNATURE_UNVERIFIABLE;
	if (found == SIGNATURE_GOOD)
		found = verify(&m);
	if (found == SIGNATURE_BAD && !is_known(secret))
		return SIGNATURE_UNVERIFIABLE;
	return found != SIGNATURE_BAD && m.has_unsigned ? SIGNATURE_UNVERIFIABLE : found;
}
