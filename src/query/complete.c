#include "query/complete.h"

#include "base/clock.h"
#include "query/statement.h"

enum { MOST_MS = 250, STEPS_PER_LOOK = 10000, WHOLE_MOST = 10000 };

/* ?1 and ?2 are where the prefix's range begins and ends, ?3 is how many, ?4 a blueprint. */
#define TEXT_FITS "n.text >= ?1 AND n.text < ?2"
#define IDENTIFIER_FITS "identifier >= ?1 AND identifier < ?2"
#define LABEL_FITS "label >= ?1 AND label < ?2"
#define RUN_ID_FITS "run_id >= ?1 AND run_id < ?2"
#define IN_BLUEPRINT "blueprint = (SELECT id FROM name WHERE text = ?4)"

/* Each blueprint of the entities by one step in their index, however many they are. */
static const char blueprints[] =
	"WITH RECURSIVE b(id) AS (SELECT min(blueprint) FROM entity WHERE blueprint > 0"
	" UNION ALL SELECT (SELECT min(blueprint) FROM entity WHERE blueprint > b.id) FROM b"
	" WHERE b.id IS NOT NULL LIMIT 10000)"
	" SELECT n.text, NULL FROM b CROSS JOIN name n ON n.id = b.id WHERE " TEXT_FITS
	" ORDER BY n.text LIMIT ?3";

/* As --property takes them, without their first member, or with it where that is typed. */
#define PATHS_IN(member, length)                                                             \
	"SELECT substr(text, " length ") AS text FROM name WHERE text >= '" member "' || ?1" \
	" AND text < '" member "' || ?2"
#define PROPERTIES PATHS_IN("properties.", "12")
#define RELATIONS PATHS_IN("relations.", "11")
static const char properties[] =
	"SELECT DISTINCT text, NULL FROM (SELECT * FROM (" PROPERTIES " LIMIT ?3)"
	" UNION ALL SELECT * FROM (" RELATIONS " LIMIT ?3)"
	" UNION ALL SELECT n.text FROM name n WHERE " TEXT_FITS
	"  AND n.text IN ('blueprint', 'icon', 'identifier', 'team', 'title')"
	" UNION ALL SELECT * FROM (SELECT n.text FROM name n WHERE " TEXT_FITS
	"  AND length(?1) > 3 AND (n.text GLOB 'properties.*' OR n.text GLOB 'relations.*')"
	"  LIMIT ?3)) ORDER BY text LIMIT ?3";

static const char entities[] = "SELECT DISTINCT identifier, NULL FROM entity WHERE " IDENTIFIER_FITS
			       " ORDER BY identifier LIMIT ?3";
static const char entities_edges[] =
	"SELECT (SELECT min(identifier) FROM entity WHERE " IDENTIFIER_FITS "), NULL UNION ALL"
	" SELECT (SELECT max(identifier) FROM entity WHERE " IDENTIFIER_FITS "), NULL";
/* The newest where nothing was typed yet; else those that begin with it, in their order. */
static const char entities_of[] =
	"SELECT e.identifier, s.title FROM (SELECT id, identifier FROM entity"
	" WHERE ?1 = '' AND " IN_BLUEPRINT " ORDER BY id DESC LIMIT ?3) e"
	" LEFT JOIN entity_state s ON s.entity = e.id"
	" UNION ALL SELECT e.identifier, s.title FROM (SELECT id, identifier FROM entity"
	" WHERE ?1 <> '' AND " IDENTIFIER_FITS " AND +" IN_BLUEPRINT
	" ORDER BY identifier LIMIT ?3) e LEFT JOIN entity_state s ON s.entity = e.id";
static const char entities_of_edges[] =
	"SELECT (SELECT identifier FROM entity WHERE " IDENTIFIER_FITS " AND +" IN_BLUEPRINT
	" ORDER BY identifier LIMIT 1), NULL UNION ALL"
	" SELECT (SELECT identifier FROM entity WHERE " IDENTIFIER_FITS " AND +" IN_BLUEPRINT
	" ORDER BY identifier DESC LIMIT 1), NULL";

static const char users[] =
	"SELECT label, name FROM user WHERE " LABEL_FITS " ORDER BY label LIMIT ?3";
