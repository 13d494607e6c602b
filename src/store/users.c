#include "store/users.h"

#include <stdlib.h>
#include <string.h>

#include "base/xalloc.h"

enum {
	BUCKETS = 1024,
	MOST = 8192, /* in memory; then all are written and forgotten */
};

/* Stored; never renumber. */
enum user_kind {
	USER_PERSON = 1,
	USER_MACHINE = 2,
	USER_PORT = 3,
};

/* A row of the table. */
struct seen {
	struct seen *next;
	int64_t row;
	char *email; /* as in the row; NULL: none */
	char *name;
	int64_t first_ms;
	int64_t last_ms;
	bool dirty;
};

/* What a row is found by; several may lead to one. */
struct alias {
	struct alias *next;
	struct span key; /* "i" and the id, "e" and the address, "n" and the name, or "p"; owned */
	struct seen *seen;
};

struct users {
	struct connection *connection;
	struct seen *rows[BUCKETS];
	struct alias *aliases[BUCKETS];
	size_t count; /* of aliases */
	struct buf key;
	struct buf name;
};

struct users *users_new(struct connection *c)
{
	struct users *u = xcalloc(1, sizeof(*u));
	u->connection = c;
	return u;
}

static void seen_free(struct seen *s)
{
	free(s->email);
	free(s->name);
	free(s);
}

static void alias_free(struct alias *a)
{
	free((void *)(uintptr_t)a->key.data);
	free(a);
}

void users_forget(struct users *u)
{
	for (size_t i = 0; i < BUCKETS; i++) {
		while (u->rows[i]) {
			struct seen *s = u->rows[i];
			u->rows[i] = s->next;
			seen_free(s);
		}
		while (u->aliases[i]) {
			struct alias *a = u->aliases[i];
			u->aliases[i] = a->next;
			alias_free(a);
		}
	}
	u->count = 0;
}

void users_free(struct users *u)
{
	if (!u)
		return;
	users_forget(u);
	buf_free(&u->key);
	buf_free(&u->name);
	free(u);
}

static bool empty(struct span text)
{
	return text.length == 0;
}

/* The name in one piece, or absent. */
static struct span full_name(struct users *u, const struct identity *who)
{
	if (who->port)
		return span_of("port");
	buf_clear(&u->name);
	buf_add_span(&u->name, who->first_name);
	if (!empty(who->first_name) && !empty(who->last_name))
		buf_add_char(&u->name, ' ');
	buf_add_span(&u->name, who->last_name);
	return u->name.length ? buf_span(&u->name) : (struct span){ 0 };
}

/* False where nothing is known. */
static bool make_key(struct users *u, const struct identity *who, struct span name)
{
	buf_clear(&u->key);
	if (who->port) {
		buf_add_char(&u->key, 'p');
	} else if (!empty(who->id)) {
		buf_add_char(&u->key, 'i');
		buf_add_span(&u->key, who->id);
	} else if (!empty(who->email)) {
		buf_add_char(&u->key, 'e');
		buf_add_span(&u->key, who->email);
	} else if (!empty(name)) {
		buf_add_char(&u->key, 'n');
		buf_add_span(&u->key, name);
	}
	return u->key.length > 0;
}

/* Where the alias of u->key is, or would be. */
static struct alias **alias_place(struct users *u)
{
	uint32_t hash = 2166136261u;
	for (size_t i = 0; i < u->key.length; i++)
		hash = (hash ^ (unsigned char)u->key.data[i]) * 16777619u;
	struct alias **a = &u->aliases[hash % BUCKETS];
	while (*a && !span_equal((*a)->key, buf_span(&u->key)))
		a = &(*a)->next;
	return a;
}

static struct seen *row_known(struct users *u, int64_t row)
{
	struct seen *s = u->rows[(uint64_t)row % BUCKETS];
	while (s && s->row != row)
		s = s->next;
	return s;
}

/* auth0|… is a person, …@clients and bare ids are machines, unless an address is known. */
static enum user_kind kind_of(const struct identity *who)
{
	if (who->port)
		return USER_PORT;
	bool machine =
		!empty(who->id) && empty(who->email) && !memchr(who->id.data, '|', who->id.length);
	return machine ? USER_MACHINE : USER_PERSON;
}

