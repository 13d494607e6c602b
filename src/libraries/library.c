#include "libraries/library.h"

#include <dlfcn.h>
#include <stdio.h>
#include <unistd.h>

enum { EXIT_FAILED = 4 };

static void missing(const struct library *library, const char *why)
{
	fprintf(stderr, "portlog: cannot load %s: %s; install it (package %s)\n",
		library->sonames[0], why, library->package);
	_exit(EXIT_FAILED);
}

void library_load(const struct library *library)
{
	void *handle = NULL;
	for (const char *const *soname = library->sonames; *soname && !handle; soname++)
		handle = dlopen(*soname, RTLD_NOW | RTLD_LOCAL);
	if (!handle)
		missing(library, dlerror());
	for (const struct library_function *f = library->functions; f->name; f++) {
		*f->pointer = dlsym(handle, f->name);
		if (!*f->pointer && !f->optional)
			missing(library, dlerror());
	}
}
