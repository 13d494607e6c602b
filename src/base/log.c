#include "base/log.h"

#include <errno.h>
#include <inttypes.h>
#include <poll.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/json_write.h"
#include "base/text.h"
#include "base/xalloc.h"

enum {
	KNOWN_MOST = 64,           /* different repeating events that are told apart */
	SAY_EVERY_MS = 600000,     /* how often a count is said while it grows */
	QUIET_MS = 60000,          /* without a repetition for so long: it is over */
	VALUE_MOST = 400,          /* bytes of a value that are shown */
	WAITING_MOST = 256 * 1024, /* bytes that wait for a reader, beside those being written */
	END_MS = 1000,             /* for the last of them */
};

const char *const log_format_words[] = {
	[LOG_FORMAT_LOGFMT] = "logfmt",
	[LOG_FORMAT_JSON] = "json",
	NULL,
};

static const char *const level_words[] = {
	[LOG_LEVEL_ERROR] = "error",
	[LOG_LEVEL_WARNING] = "warning",
	[LOG_LEVEL_INFO] = "info",
	[LOG_LEVEL_DEBUG] = "debug",
};

static atomic_int current_level = LOG_LEVEL_INFO;

/* An event that was written once and is counted since. */
struct known {
	char *key; /* the line without its time and varying fields; NULL: free */
	enum log_level level;
	int64_t said_ms; /* monotonic, like last_ms: the clock may be set meanwhile */
	int64_t last_ms;
	int64_t count; /* since it was last said */
};

struct log {
	struct log_settings settings;
	pthread_mutex_t lock;
	struct known known[KNOWN_MOST];
	struct buf line;
	struct buf key;
	bool below; /* the line at the bottom is shown */

	/* A thread writes: whoever logs must not wait for a pipe that is full or a terminal that
	 * was stopped. O_NONBLOCK would do it only for all processes that share the descriptor. */
	pthread_t thread;
	bool has_thread;
	bool ending;
	pthread_cond_t some;    /* waits, or it is to end */
	pthread_cond_t written; /* all of writing was */
	struct buf waiting;
	struct buf writing;
	int64_t dropped; /* lines, since it was last said */
};

struct log_field log_text(const char *name, const char *text)
{
	return (struct log_field){ .name = name, .text = span_of(text ? text : "-") };
}

struct log_field log_span(const char *name, struct span text)
{
	return (struct log_field){ .name = name, .text = text.data ? text : span_of("-") };
}

struct log_field log_int(const char *name, int64_t number)
{
	return (struct log_field){ .name = name, .number = number };
}

struct log_field log_varying(struct log_field field)
{
	field.varying = true;
	return field;
}

void log_set_level(enum log_level level)
{
	current_level = (int)level;
}

enum log_level log_get_level(void)
{
	return (enum log_level)current_level;
}

/* A value is quoted where it is empty or has a space, '=', '"' or what had to be escaped in it. */
static void logfmt_value(struct span text, struct buf *out)
{
	struct buf safe = { 0 };
	bool plain = text.length > 0;
	text_safe(text, &safe);
	for (size_t i = 0; i < safe.length; i++)
		plain = plain && !strchr(" =\"\\", safe.data[i]);
	if (plain) {
		buf_add_span(out, buf_span(&safe));
	} else {
		buf_add_char(out, '"');
		for (size_t i = 0; i < safe.length; i++) {
			if (safe.data[i] == '"')
				buf_add_char(out, '\\');
			buf_add_char(out, safe.data[i]);
		}
		buf_add_char(out, '"');
	}
	buf_free(&safe);
}

static struct span shortened(struct span text)
{
	while (text.length > VALUE_MOST ||
		(text.length == VALUE_MOST && ((unsigned char)text.data[text.length - 1] & 0x80)))
		text.length = text.length > VALUE_MOST ? VALUE_MOST : text.length - 1;
	return text;
}

static void add_logfmt(struct buf *out, const struct log_field *field)
{
	buf_addf(out, " %s=", field->name);
	if (!field->text.data)
		buf_addf(out, "%" PRId64, field->number);
	else
		logfmt_value(shortened(field->text), out);
}

/* JSON escapes C0 by itself; what else could deceive a terminal is made safe before. */
static void add_json(struct buf *out, const struct log_field *field)
{
	buf_addf(out, ",\"%s\":", field->name);
	if (!field->text.data) {
		buf_addf(out, "%" PRId64, field->number);
		return;
	}
	struct buf safe = { 0 };
	text_safe_lines(shortened(field->text), &safe);
	json_quote(buf_span(&safe), out);
	buf_free(&safe);
}

static void add(const struct log *log, struct buf *out, const struct log_field *field)
{
	if (log->settings.format == LOG_FORMAT_JSON)
		add_json(out, field);
	else
		add_logfmt(out, field);
}

