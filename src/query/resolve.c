#include "query/resolve.h"

#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "base/xalloc.h"
#include "event/local_execution.h"
#include "event/record.h"
#include "event/words.h"
#include "query/search.h"
#include "query/spelling.h"
#include "query/statement.h"

/* How many names are looked at for what was probably meant. */
enum { NEAREST_MOST = 50000 };

void ids_add(struct ids *ids, int64_t id)
{
	if (ids->count == ids->capacity) {
		ids->capacity = ids->capacity ? 2 * ids->capacity : 8;
		ids->items = xreallocarray(ids->items, ids->capacity, sizeof(*ids->items));
	}
	ids->items[ids->count++] = id;
}

void ids_release(struct ids *ids)
{
	free(ids->items);
	*ids = (struct ids){ 0 };
}

/* A value that is being looked for. */
struct wanted {
	struct span pattern;
	struct span blueprint; /* of an ENTITY; absent: any */
	bool found;
};

/* Whether the row of the dictionary is what is wanted; its first column is the id. */
typedef bool row_fits(const struct wanted *wanted, sqlite3_stmt *row);

static bool text_fits(const struct wanted *wanted, sqlite3_stmt *row)
{
	return text_glob(wanted->pattern, statement_span(row, 1));
}

/* What a property's path may leave out. */
static struct span without_prefix(struct span path)
{
	static const char *const optional[] = { "properties.", "relations." };
	for (size_t i = 0; i < sizeof(optional) / sizeof(optional[0]); i++) {
		size_t length = strlen(optional[i]);
		if (path.length > length && memcmp(path.data, optional[i], length) == 0)
			return span_make(path.data + length, path.length - length);
	}
	return path;
}

static bool path_fits(const struct wanted *wanted, sqlite3_stmt *row)
{
	struct span path = statement_span(row, 1);
	return text_glob(wanted->pattern, path) || text_glob(wanted->pattern, without_prefix(path));
}

/* id, user_id, email, name, label */
static bool user_fits(const struct wanted *wanted, sqlite3_stmt *row)
{
	for (int column = 1; column <= 4; column++) {
		struct span text = statement_span(row, column);
		if (text.data && text_glob(wanted->pattern, text))
			return true;
	}
	struct span email = statement_span(row, 2);
	const char *at = email.data ? memrchr(email.data, '@', email.length) : NULL;
	return at && text_glob(wanted->pattern, span_make(email.data, (size_t)(at - email.data)));
}

/* id, identifier, blueprint */
static bool entity_fits(const struct wanted *wanted, sqlite3_stmt *row)
{
	if (!text_glob(wanted->pattern, statement_span(row, 1)))
		return false;
	struct span blueprint = statement_span(row, 2);
	return !wanted->blueprint.data ||
	       (blueprint.data && text_glob(wanted->blueprint, blueprint));
}

/* Names in the order of their bytes: a column that an index is on. */
struct name_index {
	const char *before; /* what stands before what is looked for, or nothing */
	bool begins;        /* more may stand behind it */
	const char *first;  /* SELECT the first name from ?1 on */
	const char *range;  /* SELECT, as the dictionary's all, those from ?1 to ?2 */
};
enum { INDEXES_MOST = 4 };

#define NAME_ROWS "SELECT id, text FROM name WHERE id > 0"
#define ENTITY_ROWS                                                                               \
	"SELECT e.id, e.identifier, n.text FROM entity e JOIN name n ON n.id = e.blueprint WHERE" \
	" e.id > 0"
#define USER_ROWS "SELECT id, user_id, email, name, label FROM user WHERE id > 0"
#define RUN_ROWS "SELECT id, run_id FROM run_name WHERE id > 0"
/* Each rule by one step in its index, however many executions it has. */
#define RULE_ROWS                                                                               \
	"WITH RECURSIVE r(rule) AS (SELECT min(rule) FROM execution WHERE rule > '' UNION ALL"  \
	" SELECT (SELECT min(x.rule) FROM execution x WHERE x.rule > r.rule) FROM r"            \
	" WHERE r.rule IS NOT NULL) SELECT (SELECT x.id FROM execution x WHERE x.rule = r.rule" \
	" ORDER BY x.id LIMIT 1), r.rule FROM r WHERE r.rule IS NOT NULL"
#define NAME_INDEX(text_before, more_behind, table, column, rows)         \
	{                                                                 \
		.before = (text_before), .begins = (more_behind),         \
		.first = "SELECT " column " FROM " table " WHERE " column \
			 " >= ?1 ORDER BY " column " LIMIT 1",            \
		.range = rows " AND " column " BETWEEN ?1 AND ?2",        \
	}

