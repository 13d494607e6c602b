/* The recorder's control socket, STORE.sock: one JSON line asks, one answers. Who may read and
 * write the socket (mode 0600) may ask. */
#ifndef PORTLOG_NET_CONTROL_H
#define PORTLOG_NET_CONTROL_H

#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/error.h"

struct control;

/* Listens. A socket that a dead process left is replaced; so the store's lock must be held. */
bool control_open(const char *store_path, struct control **ret_control, struct error *err);
/* Removes the socket. */
void control_close(struct control *control);

/* Readable when control_serve has something to do. */
int control_descriptor(const struct control *control);
/* Answers what was asked, without waiting, and drops who asks nothing for long: to be called now
 * and then, too. line has no line feed; the answer gets one. */
typedef void control_answer(void *data, struct span line, struct buf *answer);
void control_serve(struct control *control, control_answer *answer, void *data);

/* Asks the recorder of that store. ERROR_NEGATIVE: none listens. ERROR_STORE: it did not answer in
 * that time, and may do it yet. */
bool control_ask(const char *store_path, const char *line, int64_t timeout_ms,
	struct buf *ret_answer, struct error *err);

#endif
