/* The daemon's log: one line per event that matters, to stderr, as logfmt or JSON. A warning or an
 * error that repeats is written once, then counted: the count is said every ten minutes, and when
 * it has been quiet for a minute. Field values are escaped; no control byte is ever written.
 * Nobody who logs waits for who reads: what is not read in time is dropped, and the number of
 * dropped lines is logged when it is read again.
 *
 *	log_event(log, LOG_LEVEL_WARNING, "cannot reach broker", log_text("broker", name),
 *		log_varying(log_int("attempt", attempt)));
 *
 * May be called from any thread. Never a payload or a secret. */
#ifndef PORTLOG_BASE_LOG_H
#define PORTLOG_BASE_LOG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"

enum log_level {
	LOG_LEVEL_ERROR,
	LOG_LEVEL_WARNING,
	LOG_LEVEL_INFO,
	LOG_LEVEL_DEBUG,
};

enum log_format {
	LOG_FORMAT_LOGFMT,
	LOG_FORMAT_JSON,
};
extern const char *const log_format_words[]; /* for option rows; ended by NULL */

/* A value is borrowed for the call. */
struct log_field {
	const char *name;
	struct span text; /* absent: number is the value */
	int64_t number;
	bool varying; /* differs from one repetition to the next: not part of what makes events
			 equal */
};

struct log_field log_text(const char *name, const char *text); /* NULL: "-" */
struct log_field log_span(const char *name, struct span text);
struct log_field log_int(const char *name, int64_t number);
struct log_field log_varying(struct log_field field);

struct log;

struct log_settings {
	enum log_format format;
	int fd;                  /* where to; usually 2 */
	int64_t (*now_ms)(void); /* NULL: the clock */
};

struct log *log_new(const struct log_settings *settings);
/* Says what is still counted. False: nothing reads what is written, so that some of it was lost,
 * and who writes more to fd may wait for ever. */
bool log_free(struct log *log);
/* Waits until all is written, at most so long. */
bool log_flush(struct log *log, int64_t timeout_ms);

/* The one level of the process: what is below is not written. LOG_LEVEL_INFO at first. */
void log_set_level(enum log_level level);
enum log_level log_get_level(void);

void log_write(struct log *log, enum log_level level, const char *message,
	const struct log_field *fields, size_t count);
#define log_event(log, level, message, ...)                                             \
	log_write((log), (level), (message), (const struct log_field[]){ __VA_ARGS__ }, \
		sizeof((const struct log_field[]){ __VA_ARGS__ }) / sizeof(struct log_field))
#define log_say(log, level, message) log_write((log), (level), (message), NULL, 0)

/* To be called now and then (once a second is enough): says the counts that are due. */
void log_tick(struct log *log);

/* Draws a line at the bottom of a terminal, which log lines push down; NULL removes it. */
void log_below(struct log *log, const char *text);

#endif
