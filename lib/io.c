#include "io.h"

#include "mem.h"
#include "str.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

bool io_read_stream(FILE *file, const char *name, struct str *out, struct err *err)
{
	char buf[65536];
	size_t n;
	while ((n = fread(buf, 1, sizeof buf, file)) > 0) {
		str_addn(out, buf, n);
		if (str_over(out))
			return err_set(err, ERR_DATA, "%s: larger than the limit of %zu bytes",
				       name, out->max);
	}
	if (ferror(file))
		return err_errno(err, "reading %s", name);
	return true;
}

bool io_read_file(const char *path, struct str *out, struct err *err)
{
	if (streq(path, "-"))
		return io_read_stream(stdin, "standard input", out, err);
	FILE *file = fopen(path, "rbe");
	if (!file)
		return err_errno(err, "%s", path);
	bool ok = io_read_stream(file, path, out, err);
	fclose(file);
	return ok;
}

static mode_t mode_for(const char *path)
{
	struct stat st;
	if (stat(path, &st) == 0)
		return st.st_mode & 07777;
	mode_t mask = umask(0);
	umask(mask);
	return 0666 & ~mask;
}

static bool is_special(const char *path)
{
	struct stat st;
	return stat(path, &st) == 0 && !S_ISREG(st.st_mode);
}

static bool open_special(struct outfile *out, const char *path, struct err *err)
{
	*out = (struct outfile){ .file = fopen(path, "wbe") };
	if (!out->file)
		return err_errno(err, "%s", path);
	out->path = xstrdup(path);
	return true;
}

