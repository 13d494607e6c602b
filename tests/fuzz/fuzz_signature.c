/* Any bytes end in a status; and an object that is signed as Port signs it is found good, with
 * another secret bad. */
#include "fuzz.h"

#include <assert.h>
#include <string.h>

#include "base/crypto.h"
#include "event/signature.h"

static enum signature_status status_of(struct span value, const char *secret)
{
	struct json_doc doc = { 0 };
	enum signature_status status = SIGNATURE_NONE;
	if (json_scan(&doc, value.data, value.length) == JSON_OK)
		status = signature_check(&doc, value, secret, NULL);
	json_doc_release(&doc);
	return status;
}

static void sign(struct span text, struct buf *out)
{
	const struct span parts[] = { span_of("1"), span_of("."), text };
	struct hash mac;
	hmac_sha256(span_of("secret"), parts, 3, &mac);
	buf_add_text(out, "v1,");
	base64_write(span_make((const char *)mac.bytes, HASH_BYTES), out);
}

/* members: an object's text, from behind its brace; it has no headers of its own. */
static void check_signed(struct span members, bool gitlab)
{
	struct buf text = { 0 };
	struct buf message = { 0 };
	buf_add_text(&text, gitlab ? "{" : "{\"headers\":{},");
	buf_add_span(&text, members);
	buf_add_text(&message, "{\"headers\":{\"X-Port-Signature\":\"");
	sign(buf_span(&text), &message);
	buf_add_text(&message, "\",\"X-Port-Timestamp\":1},");
	buf_add_span(&message, members);
	assert(status_of(buf_span(&message), "secret") == SIGNATURE_GOOD);
	assert(status_of(buf_span(&message), "another") == SIGNATURE_BAD);
	assert(status_of(buf_span(&message), NULL) == SIGNATURE_UNVERIFIABLE);
	buf_free(&text);
	buf_free(&message);
}

/* GITLAB's messages are put together again member by member, so white space between is not kept. */
static bool is_compact(const struct json_doc *doc)
{
	size_t length = 1;
	for (json_index i = json_first(doc, 0); i != JSON_ABSENT; i = json_next(doc, 0, i))
		length += doc->nodes[i].key_length + 4 + doc->nodes[i].length;
	return length == doc->nodes[0].length;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct json_doc doc = { 0 };
	struct buf scratch = { 0 };
	if (!data || json_scan(&doc, (const char *)data, size) != JSON_OK)
		goto out;
	status_of(span_make((const char *)data, size), "secret");
	if (json_kind_of(&doc, 0) != JSON_KIND_OBJECT || doc.nodes[0].children == 0 ||
		json_member(&doc, 0, span_of("headers")) != JSON_ABSENT)
		goto out;
	json_index type = json_path(&doc, 0, ".payload.action.invocationMethod.type");
	bool gitlab = span_is(json_text(&doc, type, &scratch), "GITLAB");
	size_t brace = doc.nodes[0].start + 1;
	if (!gitlab || (is_compact(&doc) && doc.nodes[0].length == size))
		check_signed(span_make((const char *)data + brace, size - brace), gitlab);
out:
	buf_free(&scratch);
	json_doc_release(&doc);
	return 0;
}
