#include "cli/version.h"

#include <stdlib.h>

#include "base/crypto.h"
#include "config/config.h"

const struct library_version library_versions[] = {
	{ "libcrypto", crypto_version, NULL },
	{ "jansson", config_jansson_version, NULL },
	{ 0 },
};

int version_compare(const char *a, const char *b)
{
	while (*a || *b) {
		char *a_end, *b_end;
		unsigned long x = strtoul(a, &a_end, 10), y = strtoul(b, &b_end, 10);
		if (x != y)
			return x < y ? -1 : 1;
		if (*a_end != '.' || *b_end != '.')
			return (*a_end == '.') - (*b_end == '.');
		a = a_end + 1;
		b = b_end + 1;
	}
	return 0;
}

void version_text(struct buf *out)
{
	buf_addf(out, "portlog %s\n", PORTLOG_VERSION);
	for (const struct library_version *library = library_versions; library->name; library++)
		buf_addf(out, "%s %s\n", library->name, library->version());
}
