#include "files.h"

#include "bundle.h"
#include "io.h"
#include "log.h"
#include "mem.h"
#include "steps.h"
#include "str.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* ---- the way there ---- */
static bool outside(const char *path, struct err *err)
{
	return err_set(err, ERR_DATA, "%s: not a regular file inside the bundle", path);
}

/* Is every name of the path one that leads down? */
static bool leads_down(const char *path)
{
	for (const char *s = path;; s++) {
		size_t n = strcspn(s, "/");
		if (n == 0 || (n == 1 && s[0] == '.') || (n == 2 && s[0] == '.' && s[1] == '.'))
			return false;
		s += n;
		if (!*s)
			return true;
	}
}

/* The folder that holds the file; *name is its last name. -1 with errno ENOENT and the
 * error set: there is no such folder. */
static int open_folder(const char *root, const char *path, const char **name, struct err *err)
{
	int fd = leads_down(path) ? open(root, O_RDONLY | O_DIRECTORY | O_CLOEXEC) : -1;
	if (fd < 0) {
		errno = 0;
		outside(path, err);
		return -1;
	}
	for (*name = path; strchr(*name, '/');) {
		size_t n = strcspn(*name, "/");
		char *part = xstrndup(*name, n);
		int next = openat(fd, part, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
		int why = errno;
		free(part);
		close(fd);
		if (next < 0) {
			outside(path, err);
			errno = why;
			return -1;
		}
		fd = next;
		*name += n + 1;
	}
	return fd;
}

/* ---- reading ---- */
static bool read_all(int fd, const char *path, struct str *out, struct err *err)
{
	struct stat st;
	FILE *file = fstat(fd, &st) == 0 && S_ISREG(st.st_mode) ? fdopen(fd, "rb") : NULL;
	if (!file) {
		close(fd);
		return outside(path, err);
	}
	bool ok = io_read_stream(file, path, out, err);
	fclose(file);
	return ok;
}

bool files_read(const char *root, const char *path, struct str *out, bool *exists,
	struct err *err)
{
	const char *name;
	struct err why = { 0 };
	*exists = false;
	int folder = open_folder(root, path, &name, &why);
	if (folder < 0)
		return errno == ENOENT || err_set(err, why.code, "%s", why.text);
	/* not blocked by a pipe that stands there */
	int fd = openat(folder, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
	int failed = errno;
	close(folder);
	if (fd < 0 && failed == ENOENT)
		return true;
	errno = failed;
	if (fd < 0)
		return failed == ELOOP ? outside(path, err) : err_errno(err, "%s", path);
	*exists = true;
	return read_all(fd, path, out, err);
}

/* ---- writing ---- */
struct target {
	int folder;
	const char *name, *path;
	struct steps *steps;
	mode_t mode;
};

/* What stands there must be a regular file, or nothing. */
static bool look(struct target *t, struct err *err)
{
	struct stat st;
	mode_t mask = umask(0);
	umask(mask);
	t->mode = 0666 & ~mask;
	if (fstatat(t->folder, t->name, &st, AT_SYMLINK_NOFOLLOW) != 0)
		return errno == ENOENT || err_errno(err, "%s", t->path);
	t->mode = st.st_mode & 07777;
	return S_ISREG(st.st_mode) || outside(t->path, err);
}

static bool fill(const struct target *t, const char *tmp, const char *text, struct err *err)
{
	int fd = openat(t->folder, tmp, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
	FILE *file = fd >= 0 ? fdopen(fd, "wb") : NULL;
	size_t n = strlen(text);
	if (!file)
		return err_errno(err, "%s", tmp);
	bool ok = fchmod(fd, t->mode) == 0 && fwrite(text, 1, n, file) == n && fflush(file) == 0 &&
		fsync(fd) == 0;
	if (!ok)
		err_errno(err, "writing %s", t->path);
	fclose(file);
	return ok;
}

static bool replace(const struct target *t, const char *text, struct err *err)
{
	char *tmp = xasprintf("%s.tmp-%ld", t->name, (long)getpid());
	unlinkat(t->folder, tmp, 0);
	bool ok = steps_next(t->steps, "write temporary of", t->path, err) &&
		fill(t, tmp, text, err) && steps_next(t->steps, "replace file", t->path, err);
	if (ok && renameat(t->folder, tmp, t->folder, t->name) != 0)
		ok = err_errno(err, "%s", t->path);
	if (!ok)
		unlinkat(t->folder, tmp, 0);
	free(tmp);
	return ok;
}

static bool take_away(const struct target *t, struct err *err)
{
	return steps_next(t->steps, "remove file", t->path, err) &&
		(unlinkat(t->folder, t->name, 0) == 0 || errno == ENOENT ||
		 err_errno(err, "%s", t->path));
}

bool files_write(const char *root, const char *path, const char *text, struct steps *steps,
	struct err *err)
{
	struct target t = { .path = path, .steps = steps };
	t.folder = open_folder(root, path, &t.name, err);
	if (t.folder < 0)
		return false;
	bool ok = look(&t, err) && (text ? replace(&t, text, err) : take_away(&t, err)) &&
		(fsync(t.folder) == 0 || err_errno(err, "%s", path));
	close(t.folder);
	return ok;
}

/* ---- leftovers ---- */
static bool gone(const char *digits)
{
	char *end;
	errno = 0;
	long pid = strtol(digits, &end, 10);
	return *digits >= '1' && *digits <= '9' && !*end && !errno && pid == (pid_t)pid &&
		kill((pid_t)pid, 0) != 0 && errno == ESRCH;
}

void files_sweep(const char *root, const char *path)
{
	const char *name;
	struct err ignored = { 0 };
	int folder = open_folder(root, path, &name, &ignored);
	int copy = folder < 0 ? -1 : dup(folder);
	DIR *dir = copy < 0 ? NULL : fdopendir(copy);
	char *start = xasprintf("%s.tmp-", folder < 0 ? "" : name);
	for (struct dirent *e; dir && (e = readdir(dir));)
		if (starts_with(e->d_name, start) && gone(e->d_name + strlen(start)) &&
		    unlinkat(folder, e->d_name, 0) == 0)
			log_info("removed %s, left by a run that was killed", e->d_name);
	if (dir)
		closedir(dir);
	else if (copy >= 0)
		close(copy);
	if (folder >= 0)
		close(folder);
	free(start);
}
