/* Administers a broker through its PLAINTEXT listener: what Kafka's own scripts do with a JVM and a
 * second each. Every command returns when the broker shows what was asked for. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "tests/tools/tool.h"

static const char usage[] =
	"usage: admin BROKER COMMAND ...\n"
	"  topic NAME PARTITIONS [CONFIG=VALUE ...]   make a topic\n"
	"  parts NAME PARTITIONS                      raise the number of its partitions\n"
	"  rmtopic NAME                               delete it\n"
	"  trim NAME PARTITION OFFSET                 delete the records before OFFSET\n"
	"  allow USER topic:NAME|group:NAME ...       let USER read; a NAME may end with *\n"
	"  marks NAME                                 a line for each partition: number, start, "
	"end\n"
	"  group GROUP NAME                           a line for each partition of topic NAME with "
	"a\n"
	"                                             committed offset: number, offset, metadata\n"
	"  rmgroup GROUP                              delete it, with what it has committed\n"
	"  members GROUP                              a line for each member: id, partitions it "
	"has\n";

enum { TIMEOUT_MS = 20000, WAIT_US = 10000, COORDINATOR_US = 100000 };

struct request {
	rd_kafka_t *client;
	rd_kafka_queue_t *queue;
	rd_kafka_AdminOptions_t *options;
	int attempts; /* how often the group's coordinator was asked again */
};

/* The answer to what was asked last; ends the program where the request as a whole failed. */
static rd_kafka_event_t *answer(struct request *r)
{
	rd_kafka_event_t *event = rd_kafka_queue_poll(r->queue, TIMEOUT_MS);
	if (!event)
		die("the broker does not answer");
	if (rd_kafka_event_error(event))
		die("%s", rd_kafka_event_error_string(event));
	return event;
}

/* Whether to ask the group's coordinator once more, after a moment: on a busy machine the broker
 * may still be reading the group's log, or the client still know another coordinator. */
static bool ask_again(struct request *r, rd_kafka_resp_err_t code)
{
	bool passing = code == RD_KAFKA_RESP_ERR_NOT_COORDINATOR ||
		       code == RD_KAFKA_RESP_ERR_COORDINATOR_NOT_AVAILABLE ||
		       code == RD_KAFKA_RESP_ERR_COORDINATOR_LOAD_IN_PROGRESS ||
		       code == RD_KAFKA_RESP_ERR__WAIT_COORD;
	if (!passing || r->attempts++ == TIMEOUT_MS * 1000 / COORDINATOR_US)
		return false;
	usleep(COORDINATOR_US);
	return true;
}

static void check_topic_results(const rd_kafka_topic_result_t **results, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (rd_kafka_topic_result_error(results[i]))
			die("topic %s: %s", rd_kafka_topic_result_name(results[i]),
				rd_kafka_err2name(rd_kafka_topic_result_error(results[i])));
}

/* An accepted change of a topic needs a moment until the metadata has it. */
static void wait_for_partitions(struct request *r, const char *topic, int count)
{
	for (int i = 0; i < TIMEOUT_MS * 1000 / WAIT_US; i++) {
		if (partition_count(r->client, topic) == count)
			return;
		usleep(WAIT_US);
	}
	die("topic %s: still not %d partitions", topic, count);
}

static void make_topic(struct request *r, int argc, char **argv)
{
	char why[256];
	int count = (int)number(argv[1]);
	rd_kafka_NewTopic_t *topic = rd_kafka_NewTopic_new(argv[0], count, 1, why, sizeof(why));
	if (!topic)
		die("%s", why);
	for (int i = 2; i < argc; i++) {
		char *equals = strchr(argv[i], '=');
		if (!equals)
			die("'%s' is not CONFIG=VALUE", argv[i]);
		*equals = '\0';
		rd_kafka_NewTopic_set_config(topic, argv[i], equals + 1);
	}
	rd_kafka_CreateTopics(r->client, &topic, 1, r->options, r->queue);
	rd_kafka_event_t *event = answer(r);
	size_t results;
	const rd_kafka_topic_result_t **result = rd_kafka_CreateTopics_result_topics(
		rd_kafka_event_CreateTopics_result(event), &results);
	check_topic_results(result, results);
	rd_kafka_event_destroy(event);
	rd_kafka_NewTopic_destroy(topic);
	wait_for_partitions(r, argv[0], count);
}

static void add_partitions(struct request *r, int argc, char **argv)
{
	(void)argc;
	char why[256];
	size_t count = (size_t)number(argv[1]);
	rd_kafka_NewPartitions_t *more =
		rd_kafka_NewPartitions_new(argv[0], count, why, sizeof(why));
	if (!more)
		die("%s", why);
	rd_kafka_CreatePartitions(r->client, &more, 1, r->options, r->queue);
	rd_kafka_event_t *event = answer(r);
	size_t results;
	const rd_kafka_topic_result_t **result = rd_kafka_CreatePartitions_result_topics(
		rd_kafka_event_CreatePartitions_result(event), &results);
	check_topic_results(result, results);
	rd_kafka_event_destroy(event);
	rd_kafka_NewPartitions_destroy(more);
	wait_for_partitions(r, argv[0], (int)count);
}

