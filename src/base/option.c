#include "base/option.h"

#include <assert.h>
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/text.h"
#include "base/time.h"
#include "base/xalloc.h"

static void *place_of(void *settings, const struct option *row)
{
	return (char *)settings + row->offset;
}

static bool each(const struct option *rows, void *settings, const char *object, option_found *found,
	void *data)
{
	for (const struct option *row = rows; row && row->type != OPTION_TYPE_END; row++) {
		bool go_on = true;
		void *place = place_of(settings, row);
		if (row->type == OPTION_TYPE_INCLUDE) {
			go_on = each(row->rows, place, object, found, data);
		} else if (row->type == OPTION_TYPE_OBJECT) {
			char *inner = xasprintf("%s%s.", object, row->name);
			go_on = each(row->rows, place, inner, found, data);
			free(inner);
		} else if (row->type != OPTION_TYPE_GROUP) {
			go_on = found(data, row, place, object);
		}
		if (!go_on)
			return false;
	}
	return true;
}

bool option_each(const struct option_set *set, option_found *found, void *data)
{
	return each(set->rows, set->settings, "", found, data);
}

static bool fall_back(void *data, const struct option *row, void *place, const char *object)
{
	(void)data;
	(void)object;
	struct error err = { 0 };
	bool right =
		!row->fallback || option_set_text(row, place, row->fallback, row->name, 0, &err);
	assert(right);
	return right;
}

void option_defaults(const struct option_set *set)
{
	option_each(set, fall_back, NULL);
}

void option_clear(const struct option *row, void *place)
{
	switch (row->type) {
	case OPTION_TYPE_TEXT:
	case OPTION_TYPE_JSON:
		free(*(char **)place);
		*(char **)place = NULL;
		break;
	case OPTION_TYPE_LIST:
		text_list_clear(place);
		break;
	case OPTION_TYPE_MATCH:
		text_list_clear(&((struct text_match *)place)->any_of);
		text_list_clear(&((struct text_match *)place)->none_of);
		break;
	case OPTION_TYPE_PAIRS:
		text_pairs_clear(place);
		break;
	default:
		break;
	}
}

static bool same_text(const char *a, const char *b)
{
	return a && b ? strcmp(a, b) == 0 : a == b;
}

/* What has no texts: as the places are compared, so are they exchanged. */
static size_t size_of(const struct option *row)
{
	switch (row->type) {
	case OPTION_TYPE_FLAG:
		return sizeof(bool);
	case OPTION_TYPE_CHOICE:
		return sizeof(int);
	case OPTION_TYPE_INTEGER:
	case OPTION_TYPE_DURATION:
		return sizeof(int64_t);
	case OPTION_TYPE_NUMBER:
		return sizeof(struct option_number);
	case OPTION_TYPE_TIME:
		return sizeof(struct option_time);
	case OPTION_TYPE_LIST:
		return sizeof(struct text_list);
	case OPTION_TYPE_MATCH:
		return sizeof(struct text_match);
	case OPTION_TYPE_PAIRS:
		return sizeof(struct text_pairs);
	default:
		return sizeof(char *);
	}
}

bool option_same(const struct option *row, const void *a, const void *b)
{
	const struct option_number *n = a, *m = b;
	const struct option_time *t = a, *u = b;
	const struct text_match *x = a, *y = b;
	switch (row->type) {
	case OPTION_TYPE_TEXT:
	case OPTION_TYPE_JSON:
		return same_text(*(char *const *)a, *(char *const *)b);
	case OPTION_TYPE_NUMBER: /* these have padding */
		return n->given == m->given && n->value == m->value;
	case OPTION_TYPE_TIME:
		return t->given == u->given && t->ms == u->ms && t->is_clock == u->is_clock;
	case OPTION_TYPE_LIST:
		return text_list_same(a, b);
	case OPTION_TYPE_MATCH:
		return text_list_same(&x->any_of, &y->any_of) &&
		       text_list_same(&x->none_of, &y->none_of);
	case OPTION_TYPE_PAIRS:
		return text_pairs_same(a, b);
	default:
		return memcmp(a, b, size_of(row)) == 0;
	}
}

bool option_is_now(const struct option *row, const void *a, const void *b)
{
	const struct text_pairs *pairs = a, *others = b;
	if (!row->now || !row->now_names)
		return row->now != 0;
	bool now = pairs->count == others->count;
	for (size_t i = 0; now && i < pairs->count; i++) {
		const char *other = text_pairs_get(others, pairs->items[i].name);
		now = other && strcmp(other, pairs->items[i].value) == 0;
		for (size_t k = 0; other && !now && row->now_names[k]; k++)
			now = strcmp(row->now_names[k], pairs->items[i].name) == 0;
	}
	return now;
}

void option_swap(const struct option *row, void *a, void *b)
{
	char kept[sizeof(struct text_match)];
	size_t size = size_of(row);
	memcpy(kept, a, size);
	memcpy(a, b, size);
	memcpy(b, kept, size);
}

