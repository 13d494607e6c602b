#include "demo/cast.h"

#include <assert.h>
#include <string.h>

#define PERSON(handle, id, email, first, last)                                             \
	{                                                                                  \
		handle, ACTOR_PERSON, "auth0|" id, email "@hal.example", first, last, "UI" \
	}
#define MACHINE(handle, id, origin)                                            \
	{                                                                      \
		handle, ACTOR_MACHINE, id "@clients", NULL, NULL, NULL, origin \
	}

/* To add somebody is to add a row. */
static const struct actor cast[] = {
	PERSON("amara", "64a1f0c2b7d3e9005c1a7f01", "amara", "Amara", "Okafor"),
	PERSON("soren", "64a1f0c2b7d3e9005c1a7f02", "soren", "Søren", "Lindqvist"),
	PERSON("misaki", "64a1f0c2b7d3e9005c1a7f03", "misaki", "美咲", "佐藤"),
	PERSON("zoe", "64a1f0c2b7d3e9005c1a7f04", "zoe", "Zoë", "Fernández"),
	PERSON("dmytro", "64a1f0c2b7d3e9005c1a7f05", "dmytro", "Дмитро", "Коваль"),
	PERSON("priya", "64a1f0c2b7d3e9005c1a7f06", "priya", "Priya", "Raman"),
	PERSON("neha", "64a1f0c2b7d3e9005c1a7f07", "neha", "नेहा", "शर्मा"),
	PERSON("tomasz", "64a1f0c2b7d3e9005c1a7f08", "tomasz", "Tomasz", "Wiśniewski"),
	MACHINE("github", "github-ocean", "github-ocean"),
	MACHINE("cluster", "k8s-exporter", "kubernetes-exporter"),
	MACHINE("ci", "ci-pipeline", "API"),
	MACHINE("renovate", "renovate", "API"),
	MACHINE("finops", "finops", "API"),
	MACHINE("watch", "watchdog", "API"),
	MACHINE("portlog", "portlog", "API"),
	{ "port", ACTOR_PORT, NULL, NULL, NULL, NULL, "AUTOMATION" },
};

const struct actor *cast_find(const char *handle)
{
	for (size_t i = 0; i < sizeof(cast) / sizeof(cast[0]); i++)
		if (strcmp(cast[i].handle, handle) == 0)
			return &cast[i];
	assert(false && "in the cast");
	return NULL;
}

const struct actor *cast_person(struct dice *dice)
{
	uint32_t persons = 0;
	while (cast[persons].kind == ACTOR_PERSON)
		persons++;
	return &cast[dice_below(dice, persons)];
}
