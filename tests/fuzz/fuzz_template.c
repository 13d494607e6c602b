/* Any two texts, a template and a message (a NUL between them): an error with its kind, or JSON
 * once more, without jq (what is for it fails clearly). A secret comes out only where it is named.
 */
#include "fuzz.h"

#include <assert.h>
#include <string.h>

#include "action/template.h"

static void fill(const struct template *t, struct span message, struct span text)
{
	struct json_doc doc = { 0 }, out_doc = { 0 };
	struct buf out = { 0 }, warnings = { 0 };
	struct text_pairs secrets = { 0 };
	struct error err = { 0 };
	text_pairs_set(&secrets, "s", "\"hush-hush\\");
	if (json_scan(&doc, message.data, message.length) == JSON_OK) {
		struct template_context context = { &doc, NULL, &secrets, NULL };
		if (template_fill(t, &context, &out, &warnings, &err)) {
			enum json_result result = json_scan(&out_doc, out.data, out.length);
			assert(result == JSON_OK || result == JSON_TOO_DEEP);
			assert(!memmem(out.data, out.length, "hush-hush", 9) ||
				memmem(text.data, text.length, "secrets", 7) ||
				memmem(text.data, text.length, "\\u", 2) ||
				memmem(text.data, text.length, "hush", 4) ||
				memmem(message.data, message.length, "hush", 4));
		} else {
			assert(err.kind == ERROR_CONFIG);
		}
	}
	text_pairs_clear(&secrets);
	buf_free(&out);
	buf_free(&warnings);
	json_doc_release(&doc);
	json_doc_release(&out_doc);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const char *text = (const char *)data;
	const char *middle = size > 0 ? memchr(text, '\0', size) : NULL;
	struct template *t;
	struct error err = { 0 };
	if (!middle)
		return 0;
	struct span template = span_make(text, (size_t)(middle - text));
	struct span message = span_make(middle + 1, size - template.length - 1);
	if (template_new(template, "fuzz", &t, &err)) {
		fill(t, message, template);
		template_free(t);
	} else {
		assert(err.kind == ERROR_CONFIG && err.text[0]);
	}
	if (template_new_expression(template, "fuzz", &t, &err))
		template_free(t);
	return 0;
}