static bool release(void *data, const struct option *row, void *place, const char *object)
{
	(void)data;
	(void)object;
	option_clear(row, place);
	return true;
}

void option_release(const struct option_set *set)
{
	option_each(set, release, NULL);
}

static const char *shown(const struct option *row, const char *text)
{
	return row->secret ? "(secret)" : text;
}

static bool set_integer(const struct option *row, const char *text, const char *called,
	int64_t *ret_value, struct error *err)
{
	char *end;
	errno = 0;
	long long value = strtoll(text, &end, 10);
	if (errno || end == text || *end)
		return error_set(
			err, ERROR_USAGE, "%s: '%.80s' is no integer", called, shown(row, text));
	if (row->max ? value < row->min || value > row->max : value < row->min)
		return row->max ? error_set(err, ERROR_USAGE,
					  "%s: %lld is out of range: give %" PRId64 " to %" PRId64,
					  called, value, row->min, row->max)
				: error_set(err, ERROR_USAGE,
					  "%s: %lld is too small: give %" PRId64 " or more", called,
					  value, row->min);
	*ret_value = value;
	return true;
}

static bool set_choice(const struct option *row, const char *text, const char *called,
	int *ret_choice, struct error *err)
{
	for (int i = 0; row->choices[i]; i++)
		if (strcmp(row->choices[i], text) == 0) {
			*ret_choice = i;
			return true;
		}
	struct buf all = { 0 };
	for (int i = 0; row->choices[i]; i++)
		buf_addf(&all, "%s%s",
			i == 0                ? ""
			: row->choices[i + 1] ? ", "
					      : " or ",
			row->choices[i]);
	const char *nearest = text_nearest(text, row->choices);
	if (nearest)
		error_set(err, ERROR_USAGE, "%s: '%.80s' is none of %s; did you mean '%s'?", called,
			text, buf_text(&all), nearest);
	else
		error_set(err, ERROR_USAGE, "%s: '%.80s' is none of %s", called, text,
			buf_text(&all));
	buf_free(&all);
	return false;
}

static bool set_flag(const char *text, const char *called, bool *ret_flag, struct error *err)
{
	static const char *const words[] = { "0", "1", "no", "yes", "false", "true", "off", "on",
		NULL };
	for (int i = 0; words[i]; i++)
		if (strcasecmp(words[i], text) == 0) {
			*ret_flag = i % 2 == 1;
			return true;
		}
	return error_set(err, ERROR_USAGE, "%s: '%.80s' is neither yes nor no", called, text);
}

static bool set_pair(const struct option *row, const char *text, const char *called,
	struct text_pairs *pairs, struct error *err)
{
	const char *equals = strchr(text, '=');
	if (!equals || equals == text)
		return error_set(err, ERROR_USAGE, "%s: '%.80s' is not %s", called,
			shown(row, text), row->argument);
	char *name = xstrndup(text, (size_t)(equals - text));
	text_pairs_set(pairs, name, equals + 1);
	free(name);
	return true;
}

static void set_string(char **place, const char *text)
{
	char *copy = xstrdup(text);
	free(*place);
	*place = copy;
}

bool option_set_text(const struct option *row, void *place, const char *text, const char *called,
	int64_t now_ms, struct error *err)
{
	int64_t number;
	switch (row->type) {
	case OPTION_TYPE_FLAG:
		return set_flag(text, called, place, err);
	case OPTION_TYPE_TEXT:
	case OPTION_TYPE_JSON:
		set_string(place, text);
		return true;
	case OPTION_TYPE_CHOICE:
		return set_choice(row, text, called, place, err);
	case OPTION_TYPE_INTEGER:
		return set_integer(row, text, called, place, err);
	case OPTION_TYPE_NUMBER:
		if (!set_integer(row, text, called, &number, err))
			return false;
		*(struct option_number *)place = (struct option_number){ true, number };
		return true;
	case OPTION_TYPE_DURATION:
		return time_parse_duration(span_of(text), place, err) ||
		       error_prefix(err, "%s", called);
	case OPTION_TYPE_TIME:
		if (!time_parse(span_of(text), now_ms, &number, err))
			return error_prefix(err, "%s", called);
		*(struct option_time *)place =
			(struct option_time){ true, number, time_is_clock(span_of(text)) };
		return true;
	case OPTION_TYPE_LIST:
		text_list_add(place, text);
		return true;
	case OPTION_TYPE_MATCH:
		text_list_add(&((struct text_match *)place)->any_of, text);
		return true;
	case OPTION_TYPE_PAIRS:
		return set_pair(row, text, called, place, err);
	default:
		return error_set(err, ERROR_USAGE, "%s takes no value", called);
	}
}

char *option_long_name(const struct option *row)
{
	char *name = xstrdup(row->name);
	for (char *c = name; *c; c++)
		if (*c == '_')
			*c = '-';
	return name;
}
