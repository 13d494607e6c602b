/* The end that comes in time: a thread of its own sees SIGTERM and SIGINT also while the main
 * thread is held up by the disk, and ends the process if it is still there so much later. A store
 * may be cut off anywhere. */
#ifndef PORTLOG_RECORD_ENDING_H
#define PORTLOG_RECORD_ENDING_H

#include <stdint.h>

struct ending;

/* From now until the process ends. Both signals must be blocked in all threads. NULL, with which
 * the other function does nothing: no thread is to be had. */
struct ending *ending_watch(int64_t within_ms);
/* The main thread has read such a signal, maybe before the other has seen it: the process ends that
 * much later at the latest. May be called again, for another time. */
void ending_begin(struct ending *ending, int64_t within_ms);

#endif
