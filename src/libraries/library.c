#include "libraries/library.h"

#include <dlfcn.h>
#include <stdio.h>
#include <unistd.h>

enum {
	EXIT_FAILED = 4,
	WHY_MOST = 1000,
};

/* Why the first could not be loaded is worth more than that its stand-ins are not there. */
static void *load(const struct library *library, char why[WHY_MOST])
{
	for (const char *const *soname = library->sonames; *soname; soname++) {
		void *handle = dlopen(*soname, RTLD_NOW | RTLD_LOCAL);
		if (handle)
			return handle;
		if (soname == library->sonames)
			snprintf(why, WHY_MOST, "%s", dlerror());
	}
	return NULL;
}

void library_load(const struct library *library)
{
	char why[WHY_MOST];
	void *handle = load(library, why);
	if (!handle) {
		fprintf(stderr, "portlog: cannot load %s: %s; install it (Debian's package %s)\n",
			library->sonames[0], why, library->package);
		_exit(EXIT_FAILED);
	}
	for (const struct library_function *f = library->functions; f->name; f++) {
		*f->pointer = dlsym(handle, f->name);
		if (*f->pointer || f->optional)
			continue;
		fprintf(stderr, "portlog: %s is too old, or another's: %s\n", library->sonames[0],
			dlerror());
		_exit(EXIT_FAILED);
	}
}
