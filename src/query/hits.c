#include "query/hits.h"

#include <stdlib.h>

#include "base/xalloc.h"
#include "query/search.h"

/* Records further apart are asked for by themselves: a question costs about as much as looking at
 * so many hits. */
enum { APART = 4096 };

/* A record that a row is made of. */
struct mark {
	int64_t seq;
	struct found *found;
};

struct marks {
	struct mark *items;
	size_t count;
	size_t capacity;
};

static void add_mark(struct marks *marks, int64_t seq, struct found *found)
{
	if (marks->count == marks->capacity) {
		marks->capacity = marks->capacity ? 2 * marks->capacity : 64;
		marks->items = xreallocarray(marks->items, marks->capacity, sizeof(*marks->items));
	}
	marks->items[marks->count++] = (struct mark){ seq, found };
}

static bool add_records(
	sqlite3_stmt *seqs, struct found *found, struct marks *marks, struct error *err)
{
	bool row = true, ok = true;
	sqlite3_bind_int64(seqs, 1, found->key.seq);
	sqlite3_bind_int64(seqs, 2, found->key.part);
	while (ok && row) {
		ok = statement_step(seqs, &row, err);
		if (ok && row)
			add_mark(marks, sqlite3_column_int64(seqs, 0), found);
	}
	sqlite3_reset(seqs);
	return ok;
}

static int compare_marks(const void *a, const void *b)
{
	const struct mark *x = a, *y = b;
	return x->seq < y->seq ? -1 : x->seq > y->seq;
}

/* The records of the rows, in order. */
static bool collect(sqlite3 *database, const struct plan *plan, int kind, struct found *found,
	size_t count, struct marks *marks, struct error *err)
{
	sqlite3_stmt *seqs = NULL;
	bool ok = true;
	if (plan->view->seqs && !statement_prepare_text(database, plan->view->seqs, &seqs, err))
		return false;
	for (size_t i = 0; ok && i < count; i++) {
		if (found[i].key.kind != kind)
			continue;
		if (seqs)
			ok = add_records(seqs, &found[i], marks, err);
		else
			add_mark(marks, found[i].key.seq, &found[i]);
	}
	sqlite3_finalize(seqs);
	if (marks->count > 0)
		qsort(marks->items, marks->count, sizeof(*marks->items), compare_marks);
	return ok;
}

/* Where the marks from `first` on are no longer close together. */
static size_t end_of_cluster(const struct marks *marks, size_t first)
{
	size_t end = first + 1;
	while (end < marks->count && marks->items[end].seq - marks->items[end - 1].seq <= APART)
		end++;
	return end;
}

/* Sets the bit for each hit among the marks from first to end. */
static bool mark_cluster(sqlite3_stmt *hits, const struct marks *marks, size_t first, size_t end,
	bool negative, uint64_t bit, struct error *err)
{
	bool row = true, ok = true;
	size_t at = first;
	sqlite3_bind_int64(hits, 2, marks->items[first].seq);
	sqlite3_bind_int64(hits, 3, marks->items[end - 1].seq);
	while (ok && row) {
		ok = statement_step(hits, &row, err);
		if (!ok || !row)
			break;
		int64_t seq = sqlite3_column_int64(hits, 0);
		while (at < end && marks->items[at].seq < seq)
			at++;
		for (; at < end && marks->items[at].seq == seq; at++) {
			struct found *found = marks->items[at].found;
			*(negative ? &found->not_hits : &found->hits) |= bit;
		}
	}
	sqlite3_reset(hits);
	return ok;
}

static bool mark_texts(sqlite3 *database, const struct text_list *texts, const struct marks *marks,
	bool negative, uint64_t bit, struct error *err)
{
	static const char sql[] = "SELECT rowid FROM search WHERE search MATCH ?1"
				  " AND rowid BETWEEN ?2 AND ?3 ORDER BY rowid";
	struct buf words = { 0 };
	const char *wordless;
	sqlite3_stmt *hits = NULL;
	search_expression(texts, &words, &wordless);
	bool ok = statement_prepare_text(database, sql, &hits, err);
	if (ok)
		sqlite3_bind_text64(
			hits, 1, buf_text(&words), words.length, SQLITE_STATIC, SQLITE_UTF8);
	for (size_t first = 0, end; ok && first < marks->count; first = end) {
		end = end_of_cluster(marks, first);
		ok = mark_cluster(hits, marks, first, end, negative, bit, err);
	}
	sqlite3_finalize(hits);
	buf_free(&words);
	return ok;
}

/* Each text for itself where it matters which of them is there. */
static bool mark_search(sqlite3 *database, const struct plan_search *search,
	const struct marks *marks, bool negative, struct error *err)
{
	if (!search->texts)
		return true;
	if (!search->phrases)
		return mark_texts(database, search->texts, marks, negative, 1, err);
	for (size_t i = 0; i < search->texts->count && i < SEARCH_TEXTS_MOST; i++) {
		struct text_list one = { &search->texts->items[i], 1 };
		if (!mark_texts(database, &one, marks, negative, (uint64_t)1 << i, err))
			return false;
	}
	return true;
}

bool hits_mark(sqlite3 *database, const struct plan *plan, int kind, struct found *found,
	size_t count, struct error *err)
{
	struct marks marks = { 0 };
	bool ok = collect(database, plan, kind, found, count, &marks, err) &&
		  mark_search(database, &plan->search, &marks, false, err) &&
		  mark_search(database, &plan->not_search, &marks, true, err);
	free(marks.items);
	return ok;
}
