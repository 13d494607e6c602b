#include "kafka/asker.h"

#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/xalloc.h"

enum {
	ASK_TIMEOUT_MS = 10000,
};

struct asker {
	rd_kafka_t *handle;
	int descriptor;
	pthread_t thread;
	pthread_mutex_t mutex;
	pthread_cond_t changed;
	struct question *waiting; /* oldest first, as is answered */
	struct question *answered;
	bool stop;
	bool ended;
};

void question_free(struct question *question)
{
	if (!question)
		return;
	free(question->topic);
	free(question->metadata);
	group_view_release(&question->view);
	free(question);
}

static void append(struct question **list, struct question *question)
{
	while (*list)
		list = &(*list)->next;
	question->next = NULL;
	*list = question;
}

static struct question *take_first(struct question **list)
{
	struct question *first = *list;
	if (first)
		*list = first->next;
	return first;
}

static rd_kafka_resp_err_t ask_committed(rd_kafka_t *handle, struct question *q)
{
	rd_kafka_topic_partition_list_t *list = rd_kafka_topic_partition_list_new(1);
	rd_kafka_topic_partition_t *one =
		rd_kafka_topic_partition_list_add(list, q->topic, q->partition);
	rd_kafka_resp_err_t failure = rd_kafka_committed(handle, list, ASK_TIMEOUT_MS);
	if (!failure)
		failure = one->err;
	if (!failure && one->offset >= 0) {
		q->committed = one->offset;
		q->metadata = xstrndup(one->metadata ? one->metadata : "", one->metadata_size);
	}
	rd_kafka_topic_partition_list_destroy(list);
	return failure;
}

static rd_kafka_resp_err_t ask_time(rd_kafka_t *handle, struct question *q)
{
	rd_kafka_topic_partition_list_t *list = rd_kafka_topic_partition_list_new(1);
	rd_kafka_topic_partition_t *one =
		rd_kafka_topic_partition_list_add(list, q->topic, q->partition);
	one->offset = q->time_ms;
	rd_kafka_resp_err_t failure = rd_kafka_offsets_for_times(handle, list, ASK_TIMEOUT_MS);
	if (!failure)
		failure = one->err;
	if (!failure)
		q->at_time = one->offset >= 0 ? one->offset : q->high; /* none so late: the end */
	rd_kafka_topic_partition_list_destroy(list);
	return failure;
}

static void ask(rd_kafka_t *handle, struct question *q)
{
	if (q->group) {
		if (!group_view_ask(handle, q->group, q->topics, q->held, ASK_TIMEOUT_MS, &q->view))
			q->failure = RD_KAFKA_RESP_ERR__TIMED_OUT;
		return;
	}
	q->failure = rd_kafka_query_watermark_offsets(
		handle, q->topic, q->partition, &q->low, &q->high, ASK_TIMEOUT_MS);
	if (!q->failure && q->time_ms >= 0)
		q->failure = ask_time(handle, q);
	if (!q->failure && q->ask_committed)
		q->failure = ask_committed(handle, q);
}

static void *asker_run(void *data)
{
	static const uint64_t one = 1;
	struct asker *asker = data;
	pthread_mutex_lock(&asker->mutex);
	for (;;) {
		while (!asker->stop && !asker->waiting)
			pthread_cond_wait(&asker->changed, &asker->mutex);
		if (asker->stop)
			break;
		struct question *q = take_first(&asker->waiting);
		pthread_mutex_unlock(&asker->mutex);
		ask(asker->handle, q);
		pthread_mutex_lock(&asker->mutex);
		append(&asker->answered, q);
		/* A full eventfd is readable anyway. */
		ssize_t written = write(asker->descriptor, &one, sizeof(one));
		(void)written;
	}
	asker->ended = true;
	pthread_cond_signal(&asker->changed);
	pthread_mutex_unlock(&asker->mutex);
	return NULL;
}

struct asker *asker_new(rd_kafka_t *handle, int descriptor)
{
	struct asker *asker = xcalloc(1, sizeof(*asker));
	asker->handle = handle;
	asker->descriptor = descriptor;
	clock_cond_init(&asker->changed);
	pthread_mutex_init(&asker->mutex, NULL);
	/* Without the thread no question would ever be answered. */
	if (pthread_create(&asker->thread, NULL, asker_run, asker) == 0)
		return asker;
	pthread_cond_destroy(&asker->changed);
	pthread_mutex_destroy(&asker->mutex);
	free(asker);
	return NULL;
}

void asker_ask(struct asker *asker, struct question *question)
{
	pthread_mutex_lock(&asker->mutex);
	append(&asker->waiting, question);
	pthread_cond_signal(&asker->changed);
	pthread_mutex_unlock(&asker->mutex);
}

struct question *asker_answer(struct asker *asker)
{
	pthread_mutex_lock(&asker->mutex);
	struct question *question = take_first(&asker->answered);
	pthread_mutex_unlock(&asker->mutex);
	return question;
}

bool asker_free(struct asker *asker, int64_t timeout_ms)
{
	if (!asker)
		return true;
	struct timespec until = clock_monotonic_after(timeout_ms);
	pthread_mutex_lock(&asker->mutex);
	asker->stop = true;
	pthread_cond_signal(&asker->changed);
	while (!asker->ended &&
		pthread_cond_timedwait(&asker->changed, &asker->mutex, &until) != ETIMEDOUT)
		;
	bool ended = asker->ended;
	pthread_mutex_unlock(&asker->mutex);
	if (!ended) {
		pthread_detach(asker->thread);
		return false;
	}
	pthread_join(asker->thread, NULL);
	struct question *question;
	while ((question = take_first(&asker->waiting)) ||
		(question = take_first(&asker->answered)))
		question_free(question);
	pthread_cond_destroy(&asker->changed);
	pthread_mutex_destroy(&asker->mutex);
	free(asker);
	return true;
}