/* All of a line behind its time and level. */
static void add_event(const struct log *log, struct buf *out, const char *message,
	const struct log_field *fields, size_t count, bool varying)
{
	struct log_field first = log_text("msg", message);
	add(log, out, &first);
	for (size_t i = 0; i < count; i++)
		if (varying || !fields[i].varying)
			add(log, out, &fields[i]);
}

static void write_all(int fd, struct span bytes)
{
	while (bytes.length > 0) {
		ssize_t count = write(fd, bytes.data, bytes.length);
		if (count < 0 && errno == EAGAIN) /* somebody else wanted it like that */
			poll(&(struct pollfd){ fd, POLLOUT, 0 }, 1, -1);
		else if (count < 0 && errno != EINTR)
			break; /* nobody reads it: there is nobody to tell */
		size_t done = count > 0 ? (size_t)count : 0;
		bytes = span_make(bytes.data + done, bytes.length - done);
	}
}

static void *write_waiting(void *data)
{
	struct log *log = data;
	pthread_mutex_lock(&log->lock);
	while (!log->ending || log->waiting.length > 0) {
		if (log->waiting.length == 0) {
			pthread_cond_wait(&log->some, &log->lock);
			continue;
		}
		struct buf taken = log->waiting;
		log->waiting = log->writing;
		log->writing = taken;
		pthread_mutex_unlock(&log->lock);
		write_all(log->settings.fd, buf_span(&taken));
		pthread_mutex_lock(&log->lock);
		buf_clear(&log->writing);
		pthread_cond_broadcast(&log->written);
	}
	pthread_mutex_unlock(&log->lock);
	return NULL;
}

static bool has_room(const struct log *log, size_t bytes)
{
	struct pollfd end = { log->settings.fd, POLLOUT, 0 };
	/* Once lines were dropped, not each single one that fits again: half of them first. */
	size_t most = log->dropped > 0 ? WAITING_MOST / 2 : WAITING_MOST;
	return log->has_thread ? log->waiting.length + bytes <= most : poll(&end, 1, 0) == 1;
}

static void put(struct log *log, struct span bytes)
{
	if (!log->has_thread) {
		write_all(log->settings.fd, bytes);
		return;
	}
	buf_add_span(&log->waiting, bytes);
	pthread_cond_signal(&log->some);
}

static void hide_below(struct log *log)
{
	if (log->below)
		put(log, span_of("\r\033[K"));
	log->below = false;
}

static int64_t now(const struct log *log)
{
	return log->settings.now_ms ? log->settings.now_ms() : clock_now_ms();
}

/* For how long something has been repeated. */
static int64_t steady(const struct log *log)
{
	return log->settings.now_ms ? log->settings.now_ms() : clock_monotonic_ms();
}

static void put_line(struct log *log, enum log_level level, struct span event, int64_t repeated)
{
	char time[RFC3339_SIZE];
	bool json = log->settings.format == LOG_FORMAT_JSON;
	struct buf *line = &log->line;
	clock_format_utc(now(log), time);
	buf_clear(line);
	buf_addf(line, json ? "{\"time\":\"%s\",\"level\":\"%s\"" : "time=%s level=%s", time,
		level_words[level]);
	buf_add_span(line, event);
	if (repeated > 0) {
		struct log_field field = log_int("repeated", repeated);
		add(log, line, &field);
	}
	buf_add_text(line, json ? "}\n" : "\n");
	hide_below(log);
	put(log, buf_span(line));
}

static void say_dropped(struct log *log)
{
	struct buf event = { 0 };
	const struct log_field count = log_int("dropped", log->dropped);
	add_event(log, &event, "log lines were dropped because nothing read them", &count, 1, true);
	log->dropped = 0;
	put_line(log, LOG_LEVEL_WARNING, buf_span(&event), 0);
	buf_free(&event);
}

static void write_line(struct log *log, enum log_level level, struct span event, int64_t repeated)
{
	if (!has_room(log, event.length)) {
		log->dropped++;
		return;
	}
	if (log->dropped > 0)
		say_dropped(log);
	put_line(log, level, event, repeated);
}

static void say_count(struct log *log, struct known *known, int64_t now_ms)
{
	if (known->count > 0)
		write_line(log, known->level, span_of(known->key), known->count);
	known->count = 0;
	known->said_ms = now_ms;
}

static void forget(struct known *known)
{
	free(known->key);
	*known = (struct known){ 0 };
}

static void say_due(struct log *log, int64_t now_ms)
{
	for (size_t i = 0; i < KNOWN_MOST; i++) {
		struct known *known = &log->known[i];
		if (!known->key)
			continue;
		bool over = now_ms - known->last_ms >= QUIET_MS;
		if (over || now_ms - known->said_ms >= SAY_EVERY_MS)
			say_count(log, known, now_ms);
		if (over)
			forget(known);
	}
}

