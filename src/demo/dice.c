#include "demo/dice.h"

uint64_t dice_roll(struct dice *dice)
{
	uint64_t z = dice->state += 0x9e3779b97f4a7c15u;
	z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
	z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
	return z ^ (z >> 31);
}

uint32_t dice_below(struct dice *dice, uint32_t count)
{
	return (uint32_t)(((dice_roll(dice) >> 32) * count) >> 32);
}

static void letters(
	struct dice *dice, const char *alphabet, uint32_t size, size_t count, struct buf *out)
{
	for (size_t i = 0; i < count; i++)
		buf_add_char(out, alphabet[dice_below(dice, size)]);
}

void dice_id(struct dice *dice, const char *prefix, size_t count, struct buf *out)
{
	static const char alphabet[] =
		"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";
	buf_add_text(out, prefix);
	letters(dice, alphabet, sizeof(alphabet) - 1, count, out);
}

void dice_hex(struct dice *dice, size_t count, struct buf *out)
{
	letters(dice, "0123456789abcdef", 16, count, out);
}
