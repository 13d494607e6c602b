/* What can be listed: each view is a row that says which fields it has, which filters, and how its
 * rows are found. Queries first find keys in narrow tables and indexes (integers alone), then fetch
 * the wide columns of the rows that are shown from the view that users know.
 *
 * To add a column to a listing: a FIELD row in view_NAME.c. To add a listing: view_NAME.c with its
 * struct view, and a line below. */
#ifndef PORTLOG_QUERY_VIEW_H
#define PORTLOG_QUERY_VIEW_H

#include "event/words.h"
#include "query/field.h"
#include "query/filter.h"

/* What the values of a filter are names of. */
enum name_kind {
	NAME_TEXT, /* name */
	NAME_PATH, /* name: property paths */
	NAME_ENTITY,
	NAME_USER,
	NAME_RUN,
	NAME_TOPIC, /* stream */
	NAME_PROBLEM,
	NAME_RULE,  /* by the first execution that has it */
	NAME_STATE, /* enum execution_state */
	NAME_KIND,  /* enum run_kind */
	NAME_WORDS, /* full text */
};

/* '@' stands for the resolved values: "= ?", "IN (…)", or the text for full text. */
struct view_filter {
	enum filter_name name;
	enum name_kind kind;
	enum facet facet;   /* drive and count are full text, of the facets of what is named */
	const char *test;   /* whether one row fits; must not invite an index */
	const char *drive;  /* finds the rows by an index, and maybe others; NULL: none fits */
	const char *count;  /* FROM and WHERE of just that index: how many would drive find? */
	const char *found;  /* instead of drive, once their seqs are known; NULL: they never are */
	const char *within; /* SELECT the seqs of a table k in some segments, '#', by an index;
				NULL: none has them */
	bool ordered;       /* with one id the index yields the rows in order of time */
};

#define FILTER_TEST(filter, names, test_sql)                                       \
	{                                                                          \
		.name = FILTER_##filter, .kind = NAME_##names, .test = (test_sql), \
	}
#define FILTER_INDEX(filter, names, test_sql, drive_sql, count_sql, is_ordered)      \
	{                                                                            \
		.name = FILTER_##filter, .kind = NAME_##names, .test = (test_sql),   \
		.drive = (drive_sql), .count = (count_sql), .ordered = (is_ordered), \
	}
/* By the full text's words for the names; drive_sql is NULL where the view has `together`. */
#define FILTER_FACET(filter, names, facet_name, test_sql, drive_sql)                              \
	{                                                                                         \
		.name = FILTER_##filter, .kind = NAME_##names, .facet = FACET_##facet_name,       \
		.test = (test_sql), .drive = (drive_sql), .count = "search WHERE search MATCH @", \
	}
#define FILTER_END                   \
	{                            \
		.name = FILTER_NONE, \
	}

/* The order is by time, seq and part (feeds: by seq, or what stands for it, and part). */
struct view {
	const char *name;
	const char *command; /* that lists it */
	const struct view_field *fields;
	const struct view_filter *filters;
	const char *table; /* FROM of the key query */
	const char *shown; /* NULL, or the test of the rows that are listed unless others are asked
			      for, by --all or --kind */
	const char *time;  /* for --since and --until */
	const char *time_key; /* NULL: the order is always by seq */
	const char *seq_key;
	const char *part_key; /* tells rows of one record apart; NULL: there is one per record */
	const char *seqs;     /* SELECT of the records that a row is made of; ?1, ?2 as in fetch.
				 NULL: the one */
	const char *messages; /* SELECT of the values of the records that a row is made of; ?1, ?2
				 as in fetch */
	const char *fetch;    /* FROM and WHERE of one row: ?1 is seq, ?2 is part */
	/* NULL, or what stands for seq_key and fetch in a feed: of rows that change after they
	 * came, the record that changed them last. Never less than seq_key. */
	const char *feed_key;
	const char *feed_fetch;
	/* NULL, or how full text finds the records that have all that filters ask it for: only
	 * where a row is of one record. */
	const struct view_filter *together;
	/* NULL, or change_counter as something that filters can narrow; its time is a quarter's
	 * number. */
	const struct view *counters;
	const char *in_times; /* finds the rows of times; '@': a JSON array of [first, last] */
	/* Finds the rows of some segments of the journal: record_span s, and a table called as the
	 * view's own, without its WHERE and its end. */
	const char *in_segments;
	const char *nothing; /* said where there are records, and not one row */
	const char *what;    /* what a row is, in the column `what` of a view that mixes it */
	/* NULL, or ended by NULL: the views whose rows it puts between each other. Of one record's
	 * rows, those of the first view are the oldest. Of its own such a view has the fields,
	 * which are by name those of the others. */
	const struct view *const *mixed;
};
enum { VIEW_MIXED_MOST = 2 };

/* Of a row of the view `changes`: the paths that it changed, as a JSON array. */
#define VIEW_CHANGED_PATHS                                           \
	"(SELECT json_group_array(path.text)"                        \
	" FROM property_change p CROSS JOIN json_each(p.changes) j"  \
	" JOIN name path ON path.id = json_extract(j.value, '$[0]')" \
	" WHERE p.seq = changes.seq AND coalesce(json_extract(j.value, '$[3]'), 0) = changes.idx)"

extern const struct view_field record_fields[];
extern const struct view_field run_fields[];
extern const struct view_field execution_fields[];

extern const struct view view_changes;
extern const struct view view_runs;
extern const struct view view_records;
extern const struct view view_executions;
extern const struct view view_changes_and_runs;
extern const struct view view_counters;
/* Those that are not mixed; ended by NULL. */
extern const struct view *const views[];

const struct view_filter *view_filter(const struct view *view, enum filter_name name);
/* False where the option is a filter and the command lists a view that has no field for it. */
bool view_command_takes(const char *command, const char *option);

#endif
