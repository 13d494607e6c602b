/* What stdout and stderr are: how wide, coloured or not, with UTF-8 or without. */
#ifndef PORTLOG_CLI_TERMINAL_H
#define PORTLOG_CLI_TERMINAL_H

#include <stdbool.h>
#include <stddef.h>

#include "cli/command.h"

/* Of those descriptors 0, 1 and 2 that are closed, reading and writing fails from now on: no file
 * or socket that is opened later takes their place. */
void terminal_guard_descriptors(void);

/* What is written to it from now on is lost, and waits for nothing. */
void terminal_give_up(int descriptor);

/* COLUMNS where it is a number, else the terminal's width, else 80; never 0. */
size_t terminal_width(void);

/* TERM is "dumb" or not set: escape sequences and full-screen programs do not work. */
bool terminal_is_dumb(void);
bool terminal_locale_is_utf8(void);

bool terminal_wants_color(enum color_when when, bool terminal);

/* What is made safe from here on goes to that descriptor: where it is a terminal and the locale's
 * encoding is not UTF-8, it is ASCII. */
void terminal_write_to(int descriptor);

#endif
