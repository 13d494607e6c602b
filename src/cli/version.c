#include "cli/version.h"

#include "action/jq.h"
#include "base/crypto.h"
#include "cli/console.h"
#include "config/config.h"
#include "kafka/kafka.h"
#include "net/http.h"
#include "store/codec.h"
#include "store/store.h"

const struct library_version library_versions[] = {
	{ "librdkafka", kafka_version },
	{ "SQLite", store_sqlite_version },
	{ "libzstd", codec_zstd_version },
	{ "libcrypto", crypto_version },
	{ "jansson", config_jansson_version },
	{ "libcurl", http_version },
	{ "libedit", console_version },
	{ "libjq", jq_library_version },
	{ 0 },
};

void version_text(struct buf *out)
{
	buf_addf(out, "portlog %s\n", PORTLOG_VERSION);
	for (const struct library_version *library = library_versions; library->name; library++)
		buf_addf(out, "%s %s\n", library->name, library->version());
}
