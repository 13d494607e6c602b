#include "query/resolve.h"

#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "base/xalloc.h"
#include "event/record.h"
#include "event/words.h"
#include "query/search.h"
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

/* The dictionaries. `named` finds one name by an index; it may find too much, and is only asked for
 * names without wildcards in ASCII, whose case SQLite knows how to ignore. */
static const struct dictionary {
	const char *all;
	const char *exact; /* as `named`, for a name written as it is; what it finds is meant */
	const char *named;
	int names; /* columns behind the id that names stand in, for the nearest */
	row_fits *fits;
} dictionaries[] = {
	[NAME_TEXT] = {
		.all = "SELECT id, text FROM name WHERE id > 0",
		.names = 1,
		.fits = text_fits,
	},
	[NAME_PATH] = {
		.all = "SELECT id, text FROM name WHERE id > 0",
		.names = 1,
		.fits = path_fits,
	},
	[NAME_ENTITY] = {
		.all = "SELECT e.id, e.identifier, n.text FROM entity e JOIN name n ON n.id = e.blueprint"
		       " WHERE e.id > 0",
		.named = "SELECT e.id, e.identifier, n.text FROM entity e"
			 " JOIN name n ON n.id = e.blueprint"
			 " WHERE e.id > 0 AND e.identifier = ? COLLATE NOCASE",
		.names = 1,
		.fits = entity_fits,
	},
	[NAME_USER] = {
		.all = "SELECT id, user_id, email, name, label FROM user WHERE id > 0",
		.names = 4,
		.fits = user_fits,
	},
	/* Run ids are long and random: one that is there in other letters is not looked for. */
	[NAME_RUN] = {
		.all = "SELECT id, run_id FROM run_name WHERE id > 0",
		.exact = "SELECT id, run_id FROM run_name WHERE id > 0 AND run_id = ?",
		.named = "SELECT id, run_id FROM run_name WHERE id > 0 AND run_id = ? COLLATE NOCASE",
		.names = 1,
		.fits = text_fits,
	},
	[NAME_TOPIC] = {
		.all = "SELECT id, topic FROM stream WHERE topic IS NOT NULL",
		.names = 1,
		.fits = text_fits,
	},
};

static bool is_plain(struct span pattern)
{
	for (size_t i = 0; i < pattern.length; i++)
		if ((unsigned char)pattern.data[i] >= 0x80)
			return false;
	return !text_has_wildcard(pattern);
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

static bool collect_named(sqlite3 *database, const char *sql, row_fits *fits, struct wanted *wanted,
	struct ids *ids, struct error *err)
{
	sqlite3_stmt *rows;
	if (!statement_prepare_text(database, sql, &rows, err))
		return false;
	sqlite3_bind_text64(
		rows, 1, wanted->pattern.data, wanted->pattern.length, SQLITE_STATIC, SQLITE_UTF8);
	bool ok = collect(rows, fits, wanted, 1, ids, err);
	sqlite3_finalize(rows);
	return ok;
}

static bool look_up(sqlite3 *database, const struct dictionary *dictionary, struct wanted *wanted,
	struct ids *ids, struct error *err)
{
	row_fits *fits = dictionary->fits;
	if (dictionary->exact &&
		!collect_named(database, dictionary->exact, fits, wanted, ids, err))
		return false;
	return wanted->found || collect_named(database, dictionary->named, fits, wanted, ids, err);
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

static void resolve_problems(struct wanted *wanted, size_t count, struct ids *ids)
{
	for (int problem = PROBLEM_TOMBSTONE; problem <= PROBLEM_UNKNOWN_SHAPE; problem++)
		for (size_t i = 0; i < count; i++) {
			const char *word = record_problem_word((enum record_problem)problem);
			if (!text_equal(wanted[i].pattern, span_of("any")) &&
				!text_glob(wanted[i].pattern, span_of(word)))
				continue;
			wanted[i].found = true;
			ids_add(ids, problem);
		}
}

/* One name in ASCII is looked up; for the others the dictionary is read once. */
static bool resolve_names(sqlite3 *database, const struct dictionary *dictionary,
	struct wanted *wanted, size_t count, struct ids *ids, struct error *err)
{
	bool all_plain = dictionary->named;
	for (size_t i = 0; i < count; i++)
		all_plain = all_plain && is_plain(wanted[i].pattern);
	if (!all_plain)
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
	if (kind == NAME_PROBLEM)
		resolve_problems(wanted, values->count, ids);
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

bool resolve_facets(
	sqlite3 *database, char facet, const struct ids *ids, struct buf *out, struct error *err)
{
	sqlite3_stmt *name;
	bool ok = true;
	if (!statement_prepare_text(database, "SELECT text FROM name WHERE id = ?", &name, err))
		return false;
	for (size_t i = 0; ok && i < ids->count; i++) {
		bool row;
		struct buf word = { 0 };
		sqlite3_bind_int64(name, 1, ids->items[i]);
		ok = statement_step(name, &row, err);
		if (ok && row)
			words_facet(facet, statement_span(name, 0), &word);
		buf_add_text(out, out->length ? " OR " : "");
		search_quote(buf_span(&word), out);
		buf_free(&word);
		sqlite3_reset(name);
	}
	sqlite3_finalize(name);
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
	if (kind == NAME_PROBLEM) {
		for (int problem = PROBLEM_TOMBSTONE; problem <= PROBLEM_UNKNOWN_SHAPE; problem++)
			text_list_add(&names, record_problem_word((enum record_problem)problem));
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