static const char users_edges[] =
	"SELECT (SELECT min(label) FROM user WHERE " LABEL_FITS "), NULL UNION ALL"
	" SELECT (SELECT max(label) FROM user WHERE " LABEL_FITS "), NULL";

/* Any of the newest, and of some that the index of names finds, for an id that is old. */
static const char runs[] =
	"WITH newest(id, time_ms) AS"
	"  (SELECT id, time_ms FROM run WHERE +kind <> 5 ORDER BY time_ms DESC LIMIT 2000),"
	" named(id) AS (SELECT id FROM run_name WHERE " RUN_ID_FITS " LIMIT 500),"
	" fit(id, time_ms) AS (SELECT w.id, w.time_ms FROM newest w"
	"  CROSS JOIN run_name n ON n.id = w.id WHERE " RUN_ID_FITS
	"  UNION SELECT r.id, r.time_ms FROM named CROSS JOIN run r ON r.id = named.id)"
	" SELECT n.run_id, coalesce(action.text, '') || coalesce(' ' || e.identifier, '')"
	"  || coalesce(' ' || status.text, '')"
	" FROM (SELECT id FROM fit ORDER BY time_ms DESC LIMIT ?3) f"
	" CROSS JOIN run_name n ON n.id = f.id JOIN run r ON r.id = f.id"
	" JOIN name action ON action.id = r.action JOIN name status ON status.id = r.status"
	" JOIN entity e ON e.id = r.entity ORDER BY r.time_ms DESC";
static const char runs_edges[] =
	"SELECT (SELECT min(run_id) FROM run_name WHERE " RUN_ID_FITS "), NULL UNION ALL"
	" SELECT (SELECT max(run_id) FROM run_name WHERE " RUN_ID_FITS "), NULL";

static const char topics[] =
	"SELECT DISTINCT n.text, NULL FROM (SELECT topic AS text FROM stream) n"
	" WHERE " TEXT_FITS " ORDER BY n.text LIMIT ?3";

/* Of the newest changes and runs. */
#define OF_CHANGES(column) \
	"SELECT id FROM (SELECT " column " AS id FROM change ORDER BY seq DESC LIMIT 2000)"
#define OF_RUNS(column)                                                                      \
	"SELECT id FROM (SELECT " column " AS id FROM run WHERE +kind <> 5 ORDER BY time_ms" \
	" DESC LIMIT 2000)"
#define WORDS(ids)                                                                               \
	"SELECT n.text, NULL FROM (" ids ") w CROSS JOIN name n ON n.id = w.id WHERE " TEXT_FITS \
	" ORDER BY n.text LIMIT ?3"
static const char actions[] = WORDS(OF_CHANGES("action") " UNION " OF_RUNS("action"));
static const char operations[] = WORDS(OF_CHANGES("operation") " UNION " OF_RUNS("operation"));
static const char statuses[] = WORDS(OF_CHANGES("status") " UNION " OF_RUNS("status"));
static const char origins[] = WORDS(OF_CHANGES("origin") " UNION " OF_RUNS("origin"));
static const char resources[] = WORDS("SELECT DISTINCT id FROM (" OF_CHANGES("resource") ")");

/* Each by one step in the index, however many executions it has. */
static const char rules[] =
	"WITH RECURSIVE r(text) AS (SELECT min(rule) FROM execution WHERE rule >= ?1"
	" AND rule > ''"
	" UNION ALL SELECT (SELECT min(x.rule) FROM execution x WHERE x.rule > r.text) FROM r"
	" WHERE r.text IS NOT NULL LIMIT 10000)"
	" SELECT n.text, NULL FROM r n WHERE " TEXT_FITS " LIMIT ?3";
static const char executions[] =
	"SELECT n.text, n.note FROM (SELECT CAST(x.id AS TEXT) AS text, trim(x.state || ' ' || "
	"x.rule)"
	" || coalesce(' ' || n.run_id, '') AS note FROM execution x CROSS JOIN run_name n"
	" ON n.id = x.run ORDER BY x.id DESC LIMIT 200) n WHERE " TEXT_FITS " LIMIT ?3";

