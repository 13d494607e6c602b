/* Modes and owners alone: where there is an ACL, the mode's group bits are its mask. Root is no
 * other user, nor is the owner of the store, as whom the recorder runs. */
#include "cli/access.h"

#include <grp.h>
#include <pwd.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include "base/xalloc.h"
#include "config/config.h"

struct access {
	uid_t self;
	access_found *found;
	void *data;
};

static void tell(const struct access *a, bool is_problem, const char *what, const char *path,
	const char *finding)
{
	char *text = xasprintf("'%s' %s", path, finding);
	a->found(a->data, is_problem, what, text);
	free(text);
}

/* Many systems give each user a group of the same name, and files are then writable for it. A group
 * that the system does not know, as of a pod's volume, has no other members. */
static bool is_group_of_one(uid_t user, gid_t gid)
{
	const struct group *group = getgrgid(gid);
	const struct passwd *owner = getpwuid(user);
	return !group || (owner && owner->pw_gid == gid && !group->gr_mem[0] &&
				 strcmp(group->gr_name, owner->pw_name) == 0);
}

static bool others_may_write(const char *path, const struct stat *info)
{
	struct statvfs fs;
	/* Volumes of Kubernetes: 0777, and mounted read-only. */
	if (statvfs(path, &fs) == 0 && fs.f_flag & ST_RDONLY)
		return false;
	return info->st_mode & S_IWOTH || (info->st_mode & S_IWGRP && info->st_gid != 0 &&
						  !is_group_of_one(info->st_uid, info->st_gid));
}

static char *folder_of(const char *path)
{
	const char *slash = strrchr(path, '/');
	return slash ? xstrndup(path, (size_t)(slash - path) + (slash == path)) : xstrdup(".");
}

/* In a folder with the sticky bit (like that for temporary files) others may add files, but replace
 * none. */
static void check_folder(
	const struct access *a, const char *what, const char *path, bool may_add, const char *why)
{
	struct stat info;
	char *folder = folder_of(path);
	if (stat(folder, &info) == 0 && others_may_write(folder, &info) &&
		!(may_add && info.st_mode & S_ISVTX))
		tell(a, true, what, folder, why);
	free(folder);
}

static void check_file(
	const struct access *a, const char *what, const char *path, bool is_secret, const char *why)
{
	struct stat info;
	if (stat(path, &info) != 0)
		return;
	if (others_may_write(path, &info))
		tell(a, true, what, path, why);
	if (info.st_uid != 0 && info.st_uid != a->self)
		tell(a, false, what, path,
			"belongs to another user, who may change it; see 'chown'");
	if (is_secret && info.st_mode & S_IROTH)
		tell(a, false, what, path,
			"holds secrets, and all users may read it; 'chmod o-r' it");
	check_folder(a, what, path, true,
		"is a folder in which other users may replace files; 'chmod go-w' it");
}

void access_check(
	const struct config *config, const char *store_path, access_found *found, void *data)
{
	struct stat store;
	bool is_there = stat(store_path, &store) == 0;
	struct access a = { is_there && geteuid() == 0 ? store.st_uid : geteuid(), found, data };
	if (config->path)
		check_file(&a, "configuration", config->path, config->holds_secrets,
			"may be changed by other users, and says what is run; 'chmod go-w' it");
	for (size_t i = 0; i < config->files.count; i++)
		check_file(&a, "secrets", config->files.items[i], true,
			"may be changed by other users; 'chmod go-w' it");
	check_folder(&a, "store", store_path, false,
		"is a folder in which other users may make files, and SQLite would use some; "
		"'chmod go-w' it");
	if (is_there && store.st_mode & (S_IROTH | S_IWGRP | S_IWOTH))
		tell(&a, store.st_mode & S_IWOTH, "store", store_path,
			"may be read or written by other users; 'chmod o-rwx,g-w' it");
}
