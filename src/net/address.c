#include "net/address.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <string.h>

enum { TEXT_SIZE = 64 };

static const uint8_t mapped[12] = { [10] = 0xff, [11] = 0xff };

/* How an IPv4 address may be written into an IPv6 one: behind which bytes, and where its four are.
 */
static const struct {
	uint8_t prefix[12];
	uint8_t length;
	uint8_t four[4];
} embeddings[] = {
	{ { [10] = 0xff, [11] = 0xff }, 12, { 12, 13, 14, 15 } },   /* mapped */
	{ { 0 }, 12, { 12, 13, 14, 15 } },                          /* compatible */
	{ { [8] = 0xff, [9] = 0xff }, 12, { 12, 13, 14, 15 } },     /* translated (RFC 2765) */
	{ { 0x20, 0x02 }, 2, { 2, 3, 4, 5 } },                      /* 6to4 */
	{ { 0x00, 0x64, 0xff, 0x9b }, 12, { 12, 13, 14, 15 } },     /* NAT64 (RFC 6052) */
	{ { 0x00, 0x64, 0xff, 0x9b, 0, 1 }, 6, { 6, 7, 9, 10 } },   /* and of a site's own (RFC */
	{ { 0x00, 0x64, 0xff, 0x9b, 0, 1 }, 6, { 7, 9, 10, 11 } },  /* 8215), as prefixes of any */
	{ { 0x00, 0x64, 0xff, 0x9b, 0, 1 }, 6, { 9, 10, 11, 12 } }, /* length have it */
	{ { 0x00, 0x64, 0xff, 0x9b, 0, 1 }, 6, { 12, 13, 14, 15 } },
};

static const struct {
	const char *range;
	const char *what;
} refused[] = {
	{ "169.254.169.254", "a cloud's metadata address" },
	{ "169.254.0.0/16", "a link-local address" },
	{ "100.100.100.200", "a cloud's metadata address" }, /* Alibaba */
	{ "168.63.129.16", "a cloud's metadata address" },   /* Azure's wire server */
	{ "192.0.0.192", "a cloud's metadata address" },     /* Oracle's older one */
	{ "fe80::/10", "a link-local address" },
	{ "fd00:ec2::/32", "a cloud's metadata address" }, /* AWS, also of its Pod Identity */
	{ "fd20:ce::254", "a cloud's metadata address" },  /* Google */
	{ "fd00:42::42", "a cloud's metadata address" },   /* Scaleway */
};

bool address_parse(struct span text, struct address *ret_address)
{
	char copy[TEXT_SIZE];
	struct in_addr four;
	struct address address;
	if (text.length >= 2 && text.data[0] == '[' && text.data[text.length - 1] == ']')
		text = span_make(text.data + 1, text.length - 2);
	const char *zone = text.length ? memchr(text.data, '%', text.length) : NULL;
	size_t length = zone ? (size_t)(zone - text.data) : text.length;
	if (length == 0 || length >= sizeof(copy) || memchr(text.data, '\0', length))
		return false;
	memcpy(copy, text.data, length);
	copy[length] = '\0';
	if (!zone && inet_pton(AF_INET, copy, &four) == 1) {
		memcpy(address.bytes, mapped, 12);
		memcpy(address.bytes + 12, &four, 4);
	} else if (inet_pton(AF_INET6, copy, address.bytes) != 1) {
		return false;
	}
	*ret_address = address;
	return true;
}

bool address_of_socket(const struct sockaddr *socket, struct address *ret_address)
{
	if (socket->sa_family == AF_INET) {
		struct sockaddr_in four;
		memcpy(&four, socket, sizeof(four));
		memcpy(ret_address->bytes, mapped, 12);
		memcpy(ret_address->bytes + 12, &four.sin_addr, 4);
		return true;
	}
	if (socket->sa_family == AF_INET6) {
		struct sockaddr_in6 six;
		memcpy(&six, socket, sizeof(six));
		memcpy(ret_address->bytes, &six.sin6_addr, 16);
		return true;
	}
	return false;
}

static bool is_four(const struct address *address)
{
	return memcmp(address->bytes, mapped, 12) == 0;
}

void address_format(const struct address *address, char ret_text[ADDRESS_SIZE])
{
	if (is_four(address))
		inet_ntop(AF_INET, address->bytes + 12, ret_text, ADDRESS_SIZE);
	else
		inet_ntop(AF_INET6, address->bytes, ret_text, ADDRESS_SIZE);
}

static bool read_bits(struct span digits, unsigned most, unsigned *ret_bits)
{
	unsigned bits = 0;
	if (digits.length == 0 || digits.length > 3)
		return false;
	for (size_t i = 0; i < digits.length; i++) {
		if (digits.data[i] < '0' || digits.data[i] > '9')
			return false;
		bits = bits * 10 + (unsigned)(digits.data[i] - '0');
	}
	if (bits > most)
		return false;
	*ret_bits = bits;
	return true;
}

bool address_range_parse(struct span text, struct address_range *ret_range)
{
	struct address_range range = { .bits = 128 };
	const char *slash = text.length ? memchr(text.data, '/', text.length) : NULL;
	size_t length = slash ? (size_t)(slash - text.data) : text.length;
	if (!address_parse(span_make(text.data, length), &range.first))
		return false;
	bool four = memchr(text.data, ':', length) == NULL;
	if (slash) {
		struct span digits = span_make(slash + 1, text.length - length - 1);
		if (!read_bits(digits, four ? 32 : 128, &range.bits))
			return false;
		range.bits += four ? 96 : 0;
	}
	*ret_range = range;
	return true;
}

bool address_in_range(const struct address *address, const struct address_range *range)
{
	unsigned whole = range->bits / 8;
	if (memcmp(address->bytes, range->first.bytes, whole) != 0)
		return false;
	unsigned rest = range->bits % 8;
	if (rest == 0)
		return true;
	return (address->bytes[whole] ^ range->first.bytes[whole]) >> (8 - rest) == 0;
}

static const char *why_refused(const struct address *address)
{
	for (size_t i = 0; i < sizeof(refused) / sizeof(refused[0]); i++) {
		struct address_range range;
		if (address_range_parse(span_of(refused[i].range), &range) &&
			address_in_range(address, &range))
			return refused[i].what;
	}
	return NULL;
}

static bool is_allowed(
	const struct address *address, const struct address_range *allowed, size_t allowed_count)
{
	for (size_t i = 0; i < allowed_count; i++)
		if (address_in_range(address, &allowed[i]))
			return true;
	return false;
}

const char *address_refused(
	const struct address *address, const struct address_range *allowed, size_t allowed_count)
{
	if (is_allowed(address, allowed, allowed_count))
		return NULL;
	const char *why = why_refused(address);
	for (size_t i = 0; i < sizeof(embeddings) / sizeof(embeddings[0]) && !why; i++) {
		struct address one;
		if (memcmp(address->bytes, embeddings[i].prefix, embeddings[i].length) != 0)
			continue;
		memcpy(one.bytes, mapped, sizeof(mapped));
		for (size_t j = 0; j < 4; j++)
			one.bytes[12 + j] = address->bytes[embeddings[i].four[j]];
		why = is_allowed(&one, allowed, allowed_count) ? NULL : why_refused(&one);
	}
	return why;
}
