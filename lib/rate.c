#include "rate.h"

#include "digest.h"
#include "io.h"
#include "mem.h"
#include "str.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

struct rate {
	char *path; /* NULL: no limit */
	int64_t spacing_ms;
};

/* The folder holds nothing secret, but a foreign one could make us wait or write
 * through a link. */
static bool own_dir(const char *dir, struct err *err)
{
	struct stat st;

	if (mkdir(dir, 0700) && errno != EEXIST)
		return err_errno(err, "making %s", dir);
	if (lstat(dir, &st))
		return err_errno(err, "looking at %s", dir);
	if (!S_ISDIR(st.st_mode) || st.st_uid != getuid())
		return err_set(err, ERR_IO, "%s: not a folder of this user", dir);
	return true;
}

struct rate *rate_open(const char *dir, const char *host, double qpm, struct err *err)
{
	struct rate *rate;
	char hex[SHA256_HEX];

	if (!(qpm >= 0)) {
		err_set(err, ERR_USAGE, "questions a minute: not a number from 0 on");
		return NULL;
	}
	if (qpm > 0 && !own_dir(dir, err))
		return NULL;
	rate = xcalloc(1, sizeof(*rate));
	if (qpm <= 0)
		return rate;
	sha256_hex(host, strlen(host), hex);
	rate->path = xasprintf("%s/rate-%.16s", dir, hex);
	rate->spacing_ms = qpm < 1e-6 ? 60000000000 : (int64_t)(60000 / qpm + 0.999);
	return rate;
}

void rate_free(struct rate *rate)
{
	if (!rate)
		return;
	free(rate->path);
	free(rate);
}

/* The last start, or a time long ago when the file says nothing sensible. */
static bool read_last(int fd, int64_t *last, struct err *err)
{
	char text[32];
	ssize_t n = pread(fd, text, sizeof(text) - 1, 0);

	if (n < 0)
		return err_errno(err, "reading the time of the last question");
	text[n] = '\0';
	if (sscanf(text, "%" SCNd64, last) != 1)
		*last = INT64_MIN;
	return true;
}

static bool write_last(int fd, int64_t now_ms, struct err *err)
{
	char text[32];
	/* Fixed width: an older, longer number leaves no digits behind. */
	int n = snprintf(text, sizeof(text), "%020" PRId64 "\n", now_ms);

	if (pwrite(fd, text, (size_t)n, 0) != n)
		return err_errno(err, "writing the time of the last question");
	return true;
}

bool rate_take(struct rate *rate, int64_t now_ms, int64_t *wait_ms, struct err *err)
{
	int64_t last = INT64_MIN;
	bool ok;
	int fd;

	*wait_ms = 0;
	if (!rate->path)
		return true;
	fd = io_lock(rate->path, err);
	if (fd < 0)
		return err_wrap(err, "question rate");
	ok = read_last(fd, &last, err);
	/* A start in the future is of before the last boot: start afresh. */
	if (ok && last <= now_ms && last > now_ms - rate->spacing_ms)
		*wait_ms = last + rate->spacing_ms - now_ms;
	else if (ok)
		ok = write_last(fd, now_ms, err);
	io_unlock(fd);
	return ok;
}
