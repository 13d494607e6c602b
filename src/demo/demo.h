/* The demo's machinery: a broker in this process, a recorder beside it, and the story in between.
 */
#ifndef PORTLOG_DEMO_DEMO_H
#define PORTLOG_DEMO_DEMO_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"
#include "base/text_list.h"
#include "demo/story.h"

struct demo;

struct demo_settings {
	const char *directory; /* is there, and empty of stores */
	const char *zone;      /* NULL: the process's */
	int64_t now_ms;        /* when the story ends */
	size_t messages;
	bool acts; /* the recorder executes */
};

/* Starts the broker and the recorder; the store will be DIRECTORY/portlog.db, its configuration
 * DIRECTORY/config.json. */
bool demo_start(const struct demo_settings *settings, struct demo **ret_demo, struct error *err);
/* Ends both and frees. */
void demo_stop(struct demo *demo);

/* Tells how far it is, in recorded messages. */
typedef void demo_tick(void *data, size_t done, size_t total);
/* Publishes the whole story and waits until it is recorded; the number is then that of both. */
bool demo_play(
	struct demo *demo, demo_tick *tick, void *data, size_t *ret_count, struct error *err);
/* Publishes what is due by then of what goes on in the company; something always does. */
bool demo_go_on(struct demo *demo, int64_t now_ms, struct error *err);
/* A run that somebody asks for behind the story's end, and the recorder executes. */
struct demo_request {
	const char *who; /* of the cast */
	const char *subject;
	const char *handle;
	const char *inputs;
	bool fails; /* until demo_repair */
};
/* Publishes it and settles. */
bool demo_ask(struct demo *demo, const struct demo_request *request, struct error *err);
bool demo_repair(struct demo *demo, struct error *err);
/* Waits until nothing runs, Port knows of all, and what it published is recorded. */
bool demo_settle(struct demo *demo, struct error *err);
/* The recorder is still there; else the error says what it last said. */
bool demo_is_recording(struct demo *demo, struct error *err);
/* Ends the recorder, as SIGTERM does: the store is then at rest. */
bool demo_end_recording(struct demo *demo, struct error *err);

const struct story *demo_story(const struct demo *demo);
const char *demo_store(const struct demo *demo);
const char *demo_config(const struct demo *demo);

/* Runs a portlog command on the demo's store as if the story's end were now, or, with now_ms 0, by
 * the clock; it prints where we print. arguments begin with the program's name. */
bool demo_command(const struct demo *demo, const struct text_list *arguments, int64_t now_ms,
	int *ret_exit_status, struct error *err);
/* The same, and goes on while it runs; give it to child_stop. */
struct child;
bool demo_command_start(const struct demo *demo, const struct text_list *arguments, int64_t now_ms,
	struct child *ret_child, struct error *err);

#endif
