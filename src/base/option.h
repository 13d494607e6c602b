/* Option rows: one row says everything about a setting: where it is kept, how it is called on the
 * command line, in the environment and in the configuration file, and what the help says of it.
 *
 *	struct log_settings {
 *		int64_t limit;
 *		bool reverse;
 *		struct filter_settings filter;
 *	};
 *	static const struct option log_options[] = {
 *		OPTION(log_settings, limit, 'n', INTEGER, "N", "show at most N", .min = 0),
 *		OPTION(log_settings, reverse, 'r', FLAG, NULL, "oldest first"),
 *		OPTION_GROUP("Filters"),
 *		OPTION_INCLUDE(log_settings, filter, filter_options),
 *		OPTION_END,
 *	};
 *
 * The member's name is the setting's name: not_before is --not-before, PORTLOG_NOT_BEFORE and
 * "not_before". What follows the help are designated initialisers of struct option. */
#ifndef PORTLOG_BASE_OPTION_H
#define PORTLOG_BASE_OPTION_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/error.h"
#include "base/text_list.h"

/* A time that may not have been given. */
struct option_time {
	bool given;
	int64_t ms;
	bool is_clock; /* a time of day alone */
};

/* An integer or a duration that may not have been given. */
struct option_number {
	bool given;
	int64_t value;
};

enum option_type {
	OPTION_TYPE_END,
	OPTION_TYPE_GROUP,   /* a heading in the help */
	OPTION_TYPE_INCLUDE, /* the rows of another table, kept in a member of this one's struct */
	OPTION_TYPE_OBJECT,  /* the same; in the configuration file they are members of an object */
	OPTION_TYPE_FLAG,    /* bool */
	OPTION_TYPE_TEXT,    /* char * */
	OPTION_TYPE_CHOICE,  /* int: index into choices */
	OPTION_TYPE_INTEGER, /* int64_t, from min to max (where max is not 0) */
	OPTION_TYPE_NUMBER,  /* struct option_number: an integer that may be absent */
	OPTION_TYPE_DURATION, /* int64_t: milliseconds, from "5m" */
	OPTION_TYPE_TIME,     /* struct option_time, any TIME */
	OPTION_TYPE_LIST,     /* struct text_list: each time one more */
	OPTION_TYPE_MATCH,    /* struct text_match: a list with a twin --not-NAME */
	OPTION_TYPE_PAIRS,    /* struct text_pairs: name=value, each time one more */
	OPTION_TYPE_JSON,     /* char *: the JSON text itself; for members read later by others */
};

struct option {
	enum option_type type;
	const char *name;     /* the member's name; NULL: none */
	size_t offset;        /* of the member in its struct */
	char letter;          /* short option; '\0': none */
	const char *argument; /* how the help calls the value */
	const char *help;
	const char *fallback;       /* the value where nothing is given, as text */
	const char *const *choices; /* ended by NULL */
	int64_t min;
	int64_t max;
	bool secret;               /* its value is never shown */
	bool letter_only;          /* -X has no long form */
	const struct option *rows; /* INCLUDE, OBJECT; JSON: of whoever reads it, for the schema */
	bool many;                 /* JSON with rows: an array of such objects */
	/* Who takes over another value while the program runs: bits that the settings' owner gives
	 * a meaning. 0: a restart does. PAIRS may be taken over where only these names differ. */
	unsigned now;
	const char *const *now_names; /* ended by NULL; NULL: all */
};

#define OPTION_STORED_FLAG bool
#define OPTION_STORED_TEXT char *
#define OPTION_STORED_CHOICE int
#define OPTION_STORED_INTEGER int64_t
#define OPTION_STORED_NUMBER struct option_number
#define OPTION_STORED_DURATION int64_t
#define OPTION_STORED_TIME struct option_time
#define OPTION_STORED_LIST struct text_list
#define OPTION_STORED_MATCH struct text_match
#define OPTION_STORED_PAIRS struct text_pairs
#define OPTION_STORED_JSON char *

