/* Libraries that are loaded when they are first needed. Loading all that portlog can use took two
 * thirds of the time of a command that answers from the store: a reader needs SQLite, zstd and
 * jansson, which are linked.
 *
 * NAME.list names a library's functions that we call; loader.py makes libraries/NAME_library.h of
 * it, which is included instead of the library's own headers. Where a library is not there, the
 * process ends as one does whose libraries are missing when it is started: with one line, and
 * status 4. */
#ifndef PORTLOG_LIBRARIES_LIBRARY_H
#define PORTLOG_LIBRARIES_LIBRARY_H

#include <stdbool.h>
#include <stdint.h>

struct library_function {
	const char *name;
	void **pointer; /* where it is to stand */
	bool optional;  /* NULL stands there where there is none */
};

struct library {
	const char *const *sonames; /* ended by NULL; the first that is there is loaded */
	const char *package;        /* Debian's */
	const struct library_function *functions; /* ended by NULL */
};

void library_load(const struct library *library);

/* The ELF note (owner FDO, type 0x407c0c0a) that says in JSON what will be loaded:
 * https://uapi-group.org/specifications/specs/elf_dlopen_metadata */
#define LIBRARY_NOTE(json)                                                               \
	__attribute__((used, aligned(4), section(".note.dlopen"))) static const struct { \
		uint32_t name_size, text_size, type;                                     \
		char name[4];                                                            \
		_Alignas(4) char text[sizeof(json)];                                     \
	} note = { 4, sizeof(json), 0x407c0c0a, "FDO", json }

#endif
