#include "tests/tools/corpus/world.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/tools/tool.h"

const struct scale scale_normal = {
	.users = 100,
	.machines = 12,
	.blueprints = 10,
	.actions = 11,
	.entities = 8000,
	.pick_range = 14501479,
	.pick_places = 20,
	.changes = 80,
	.automated = 25,
	.automated_ends = 75,
	.sentence = 26,
};

/* Five changes for a run, most of which have a request and an end. */
const struct scale scale_large = {
	.users = 500,
	.machines = 40,
	.blueprints = 40,
	.actions = 60,
	.entities = 50000,
	.pick_range = 25884969,
	.pick_places = 19,
	.changes = 77,
	.automated = 4,
	.automated_ends = 10,
	.in_runs = 15,
	.sentence = 8,
	.odd = true,
};

static const char *const first_names[] = { "Ada", "Alan", "Barbara", "Chidi", "Dorothy", "Edsger",
	"Fatima", "Grace", "Hedy", "Ines", "Jürgen", "Katherine", "Leslie", "Margaret", "Noor",
	"Olga", "Paolo", "Radia", "Søren", "Tomás" };
static const char *const last_names[] = { "Almeida", "Baker", "Chen", "Díaz", "Eriksen", "Fischer",
	"Garcia", "Haddad", "Ito", "Jansen", "Kowalski", "Lopez", "Müller", "Novak", "Okafor",
	"Petrov", "Quinn", "Rossi", "Sato", "Turner" };
/* The words that are used most; later ones are made of syllables. */
static const char *const common_words[] = { "deploy", "service", "the", "rollback", "cluster", "to",
	"after", "latency", "memory", "of", "and", "timeout", "checkout", "payment", "cache", "for",
	"release", "with", "error", "budget", "queue", "replica", "in", "upgrade", "database",
	"incident", "node", "config", "secret", "rotate", "pipeline", "is" };
static const char *const syllables[] = { "ba", "co", "du", "fe", "gi", "ho", "ju", "ka", "le", "mi",
	"no", "pu", "qua", "re", "si", "to", "ul", "va", "we", "xi", "yo", "za", "ber", "con",
	"dal", "fin", "gor", "hal", "jen", "kor", "lum", "mar", "nel", "por", "ras", "sol", "tan",
	"vor", "wil", "zen" };

#define COUNT(array) (uint32_t)(sizeof(array) / sizeof((array)[0]))

void add_number(struct buf *out, uint64_t value)
{
	char digits[24];
	size_t at = sizeof(digits);
	do
		digits[--at] = (char)('0' + value % 10);
	while (value /= 10);
	buf_add(out, digits + at, sizeof(digits) - at);
}

void add_quoted(struct buf *out, const char *value)
{
	buf_add_char(out, '"');
	buf_add_text(out, value);
	buf_add_char(out, '"');
}

void world_write_id(struct world *w, const char *prefix, uint32_t length, struct buf *out)
{
	static const char letters[] =
		"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_";
	buf_add_text(out, prefix);
	while (length > 0) {
		uint64_t bits = dice_roll(&w->dice);
		for (int i = 0; i < 10 && length > 0; i++, length--, bits >>= 6)
			buf_add_char(out, letters[bits & 63]);
	}
}

/* The vocabulary grows with the square root of the messages (Heaps), and what came early is used
 * most. */
static void grow_vocabulary(struct world *w)
{
	uint32_t root = w->words / 20;
	if (root * root < w->made)
		w->words += 20;
}

void world_write_word(struct world *w, struct buf *out)
{
	uint64_t random = dice_below(&w->dice, 1U << 16);
	uint32_t word = (uint32_t)((w->words * random * random * random) >> 48);
	if (word < COUNT(common_words)) {
		buf_add_text(out, common_words[word]);
		return;
	}
	for (uint32_t rest = word + COUNT(syllables); rest; rest /= COUNT(syllables))
		buf_add_text(out, syllables[rest % COUNT(syllables)]);
}

void world_write_text(struct world *w, uint32_t count, struct buf *out)
{
	grow_vocabulary(w);
	for (uint32_t i = 0; i < count; i++) {
		if (i)
			buf_add_char(out, ' ');
		world_write_word(w, out);
	}
}

static void make_machine(struct world *w, struct user *u)
{
	struct buf id = { 0 };
	world_write_id(w, "", 32, &id);
	snprintf(u->id, sizeof(u->id), "%s@clients", buf_text(&id));
	u->machine = true;
	buf_free(&id);
}