static const char by_id[] =
	"SELECT id, email, name, first_seen_ms, last_seen_ms FROM user WHERE user_id = ?1";
/* Somebody known by address alone so far is adopted by the first id that comes with it. */
static const char by_new_id[] = "SELECT id, email, name, first_seen_ms, last_seen_ms FROM user"
				" WHERE email = ?1 AND user_id IS NULL ORDER BY id LIMIT 1";
static const char by_email[] = "SELECT id, email, name, first_seen_ms, last_seen_ms FROM user"
			       " WHERE email = ?1 ORDER BY id LIMIT 1";
static const char by_name[] =
	"SELECT id, email, name, first_seen_ms, last_seen_ms FROM user"
	" WHERE label = ?1 AND user_id IS NULL AND email IS NULL AND kind <> 3"
	" ORDER BY id LIMIT 1";
static const char by_port[] = "SELECT id, email, name, first_seen_ms, last_seen_ms FROM user"
			      " WHERE label = ?1 AND kind = 3 ORDER BY id LIMIT 1";
static const char insert[] =
	"INSERT INTO user (user_id, kind, email, name, first_seen_ms, last_seen_ms)"
	" VALUES (?1, ?2, ?3, ?4, ?5, ?5)";
static const char adopt[] = "UPDATE user SET user_id = ?2 WHERE id = ?1";
static const char update[] = "UPDATE user SET first_seen_ms = ?2, last_seen_ms = ?3 WHERE id = ?1";
static const char tell[] =
	"UPDATE user SET email = ?2, name = ?3, kind = CASE WHEN ?2 IS NOT NULL AND"
	" kind = 2 THEN 1 ELSE kind END WHERE id = ?1";

/* Reads the row that the query finds; *ret_found stays false where there is none. */
static bool read_row(struct users *u, const char *sql, struct span value, struct seen *ret_seen,
	bool *ret_found, struct error *err)
{
	if (*ret_found || empty(value))
		return true;
	struct stmt *s = stmt(u->connection, sql);
	stmt_text(s, 1, value);
	if (!stmt_row(s, ret_found, err))
		return false;
	if (*ret_found) {
		ret_seen->row = stmt_column_int(s, 0);
		ret_seen->email = span_dup(stmt_column(s, 1));
		ret_seen->name = span_dup(stmt_column(s, 2));
		ret_seen->first_ms = stmt_column_int(s, 3);
		ret_seen->last_ms = stmt_column_int(s, 4);
		stmt_reset(s);
	}
	return true;
}

static bool load(struct users *u, const struct identity *who, struct span name,
	struct seen *ret_seen, bool *ret_found, struct error *err)
{
	if (who->port)
		return read_row(u, by_port, name, ret_seen, ret_found, err);
	if (empty(who->id))
		return read_row(u, by_email, who->email, ret_seen, ret_found, err) &&
		       (!empty(who->email) || read_row(u, by_name, name, ret_seen, ret_found, err));
	if (!read_row(u, by_id, who->id, ret_seen, ret_found, err))
		return false;
	if (*ret_found)
		return true;
	if (!read_row(u, by_new_id, who->email, ret_seen, ret_found, err))
		return false;
	if (!*ret_found)
		return true;
	struct stmt *s = stmt(u->connection, adopt);
	stmt_int(s, 1, ret_seen->row);
	stmt_text(s, 2, who->id);
	return stmt_run(s, err);
}

static bool make(struct users *u, const struct identity *who, struct span name, int64_t time_ms,
	struct seen *ret_seen, struct error *err)
{
	struct stmt *s = stmt(u->connection, insert);
	stmt_text(s, 1, empty(who->id) ? (struct span){ 0 } : who->id);
	stmt_int(s, 2, kind_of(who));
	stmt_text(s, 3, empty(who->email) ? (struct span){ 0 } : who->email);
	stmt_text(s, 4, name);
	stmt_int(s, 5, time_ms);
	if (!stmt_run(s, err))
		return false;
	ret_seen->row = sqlite3_last_insert_rowid(u->connection->handle);
	ret_seen->email = empty(who->email) ? NULL : span_dup(who->email);
	ret_seen->name = span_dup(name);
	ret_seen->first_ms = ret_seen->last_ms = time_ms;
	return true;
}