static void remove_topic(struct request *r, int argc, char **argv)
{
	(void)argc;
	rd_kafka_DeleteTopic_t *topic = rd_kafka_DeleteTopic_new(argv[0]);
	rd_kafka_DeleteTopics(r->client, &topic, 1, r->options, r->queue);
	rd_kafka_event_t *event = answer(r);
	size_t results;
	const rd_kafka_topic_result_t **result = rd_kafka_DeleteTopics_result_topics(
		rd_kafka_event_DeleteTopics_result(event), &results);
	check_topic_results(result, results);
	rd_kafka_event_destroy(event);
	rd_kafka_DeleteTopic_destroy(topic);
	wait_for_partitions(r, argv[0], 0);
}

static void remove_group(struct request *r, int argc, char **argv)
{
	(void)argc;
	rd_kafka_DeleteGroup_t *group = rd_kafka_DeleteGroup_new(argv[0]);
	rd_kafka_DeleteGroups(r->client, &group, 1, r->options, r->queue);
	rd_kafka_event_t *event = answer(r);
	size_t results;
	const rd_kafka_group_result_t **result = rd_kafka_DeleteGroups_result_groups(
		rd_kafka_event_DeleteGroups_result(event), &results);
	const rd_kafka_error_t *failure = rd_kafka_group_result_error(result[0]);
	bool again = failure && ask_again(r, rd_kafka_error_code(failure));
	if (failure && !again)
		die("%s", rd_kafka_error_string(failure));
	rd_kafka_event_destroy(event);
	rd_kafka_DeleteGroup_destroy(group);
	if (again)
		remove_group(r, argc, argv);
}

static void trim(struct request *r, int argc, char **argv)
{
	(void)argc;
	rd_kafka_topic_partition_list_t *offsets = rd_kafka_topic_partition_list_new(1);
	rd_kafka_topic_partition_list_add(offsets, argv[0], (int32_t)number(argv[1]))->offset =
		number(argv[2]);
	rd_kafka_DeleteRecords_t *request = rd_kafka_DeleteRecords_new(offsets);
	rd_kafka_DeleteRecords(r->client, &request, 1, r->options, r->queue);
	rd_kafka_event_t *event = answer(r);
	const rd_kafka_topic_partition_list_t *done =
		rd_kafka_DeleteRecords_result_offsets(rd_kafka_event_DeleteRecords_result(event));
	for (int i = 0; i < done->cnt; i++)
		if (done->elems[i].err)
			die("topic %s [%" PRId32 "]: %s", done->elems[i].topic,
				done->elems[i].partition, rd_kafka_err2name(done->elems[i].err));
	rd_kafka_event_destroy(event);
	rd_kafka_DeleteRecords_destroy(request);
	rd_kafka_topic_partition_list_destroy(offsets);
}

/* READ alone: Kafka grants DESCRIBE with it. */
static rd_kafka_AclBinding_t *binding(const char *user, const char *resource)
{
	bool topic = strncmp(resource, "topic:", 6) == 0;
	if (!topic && strncmp(resource, "group:", 6) != 0)
		die("'%s' is neither topic:NAME nor group:NAME", resource);
	char principal[256], name[256], why[256];
	snprintf(principal, sizeof(principal), "User:%s", user);
	snprintf(name, sizeof(name), "%s", resource + 6);
	size_t length = strlen(name);
	bool prefix = length > 0 && name[length - 1] == '*';
	if (prefix)
		name[length - 1] = '\0';
	rd_kafka_AclBinding_t *acl = rd_kafka_AclBinding_new(
		topic ? RD_KAFKA_RESOURCE_TOPIC : RD_KAFKA_RESOURCE_GROUP, name,
		prefix ? RD_KAFKA_RESOURCE_PATTERN_PREFIXED : RD_KAFKA_RESOURCE_PATTERN_LITERAL,
		principal, "*", RD_KAFKA_ACL_OPERATION_READ, RD_KAFKA_ACL_PERMISSION_TYPE_ALLOW,
		why, sizeof(why));
	if (!acl)
		die("%s", why);
	return acl;
}

static void allow(struct request *r, int argc, char **argv)
{
	rd_kafka_AclBinding_t *acls[16];
	size_t count = 0;
	for (int i = 1; i < argc && count < sizeof(acls) / sizeof(acls[0]); i++)
		acls[count++] = binding(argv[0], argv[i]);
	rd_kafka_CreateAcls(r->client, acls, count, r->options, r->queue);
	rd_kafka_event_t *event = answer(r);
	size_t results;
	const rd_kafka_acl_result_t **result =
		rd_kafka_CreateAcls_result_acls(rd_kafka_event_CreateAcls_result(event), &results);
	for (size_t i = 0; i < results; i++)
		if (rd_kafka_acl_result_error(result[i]))
			die("%s", rd_kafka_error_string(rd_kafka_acl_result_error(result[i])));
	rd_kafka_event_destroy(event);
	rd_kafka_AclBinding_destroy_array(acls, count);
}