static const struct source {
	const char *names; /* a name, and a note or NULL */
	const char *edges; /* the first and the last; NULL: names is read to its end instead */
} sources[] = {
	[COMPLETE_BLUEPRINT] = { blueprints, NULL },
	[COMPLETE_ENTITY] = { entities, entities_edges },
	[COMPLETE_ENTITY_OF] = { entities_of, entities_of_edges },
	[COMPLETE_USER] = { users, users_edges },
	[COMPLETE_RUN] = { runs, runs_edges },
	[COMPLETE_ACTION] = { actions, NULL },
	[COMPLETE_PROPERTY] = { properties, NULL },
	[COMPLETE_TOPIC] = { topics, NULL },
	[COMPLETE_OPERATION] = { operations, NULL },
	[COMPLETE_STATUS] = { statuses, NULL },
	[COMPLETE_ORIGIN] = { origins, NULL },
	[COMPLETE_RESOURCE] = { resources, NULL },
	[COMPLETE_RULE] = { rules, NULL },
	[COMPLETE_EXECUTION] = { executions, NULL },
};

/* What is asked for, and when it is enough. */
struct search {
	sqlite3 *database;
	struct span prefix;
	struct span end; /* behind everything that begins with prefix */
	struct span blueprint;
	int64_t deadline_ms;
	complete_found *found;
	void *data;
};

static int look_at_clock(void *data)
{
	return clock_monotonic_ms() >= ((const struct search *)data)->deadline_ms;
}

static void bind(sqlite3_stmt *statement, int position, struct span text)
{
	if (text.data && position <= sqlite3_bind_parameter_count(statement))
		sqlite3_bind_text64(
			statement, position, text.data, text.length, SQLITE_STATIC, SQLITE_UTF8);
}

/* The last row is reported, too, where there are more than COMPLETE_MOST. */
static bool report(
	const struct search *search, sqlite3_stmt *rows, size_t *ret_count, struct error *err)
{
	struct buf last = { 0 };
	bool row = true;
	bool ok;
	while ((ok = statement_step(rows, &row, err)) && row) {
		struct span name = statement_span(rows, 0);
		if (!name.data)
			continue;
		if (++*ret_count <= COMPLETE_MOST) {
			search->found(search->data, name, statement_span(rows, 1));
			continue;
		}
		buf_clear(&last);
		buf_add_span(&last, name);
	}
	if (last.length > 0)
		search->found(search->data, buf_span(&last), (struct span){ 0 });
	buf_free(&last);
	return ok;
}

static bool ask(const struct search *search, const char *sql, int64_t most, size_t *ret_count,
	struct error *err)
{
	sqlite3_stmt *rows;
	if (!statement_prepare_text(search->database, sql, &rows, err))
		return false;
	bind(rows, 1, search->prefix);
	bind(rows, 2, search->end);
	if (sqlite3_bind_parameter_count(rows) >= 3)
		sqlite3_bind_int64(rows, 3, most);
	bind(rows, 4, search->blueprint);
	bool ok = report(search, rows, ret_count, err);
	sqlite3_finalize(rows);
	return ok;
}

bool complete_names(sqlite3 *database, enum complete_kind kind, struct span prefix,
	struct span blueprint, complete_found *found, void *data, struct error *err)
{
	const struct source *source = &sources[kind];
	struct buf end = { 0 };
	size_t count = 0;
	buf_add_span(&end, prefix);
	buf_add_text(&end, "\xf4\x8f\xbf\xbf"); /* U+10FFFF: no text has it */
	struct search search = {
		.database = database,
		.prefix = prefix,
		.end = buf_span(&end),
		.blueprint = blueprint,
		.deadline_ms = clock_monotonic_ms() + MOST_MS,
		.found = found,
		.data = data,
	};
	sqlite3_progress_handler(database, STEPS_PER_LOOK, look_at_clock, &search);
	bool ok = ask(
		&search, source->names, source->edges ? COMPLETE_MOST : WHOLE_MOST, &count, err);
	if (ok && source->edges && count == COMPLETE_MOST) {
		count = 0;
		ok = ask(&search, source->edges, 2, &count, err);
	}
	sqlite3_progress_handler(database, 0, NULL, NULL);
	buf_free(&end);
	return ok;
}