/* The dictionaries. What an index finds may be too much; without one, all is read. */
static const struct dictionary {
	const char *all;
	struct name_index indexes[INDEXES_MOST]; /* whatever is meant is found by one of them */
	int names; /* columns behind the id that names stand in, for the nearest */
	row_fits *fits;
} dictionaries[] = {
	[NAME_TEXT] = {
		.all = NAME_ROWS,
		.indexes = { NAME_INDEX("", false, "name", "text", NAME_ROWS) },
		.names = 1,
		.fits = text_fits,
	},
	[NAME_PATH] = {
		.all = NAME_ROWS,
		.indexes = { NAME_INDEX("", false, "name", "text", NAME_ROWS),
			NAME_INDEX("properties.", false, "name", "text", NAME_ROWS),
			NAME_INDEX("relations.", false, "name", "text", NAME_ROWS) },
		.names = 1,
		.fits = path_fits,
	},
	[NAME_ENTITY] = {
		.all = ENTITY_ROWS,
		.indexes = { NAME_INDEX("", false, "entity", "identifier", ENTITY_ROWS) },
		.names = 1,
		.fits = entity_fits,
	},
	/* The label is one of the others. */
	[NAME_USER] = {
		.all = USER_ROWS,
		.indexes = { NAME_INDEX("", false, "user", "user_id", USER_ROWS),
			NAME_INDEX("", true, "user", "email", USER_ROWS),
			NAME_INDEX("", false, "user", "name", USER_ROWS) },
		.names = 4,
		.fits = user_fits,
	},
	[NAME_RUN] = {
		.all = RUN_ROWS,
		.indexes = { NAME_INDEX("", false, "run_name", "run_id", RUN_ROWS) },
		.names = 1,
		.fits = text_fits,
	},
	[NAME_TOPIC] = {
		.all = "SELECT id, topic FROM stream WHERE topic IS NOT NULL",
		.names = 1,
		.fits = text_fits,
	},
	[NAME_RULE] = {
		.all = RULE_ROWS,
		.names = 1,
		.fits = text_fits,
	},
};

/* What stands before the first wildcard, or the first letter that spelling knows nothing of. */
static struct span beginning(struct span pattern)
{
	size_t length = 0;
	while (length < pattern.length && (unsigned char)pattern.data[length] < 0x80 &&
		!text_has_wildcard(span_make(pattern.data + length, 1)))
		length++;
	return span_make(pattern.data, length);
}

/* BLUEPRINT/ID (split at the first slash), /ID, or an id without a slash. */
static struct wanted wanted_of(enum name_kind kind, const char *value)
{
	const char *slash = kind == NAME_ENTITY ? strchr(value, '/') : NULL;
	if (!slash)
		return (struct wanted){ .pattern = span_of(value) };
	return (struct wanted){
		.pattern = span_of(slash + 1),
		.blueprint = slash == value ? (struct span){ 0 }
					    : span_make(value, (size_t)(slash - value)),
	};
}

/* Adds the statement's rows that any of the wanted names. */
static bool collect(sqlite3_stmt *rows, row_fits *fits, struct wanted *wanted, size_t count,
	struct ids *ids, struct error *err)
{
	bool row;
	while (statement_step(rows, &row, err)) {
		if (!row)
			return true;
		bool fit = false;
		for (size_t i = 0; i < count; i++)
			if (fits(&wanted[i], rows))
				fit = wanted[i].found = true;
		if (fit)
			ids_add(ids, sqlite3_column_int64(rows, 0));
	}
	return false;
}

static bool collect_all(sqlite3 *database, const struct dictionary *dictionary,
	struct wanted *wanted, size_t count, struct ids *ids, struct error *err)
{
	sqlite3_stmt *rows;
	if (!statement_prepare_text(database, dictionary->all, &rows, err))
		return false;
	bool ok = collect(rows, dictionary->fits, wanted, count, ids, err);
	sqlite3_finalize(rows);
	return ok;
}

/* Those that begin with this spelling, or are it. */
static bool collect_spelling(sqlite3_stmt *range, struct span spelling, bool begins, row_fits *fits,
	struct wanted *wanted, struct ids *ids, struct error *err)
{
	struct buf end = { 0 };
	buf_add_span(&end, spelling);
	buf_add_text(&end, begins ? "\xff" : ""); /* no text has it */
	sqlite3_bind_text64(
		range, 1, spelling.data, spelling.length, SQLITE_TRANSIENT, SQLITE_UTF8);
	sqlite3_bind_text64(range, 2, buf_text(&end), end.length, SQLITE_TRANSIENT, SQLITE_UTF8);
	bool ok = collect(range, fits, wanted, 1, ids, err);
	sqlite3_reset(range);
	buf_free(&end);
	return ok;
}