static void make_person(struct world *w, uint32_t number, struct user *u)
{
	const char *first = first_names[number % COUNT(first_names)];
	const char *last =
		last_names[(number * 7 + number / COUNT(first_names)) % COUNT(last_names)];
	/* One roll a line: C does not say in which order arguments are made. */
	uint64_t high = dice_roll(&w->dice) >> 16;
	uint64_t low = dice_roll(&w->dice) >> 16;
	snprintf(u->id, sizeof(u->id), "auth0|%012" PRIx64 "%012" PRIx64, high, low);
	snprintf(u->json, sizeof(u->json),
		"{\"email\":\"user%u@example.com\",\"firstName\":\"%s\",\"lastName\":\"%s\","
		"\"phoneNumber\":\"\",\"picture\":\"https://avatars.example.com/u/%u.png\","
		"\"providers\":[\"port\",\"okta\"],\"status\":\"ACTIVE\",\"id\":\"%s\","
		"\"createdAt\":\"2025-02-03T09:12:44.120Z\",\"updatedAt\":\"2026-01-11T15:01:09."
		"004Z\"}",
		number, first, last, 1000 + number, u->id);
}

static void *allocate(size_t count, size_t size)
{
	void *memory = calloc(count, size);
	if (!memory)
		die("out of memory");
	return memory;
}

const char *world_variant(uint32_t round)
{
	static const char *const variants[] = { "", "_edge", "_data", "_legacy", "_partner",
		"_internal" };
	if (round >= COUNT(variants))
		die("no variant %u", round);
	return variants[round];
}

static void make_blueprint(uint32_t number, struct blueprint *b)
{
	*b = blueprint_kinds[number % BLUEPRINT_KINDS];
	size_t length = strlen(b->identifier);
	snprintf(b->identifier + length, sizeof(b->identifier) - length, "%s",
		world_variant(number / BLUEPRINT_KINDS));
}

void world_init(struct world *w, const struct scale *scale, const char *org, uint64_t seed)
{
	*w = (struct world){ .dice.state = seed,
		.scale = scale,
		.org = org,
		.words = 400,
		.users = allocate(scale->users, sizeof(*w->users)),
		.blueprints = allocate(scale->blueprints, sizeof(*w->blueprints)),
		.entities = allocate(scale->entities, sizeof(*w->entities)) };
	for (uint32_t i = 0; i < scale->users; i++)
		if (i < scale->users - scale->machines)
			make_person(w, i, &w->users[i]);
		else
			make_machine(w, &w->users[i]);
	for (uint32_t i = 0; i < scale->blueprints; i++)
		make_blueprint(i, &w->blueprints[i]);
	for (uint32_t i = 0; i < scale->entities; i++) {
		w->entities[i].number = i;
		w->entities[i].blueprint = &w->blueprints[i % scale->blueprints];
	}
}

void world_release(struct world *w)
{
	for (uint32_t i = 0; i < w->scale->entities; i++)
		buf_free(&w->entities[i].state);
	free(w->users);
	free(w->blueprints);
	free(w->entities);
}

void world_set_time(struct world *w, int64_t now_ms)
{
	w->now_ms = now_ms;
	clock_format_utc(now_ms, w->now);
}

/* The cube root, rounded down. */
static uint64_t cube_root(uint64_t value)
{
	uint64_t root = 0;
	for (int bit = 21; bit >= 0; bit--) {
		uint64_t next = root | (1ULL << bit);
		if (next * next <= value / next)
			root = next;
	}
	return root;
}

/* The rank is x^(10/3), x evenly spread over 1 … (entities + 1)^0.3, which makes the probability of
 * rank k fall as k^-0.7. Numbers have 20 binary places; for its root x has 3 times pick_places - 20
 * instead, as many as fit. */
struct entity *world_pick_entity(struct world *w)
{
	const uint64_t one = 1 << 20;
	const uint32_t count = w->scale->entities;
	const int places = w->scale->pick_places;
	uint64_t x = one + ((dice_below(&w->dice, 1U << 30) * w->scale->pick_range) >> 30);
	uint64_t cube = ((x * x >> 20) * x) >> 20;
	uint64_t rank = (cube * cube_root(x << (3 * places - 20)) >> (20 + places)) - 1;
	if (rank >= count)
		rank = count - 1;
	/* Popular entities are of every blueprint. */
	return &w->entities[rank * 3001 % count];
}

uint32_t world_pick_user(struct world *w)
{
	uint32_t count = w->scale->users;
	uint32_t a = dice_below(&w->dice, count), b = dice_below(&w->dice, count);
	return a < b ? a : b;
}
