#include "record/floor.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#define METADATA_START "portlog/1 "
enum { UUID_LENGTH = 36 };

void floor_metadata_write(const char *uuid, uint64_t seq, struct buf *out)
{
	buf_addf(out, METADATA_START "%s %" PRIu64, uuid, seq);
}

bool floor_metadata_read(const char *metadata, struct span *ret_uuid, uint64_t *ret_seq)
{
	size_t start = strlen(METADATA_START);
	if (!metadata || strncmp(metadata, METADATA_START, start) != 0)
		return false;
	const char *uuid = metadata + start;
	const char *digits = uuid + UUID_LENGTH + 1;
	if (strcspn(uuid, " ") != UUID_LENGTH || uuid[UUID_LENGTH] != ' ')
		return false;
	size_t count = strspn(digits, "0123456789");
	if (count == 0 || count > 19 || digits[count] != '\0')
		return false;
	*ret_uuid = span_make(uuid, UUID_LENGTH);
	*ret_seq = strtoull(digits, NULL, 10);
	return true;
}

/* The rows of the table, the first that holds counts. A topic that was made anew may have been
 * found so by others, who went on there: their commit tells. */
static struct floor_decision by_table(const struct floor_facts *f)
{
	bool ours = f->has_commit && f->commit_is_ours;
	bool others_commit = f->has_commit && (!f->commit_is_ours || f->newer_elsewhere);
	const struct {
		bool holds;
		int64_t offset;
		const char *because;
		bool starts_owed;
	} rows[] = {
		{ f->made_anew && !others_commit, f->low, "made_anew", false },
		{ ours && f->newer_elsewhere, f->committed, "backup", false },
		{ ours, f->committed, "restart", true },
		{ f->has_commit, f->committed, "other_store", false },
		{ f->has_position && !f->made_anew, f->next, "expired_group", false },
		{ f->store_is_new && !f->group_has_commit, f->high, "first_start", false },
	};
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		if (rows[i].holds)
			return (struct floor_decision){ rows[i].offset, rows[i].because,
				rows[i].starts_owed };
	return (struct floor_decision){ f->low, "later_partition", false };
}

struct floor_decision floor_decide(const struct floor_facts *facts)
{
	struct floor_decision decision = by_table(facts);
	if (facts->has_floor && facts->floor > decision.offset)
		decision.offset = facts->floor;
	return decision;
}