/* Every spelling that the index has of the text. */
static bool collect_spellings(sqlite3_stmt *first, sqlite3_stmt *range, struct span text,
	bool begins, row_fits *fits, struct wanted *wanted, struct ids *ids, struct error *err)
{
	struct spelling spelling = { 0 };
	bool ok = true, more = true;
	spelling_begin(&spelling, text);
	while (ok && more) {
		struct span at = buf_span(&spelling.at);
		sqlite3_bind_text64(first, 1, at.data, at.length, SQLITE_TRANSIENT, SQLITE_UTF8);
		ok = statement_step(first, &more, err);
		enum spelling_met met = ok && more
						? spelling_meet(&spelling, statement_span(first, 0))
						: SPELLING_ENDED;
		sqlite3_reset(first);
		if (met == SPELLING_BEGINS)
			ok = collect_spelling(
				range, buf_span(&spelling.at), begins, fits, wanted, ids, err);
		more = met == SPELLING_BEHIND ||
		       (met == SPELLING_BEGINS && spelling_next(&spelling));
	}
	spelling_release(&spelling);
	return ok;
}

static bool collect_by(sqlite3 *database, const struct name_index *index, row_fits *fits,
	struct wanted *wanted, struct ids *ids, struct error *err)
{
	struct span begin = beginning(wanted->pattern);
	bool begins = index->begins || begin.length < wanted->pattern.length;
	sqlite3_stmt *first = NULL, *range = NULL;
	struct buf text = { 0 };
	buf_add_text(&text, index->before);
	buf_add_span(&text, begin);
	bool ok = statement_prepare_text(database, index->first, &first, err) &&
		  statement_prepare_text(database, index->range, &range, err) &&
		  collect_spellings(first, range, buf_span(&text), begins, fits, wanted, ids, err);
	sqlite3_finalize(first);
	sqlite3_finalize(range);
	buf_free(&text);
	return ok;
}

static bool look_up(sqlite3 *database, const struct dictionary *dictionary, struct wanted *wanted,
	struct ids *ids, struct error *err)
{
	for (size_t i = 0; i < INDEXES_MOST && dictionary->indexes[i].first; i++)
		if (!collect_by(
			    database, &dictionary->indexes[i], dictionary->fits, wanted, ids, err))
			return false;
	return true;
}

static int compare_ids(const void *a, const void *b)
{
	const int64_t *x = a, *y = b;
	return *x < *y ? -1 : *x > *y;
}

/* Several values may name the same. */
static void make_unique(struct ids *ids)
{
	size_t kept = 0;
	if (ids->count == 0)
		return;
	qsort(ids->items, ids->count, sizeof(*ids->items), compare_ids);
	for (size_t i = 1; i < ids->count; i++)
		if (ids->items[i] != ids->items[kept])
			ids->items[++kept] = ids->items[i];
	ids->count = kept + 1;
}

static const char *problem_word(int number)
{
	return record_problem_word((enum record_problem)number);
}

static const char *kind_word(int number)
{
	return run_kind_word((enum run_kind)number);
}

static const char *state_word(int number)
{
	return execution_state_word((enum execution_state)number);
}

/* What has fixed words, each with a number, instead of a dictionary. */
static const struct words {
	int first, last;
	const char *(*word)(int number);
	const char *several; /* NULL, or a word for the numbers up to several_last */
	int several_last;
} fixed_words[] = {
	[NAME_PROBLEM] = { PROBLEM_TOMBSTONE, PROBLEM_UNKNOWN_SHAPE, problem_word, "any",
		PROBLEM_UNKNOWN_SHAPE },
	[NAME_STATE] = { EXECUTION_OWED, EXECUTION_CANCELLED, state_word, "open",
		EXECUTION_WAITING },
	[NAME_KIND] = { RUN_ACTION, RUN_FEED, kind_word, NULL, 0 },
};
enum { FIXED_WORDS = sizeof(fixed_words) / sizeof(fixed_words[0]) };

static const struct words *words_of(enum name_kind kind)
{
	bool has = (size_t)kind < FIXED_WORDS && fixed_words[kind].word;
	return has ? &fixed_words[kind] : NULL;
}

static void resolve_words(
	const struct words *words, struct wanted *wanted, size_t count, struct ids *ids)
{
	for (int number = words->first; number <= words->last; number++)
		for (size_t i = 0; i < count; i++) {
			bool several = words->several && number <= words->several_last &&
				       text_equal(wanted[i].pattern, span_of(words->several));
			if (!several && !text_glob(wanted[i].pattern, span_of(words->word(number))))
				continue;
			wanted[i].found = true;
			ids_add(ids, number);
		}
}

/* Names of which a beginning is known are looked up; for others the dictionary is read once. */
static bool resolve_names(sqlite3 *database, const struct dictionary *dictionary,
	struct wanted *wanted, size_t count, struct ids *ids, struct error *err)
{
	bool by_index = dictionary->indexes[0].first;
	for (size_t i = 0; i < count; i++)
		by_index = by_index && (beginning(wanted[i].pattern).length > 0 ||
					       wanted[i].pattern.length == 0);
	if (!by_index)
		return collect_all(database, dictionary, wanted, count, ids, err);
	for (size_t i = 0; i < count; i++)
		if (!look_up(database, dictionary, &wanted[i], ids, err))
			return false;
	return true;
}