bool outfile_open(struct outfile *out, const char *path, struct err *err)
{
	if (is_special(path))
		return open_special(out, path, err);
	*out = (struct outfile){ .path = xstrdup(path),
		.tmp = xasprintf("%s.tmp-%ld", path, (long)getpid()) };
	int fd = open(out->tmp, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	if (fd < 0 && errno == EEXIST && unlink(out->tmp) == 0)
		fd = open(out->tmp, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	if (fd < 0) {
		err_errno(err, "%s", out->tmp);
		free(out->path);
		free(out->tmp);
		*out = (struct outfile){ 0 };
		return false;
	}
	fchmod(fd, mode_for(path));
	out->file = fdopen(fd, "wb");
	if (!out->file)
		BUG("fdopen: %s", strerror(errno));
	return true;
}

void outfile_abort(struct outfile *out)
{
	if (!out->path)
		return;
	if (out->file)
		fclose(out->file);
	if (out->tmp)
		unlink(out->tmp);
	free(out->path);
	free(out->tmp);
	*out = (struct outfile){ 0 };
}

static void sync_dir(const char *path)
{
	char *dir = io_dirname(path);
	int fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd >= 0) {
		fsync(fd);
		close(fd);
	}
	free(dir);
}

bool outfile_commit(struct outfile *out, struct err *err)
{
	bool ok = fflush(out->file) == 0 && !ferror(out->file) &&
		  (!out->tmp || fsync(fileno(out->file)) == 0);
	if (fclose(out->file) != 0)
		ok = false;
	out->file = NULL;
	if (!ok || (out->tmp && rename(out->tmp, out->path) != 0)) {
		err_errno(err, "writing %s", out->path);
		outfile_abort(out);
		return false;
	}
	if (out->tmp)
		sync_dir(out->path);
	free(out->path);
	free(out->tmp);
	*out = (struct outfile){ 0 };
	return true;
}

bool io_write_file(const char *path, const void *data, size_t n, struct err *err)
{
	struct outfile out;
	if (!outfile_open(&out, path, err))
		return false;
	if (fwrite(data, 1, n, out.file) != n) {
		err_errno(err, "writing %s", path);
		outfile_abort(&out);
		return false;
	}
	return outfile_commit(&out, err);
}

/* A crash may have left half a line: end it, so that only it is bad. */
static bool needs_newline(int fd)
{
	char last;
	off_t size = lseek(fd, 0, SEEK_END);
	return size > 0 && pread(fd, &last, 1, size - 1) == 1 && last != '\n';
}

static bool write_all(int fd, const char *p, size_t n)
{
	while (n > 0) {
		ssize_t w = write(fd, p, n);
		if (w < 0 && errno == EINTR)
			continue;
		if (w <= 0)
			return false;
		p += w;
		n -= (size_t)w;
	}
	return true;
}

bool io_append_synced(const char *path, const void *data, size_t n, struct err *err)
{
	int fd = open(path, O_RDWR | O_CREAT | O_APPEND | O_CLOEXEC, 0666);
	if (fd < 0)
		return err_errno(err, "%s", path);
	flock(fd, LOCK_EX);
	bool ok = (!needs_newline(fd) || write_all(fd, "\n", 1)) && write_all(fd, data, n) &&
		  fdatasync(fd) == 0;
	if (!ok)
		err_errno(err, "appending to %s", path);
	close(fd);
	return ok;
}

bool io_exists(const char *path)
{
	struct stat st;
	return stat(path, &st) == 0;
}

bool io_is_dir(const char *path)
{
	struct stat st;
	return stat(path, &st) == 0 && S_ISDIR(st.st_mode);
}

bool io_mkdirs(const char *path, struct err *err)
{
	char *copy = xstrdup(path);
	bool ok = true;
	for (char *p = copy + 1; ok; p++) {
		if (*p != '/' && *p != '\0')
			continue;
		char c = *p;
		*p = '\0';
		if (mkdir(copy, 0777) != 0 && !(errno == EEXIST && io_is_dir(copy)))
			ok = err_errno(err, "making folder %s", copy);
		*p = c;
		if (c == '\0')
			break;
	}
	free(copy);
	return ok;
}

char *io_join(const char *dir, const char *name)
{
	if (name[0] == '/' || streq(dir, "") || streq(dir, "."))
		return xstrdup(name);
	return xasprintf("%s%s%s", dir, ends_with(dir, "/") ? "" : "/", name);
}

char *io_dirname(const char *path)
{
	const char *slash = strrchr(path, '/');
	if (!slash)
		return xstrdup(".");
	return xstrndup(path, slash == path ? 1 : (size_t)(slash - path));
}

bool io_list(const char *dir, const char *suffix, struct strlist *names, struct err *err)
{
	DIR *d = opendir(dir);
	if (!d)
		return err_errno(err, "%s", dir);
	for (struct dirent *e; (e = readdir(d));)
		if (!streq(e->d_name, ".") && !streq(e->d_name, "..") &&
		    (!suffix || ends_with(e->d_name, suffix)))
			strlist_add(names, e->d_name);
	closedir(d);
	strlist_sort(names);
	return true;
}

static bool walk(const char *dir, const char *suffix, int depth, struct strlist *paths,
		 struct err *err)
{
	struct strlist names = { 0 };
	if (depth > 32)
		return err_set(err, ERR_DATA, "%s: folders nested deeper than 32", dir);
	bool ok = io_list(dir, NULL, &names, err);
	for (size_t i = 0; ok && i < names.n; i++) {
		char *path = io_join(dir, names.v[i]);
		struct stat st;
		if (lstat(path, &st) == 0 && S_ISDIR(st.st_mode)) {
			if (!streq(names.v[i], ".git"))
				ok = walk(path, suffix, depth + 1, paths, err);
		} else if (io_exists(path) && !io_is_dir(path) &&
			   (!suffix || ends_with(path, suffix))) {
			strlist_add(paths, path);
		}
		free(path);
	}
	strlist_free(&names);
	return ok;
}

bool io_walk(const char *dir, const char *suffix, struct strlist *paths, struct err *err)
{
	bool ok = walk(dir, suffix, 0, paths, err);
	strlist_sort(paths);
	return ok;
}

int io_lock(const char *path, struct err *err)
{
	int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0666);
	if (fd < 0) {
		err_errno(err, "%s", path);
		return -1;
	}
	while (flock(fd, LOCK_EX) != 0) {
		if (errno == EINTR)
			continue;
		err_errno(err, "locking %s", path);
		close(fd);
		return -1;
	}
	return fd;
}

void io_unlock(int fd)
{
	if (fd >= 0)
		close(fd);
}
