#include "cli/writer.h"

#include "config/config.h"

bool writer_open(const struct invocation *call, struct writer *writer, struct error *err)
{
	const struct config *config = call->config;
	struct store_settings settings = {
		.path = call->store_path,
		.group = config->store_group,
		.compression = config->compression == CONFIG_COMPRESSION_OFF ? COMPRESSION_OFF
									     : COMPRESSION_AUTO,
		.must_exist = writer->must_exist,
	};
	if (!path_map_new(span_of(config->fields), &config->feeders, &writer->paths, err))
		return false;
	struct decoder decoder = { .paths = writer->paths,
		.secret = config->port.client_secret,
		.former = config_former_secrets(config) };
	return store_open(&settings, &decoder, &writer->store, err);
}

void writer_close(struct writer *writer)
{
	store_close(writer->store);
	path_map_free(writer->paths);
	*writer = (struct writer){ 0 };
}
