/* All descendants of this process, as /proc tells them. As their orphans are adopted by it
 * (PR_SET_CHILD_SUBREAPER), nothing that was started leaves the tree. */
#include <ctype.h>
#include <dirent.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/process_parts.h"
#include "base/xalloc.h"

enum { CHUNK_BYTES = 4096 };

struct seen {
	pid_t pid;
	pid_t parent;
	bool dead; /* no more than an exit status */
	bool ours;
};

struct tree {
	struct seen *items;
	size_t count, capacity;
};

/* "PID (NAME) STATE PARENT …": a name may hold anything, also ") ". */
static struct seen look_at(int proc, const char *pid)
{
	struct seen seen = { .pid = (pid_t)strtol(pid, NULL, 10) };
	char path[32], text[512];
	snprintf(path, sizeof(path), "%.20s/stat", pid);
	int file = openat(proc, path, O_RDONLY | O_CLOEXEC);
	if (file < 0)
		return seen;
	ssize_t length = read(file, text, sizeof(text) - 1);
	close(file);
	text[length > 0 ? length : 0] = '\0';
	const char *name_end = strrchr(text, ')');
	if (!name_end || strlen(name_end) < 5)
		return seen;
	seen.dead = name_end[2] == 'Z';
	seen.parent = (pid_t)strtol(name_end + 4, NULL, 10);
	return seen;
}

static int compare_pids(const void *a, const void *b)
{
	const struct seen *x = a, *y = b;
	return x->pid < y->pid ? -1 : x->pid > y->pid;
}

static void look(struct tree *tree)
{
	DIR *proc = opendir("/proc");
	if (!proc)
		return;
	for (struct dirent *entry; (entry = readdir(proc));) {
		if (!isdigit((unsigned char)entry->d_name[0]))
			continue;
		if (tree->count == tree->capacity) {
			tree->capacity = tree->capacity ? tree->capacity * 2 : 256;
			tree->items =
				xreallocarray(tree->items, tree->capacity, sizeof(*tree->items));
		}
		tree->items[tree->count++] = look_at(dirfd(proc), entry->d_name);
	}
	closedir(proc);
	qsort(tree->items, tree->count, sizeof(*tree->items), compare_pids);
}

/* Whether it is a child that nobody spared, or a descendant of such a one. */
static bool is_ours(
	const struct tree *tree, const struct seen *seen, pid_t self, const struct pids *spared)
{
	const struct seen key = { .pid = seen->parent };
	if (seen->parent == self) {
		for (size_t i = 0; i < spared->count; i++)
			if (spared->items[i] == seen->pid)
				return false;
		return true;
	}
	const struct seen *found =
		bsearch(&key, tree->items, tree->count, sizeof(*tree->items), compare_pids);
	return found && found->ours;
}

/* Parents mostly have lower numbers, so one pass mostly does. */
static void mark(struct tree *tree, const struct pids *spared)
{
	pid_t self = getpid();
	for (bool more = true; more;) {
		more = false;
		for (size_t i = 0; i < tree->count; i++) {
			struct seen *seen = &tree->items[i];
			if (seen->ours || !is_ours(tree, seen, self, spared))
				continue;
			seen->ours = true;
			more = true;
		}
	}
}

/* A signal to a group reaches all of it at once, also what is just being forked. Groups of
 * descendants hold nobody else, for a session begins with the program (setsid). *last: the group
 * that was just struck; thousands in one group would else strike it thousands of times. */
static void strike(pid_t pid, pid_t *last)
{
	pid_t group = getpgid(pid);
	if (group > 1 && group == *last)
		return;
	kill(pid, SIGKILL);
	if (group > 1 && group != getpgrp()) {
		kill(-group, SIGKILL);
		*last = group;
	}
}

/* Returns how many there are that live. */
static size_t each_descendant(
	const struct pids *spared, void (*reach)(pid_t pid, pid_t *last), bool bury)
{
	struct tree tree = { 0 };
	pid_t last = 0;
	size_t alive = 0;
	look(&tree);
	mark(&tree, spared);
	for (size_t i = 0; i < tree.count; i++) {
		const struct seen *seen = &tree.items[i];
		if (!seen->ours)
			continue;
		alive += !seen->dead;
		if (!seen->dead)
			reach(seen->pid, &last);
		else if (bury) /* fails where it is not our child */
			waitpid(seen->pid, NULL, WNOHANG);
	}
	free(tree.items);
	return alive;
}

static const struct pids nobody = { 0 };

static void terminate(pid_t pid, pid_t *last)
{
	(void)last;
	kill(pid, SIGTERM);
	kill(pid, SIGCONT);
}

void process_tree_terminate(void)
{
	each_descendant(&nobody, terminate, false);
}

void process_tree_kill(void)
{
	each_descendant(&nobody, strike, false);
}

size_t process_tree_kill_adopted(const struct pids *own)
{
	return each_descendant(own, strike, true);
}

static void read_children(struct buf *out)
{
	char path[64];
	snprintf(path, sizeof(path), "/proc/self/task/%d/children", (int)getpid());
	int file = open(path, O_RDONLY | O_CLOEXEC);
	ssize_t got = file < 0 ? 0 : 1;
	while (got > 0) {
		got = read(file, buf_reserve(out, CHUNK_BYTES), CHUNK_BYTES);
		out->length += got > 0 ? (size_t)got : 0;
	}
	if (file >= 0)
		close(file);
}

/* "PID PID … ", the newest last. */
void process_tree_kill_children(void)
{
	struct buf list = { 0 };
	pid_t group = 0;
	read_children(&list);
	while (list.length > 0) {
		list.data[--list.length] = '\0'; /* the space */
		const char *last = memrchr(list.data, ' ', list.length);
		last = last ? last + 1 : list.data;
		long pid = strtol(last, NULL, 10);
		if (pid > 1)
			strike((pid_t)pid, &group);
		list.length = (size_t)(last - list.data);
	}
	buf_free(&list);
}
