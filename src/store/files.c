/* Like mkdir -p, chgrp and chmod. */
#include "store/files.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statfs.h>
#include <unistd.h>

#include "base/xalloc.h"

/* WAL and its shared memory need one machine (sqlite.org/wal.html); f_type is in statfs(2). */
bool store_on_network(int descriptor)
{
	static const unsigned long network[] = { 0x6969 /* nfs */, 0x517b /* smb */,
		0xfe534d42 /* smb2 */, 0xff534d42 /* cifs */, 0x5346414f /* afs */,
		0x00c36400 /* ceph */, 0x01021997 /* 9p */ };
	struct statfs fs;
	if (fstatfs(descriptor, &fs) != 0)
		return false;
	for (size_t i = 0; i < sizeof(network) / sizeof(network[0]); i++)
		if (((unsigned long)fs.f_type & 0xffffffffu) == network[i])
			return true;
	return false;
}

bool files_make_folder(const char *path, struct error *err)
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

static bool give_to_group(int descriptor, const char *name, struct error *err)
{
	struct group *group = getgrnam(name);
	if (!group)
		return error_set(err, ERROR_CONFIG,
			"cannot give the store to group '%s': no such group; see 'getent group'",
			name);
	if (fchown(descriptor, (uid_t)-1, group->gr_gid) != 0 || fchmod(descriptor, 0640) != 0)
		return error_set(err, ERROR_STORE, "cannot give the store to group '%s': %s", name,
			strerror(errno));
	return true;
}

bool files_prepare(const struct store_settings *settings, struct error *err)
{
	int descriptor = open(settings->path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	if (descriptor < 0)
		return error_set(err, ERROR_STORE, "cannot write to '%s': %s", settings->path,
			strerror(errno));
	bool ok = true;
	if (!settings->allow_network && store_on_network(descriptor))
		ok = error_set(err, ERROR_STORE,
			"cannot keep the store '%s' on a network file system: SQLite's WAL needs a "
			"local disk",
			settings->path);
	if (ok && settings->group)
		ok = give_to_group(descriptor, settings->group, err);
	close(descriptor);
	return ok;
}

/* To the group, or back to the owner alone. */
static bool give_file(const char *path, const char *group, struct error *err)
{
	int descriptor = open(path, O_RDWR | O_CLOEXEC);
	if (descriptor < 0)
		return errno == ENOENT ||
		       error_set(err, ERROR_STORE, "cannot open '%s': %s", path, strerror(errno));
	bool ok = true;
	if (group)
		ok = give_to_group(descriptor, group, err);
	else if (fchmod(descriptor, 0600) != 0)
		ok = error_set(err, ERROR_STORE, "cannot take '%s' back from its group: %s", path,
			strerror(errno));
	close(descriptor);
	return ok;
}

bool files_give(const char *path, const char *group, struct error *err)
{
	static const char *const endings[] = { "", "-wal", "-shm" };
	bool ok = true;
	for (size_t i = 0; ok && i < sizeof(endings) / sizeof(endings[0]); i++) {
		char *file = xasprintf("%s%s", path, endings[i]);
		ok = give_file(file, group, err);
		free(file);
	}
	return ok;
}
