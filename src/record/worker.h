/* Threads for what takes long (running an action, telling Port), beside the one that polls Kafka
 * and writes the store. Work goes in by one queue and comes back by another: no thread but the
 * owner's ever touches what the owner has. */
#ifndef PORTLOG_RECORD_WORKER_H
#define PORTLOG_RECORD_WORKER_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct workers;

/* Begins the struct of what is to be done. It is the worker's from workers_give to workers_take. */
struct work {
	struct work *next;
	void (*run)(struct work *work); /* in a thread of its own */
	atomic_bool stop;               /* becomes true when it should end soon */
};

/* At most so many run at once; threads are made when they are first needed. NULL: no descriptor is
 * to be had. */
struct workers *workers_new(size_t most);
/* From now on. What runs beyond it goes on; threads that are not needed any more end. */
void workers_set_most(struct workers *workers, size_t most);
/* Queues it. */
void workers_give(struct workers *workers, struct work *work);
/* To be called now and then. False: work waits for a thread, and the system still gives none. */
bool workers_staff(struct workers *workers);
/* What has ended, in that order; NULL: nothing now. */
struct work *workers_take(struct workers *workers);
/* Readable when workers_take has something; also after workers_wake. */
int workers_descriptor(const struct workers *workers);
/* Makes the descriptor readable; for work that has something to tell while it runs. */
void workers_wake(struct workers *workers);
/* Given and not taken yet. */
size_t workers_busy(const struct workers *workers);

/* Tells all that runs to stop. What has not begun comes back at once, its run not called. */
void workers_stop(struct workers *workers);
/* Waits for the threads at most so long; false: some still run, and nothing is freed. All work must
 * have been taken. */
bool workers_free(struct workers *workers, int64_t timeout_ms);

#endif
