#include "query/sql_names.h"

#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "base/xalloc.h"
#include "query/statement.h"

static const char views_sql[] =
	"SELECT name FROM sqlite_temp_schema WHERE type = 'view' ORDER BY rowid";
static const char columns_sql[] = "SELECT name FROM pragma_table_info(?)";
/* Names that are words; what only views call is left out. */
static const char functions_sql[] =
	"SELECT DISTINCT name FROM pragma_function_list WHERE name GLOB '[a-z]*' "
	"AND name NOT GLOB 'portlog_bod*' AND name NOT GLOB 'sqlite_*' ORDER BY name";

static bool read_list(sqlite3 *database, const char *sql, const char *bound, struct text_list *list,
	struct error *err)
{
	sqlite3_stmt *statement;
	bool row = true;
	if (!statement_prepare_text(database, sql, &statement, err))
		return false;
	if (bound)
		sqlite3_bind_text(statement, 1, bound, -1, SQLITE_TRANSIENT);
	bool ok;
	while ((ok = statement_step(statement, &row, err)) && row)
		text_list_add(list, (const char *)sqlite3_column_text(statement, 0));
	sqlite3_finalize(statement);
	return ok;
}

static bool read_views(sqlite3 *database, struct sql_names *names, struct error *err)
{
	struct text_list views = { 0 };
	bool ok = read_list(database, views_sql, NULL, &views, err);
	names->views = xcalloc(views.count + 1, sizeof(*names->views));
	for (size_t i = 0; ok && i < views.count; i++) {
		struct sql_view *view = &names->views[names->count++];
		view->name = xstrdup(views.items[i]);
		ok = read_list(database, columns_sql, view->name, &view->columns, err);
	}
	text_list_clear(&views);
	return ok;
}

bool sql_names_read(sqlite3 *database, struct sql_names *names, struct error *err)
{
	for (int i = 0; i < sqlite3_keyword_count(); i++) {
		const char *word;
		int length;
		if (sqlite3_keyword_name(i, &word, &length) != SQLITE_OK)
			continue;
		char *copy = span_dup(span_make(word, (size_t)length));
		text_list_add(&names->keywords, copy);
		free(copy);
	}
	return read_views(database, names, err) &&
	       read_list(database, functions_sql, NULL, &names->functions, err);
}

void sql_names_release(struct sql_names *names)
{
	for (size_t i = 0; i < names->count; i++) {
		free(names->views[i].name);
		text_list_clear(&names->views[i].columns);
	}
	free(names->views);
	text_list_clear(&names->functions);
	text_list_clear(&names->keywords);
	*names = (struct sql_names){ 0 };
}

const struct sql_view *sql_names_view(const struct sql_names *names, const char *name)
{
	for (size_t i = 0; i < names->count; i++)
		if (sqlite3_stricmp(names->views[i].name, name) == 0)
			return &names->views[i];
	return NULL;
}

/* What the text says behind "no such THING: "; NULL where it says something else. */
static const char *unknown_name(const char *text, const char *start)
{
	const char *found = strstr(text, start);
	return found ? found + strlen(start) : NULL;
}

static void add_columns(const struct sql_names *names, struct text_list *words)
{
	for (size_t i = 0; i < names->count; i++)
		for (size_t k = 0; k < names->views[i].columns.count; k++)
			text_list_add(words, names->views[i].columns.items[k]);
}

/* NULL: none is near. The text is yours. */
static char *nearest(const struct sql_names *names, const char *text)
{
	struct text_list words = { 0 };
	const char *name, *found = NULL;
	if ((name = unknown_name(text, "no such column: "))) {
		add_columns(names, &words);
	} else if ((name = unknown_name(text, "no such table: "))) {
		for (size_t i = 0; i < names->count; i++)
			text_list_add(&words, names->views[i].name);
	} else if ((name = unknown_name(text, "no such function: "))) {
		for (size_t i = 0; i < names->functions.count; i++)
			text_list_add(&words, names->functions.items[i]);
	}
	if (words.count > 0) {
		const char *dot = strrchr(name, '.');
		found = text_nearest(dot ? dot + 1 : name, (const char *const *)words.items);
	}
	char *copy = found ? xstrdup(found) : NULL;
	text_list_clear(&words);
	return copy;
}

void sql_names_hint(sqlite3 *database, struct error *err)
{
	struct sql_names names = { 0 };
	struct error ignored = { 0 };
	char *word = NULL;
	if (strstr(err->text, "no such ") && sql_names_read(database, &names, &ignored))
		word = nearest(&names, err->text);
	if (word)
		error_set(err, err->kind, "%s; did you mean '%s'?", err->text, word);
	free(word);
	sql_names_release(&names);
}
