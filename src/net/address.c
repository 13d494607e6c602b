#include "net/address.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <string.h>

enum { TEXT_SIZE = 64 };

/* What may stand before the four bytes of an IPv4 address: mapped, compatible, NAT64 (RFC 6052). */
static const struct {
	uint8_t bytes[12];
} embeddings[] = {
	{ { [10] = 0xff, [11] = 0xff } },
	{ { 0 } },
	{ { 0x00, 0x64, 0xff, 0x9b } },
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
	{ "fd00:ec2::254", "a cloud's metadata address" }, /* AWS */
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
		memcpy(address.bytes, embeddings[0].bytes, 12);
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
		memcpy(ret_address->bytes, embeddings[0].bytes, 12);
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
	return memcmp(address->bytes, embeddings[0].bytes, 12) == 0;
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

/* The IPv4 address that an IPv6 one stands for, else itself. */
static struct address plain(const struct address *address)
{
	struct address four = *address;
	for (size_t i = 0; i < sizeof(embeddings) / sizeof(embeddings[0]); i++) {
		if (memcmp(address->bytes, embeddings[i].bytes, 12) == 0)
			memcpy(four.bytes, embeddings[0].bytes, 12);
	}
	/* ::1 and :: are no IPv4 addresses. */
	if (!is_four(address) && four.bytes[12] == 0)
		return *address;
	return four;
}

const char *address_refused(
	const struct address *address, const struct address_range *allowed, size_t allowed_count)
{
	const struct address one = plain(address);
	for (size_t i = 0; i < allowed_count; i++) {
		if (address_in_range(&one, &allowed[i]) || address_in_range(address, &allowed[i]))
			return NULL;
	}
	for (size_t i = 0; i < sizeof(refused) / sizeof(refused[0]); i++) {
		struct address_range range;
		if (address_range_parse(span_of(refused[i].range), &range) &&
			address_in_range(&one, &range))
			return refused[i].what;
	}
	return NULL;
}
