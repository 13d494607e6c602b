/* Which addresses are refused, in whatever form they come. */
#include "unit.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <string.h>

#include "net/address.h"

static void test_what_is_refused(void **state)
{
	(void)state;
	static const struct {
		const char *address;
		bool refused;
	} rows[] = {
		{ "127.0.0.1", false },
		{ "10.1.2.3", false },
		{ "192.168.0.1", false },
		{ "169.253.255.255", false },
		{ "169.254.0.0", true },
		{ "169.254.169.254", true },
		{ "169.254.255.255", true },
		{ "169.255.0.0", false },
		{ "100.100.100.199", false },
		{ "100.100.100.200", true },
		{ "168.63.129.16", true },
		{ "::1", false },
		{ "::", false },
		{ "fd12:3456::1", false },
		{ "2001:db8::1", false },
		{ "fe7f::1", false },
		{ "fe80::1", true },
		{ "fe80::1%eth0", true },
		{ "febf:ffff::1", true },
		{ "fec0::1", false },
		{ "fd00:ec2::254", true },
		{ "fd20:ce::254", true },
		{ "[fd00:ec2::254]", true },
		{ "::ffff:169.254.169.254", true },
		{ "::ffff:a9fe:a9fe", true },
		{ "[::ffff:169.254.1.1]", true },
		{ "::169.254.169.254", true },
		{ "64:ff9b::169.254.169.254", true },
		{ "64:ff9b::10.0.0.1", false },
		{ "fd00:ec2::23", true },
		{ "fd00:ec3::23", false },
		{ "2002:a9fe:a9fe::", true },
		{ "2002:a9fe:a9fe::1", true },
		{ "2002:a00:1::", false },
		{ "::ffff:0:169.254.169.254", true },
		{ "::ffff:0:10.0.0.1", false },
		{ "64:ff9b:1::169.254.169.254", true },
		{ "64:ff9b:1:a9fe:a9:fe00::", true },
		{ "64:ff9b:1:a9:fe:a9fe::", true },
		{ "64:ff9b:1:0:a9:fea9:fe00::", true },
		{ "64:ff9b:1::10.0.0.1", false },
		{ "::ffff:127.0.0.1", false },
	};
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct address address;
		assert_true(address_parse(span_of(rows[i].address), &address));
		if ((address_refused(&address, NULL, 0) != NULL) != rows[i].refused)
			fail_msg("%s", rows[i].address);
	}
}

static void test_what_is_allowed(void **state)
{
	(void)state;
	static const struct {
		const char *range;
		const char *address;
		bool refused;
	} rows[] = {
		{ "169.254.169.254", "169.254.169.254", false },
		{ "169.254.169.254", "::ffff:169.254.169.254", false },
		{ "169.254.169.254", "169.254.169.253", true },
		{ "169.254.0.0/16", "169.254.7.7", false },
		{ "169.254.168.0/23", "169.254.169.254", false },
		{ "169.254.170.0/23", "169.254.169.254", true },
		{ "::ffff:169.254.0.0/112", "169.254.7.7", false },
		{ "169.254.169.254", "2002:a9fe:a9fe::", false },
		{ "2002::/16", "2002:a9fe:a9fe::", false },
		{ "2002::/16", "64:ff9b::169.254.169.254", true },
		{ "0.0.0.0/0", "169.254.7.7", false },
		{ "0.0.0.0/0", "fe80::1", true },
		{ "::/0", "fe80::1", false },
		{ "fe80::/10", "fe80::1%lo", false },
		{ "fe80::/10", "169.254.1.1", true },
	};
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct address address;
		struct address_range range;
		assert_true(address_parse(span_of(rows[i].address), &address));
		assert_true(address_range_parse(span_of(rows[i].range), &range));
		if ((address_refused(&address, &range, 1) != NULL) != rows[i].refused)
			fail_msg("%s in %s", rows[i].address, rows[i].range);
	}
}

static void test_what_is_no_range(void **state)
{
	(void)state;
	static const char *const texts[] = { "", "/", "host", "1.2.3", "1.2.3.4.5", "1.2.3.4/",
		"1.2.3.4/33", "1.2.3.4/-1", "1.2.3.4/8x", "1.2.3.4/0008", "::1/129", "[::1",
		":::", "169.254.169.254 ", "1.2.3.4%eth0", "0x7f.1" };
	struct address_range range;
	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		if (address_range_parse(span_of(texts[i]), &range))
			fail_msg("'%s'", texts[i]);
	}
	assert_false(address_range_parse(span_make("1.2.3.4\0", 8), &range));
	assert_false(address_range_parse((struct span){ 0 }, &range));
}

static void test_of_sockets(void **state)
{
	(void)state;
	struct sockaddr_in four = { .sin_family = AF_INET };
	struct sockaddr_in6 six = { .sin6_family = AF_INET6 };
	struct sockaddr other = { .sa_family = AF_UNIX };
	struct address address;
	char text[ADDRESS_SIZE];
	inet_pton(AF_INET, "169.254.169.254", &four.sin_addr);
	inet_pton(AF_INET6, "fe80::1", &six.sin6_addr);
	assert_true(address_of_socket((const struct sockaddr *)&four, &address));
	address_format(&address, text);
	assert_string_equal(text, "169.254.169.254");
	assert_true(address_of_socket((const struct sockaddr *)&six, &address));
	address_format(&address, text);
	assert_string_equal(text, "fe80::1");
	assert_false(address_of_socket(&other, &address));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_what_is_refused),
		TEST(test_what_is_allowed),
		TEST(test_what_is_no_range),
		TEST(test_of_sockets),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
