/* A broker without Kafka: librdkafka's mock cluster with the topics NAME:PARTITIONS that are named.
 * Prints its address on a line and serves until it is killed. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "kafka/mock.h"

static bool add_topic(struct mock *mock, char *argument, struct error *err)
{
	char *colon = strrchr(argument, ':');
	int32_t partitions = 1;
	if (colon) {
		*colon = '\0';
		partitions = (int32_t)strtol(colon + 1, NULL, 10);
	}
	return mock_add_topic(mock, argument, partitions, err);
}

int main(int argc, char **argv)
{
	struct error err;
	struct mock *mock;
	bool ok = mock_new(&mock, &err);
	for (int i = 1; ok && i < argc; i++)
		ok = add_topic(mock, argv[i], &err);
	if (!ok) {
		fprintf(stderr, "mock: %s\n", err.text);
		return 1;
	}
	puts(mock_brokers(mock));
	fflush(stdout);
	for (;;)
		pause();
}
