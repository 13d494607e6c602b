/* What libFuzzer calls, for each input it makes up: returns 0, or ends the process. */
#ifndef PORTLOG_TESTS_FUZZ_H
#define PORTLOG_TESTS_FUZZ_H

#include <stddef.h>
#include <stdint.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#endif
