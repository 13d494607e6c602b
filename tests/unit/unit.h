/* cmocka wants its headers in this order. */
#ifndef PORTLOG_TESTS_UNIT_H
#define PORTLOG_TESTS_UNIT_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/buf.h"

/* The text of a span, compared with what is expected; NULL stands for absent. */
#define assert_span(span, expected)                            \
	do {                                                   \
		char *copy_ = span_dup(span);                  \
		const char *expected_ = (expected);            \
		if (!expected_ || !copy_)                      \
			assert_ptr_equal(copy_, expected_);    \
		else                                           \
			assert_string_equal(copy_, expected_); \
		free(copy_);                                   \
	} while (0)

#define TEST(name) cmocka_unit_test(name)

#endif
