/* Like mkdir -p, touch, chgrp and chmod, by path: nothing here opens a file of the store. SQLite
 * has its locks on them by fcntl, and these are gone as soon as the process closes any descriptor
 * of the file (sqlite.org/howtocorrupt.html, 2.2). */
#include "store/files.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statfs.h>
#include <unistd.h>

#include "base/xalloc.h"

enum { PAGE_BYTES = 16384 };

/* WAL and its shared memory need one machine (sqlite.org/wal.html); f_type is in statfs(2). */
bool store_on_network(const char *path)
{
	static const unsigned long network[] = { 0x6969 /* nfs */, 0x517b /* smb */,
		0xfe534d42 /* smb2 */, 0xff534d42 /* cifs */, 0x5346414f /* afs */,
		0x00c36400 /* ceph */, 0x01021997 /* 9p */ };
	struct statfs fs;
	if (statfs(path, &fs) != 0)
		return false;
	for (size_t i = 0; i < sizeof(network) / sizeof(network[0]); i++)
		if (((unsigned long)fs.f_type & 0xffffffffu) == network[i])
			return true;
	return false;
}

/* Private to the owner. */
static bool make_folders(const char *path, struct error *err)
{
	char *folder = xstrdup(path);
	bool ok = true;
	for (char *slash = strchr(folder + 1, '/'); ok && slash; slash = strchr(slash + 1, '/')) {
		*slash = '\0';
		if (mkdir(folder, 0700) != 0 && errno != EEXIST)
			ok = error_set(err, ERROR_STORE,
				"cannot make the directory '%s': %s; use --store FILE", folder,
				strerror(errno));
		*slash = '/';
	}
	free(folder);
	return ok;
}

static int64_t size_of(const char *path, const char *ending)
{
	struct stat info;
	char *file = xasprintf("%s%s", path, ending);
	int64_t size = lstat(file, &info) == 0 ? info.st_size : -1;
	free(file);
	return size;
}

/* Until a new store is in WAL mode SQLite uses a journal, which a crash leaves behind. Then there
 * is nothing to lose: one page, and no WAL. */
bool files_check_journal(const char *path, struct error *err)
{
	bool is_new = size_of(path, "") <= PAGE_BYTES && size_of(path, "-wal") <= 0;
	if (is_new || size_of(path, "-journal") < 0)
		return true;
	return error_set(err, ERROR_STORE,
		"'%s-journal' is next to it: SQLite would roll the store back with it, and portlog "
		"never leaves such a file; move it away, or, if a program that you trust left it, "
		"open the store once with sqlite3",
		path);
}

static bool make_file(const struct store_settings *settings, struct error *err)
{
	if (mknod(settings->path, S_IFREG | 0600, 0) == 0 || errno == EEXIST)
		return true;
	return error_set(err, ERROR_STORE, "cannot make '%s': %s", settings->path, strerror(errno));
}

static bool check_file(const char *path, struct error *err)
{
	struct stat info;
	if (stat(path, &info) != 0 || access(path, R_OK | W_OK) != 0)
		return error_set(
			err, ERROR_STORE, "cannot write to '%s': %s", path, strerror(errno));
	if (!S_ISREG(info.st_mode))
		return error_set(err, ERROR_STORE, "'%s' is not a file", path);
	/* Each name would have a WAL of its own. The one that portlog has written by keeps its WAL,
	 * also while nothing runs: so a hard link that some backup made stops no recorder, and
	 * nothing is written by that link. */
	if (info.st_nlink > 1 && size_of(path, "-wal") < 0)
		return error_set(err, ERROR_STORE,
			"'%s' is one of %lu names (hard links) of the file, and no '-wal' is next "
			"to "
			"it, so the store was written by another one; use that name, or a copy of "
			"the file",
			path, (unsigned long)info.st_nlink);
	if (store_on_network(path))
		return error_set(err, ERROR_STORE,
			"cannot keep the store '%s' on a network file system: SQLite's WAL needs a "
			"local disk",
			path);
	return files_check_journal(path, err);
}

bool files_prepare(const struct store_settings *settings, char **ret_path, struct error *err)
{
	if (!settings->must_exist &&
		!(make_folders(settings->path, err) && make_file(settings, err)))
		return false;
	char *path = realpath(settings->path, NULL);
	if (!path)
		return error_set(err, ERROR_STORE, "%s%s", strerror(errno),
			errno == ENOENT && settings->must_exist ? "; --store names another" : "");
	if (!check_file(path, err)) {
		free(path);
		return false;
	}
	*ret_path = path;
	return true;
}

/* Where that is so already, nothing is asked for that only the owner may do. */
static bool give_file(const char *path, gid_t group, mode_t mode, struct error *err)
{
	struct stat info;
	if (lstat(path, &info) != 0)
		return errno == ENOENT || error_set(err, ERROR_STORE, "cannot look at '%s': %s",
						  path, strerror(errno));
	if (group != (gid_t)-1 && info.st_gid != group &&
		fchownat(AT_FDCWD, path, (uid_t)-1, group, AT_SYMLINK_NOFOLLOW) != 0)
		return error_set(err, ERROR_STORE, "cannot give '%s' to the group: %s", path,
			strerror(errno));
	/* EPERM: it belongs to another user, or the file system has no modes. */
	if ((info.st_mode & 07777) != mode &&
		fchmodat(AT_FDCWD, path, mode, AT_SYMLINK_NOFOLLOW) != 0 &&
		(errno != EPERM || group != (gid_t)-1))
		return error_set(err, ERROR_STORE, "cannot set who may read '%s': %s", path,
			strerror(errno));
	return true;
}

bool files_give(const char *path, const char *name, struct error *err)
{
	static const char *const endings[] = { "", "-wal", "-shm" };
	struct group *group = name ? getgrnam(name) : NULL;
	if (name && !group)
		return error_set(err, ERROR_CONFIG,
			"cannot give the store to group '%s': no such group; see 'getent group'",
			name);
	bool ok = true;
	for (size_t i = 0; ok && i < sizeof(endings) / sizeof(endings[0]); i++) {
		char *file = xasprintf("%s%s", path, endings[i]);
		ok = give_file(file, group ? group->gr_gid : (gid_t)-1, group ? 0640 : 0600, err);
		free(file);
	}
	return ok;
}
