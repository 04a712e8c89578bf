#include "spool.h"

#include "artifact.h"
#include "io.h"
#include "json.h"
#include "mem.h"
#include "str.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

int spool_lock(const char *dir, struct err *err)
{
	char *path = io_join(dir, ".lock");
	int lock = io_mkdirs(dir, err) ? io_lock(path, err) : -1;

	free(path);
	return lock;
}

void spool_unlock(int lock)
{
	if (lock >= 0)
		io_unlock(lock);
}

bool spool_paths(const char *dir, struct strlist *paths, struct err *err)
{
	struct strlist names = { 0 };
	bool ok = !io_exists(dir) || io_list(dir, ".json", &names, err);

	for (size_t i = 0; ok && i < names.n; i++)
		if (names.v[i][0] != '.')
			strlist_take(paths, io_join(dir, names.v[i]));
	strlist_free(&names);
	return ok;
}

static const char *base(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash ? slash + 1 : path;
}

static bool write_job(struct job *job, struct err *err)
{
	struct str text;
	bool ok;

	str_init(&text, JOB_MAX_INPUT * 4ull);
	json_print(job->document, &text);
	str_addc(&text, '\n');
	ok = !str_over(&text) ? io_write_file(job->path, text.s, text.n, err) :
		err_set(err, ERR_DATA, "%s: too large to be put by", job_verb(job));
	if (ok)
		chmod(job->path, S_IRUSR | S_IWUSR);
	str_free(&text);
	return ok;
}

bool spool_put(const char *dir, struct job *job, struct err *err)
{
	struct strlist paths = { 0 };
	char *tail = xasprintf("-%s-%s.json", job_verb(job), job_uuid(job));
	long last = 0;
	bool ok = spool_paths(dir, &paths, err);

	for (char *p = tail; *p; p++)
		if (*p == ' ' || *p == '/')
			*p = '_';
	for (size_t i = 0; ok && i < paths.n; i++) {
		last = strtol(base(paths.v[i]), NULL, 10);
		if (ends_with(paths.v[i], tail))
			job->path = xstrdup(paths.v[i]);
	}
	if (ok && !job->path) {
		char *name = xasprintf("%06ld%s", last + 1, tail);

		job->path = io_join(dir, name);
		free(name);
		ok = write_job(job, err);
	}
	strlist_free(&paths);
	free(tail);
	return ok;
}

bool spool_load(const char *path, struct job *job, struct err *err)
{
	*job = (struct job){ .document = artifact_load(path, "spool", err), .path = xstrdup(path) };
	if (job->document && json_is(json_get(job->document, "args"), JSON_OBJECT) &&
		json_is(json_get(job->document, "inputs"), JSON_OBJECT))
		return true;
	if (job->document)
		err_set(err, ERR_DATA, "%s: no job", path);
	job_free(job);
	return false;
}

bool spool_done(const struct job *job, struct err *err)
{
	return !job->path || unlink(job->path) == 0 || err_errno(err, "%s", job->path);
}

bool spool_refused(const struct job *job, struct err *err)
{
	char *aside = xasprintf("%s.refused", job->path);
	bool ok = rename(job->path, aside) == 0 || err_errno(err, "%s", aside);

	free(aside);
	return ok;
}
