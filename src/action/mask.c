#include "action/mask.h"

#include <string.h>

#include "base/json_write.h"

/* A secret may begin another: the longest is looked for first. */
static void add(struct mask *mask, const char *value)
{
	struct text_list *list = &mask->values;
	if (strlen(value) < MASK_LEAST || text_list_has(list, value))
		return;
	text_list_add(list, value);
	for (size_t i = list->count - 1; i > 0; i--) {
		char **a = &list->items[i - 1], **b = &list->items[i], *kept = *a;
		if (strlen(*a) >= strlen(*b))
			break;
		*a = *b;
		*b = kept;
	}
}

void mask_add(struct mask *mask, const char *secret)
{
	struct buf quoted = { 0 };
	if (!secret)
		return;
	add(mask, secret);
	json_quote(span_of(secret), &quoted);
	quoted.data[quoted.length - 1] = '\0';
	add(mask, quoted.data + 1);
	buf_free(&quoted);
}

void mask_release(struct mask *mask)
{
	text_list_clear(&mask->values);
}

static size_t secret_at(const struct mask *mask, struct span text)
{
	for (size_t i = 0; i < mask->values.count; i++) {
		size_t length = strlen(mask->values.items[i]);
		if (length <= text.length && memcmp(text.data, mask->values.items[i], length) == 0)
			return length;
	}
	return 0;
}

void mask_text(const struct mask *mask, struct span text, struct buf *out)
{
	size_t kept = 0;
	for (size_t i = 0; i < text.length;) {
		size_t length = secret_at(mask, span_make(text.data + i, text.length - i));
		if (length == 0) {
			i++;
			continue;
		}
		buf_add(out, text.data + kept, i - kept);
		buf_add_text(out, "***");
		i = kept = i + length;
	}
	buf_add(out, text.data + kept, text.length - kept);
}
