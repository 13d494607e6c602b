/* One command: what the user can name, what must be open for it, and what runs it.
 *
 * To add a command: cli/cmd_NAME.c with its settings, option rows and, last in the file,
 * `const struct command cmd_NAME`; one line in cli/commands.h; the file in src/meson.build; its
 * manual page's prose in doc/portlog-NAME.1.in and a line in doc/meson.build. */
#ifndef PORTLOG_CLI_COMMAND_H
#define PORTLOG_CLI_COMMAND_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"
#include "base/option.h"

struct command;
struct config;
struct config_flags;
struct sqlite3;

enum color_when {
	COLOR_AUTO,
	COLOR_ALWAYS,
	COLOR_NEVER,
};

/* What is said before or behind any command; each also as PORTLOG_NAME. */
struct global_settings {
	char *store;
	char *config;
	int color; /* enum color_when */
	bool no_pager;
	char *tz;
	bool quiet;
	bool verbose;
};
extern const struct option global_options[];
extern const struct option question_options[]; /* --help, --version */

/* What must be open before a command runs (bits). */
enum command_need {
	NEED_NOTHING = 0,
	NEED_CONFIG = 1 << 0,  /* the configuration is read and right, the store's path is known */
	NEED_STORE = 1 << 1,   /* the store is open for reading; brings NEED_CONFIG */
	NEED_SOCKETS = 1 << 2, /* talks over sockets: SIGPIPE is ignored */
	TAKES_CONFIG_FLAGS = 1 << 3, /* --org, --brokers, --topic, -X go into the configuration */
};

enum { UNCUT = 1 << 20 }; /* columns */

/* A command as it was called. Everything is cli's. */
struct invocation {
	const struct command *command;
	const struct global_settings *global;
	void *settings;                   /* the command's own, filled from its rows */
	struct text_list arguments;       /* what is no option */
	int64_t now_ms;                   /* for reading commands: PORTLOG_NOW or the clock */
	const struct config *config;      /* NEED_CONFIG */
	const char *store_path;           /* NEED_CONFIG */
	const struct config_flags *flags; /* that went into config */
	struct sqlite3 *reader;           /* NEED_STORE; see store/reader.h */
	bool color;                       /* stdout may be coloured */
	bool terminal;                    /* stdout is a terminal */
	size_t width;                     /* of the terminal; 80 where unknown */
	size_t cut_at; /* of show and diff: width, but UNCUT in a pipe, unless COLUMNS is set */
	bool paged;    /* command_page was called */
};

struct command {
	const char *name;
	const char *summary;          /* one line, lower case, no full stop */
	const char *arguments;        /* "[ENTITY…]"; NULL: takes none, and any is an error */
	const char *description;      /* paragraphs for the help; may be NULL */
	const struct option *options; /* ended by OPTION_END; NULL: none */
	size_t settings_size;         /* of the struct that options fill, zeroed before */
	size_t most_arguments;        /* 0: any number (of those that arguments names) */
	unsigned needs;               /* enum command_need */
	bool environment;             /* each option is also PORTLOG_NAME */
	bool hidden;                  /* for programs: no help lists it */
	bool (*run)(struct invocation *call, struct error *err);
};

extern const struct command *const commands[]; /* ended by NULL */
/* Whether the help of the command shows the row: not a filter that it refuses. */
bool command_shows(const void *command, const struct option *row);
const struct command *command_find(const char *name); /* NULL: there is none */

/* To be called when the output may be long and before its first byte: on a terminal stdout then
 * goes through the pager, unless --no-pager. Harmless to call twice. */
void command_page(struct invocation *call);

/* A negative answer that has been printed already, or needs no words: exit status 1, quietly. */
bool command_negative(struct error *err);

#endif
