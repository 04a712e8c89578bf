/* io.h - whole streams with caps, atomic files, locks.
 *
 * Layer: process. Never prints, never exits.
 */
#ifndef GENIE_IO_H
#define GENIE_IO_H

#include "base.h"
#include "err.h"
#include <stdio.h>

struct str;

#define IO_MAX_FILE (1u << 30) /* default cap of io_read_file: 1 GiB */

/* Appends the rest of `file` to out. More than out->max bytes is ERR_DATA. */
bool io_read_stream(FILE *file, const char *name, struct str *out, struct err *err) MUST_CHECK;
/* The whole file; "-" is standard input. Missing or unreadable: ERR_IO. */
bool io_read_file(const char *path, struct str *out, struct err *err) MUST_CHECK;

/* A file that appears whole or not at all: written as PATH.tmp-PID, synced,
 * then renamed. What is there and no regular file (a device, a pipe) is written
 * directly: renaming over /dev/null would replace it. */
struct outfile {
	FILE *file; /* write here */
	char *path, *tmp; /* tmp is NULL when written directly */
};
bool outfile_open(struct outfile *out, const char *path, struct err *err) MUST_CHECK;
bool outfile_commit(struct outfile *out, struct err *err) MUST_CHECK; /* releases */
void outfile_abort(struct outfile *out); /* removes the temporary; releases; idempotent */
/* Writes n bytes as one atomic file; keeps the mode of an existing one. */
bool io_write_file(const char *path, const void *data, size_t n, struct err *err) MUST_CHECK;

/* Appends one record to a journal: a single write(2) and fdatasync(2). The
 * file is made when missing. A torn last line of an earlier crash is ended with
 * a newline first, so that it stays the only bad line. */
bool io_append_synced(const char *path, const void *data, size_t n, struct err *err) MUST_CHECK;

bool io_mkdirs(const char *path, struct err *err) MUST_CHECK; /* like mkdir -p */
bool io_exists(const char *path);
bool io_is_dir(const char *path);
/* DIR/NAME, new string; NAME itself when it is absolute. */
char *io_join(const char *dir, const char *name);
char *io_dirname(const char *path); /* new string; "." without a slash */

/* The sorted names in a folder that end in `suffix` (all when NULL), without
 * "." and "..". */
struct strlist;
bool io_list(const char *dir, const char *suffix, struct strlist *names, struct err *err) MUST_CHECK;
/* Every regular file below dir ending in suffix, sorted, as paths. Symbolic
 * links to folders are not followed. */
bool io_walk(const char *dir, const char *suffix, struct strlist *paths, struct err *err) MUST_CHECK;

/* Exclusive lock on a file (made when missing), waited for. Returns the
 * descriptor, to be given to io_unlock, or -1. */
int io_lock(const char *path, struct err *err) MUST_CHECK;
void io_unlock(int fd);

#endif
