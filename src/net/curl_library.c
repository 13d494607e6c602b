#define CURL_LIBRARY_NAMES_ARE_PLAIN
#include "net/curl_library.h"

#include <dlfcn.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

enum { EXIT_FAILED = 4 };

static struct curl_library library;

static void missing(void)
{
	const char *why = dlerror();
	fprintf(stderr, "portlog: cannot load libcurl: %s; install it (package libcurl4)\n",
		why ? why : "a function is missing");
	_exit(EXIT_FAILED);
}

static void load(void)
{
	void *handle = dlopen("libcurl.so.4", RTLD_NOW | RTLD_LOCAL);
	if (!handle)
		handle = dlopen(
			"libcurl-gnutls.so.4", RTLD_NOW | RTLD_LOCAL); /* Debian's other one */
	bool ok = handle != NULL;
#define LOOK_UP(name) ok = ok && (*(void **)(&library.name) = dlsym(handle, #name)) != NULL;
	CURL_FUNCTIONS(LOOK_UP)
#undef LOOK_UP
	if (!ok)
		missing();
	if (library.curl_global_init(CURL_GLOBAL_DEFAULT) != CURLE_OK)
		abort(); /* out of memory */
}

const struct curl_library *curl_library(void)
{
	static pthread_once_t once = PTHREAD_ONCE_INIT;
	pthread_once(&once, load);
	return &library;
}