static void print_marks(struct request *r, int argc, char **argv)
{
	(void)argc;
	int count = partition_count(r->client, argv[0]);
	if (count == 0)
		die("there is no topic %s", argv[0]);
	for (int32_t i = 0; i < count; i++) {
		int64_t first, end;
		partition_range(r->client, argv[0], i, &first, &end);
		printf("%" PRId32 "\t%" PRId64 "\t%" PRId64 "\n", i, first, end);
	}
}

/* The offsets are asked for as a member of the group would, for the metadata; nothing is joined. */
static void print_group(struct request *r, int argc, char **argv)
{
	(void)argc;
	rd_kafka_resp_err_t failure;
	int count = partition_count(r->client, argv[1]);
	rd_kafka_topic_partition_list_t *offsets = rd_kafka_topic_partition_list_new(count + 1);
	for (int32_t i = 0; i < count; i++)
		rd_kafka_topic_partition_list_add(offsets, argv[1], i);
	do
		failure = rd_kafka_committed(r->client, offsets, TIMEOUT_MS);
	while (ask_again(r, failure));
	if (failure)
		die("cannot ask for the offsets of group %s: %s", argv[0],
			rd_kafka_err2str(failure));
	for (int i = 0; i < offsets->cnt; i++) {
		const rd_kafka_topic_partition_t *p = &offsets->elems[i];
		if (p->offset >= 0)
			printf("%" PRId32 "\t%" PRId64 "\t%.*s\n", p->partition, p->offset,
				(int)p->metadata_size, p->metadata ? (char *)p->metadata : "");
	}
	rd_kafka_topic_partition_list_destroy(offsets);
}

static void print_member(const rd_kafka_MemberDescription_t *member)
{
	const rd_kafka_topic_partition_list_t *partitions =
		rd_kafka_MemberAssignment_partitions(rd_kafka_MemberDescription_assignment(member));
	printf("%s\t%d\n", rd_kafka_MemberDescription_consumer_id(member),
		partitions ? partitions->cnt : 0);
}

static void print_members(struct request *r, int argc, char **argv)
{
	const char *group = argv[0];
	rd_kafka_DescribeConsumerGroups(r->client, &group, 1, r->options, r->queue);
	rd_kafka_event_t *event = answer(r);
	size_t results;
	const rd_kafka_ConsumerGroupDescription_t **result =
		rd_kafka_DescribeConsumerGroups_result_groups(
			rd_kafka_event_DescribeConsumerGroups_result(event), &results);
	const rd_kafka_error_t *failure = rd_kafka_ConsumerGroupDescription_error(result[0]);
	bool again = failure && ask_again(r, rd_kafka_error_code(failure));
	if (failure && !again)
		die("group %s: %s", group, rd_kafka_error_string(failure));
	size_t count = failure ? 0 : rd_kafka_ConsumerGroupDescription_member_count(result[0]);
	for (size_t i = 0; i < count; i++)
		print_member(rd_kafka_ConsumerGroupDescription_member(result[0], i));
	rd_kafka_event_destroy(event);
	if (again)
		print_members(r, argc, argv);
}

static const struct command {
	const char *name;
	int arguments; /* at least */
	void (*run)(struct request *r, int argc, char **argv);
} commands[] = {
	{ "topic", 2, make_topic },
	{ "parts", 2, add_partitions },
	{ "rmtopic", 1, remove_topic },
	{ "trim", 3, trim },
	{ "allow", 2, allow },
	{ "marks", 1, print_marks },
	{ "group", 2, print_group },
	{ "rmgroup", 1, remove_group },
	{ "members", 1, print_members },
};

static const struct command *command_find(const char *name, int arguments)
{
	for (size_t i = 0; i < sizeof(commands) / sizeof(commands[0]); i++)
		if (strcmp(commands[i].name, name) == 0 && arguments >= commands[i].arguments)
			return &commands[i];
	return NULL;
}

int main(int argc, char **argv)
{
	const struct command *command = argc < 3 ? NULL : command_find(argv[2], argc - 3);
	if (!command) {
		fputs(usage, stderr);
		return 2;
	}
	rd_kafka_conf_t *conf = client_conf(argv[1]);
	bool group = command->run == print_group;
	char assignment[256];
	/* marks: to the very end, not before the first open transaction. */
	client_set(conf, "isolation.level=read_uncommitted");
	if (group) {
		snprintf(assignment, sizeof(assignment), "group.id=%s", argv[3]);
		client_set(conf, assignment);
	}
	struct request r = { .client = client_new(
				     group ? RD_KAFKA_CONSUMER : RD_KAFKA_PRODUCER, conf) };
	r.queue = rd_kafka_queue_new(r.client);
	r.options = rd_kafka_AdminOptions_new(r.client, RD_KAFKA_ADMIN_OP_ANY);
	command->run(&r, argc - 3, argv + 3);
	rd_kafka_AdminOptions_destroy(r.options);
	rd_kafka_queue_destroy(r.queue);
	rd_kafka_destroy(r.client);
	return 0;
}
