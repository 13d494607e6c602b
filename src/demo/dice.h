/* Chance that is the same every time (splitmix64): the demo's story is a function of its end. */
#ifndef PORTLOG_DEMO_DICE_H
#define PORTLOG_DEMO_DICE_H

#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"

struct dice {
	uint64_t state;
};

uint64_t dice_roll(struct dice *dice);
/* 0 … count - 1. */
uint32_t dice_below(struct dice *dice, uint32_t count);
/* Appends prefix and count letters and digits: an id as Port makes them. */
void dice_id(struct dice *dice, const char *prefix, size_t count, struct buf *out);
/* Appends count lower-case hexadecimal digits. */
void dice_hex(struct dice *dice, size_t count, struct buf *out);

#endif
