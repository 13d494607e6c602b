/* search: the words of each record, for full text. */
#include "store/projections.h"

static const char insert[] = "INSERT INTO search (rowid, words) VALUES (?1, ?2)";

static bool apply(struct projecting *p, const struct prepared *r, struct error *err)
{
	if (r->words.length == 0)
		return true;
	struct stmt *s = stmt(p->connection, insert);
	stmt_int(s, 1, (int64_t)r->seq);
	stmt_text(s, 2, buf_span(&r->words));
	return stmt_run(s, err);
}

static const char *const tables[] = { "search", NULL };
const struct projection search_projection = { "search", tables, apply };
