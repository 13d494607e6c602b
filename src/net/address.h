/* Addresses that a request whose URL comes from a message must not reach: link-local ones and those
 * where clouds hand out credentials. Loopback and private networks are not among them: internal
 * services are what webhooks are for. */
#ifndef PORTLOG_NET_ADDRESS_H
#define PORTLOG_NET_ADDRESS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/socket.h>

#include "base/buf.h"

/* IPv6; IPv4 as ::ffff:a.b.c.d. */
struct address {
	uint8_t bytes[16];
};

enum { ADDRESS_SIZE = 48 }; /* of an address's text, with its NUL */

struct address_range {
	struct address first;
	unsigned bits; /* how many of first count: 0 … 128 */
};

/* "169.254.169.254", "fe80::1", "fe80::1%eth0", "[fe80::1]"; names are none. */
bool address_parse(struct span text, struct address *ret_address);
/* Of a socket's address; false where it is neither IPv4 nor IPv6. */
bool address_of_socket(const struct sockaddr *socket, struct address *ret_address);
void address_format(const struct address *address, char ret_text[ADDRESS_SIZE]);
/* An address, or one with "/BITS". */
bool address_range_parse(struct span text, struct address_range *ret_range);
bool address_in_range(const struct address *address, const struct address_range *range);

/* Why it is refused where none of the allowed ranges holds it ("a link-local address"); NULL: it is
 * not. An IPv4 address counts however it is written into an IPv6 one. */
const char *address_refused(
	const struct address *address, const struct address_range *allowed, size_t allowed_count);

#endif