bool resolve(sqlite3 *database, enum name_kind kind, const struct text_list *values,
	struct ids *ids, struct text_list *missing, struct error *err)
{
	struct wanted *wanted = xcalloc(values->count + 1, sizeof(*wanted));
	bool ok = true;
	for (size_t i = 0; i < values->count; i++)
		wanted[i] = wanted_of(kind, values->items[i]);
	const struct words *words = words_of(kind);
	if (words)
		resolve_words(words, wanted, values->count, ids);
	else
		ok = resolve_names(database, &dictionaries[kind], wanted, values->count, ids, err);
	make_unique(ids);
	for (size_t i = 0; ok && missing && i < values->count; i++)
		if (!wanted[i].found)
			text_list_add(missing, values->items[i]);
	free(wanted);
	return ok;
}

/* Paths and other names are in one dictionary: a path is meant by a path alone, as it was begun. */
static char *meant_name(enum name_kind kind, const char *value, struct span name)
{
	struct span rest = without_prefix(name);
	bool is_path = rest.data != name.data;
	bool begun = without_prefix(span_of(value)).data != value;
	if (kind == NAME_TEXT && is_path)
		return NULL;
	return span_dup(kind == NAME_PATH && !begun ? rest : name);
}

/* An entity as it would have been written in the same way. */
static char *meant_entity(const char *value, sqlite3_stmt *row)
{
	struct span id = statement_span(row, 1), blueprint = statement_span(row, 2);
	bool slash = strchr(value, '/') != NULL, any = value[0] == '/';
	if (!id.data || (slash && !any && !blueprint.data))
		return NULL;
	/* An identifier that holds a slash was taken for a blueprint and another. */
	bool whole = slash && text_equal(id, span_of(value));
	if (any || whole || (!slash && memchr(id.data, '/', id.length)))
		return xasprintf("/%.*s", (int)id.length, id.data);
	if (!slash)
		return span_dup(id);
	return xasprintf(
		"%.*s/%.*s", (int)blueprint.length, blueprint.data, (int)id.length, id.data);
}

bool resolve_facets(sqlite3 *database, enum facet facet, const struct ids *ids, struct buf *out,
	struct error *err)
{
	sqlite3_stmt *name;
	bool ok = true, all = true;
	if (!statement_prepare_text(database, "SELECT text FROM name WHERE id = ?", &name, err))
		return false;
	for (size_t i = 0; ok && all && i < ids->count; i++) {
		bool row;
		struct buf word = { 0 };
		sqlite3_bind_int64(name, 1, ids->items[i]);
		ok = statement_step(name, &row, err);
		all = ok && row && words_has_facet(facet, statement_span(name, 0));
		if (all)
			words_facet(facet, statement_span(name, 0), &word);
		buf_add_text(out, out->length ? " OR " : "");
		search_quote(buf_span(&word), out);
		buf_free(&word);
		sqlite3_reset(name);
	}
	sqlite3_finalize(name);
	if (!all)
		buf_clear(out);
	return ok;
}

/* All names of a dictionary that a user might have meant. */
static bool read_names(sqlite3 *database, enum name_kind kind, const char *value,
	struct text_list *names, struct error *err)
{
	const struct dictionary *dictionary = &dictionaries[kind];
	sqlite3_stmt *rows;
	bool row = true;
	if (!statement_prepare_text(database, dictionary->all, &rows, err))
		return false;
	bool ok = true;
	while (ok && row && names->count < NEAREST_MOST) {
		ok = statement_step(rows, &row, err);
		for (int column = 1; ok && row && column <= dictionary->names; column++) {
			char *name = kind == NAME_ENTITY ? meant_entity(value, rows)
							 : meant_name(kind, value,
								   statement_span(rows, column));
			if (name)
				text_list_add(names, name);
			free(name);
		}
	}
	sqlite3_finalize(rows);
	return ok;
}

bool resolve_nearest(sqlite3 *database, enum name_kind kind, const char *value, char **ret_nearest,
	struct error *err)
{
	struct text_list names = { 0 };
	bool ok = true;
	const struct words *words = words_of(kind);
	if (words) {
		for (int number = words->first; number <= words->last; number++)
			text_list_add(&names, words->word(number));
	} else {
		ok = read_names(database, kind, value, &names, err);
	}
	if (ok) {
		const char *nearest = NULL;
		if (names.count > 0)
			nearest = text_nearest(value, (const char *const *)names.items);
		*ret_nearest = nearest ? xstrdup(nearest) : NULL;
	}
	text_list_clear(&names);
	return ok;
}
