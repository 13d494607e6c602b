/* What may come next on a command line that somebody is typing: found from the rows that parse it,
 * and from the store. complete.c finds what the word is; complete_values.c what it may be. */
#ifndef PORTLOG_CLI_COMPLETE_H
#define PORTLOG_CLI_COMPLETE_H

#include <stdbool.h>

#include "base/buf.h"
#include "base/text_list.h"

struct command;
struct config;
struct global_settings;
struct option;
struct sqlite3;

/* Starts as { 0 } with global set. */
struct completion {
	const struct global_settings *global; /* of portlog complete itself: its environment */
	const struct command *command;        /* on the line; NULL: none yet */
	char *store;                          /* on the line, as config; NULL: none. Owned */
	char *config_path;
	struct buf lead;        /* the word's beginning that stays: "--user=", "time," */
	struct span typed;      /* the rest of it */
	struct text_list texts; /* whole words; at most COMPLETE_MOST and two, or some more */
	struct text_list notes; /* what each is, may be "" */
	bool files;             /* names of files, too: the shell knows them */
	bool tried;             /* to open the store */
	struct config *config;
	struct sqlite3 *reader;
};

/* words: all behind "portlog" up to the cursor, the last of them the one to be completed. */
void complete_line(struct completion *c, const struct text_list *words);
void completion_release(struct completion *c);

/* Adds lead and text where text begins with what is typed. What could not be typed, or would drive
 * a terminal, is left out. */
void complete_add(struct completion *c, struct span text, struct span note);
/* Values of an option; of an argument as a command names it: "RUN|ENTITY". */
void complete_option_value(struct completion *c, const struct option *row);
void complete_argument(struct completion *c, struct span argument);
void complete_commands(struct completion *c);
/* Not a filter, or one that the command on the line has a field for. */
bool complete_is_offered(const struct completion *c, const struct option *row);

/* bash has the line, not words: cuts what it would see as words (behind the command's name) off a
 * line that ends at the cursor. piece: what bash will replace; ret_kept is what of the last word
 * stands before it, ret_quote the quote it is in or '\0'. */
void complete_bash_words(const char *line, const char *piece, struct text_list *words,
	struct buf *ret_kept, char *ret_quote);
/* text as bash wants it there; false where it cannot be written so that nothing of it is taken
 * for anything else. */
bool complete_bash_quote(const char *text, char quote, struct buf *out);

#endif
