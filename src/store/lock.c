/* flock: it goes with the process, also by kill -9. The pid in the file is only for the message. */
#include "store/lock.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
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

static bool take_pid_file(const char *store_path, struct lock *lock, struct error *err)
{
	char *path = xasprintf("%s.lock", store_path);
	lock->descriptor = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
	if (lock->descriptor < 0)
		error_set(err, ERROR_STORE, "cannot open '%s': %s", path, strerror(errno));
	free(path);
	if (lock->descriptor < 0)
		return false;
	return flock(lock->descriptor, LOCK_EX | LOCK_NB) == 0 ||
	       taken(store_path, read_pid(lock->descriptor), err);
}

/* flock and SQLite's locks (fcntl) do not meet. But when a process closes any descriptor of a file,
 * it loses all its fcntl locks on it. So this one is opened before SQLite opens the file, and
 * closed after SQLite closed it; where the pid file is taken already, by this process even, it is
 * not opened. */
static bool take_file(const char *store_path, struct lock *lock, struct error *err)
{
	lock->file = open(store_path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
	if (lock->file < 0)
		return error_set(
			err, ERROR_STORE, "cannot open '%s': %s", store_path, strerror(errno));
	return flock(lock->file, LOCK_EX | LOCK_NB) == 0 || taken(store_path, 0, err);
}

static void write_pid(int descriptor)
{
	char text[32];
	int length = snprintf(text, sizeof(text), "%ld\n", (long)getpid());
	/* The lock is what counts: a full disk only costs the message its pid. */
	if (ftruncate(descriptor, 0) == 0 && pwrite(descriptor, text, (size_t)length, 0) < 0)
		errno = 0;
}

bool lock_take(const char *store_path, struct lock *ret_lock, struct error *err)
{
	struct lock lock = { -1, -1 };
	if (!take_pid_file(store_path, &lock, err) || !take_file(store_path, &lock, err)) {
		lock_release(&lock);
		return false;
	}
	write_pid(lock.descriptor);
	*ret_lock = lock;
	return true;
}

void lock_release(struct lock *lock)
{
	if (lock->file >= 0)
		close(lock->file);
	if (lock->descriptor >= 0)
		close(lock->descriptor);
	*lock = (struct lock){ -1, -1 };
}

bool lock_is_there(const struct lock *lock, const char *store_path, struct error *err)
{
	struct stat file, named;
	if (fstat(lock->file, &file) != 0)
		return error_set(
			err, ERROR_STORE, "cannot look at '%s': %s", store_path, strerror(errno));
	int result = stat(store_path, &named);
	if (result != 0 && errno != ENOENT && errno != ENOTDIR)
		return true; /* a folder that may not be entered just now: the file is still there
			      */
	if (result == 0 && named.st_ino == file.st_ino && named.st_dev == file.st_dev)
		return true;
	return error_set(err, ERROR_STORE,
		"the store '%s' was %s while it was open; restore it, or start again and what "
		"Kafka still has is recorded again",
		store_path, result == 0 ? "replaced" : "removed or renamed");
}

static void add_reader(long pid, struct buf *out)
{
	char name[32] = "";
	char *path = xasprintf("/proc/%ld/comm", pid);
	FILE *file = fopen(path, "re");
	if (file && !fgets(name, sizeof(name), file))
		name[0] = '\0';
	if (file)
		fclose(file);
	free(path);
	name[strcspn(name, "\n")] = '\0';
	buf_addf(out, "%s%ld", out->length > 0 ? ", " : "", pid);
	if (*name)
		buf_addf(out, " (%s)", name);
}

/* A reader has a shared lock on one of five bytes of -shm, which are part of SQLite's file format
 * (sqlite.org/walformat.html, 2.3.2). */
void lock_readers(const char *store_path, struct buf *out)
{
	enum { READ_FIRST = 123, READ_LAST = 127 };
	struct stat shm;
	char *path = xasprintf("%s-shm", store_path), line[256];
	FILE *locks = stat(path, &shm) == 0 ? fopen("/proc/locks", "re") : NULL;
	free(path);
	while (locks && fgets(line, sizeof(line), locks)) {
		char type[16];
		long pid;
		unsigned long inode, first;
		/* 1: POSIX  ADVISORY  READ 1234 fe:00:5678 124 124 */
		if (sscanf(line, "%*d: POSIX %*s %15s %ld %*x:%*x:%lu %lu", type, &pid, &inode,
			    &first) == 4 &&
			inode == shm.st_ino && strcmp(type, "READ") == 0 && first >= READ_FIRST &&
			first <= READ_LAST && pid != getpid())
			add_reader(pid, out);
	}
	if (locks)
		fclose(locks);
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
