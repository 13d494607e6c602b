/* Any text is a configuration, or an error with its kind and words; never a leak. What was read
 * holds texts and numbers in the ranges that its rows promise, and reading it again gives the same.
 */
#include "fuzz.h"

#include <assert.h>
#include <string.h>

#include "config/config.h"

/* {"file": "/dev/…"} could wait for ever; an escape could hide it. */
static bool names_device(struct span text)
{
	return memmem(text.data, text.length, "/dev", 4) ||
	       memmem(text.data, text.length, "/proc", 5) || memchr(text.data, '\\', text.length);
}

static bool read_config(struct span text, struct config *config)
{
	struct error err = { 0 };
	struct option_set set = { config_options, config };
	option_defaults(&set);
	if (config_parse(text, "fuzz", NULL, config, &err))
		return true;
	assert(err.kind == ERROR_CONFIG);
	assert(strncmp(err.text, "cannot use the configuration fuzz: ", 35) == 0 && err.text[35]);
	return false;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct span text = span_make((const char *)data, size);
	if (!data || names_device(text))
		return 0;
	struct config first = { 0 }, second = { 0 };
	if (read_config(text, &first)) {
		assert(read_config(text, &second));
		assert(first.compression == CONFIG_COMPRESSION_AUTO ||
			first.compression == CONFIG_COMPRESSION_OFF);
		assert(first.port.api);
		assert(span_equal(span_of(first.rules), span_of(second.rules)));
		assert(first.kafka.count == second.kafka.count);
		assert(first.topics.count == second.topics.count);
	}
	config_release(&first);
	config_release(&second);
	return 0;
}
