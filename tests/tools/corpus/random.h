/* Random numbers that are the same on every machine: integers only, and our own generator
 * (splitmix64), so that a seed means one corpus for ever. */
#ifndef PORTLOG_TESTS_TOOLS_CORPUS_RANDOM_H
#define PORTLOG_TESTS_TOOLS_CORPUS_RANDOM_H

#include <stdbool.h>
#include <stdint.h>

struct dice {
	uint64_t state;
};

static inline uint64_t dice_roll(struct dice *d)
{
	uint64_t z = d->state += 0x9e3779b97f4a7c15;
	z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9;
	z = (z ^ (z >> 27)) * 0x94d049bb133111eb;
	return z ^ (z >> 31);
}

/* 0 … count - 1 */
static inline uint32_t dice_below(struct dice *d, uint32_t count)
{
	return (uint32_t)(((dice_roll(d) >> 32) * count) >> 32);
}

static inline bool dice_percent(struct dice *d, uint32_t percent)
{
	return dice_below(d, 100) < percent;
}

#endif
