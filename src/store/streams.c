#include "store/streams.h"

#include <stdlib.h>

#include "base/xalloc.h"

struct streams {
	struct connection *connection;
	struct stream *items;
	size_t count;
};

static const char read_all[] =
	"SELECT s.id, s.topic, s.partition, s.epoch,"
	" (SELECT max(r.kafka_offset) FROM record r WHERE r.stream = s.id AND r.kafka_offset IS "
	"NOT NULL),"
	" p.next_offset, f.\"offset\" FROM stream s LEFT JOIN position p ON p.stream = s.id"
	" LEFT JOIN floor f ON f.stream = s.id ORDER BY s.id";
static const char last_before[] =
	"SELECT max(kafka_offset) FROM record WHERE stream = ?1 AND kafka_offset < ?2";
static const char insert[] = "INSERT INTO stream (topic, partition, epoch) VALUES (?1, ?2, ?3)";
static const char put_position[] =
	"INSERT OR REPLACE INTO position (stream, next_offset) VALUES (?1, ?2)";

static int64_t int_or(struct stmt *s, int column, int64_t absent)
{
	return stmt_column_is_null(s, column) ? absent : stmt_column_int(s, column);
}

static struct stream *add(struct streams *s, const struct stream *stream)
{
	s->items = xreallocarray(s->items, s->count + 1, sizeof(*s->items));
	s->items[s->count] = *stream;
	s->items[s->count].topic = span_make(span_dup(stream->topic), stream->topic.length);
	return &s->items[s->count++];
}

bool streams_new(struct connection *c, struct streams **ret_streams, struct error *err)
{
	struct streams *s = xcalloc(1, sizeof(*s));
	s->connection = c;
	struct stmt *q = stmt(c, read_all);
	for (;;) {
		bool row;
		if (!stmt_row(q, &row, err)) {
			streams_free(s);
			return false;
		}
		if (!row)
			break;
		add(s, &(struct stream){ stmt_column_int(q, 0), stmt_column(q, 1),
			       (int32_t)int_or(q, 2, -1), int_or(q, 3, -1), int_or(q, 4, -1),
			       int_or(q, 5, -1), int_or(q, 6, 0), false });
	}
	*ret_streams = s;
	return true;
}

void streams_free(struct streams *s)
{
	if (!s)
		return;
	for (size_t i = 0; i < s->count; i++)
		free((void *)(uintptr_t)s->items[i].topic.data);
	free(s->items);
	free(s);
}

struct stream *streams_known(
	const struct streams *s, struct span topic, int32_t partition, int64_t epoch)
{
	for (size_t i = 0; i < s->count; i++) {
		struct stream *at = &s->items[i];
		if (at->partition == partition && at->epoch == epoch &&
			span_equal(at->topic, topic))
			return at;
	}
	return NULL;
}

bool streams_find(struct streams *s, struct span topic, int32_t partition, int64_t epoch,
	struct stream **ret_stream, struct error *err)
{
	if (!topic.data)
		partition = -1, epoch = -1; /* stream 0 */
	struct stream *known = streams_known(s, topic, partition, epoch);
	if (known) {
		*ret_stream = known;
		return true;
	}
	struct stmt *q = stmt(s->connection, insert);
	stmt_text(q, 1, topic);
	if (partition >= 0)
		stmt_int(q, 2, partition);
	else
		stmt_null(q, 2);
	if (epoch >= 0)
		stmt_int(q, 3, epoch);
	else
		stmt_null(q, 3);
	if (!stmt_run(q, err))
		return false;
	*ret_stream = add(s, &(struct stream){ sqlite3_last_insert_rowid(s->connection->handle),
				     topic, partition, epoch, -1, -1, 0, false });
	return true;
}

const struct stream *streams_newest(const struct streams *s, struct span topic, int32_t partition)
{
	const struct stream *newest = NULL;
	for (size_t i = 0; i < s->count; i++) {
		const struct stream *at = &s->items[i];
		if (at->next_offset >= 0 && at->partition == partition &&
			span_equal(at->topic, topic) && (!newest || at->epoch > newest->epoch))
			newest = at;
	}
	return newest;
}

bool streams_last_before(
	struct streams *s, const struct stream *stream, int64_t *ret_offset, struct error *err)
{
	struct stmt *q = stmt(s->connection, last_before);
	stmt_int(q, 1, stream->id);
	stmt_int(q, 2, stream->next_offset);
	bool row;
	if (!stmt_row(q, &row, err))
		return false;
	*ret_offset = int_or(q, 0, -1);
	stmt_reset(q);
	return true;
}

void stream_move(struct stream *s, int64_t next_offset)
{
	if (next_offset <= s->next_offset)
		return;
	s->next_offset = next_offset;
	s->moved = true;
}

void streams_forget_floors(struct streams *s)
{
	for (size_t i = 0; i < s->count; i++)
		s->items[i].floor = 0;
}

bool streams_flush(struct streams *s, struct error *err)
{
	for (size_t i = 0; i < s->count; i++) {
		if (!s->items[i].moved)
			continue;
		struct stmt *q = stmt(s->connection, put_position);
		stmt_int(q, 1, s->items[i].id);
		stmt_int(q, 2, s->items[i].next_offset);
		if (!stmt_run(q, err))
			return false;
		s->items[i].moved = false;
	}
	return true;
}
