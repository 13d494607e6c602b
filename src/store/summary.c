#include "store/summary.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>

#include <sqlite3.h>

#include "base/xalloc.h"
#include "store/stmt.h"

static const char count_records[] =
	"SELECT seq, received_ms FROM journal ORDER BY seq DESC LIMIT 1";
static const char count_feeds[] = "SELECT count(*) FROM run INDEXED BY run_feed WHERE kind = 5";
/* SQLite takes the other columns from the row that has the maximum (sqlite.org/lang_select.html,
 * 2.5). */
static const char list_partitions[] =
	"SELECT topic, partition, max(epoch), next_offset FROM positions GROUP BY topic, partition"
	" ORDER BY topic, partition";
static const char list_gaps[] =
	"SELECT reason, count(*), CAST(total(last_offset - first_offset + 1) AS INTEGER)"
	" FROM gaps GROUP BY reason ORDER BY reason";

typedef void take_row(struct summary *summary, sqlite3_stmt *row);

static char *text_of(sqlite3_stmt *row, int column)
{
	const char *text = (const char *)sqlite3_column_text(row, column);
	return xstrdup(text ? text : "");
}

static void take_count(struct summary *summary, sqlite3_stmt *row)
{
	summary->records = sqlite3_column_int64(row, 0);
	summary->last_received_ms = sqlite3_column_int64(row, 1);
}

static void take_feeds(struct summary *summary, sqlite3_stmt *row)
{
	summary->feeds = sqlite3_column_int64(row, 0);
}

static void take_partition(struct summary *summary, sqlite3_stmt *row)
{
	summary->partitions = xreallocarray(
		summary->partitions, summary->partition_count + 1, sizeof(*summary->partitions));
	summary->partitions[summary->partition_count++] = (struct summary_partition){
		.topic = text_of(row, 0),
		.partition = sqlite3_column_int(row, 1),
		.epoch = sqlite3_column_int64(row, 2),
		.next_offset = sqlite3_column_int64(row, 3),
	};
}

static void take_gap(struct summary *summary, sqlite3_stmt *row)
{
	summary->gaps =
		xreallocarray(summary->gaps, summary->gap_count + 1, sizeof(*summary->gaps));
	summary->gaps[summary->gap_count++] = (struct summary_gap){
		.reason = text_of(row, 0),
		.count = sqlite3_column_int64(row, 1),
		.offsets = sqlite3_column_int64(row, 2),
	};
}

static bool each_row(sqlite3 *reader, const char *sql, take_row *take, struct summary *summary,
	struct error *err)
{
	sqlite3_stmt *row;
	int result = sqlite3_prepare_v2(reader, sql, -1, &row, NULL);
	if (result != SQLITE_OK)
		return stmt_error(reader, err);
	while ((result = sqlite3_step(row)) == SQLITE_ROW)
		take(summary, row);
	bool ok = result == SQLITE_DONE || stmt_error(reader, err);
	sqlite3_finalize(row);
	return ok;
}

static int64_t file_size(const char *path, const char *suffix)
{
	struct stat status;
	char *name = xasprintf("%s%s", path, suffix);
	int64_t size = stat(name, &status) == 0 ? status.st_size : 0;
	free(name);
	return size;
}

bool summary_read(
	struct sqlite3 *reader, const char *path, struct summary *ret_summary, struct error *err)
{
	struct summary summary = { .bytes = file_size(path, "") + file_size(path, "-wal") };
	if (!each_row(reader, count_records, take_count, &summary, err) ||
		!each_row(reader, count_feeds, take_feeds, &summary, err) ||
		!each_row(reader, list_partitions, take_partition, &summary, err) ||
		!each_row(reader, list_gaps, take_gap, &summary, err)) {
		summary_release(&summary);
		return error_prefix(err, "cannot read the store");
	}
	*ret_summary = summary;
	return true;
}

void summary_release(struct summary *summary)
{
	for (size_t i = 0; i < summary->partition_count; i++)
		free(summary->partitions[i].topic);
	for (size_t i = 0; i < summary->gap_count; i++)
		free(summary->gaps[i].reason);
	free(summary->partitions);
	free(summary->gaps);
	*summary = (struct summary){ 0 };
}