static bool differs(const char *known, struct span told)
{
	return !empty(told) && !span_equal(span_of(known), told);
}

static void replace(char **known, struct span told)
{
	if (!differs(*known, told))
		return;
	free(*known);
	*known = span_dup(told);
}

/* Whose address that is may have changed: it is looked up again when it comes alone. */
static void forget_address(struct users *u, struct span email)
{
	buf_clear(&u->key);
	buf_add_char(&u->key, 'e');
	buf_add_span(&u->key, email);
	struct alias **place = alias_place(u);
	struct alias *a = *place;
	if (!a)
		return;
	*place = a->next;
	alias_free(a);
	u->count--;
}

/* What is told of a known one and was not known, or is known otherwise. */
static bool learn(struct users *u, struct seen *s, const struct identity *who, struct span name,
	struct error *err)
{
	if (!differs(s->email, who->email) && !differs(s->name, name))
		return true;
	if (differs(s->email, who->email)) {
		forget_address(u, who->email);
		forget_address(u, span_of(s->email));
	}
	replace(&s->email, who->email);
	replace(&s->name, name);
	struct stmt *t = stmt(u->connection, tell);
	stmt_int(t, 1, s->row);
	stmt_text(t, 2, span_of(s->email));
	stmt_text(t, 3, span_of(s->name));
	return stmt_run(t, err);
}

/* Finds or makes the row; one that is in memory by another alias is that one. */
static struct seen *fetch(struct users *u, const struct identity *who, struct span name,
	int64_t time_ms, struct error *err)
{
	struct seen *s = xcalloc(1, sizeof(*s));
	bool found = false;
	if (!load(u, who, name, s, &found, err) ||
		(!found && !make(u, who, name, time_ms, s, err))) {
		seen_free(s);
		return NULL;
	}
	struct seen *known = row_known(u, s->row);
	if (known) {
		seen_free(s);
		return known;
	}
	struct seen **head = &u->rows[(uint64_t)s->row % BUCKETS];
	s->next = *head;
	*head = s;
	return s;
}

static bool remember(struct users *u, const struct identity *who, struct span name, int64_t time_ms,
	struct seen **ret_seen, struct error *err)
{
	if (u->count >= MOST) {
		if (!users_flush(u, err))
			return false;
		users_forget(u);
	}
	struct seen *s = fetch(u, who, name, time_ms, err);
	if (!s)
		return false;
	struct alias *a = xcalloc(1, sizeof(*a));
	a->key = span_make(span_dup(buf_span(&u->key)), u->key.length);
	a->seen = s;
	*alias_place(u) = a;
	u->count++;
	*ret_seen = s;
	return true;
}

bool users_see(struct users *u, const struct identity *who, int64_t time_ms, int64_t *ret_id,
	struct error *err)
{
	/* Port is one, whoever a message names beside it. */
	static const struct identity port = { .port = true };
	if (who->port)
		who = &port;
	struct span name = full_name(u, who);
	if (!make_key(u, who, name)) {
		*ret_id = 0;
		return true;
	}
	struct alias *a = *alias_place(u);
	struct seen *s = a ? a->seen : NULL;
	if (!s && !remember(u, who, name, time_ms, &s, err))
		return false;
	if (!learn(u, s, who, name, err))
		return false;
	if (time_ms < s->first_ms || time_ms > s->last_ms) {
		s->first_ms = time_ms < s->first_ms ? time_ms : s->first_ms;
		s->last_ms = time_ms > s->last_ms ? time_ms : s->last_ms;
		s->dirty = true;
	}
	*ret_id = s->row;
	return true;
}

bool users_flush(struct users *u, struct error *err)
{
	for (size_t i = 0; i < BUCKETS; i++)
		for (struct seen *s = u->rows[i]; s; s = s->next) {
			if (!s->dirty)
				continue;
			struct stmt *t = stmt(u->connection, update);
			stmt_int(t, 1, s->row);
			stmt_int(t, 2, s->first_ms);
			stmt_int(t, 3, s->last_ms);
			if (!stmt_run(t, err))
				return false;
			s->dirty = false;
		}
	return true;
}