/* _Generic makes a member of another type an error when the table is compiled. */
#define OPTION(settings, member, short_name, kind, value_name, ...)                        \
	{                                                                                  \
		.type = OPTION_TYPE_##kind, .name = #member,                               \
		.offset = _Generic(((struct settings *)NULL)->member, OPTION_STORED_##kind \
				   : offsetof(struct settings, member)),                   \
		.letter = (short_name), .argument = (value_name), .help = __VA_ARGS__      \
	}
#define OPTION_GROUP(heading)                                \
	{                                                    \
		.type = OPTION_TYPE_GROUP, .help = (heading) \
	}
#define OPTION_INCLUDE(settings, member, table)                                           \
	{                                                                                 \
		.type = OPTION_TYPE_INCLUDE, .offset = offsetof(struct settings, member), \
		.rows = (table)                                                           \
	}
#define OPTION_OBJECT(settings, member, table, text)                                         \
	{                                                                                    \
		.type = OPTION_TYPE_OBJECT, .name = #member,                                 \
		.offset = offsetof(struct settings, member), .help = (text), .rows = (table) \
	}
#define OPTION_END                      \
	{                               \
		.type = OPTION_TYPE_END \
	}

/* A table and the struct it describes. */
struct option_set {
	const struct option *rows;
	void *settings;
};

/* Every row that has a value, those of included tables, too, with where it is kept. Return false
 * from found to stop; then option_each is false. object: the names of the objects around the row,
 * "port.", else "". */
typedef bool option_found(void *data, const struct option *row, void *place, const char *object);
bool option_each(const struct option_set *set, option_found *found, void *data);

/* Fills in what the rows have as fallback. */
void option_defaults(const struct option_set *set);
/* Frees what the rows' values own. */
void option_release(const struct option_set *set);

/* Reads one value from text. called is how the user knows it ("--limit", "PORTLOG_LIMIT") and is
 * named in the error; now_ms is what times are relative to. */
bool option_set_text(const struct option *row, void *place, const char *text, const char *called,
	int64_t now_ms, struct error *err);

/* Frees what the value owns and makes it empty; does nothing to numbers and flags. */
void option_clear(const struct option *row, void *place);

/* Whether two values of the row are the same, and if not, whether the other can be taken over. */
bool option_same(const struct option *row, const void *a, const void *b);
bool option_is_now(const struct option *row, const void *a, const void *b);
void option_swap(const struct option *row, void *a, void *b);

/* Reads the command line: options of any of the sets, anywhere, bundled short ones, --name=value,
 * "--" to end them. What is given on the command line replaces what a list held before. What is no
 * option goes to arguments. stop_at_argument: end before the first of them, and say where it is
 * (ret_end, may be NULL otherwise). */
struct option_parse {
	const struct option_set *sets;
	size_t set_count;
	bool stop_at_argument;
	int64_t now_ms;
	/* NULL, or adds who has such a filter, where these rows have no option of that name. */
	void (*elsewhere)(const char *name, struct buf *out);
};
bool option_parse(const struct option_parse *parse, int argc, char *const *argv,
	struct text_list *arguments, int *ret_end, struct error *err);

/* Reads PREFIX_NAME for each row; an empty variable counts as not set. Lists are separated by
 * commas or spaces. Rows whose values are not texts of their own (JSON, PAIRS) are left out. */
bool option_parse_environment(
	const struct option_set *set, const char *prefix, int64_t now_ms, struct error *err);

/* The rows as help, wrapped to width columns, under their group headings. is_shown: which of them;
 * NULL: all. */
typedef bool option_is_shown(const void *data, const struct option *row);
void option_help(const struct option *rows, option_is_shown *is_shown, const void *data,
	size_t width, struct buf *out);
/* What the help says of one row: its text, its words, its default, its twin. */
void option_text(const struct option *row, struct buf *out);
/* "not_before" → "not-before". The text is yours. */
char *option_long_name(const struct option *row);
/* "PORTLOG_NOT_BEFORE". The text is yours. */
char *option_variable(const char *prefix, const struct option *row);

#endif