/* The entry of that key; else a free one, or the one that has been quiet the longest. */
static struct known *find(struct log *log, const char *key, int64_t now_ms)
{
	struct known *oldest = &log->known[0];
	for (size_t i = 0; i < KNOWN_MOST; i++) {
		struct known *known = &log->known[i];
		if (known->key && strcmp(known->key, key) == 0)
			return known;
		if (oldest->key && (!known->key || known->last_ms < oldest->last_ms))
			oldest = known;
	}
	if (oldest->key)
		say_count(log, oldest, now_ms);
	forget(oldest);
	return oldest;
}

/* True where the event was written not long ago and is now counted instead. */
static bool counted(struct log *log, enum log_level level, const char *message,
	const struct log_field *fields, size_t count, int64_t now_ms)
{
	buf_clear(&log->key);
	add_event(log, &log->key, message, fields, count, false);
	struct known *known = find(log, buf_text(&log->key), now_ms);
	known->last_ms = now_ms;
	if (known->key) {
		known->count++;
		return true;
	}
	known->key = xstrdup(buf_text(&log->key));
	known->level = level;
	known->said_ms = now_ms;
	return false;
}

void log_write(struct log *log, enum log_level level, const char *message,
	const struct log_field *fields, size_t count)
{
	if (level > log_get_level())
		return;
	pthread_mutex_lock(&log->lock);
	int64_t now_ms = steady(log);
	say_due(log, now_ms);
	if (level > LOG_LEVEL_WARNING || !counted(log, level, message, fields, count, now_ms)) {
		struct buf event = { 0 };
		add_event(log, &event, message, fields, count, true);
		write_line(log, level, buf_span(&event), 0);
		buf_free(&event);
	}
	pthread_mutex_unlock(&log->lock);
}

void log_tick(struct log *log)
{
	pthread_mutex_lock(&log->lock);
	say_due(log, steady(log));
	if (log->dropped > 0 && has_room(log, 0))
		say_dropped(log);
	pthread_mutex_unlock(&log->lock);
}

void log_below(struct log *log, const char *text)
{
	pthread_mutex_lock(&log->lock);
	if (!text) {
		hide_below(log);
	} else if (log->waiting.length + log->writing.length == 0 && has_room(log, 0)) {
		/* Only a courtesy: a terminal that takes no more now loses nothing. */
		struct buf line = { 0 };
		buf_addf(&line, "\r%s\033[K", text);
		put(log, buf_span(&line));
		log->below = true;
		buf_free(&line);
	}
	pthread_mutex_unlock(&log->lock);
}

struct log *log_new(const struct log_settings *settings)
{
	struct log *log = xcalloc(1, sizeof(*log));
	log->settings = *settings;
	pthread_mutex_init(&log->lock, NULL);
	pthread_cond_init(&log->some, NULL);
	clock_cond_init(&log->written);
	/* Where no thread is to be had it is written at once, or dropped. */
	log->has_thread = pthread_create(&log->thread, NULL, write_waiting, log) == 0;
	return log;
}

bool log_flush(struct log *log, int64_t timeout_ms)
{
	struct timespec until = clock_monotonic_after(timeout_ms);
	int failure = 0;
	pthread_mutex_lock(&log->lock);
	while (failure == 0 && log->waiting.length + log->writing.length > 0)
		failure = pthread_cond_timedwait(&log->written, &log->lock, &until);
	bool all = log->waiting.length + log->writing.length == 0;
	pthread_mutex_unlock(&log->lock);
	return all;
}

static void end_thread(struct log *log)
{
	pthread_mutex_lock(&log->lock);
	log->ending = true;
	pthread_cond_signal(&log->some);
	pthread_mutex_unlock(&log->lock);
	pthread_join(log->thread, NULL);
}

bool log_free(struct log *log)
{
	if (!log)
		return true;
	pthread_mutex_lock(&log->lock);
	for (size_t i = 0; i < KNOWN_MOST; i++)
		if (log->known[i].key) {
			say_count(log, &log->known[i], 0);
			forget(&log->known[i]);
		}
	pthread_mutex_unlock(&log->lock);
	log_tick(log);
	if (!log_flush(log, END_MS))
		return false; /* the thread may wait for ever, and uses all this */
	if (log->has_thread)
		end_thread(log);
	buf_free(&log->line);
	buf_free(&log->key);
	buf_free(&log->waiting);
	buf_free(&log->writing);
	pthread_cond_destroy(&log->some);
	pthread_cond_destroy(&log->written);
	pthread_mutex_destroy(&log->lock);
	free(log);
	return true;
}
