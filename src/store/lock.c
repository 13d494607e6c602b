/* flock: it goes with the process, also by kill -9. The pid in the file is only for the message. */
#include "store/lock.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

#include "base/xalloc.h"

static long read_pid(int descriptor)
{
	char text[32] = { 0 };
	if (pread(descriptor, text, sizeof(text) - 1, 0) <= 0)
		return 0;
	return strtol(text, NULL, 10);
}

static bool taken(const char *store_path, long pid, struct error *err)
{
	if (pid > 0)
		return error_set(err, ERROR_STORE,
			"cannot write to '%s': process %ld is recording into it; stop it first",
			store_path, pid);
	return error_set(err, ERROR_STORE,
		"cannot write to '%s': another process is writing to it; stop it first",
		store_path);
}

bool lock_take(const char *store_path, struct lock *ret_lock, struct error *err)
{
	char *path = xasprintf("%s.lock", store_path);
	int descriptor = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
	if (descriptor < 0) {
		error_set(err, ERROR_STORE, "cannot open '%s': %s", path, strerror(errno));
		free(path);
		return false;
	}
	free(path);
	if (flock(descriptor, LOCK_EX | LOCK_NB) != 0) {
		taken(store_path, read_pid(descriptor), err);
		close(descriptor);
		return false;
	}
	char text[32];
	int length = snprintf(text, sizeof(text), "%ld\n", (long)getpid());
	/* The lock is what counts: a full disk only costs the message its pid. */
	if (ftruncate(descriptor, 0) == 0 && pwrite(descriptor, text, (size_t)length, 0) < 0)
		errno = 0;
	ret_lock->descriptor = descriptor;
	return true;
}

void lock_release(struct lock *lock)
{
	if (lock->descriptor >= 0)
		close(lock->descriptor);
	lock->descriptor = -1;
}

long lock_holder(const char *store_path)
{
	char *path = xasprintf("%s.lock", store_path);
	int descriptor = open(path, O_RDONLY | O_CLOEXEC);
	free(path);
	if (descriptor < 0)
		return 0;
	long pid = 0;
	if (flock(descriptor, LOCK_SH | LOCK_NB) != 0)
		pid = read_pid(descriptor);
	close(descriptor);
	return pid;
}
