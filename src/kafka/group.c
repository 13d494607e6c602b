#include "kafka/group.h"

#include <stdlib.h>
#include <string.h>

#include "base/xalloc.h"

void group_view_release(struct group_view *view)
{
	for (size_t i = 0; i < view->count; i++) {
		free(view->items[i].topic);
		free(view->items[i].member);
	}
	free(view->items);
	*view = (struct group_view){ 0 };
}

static void add_topic(struct group_view *view, const rd_kafka_metadata_topic_t *topic)
{
	size_t more = (size_t)topic->partition_cnt;
	view->items = xreallocarray(view->items, view->count + more + 1, sizeof(*view->items));
	for (size_t i = 0; i < more; i++)
		view->items[view->count++] = (struct consumer_held){ .topic = xstrdup(topic->topic),
			.partition = topic->partitions[i].id };
}

/* With no topic named, the answer is about those that the client, which has subscribed to them,
 * knows. */
static bool ask_topics(
	rd_kafka_t *handle, const struct text_list *topics, int timeout_ms, struct group_view *view)
{
	const rd_kafka_metadata_t *metadata;
	if (rd_kafka_metadata(handle, 0, NULL, &metadata, timeout_ms))
		return false;
	for (int i = 0; i < metadata->topic_cnt; i++)
		if (text_list_has(topics, metadata->topics[i].topic))
			add_topic(view, &metadata->topics[i]);
	rd_kafka_metadata_destroy(metadata);
	return true;
}

static void set_member(struct group_view *view, struct span topic, int32_t partition,
	const struct rd_kafka_group_member_info *member)
{
	const char *host =
		member->client_host[0] == '/' ? member->client_host + 1 : member->client_host;
	for (size_t i = 0; i < view->count; i++) {
		struct consumer_held *held = &view->items[i];
		if (!held->member && held->partition == partition && span_is(topic, held->topic))
			held->member = xasprintf("%s at %s", member->client_id, host);
	}
}

/* A number of so many bytes, most significant first; -1, and nothing more is read, where the text
 * ends before. */
static int32_t take_number(struct span *from, size_t size)
{
	int32_t number = 0;
	if (from->length < size) {
		from->length = 0;
		return -1;
	}
	for (size_t i = 0; i < size; i++)
		number = (int32_t)((uint32_t)number << 8 | (unsigned char)from->data[i]);
	*from = span_make(from->data + size, from->length - size);
	return number;
}

/* The member is another program: what it has sent may be anything. */
static void take_assignment(
	struct group_view *view, const struct rd_kafka_group_member_info *member)
{
	struct span from = span_make(member->member_assignment,
		member->member_assignment ? (size_t)member->member_assignment_size : 0);
	take_number(&from, 2); /* the version; later ones append */
	int32_t topics = take_number(&from, 4);
	for (int32_t t = 0; t < topics && from.length > 0; t++) {
		int32_t length = take_number(&from, 2);
		if (length < 0 || (size_t)length > from.length)
			return;
		struct span topic = span_make(from.data, (size_t)length);
		from = span_make(from.data + length, from.length - (size_t)length);
		int32_t partitions = take_number(&from, 4);
		for (int32_t p = 0; p < partitions && from.length > 0; p++)
			set_member(view, topic, take_number(&from, 4), member);
	}
}

/* librdkafka 2.0.2's admin request for the same hangs the client when a broker goes meanwhile. */
static void ask_members(
	rd_kafka_t *handle, const char *group, int timeout_ms, struct group_view *view)
{
	const struct rd_kafka_group_list *groups;
	rd_kafka_resp_err_t failure = rd_kafka_list_groups(handle, group, &groups, timeout_ms);
	if (failure && failure != RD_KAFKA_RESP_ERR__PARTIAL)
		return;
	for (int i = 0; i < groups->group_cnt; i++)
		for (int m = 0; m < groups->groups[i].member_cnt; m++)
			take_assignment(view, &groups->groups[i].members[m]);
	rd_kafka_group_list_destroy(groups);
}

bool group_view_ask(rd_kafka_t *handle, const char *group, const struct text_list *topics,
	size_t held, int timeout_ms, struct group_view *ret_view)
{
	struct group_view view = { 0 };
	if (!ask_topics(handle, topics, timeout_ms, &view))
		return false;
	if (view.count > held)
		ask_members(handle, group, timeout_ms, &view);
	*ret_view = view;
	return true;
}
