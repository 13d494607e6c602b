/* The configuration file: JSON by the option rows. */
#ifndef PORTLOG_CONFIG_FILE_H
#define PORTLOG_CONFIG_FILE_H

#include "config/config.h"

bool config_file_read(const char *path, struct config *config, struct error *err);

#endif
