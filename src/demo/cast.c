#include "demo/cast.h"

#include <assert.h>
#include <string.h>

#define PERSON(handle, id, email, first, last)                                                 \
	{                                                                                      \
		handle, ACTOR_PERSON, "auth0|" id, email "@halyard.example", first, last, "UI" \
	}
#define MACHINE(handle, id, origin)                                            \
	{                                                                      \
		handle, ACTOR_MACHINE, id "@clients", NULL, NULL, NULL, origin \
	}

/* To add somebody is to add a row. */
static const struct actor cast[] = {
	PERSON("amara", "64a1f0c2b7d3e9005c1a7f01", "amara.okafor", "Amara", "Okafor"),
	PERSON("soren", "64a1f0c2b7d3e9005c1a7f02", "soren.lindqvist", "Søren", "Lindqvist"),
	PERSON("misaki", "64a1f0c2b7d3e9005c1a7f03", "misaki.sato", "美咲", "佐藤"),
	PERSON("zoe", "64a1f0c2b7d3e9005c1a7f04", "zoe.fernandez", "Zoë", "Fernández"),
	PERSON("dmytro", "64a1f0c2b7d3e9005c1a7f05", "dmytro.koval", "Дмитро", "Коваль"),
	PERSON("priya", "64a1f0c2b7d3e9005c1a7f06", "priya.raman", "Priya", "Raman"),
	PERSON("neha", "64a1f0c2b7d3e9005c1a7f07", "neha.sharma", "नेहा", "शर्मा"),
	PERSON("tomasz", "64a1f0c2b7d3e9005c1a7f08", "tomasz.wisniewski", "Tomasz", "Wiśniewski"),
	MACHINE("github", "gT4hUb9Qw2Er5Ty8Ui1Op3As6Df0Gh7J", "github-ocean"),
	MACHINE("cluster", "kU8bErN3tEs5Xp0rTeR2qW4eR6tY8uI0", "kubernetes-exporter"),
	MACHINE("ci", "cI7pIpE1iNe9Zx8Cv6Bn4Ma2Sd0Fg5Hj", "API"),
	MACHINE("renovate", "rEn0VaTe5bOt3Lk1Jh8Gf6Ds4Aq2Ws9E", "API"),
	MACHINE("finops", "fIn0pS3cOsT7Pl5Ok9Ij2Uh4Yg6Tf8Rd", "API"),
	MACHINE("watch", "wAtCh6eR0aLm4Qa2Ws8Ed5Rf1Tg9Yh3U", "API"),
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
