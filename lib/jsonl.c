#include "jsonl.h"

#include "json.h"
#include "mem.h"
#include "str.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

void jsonl_init(struct jsonl *in, FILE *file, const char *name)
{
	*in = (struct jsonl){ .file = file, .name = name, .cap = JSONL_MAX_RECORD };
}

bool jsonl_open(struct jsonl *in, const char *path, struct err *err)
{
	if (streq(path, "-")) {
		jsonl_init(in, stdin, "standard input");
		return true;
	}
	FILE *file = fopen(path, "rbe");
	if (!file)
		return err_errno(err, "%s", path);
	jsonl_init(in, file, path);
	in->own = true;
	return true;
}

void jsonl_close(struct jsonl *in)
{
	if (in->own && in->file)
		fclose(in->file);
	free(in->buf);
	*in = (struct jsonl){ 0 };
}

bool jsonl_wrap(const struct jsonl *in, struct err *err)
{
	char old[sizeof err->text];
	memcpy(old, err->text, sizeof old);
	return err_set(err, err->code, "%s:%zu: %s", in->name, in->line, old);
}

#define CHUNK 4096 /* bytes asked for at a time */

/* Reads on up to the end of the line; the number of bytes. fgets does not say how much it read, and
 * there may be NUL bytes: so the room is filled with newlines before, and a newline that is not
 * followed by the NUL that fgets adds is one of ours. *done: the line has its end, or the
 * file has. */
static size_t read_on(FILE *file, char room[CHUNK], bool *done)
{
	memset(room, '\n', CHUNK);
	if (!fgets(room, CHUNK, file)) {
		*done = true;
		return 0;
	}
	const char *newline = memchr(room, '\n', CHUNK);
	if (!newline)
		return CHUNK - 1;
	size_t n = (size_t)(newline - room);
	*done = true;
	return n + 1 < CHUNK && room[n + 1] == '\0' ? n : n - 1;
}

/* One line without its newline, NUL bytes kept (the parser refuses them with
 * their place). */
static enum jsonl_result read_line(struct jsonl *in, size_t *length, struct err *err)
{
	size_t n = 0;
	bool done = false;
	errno = 0;
	while (!done && n <= in->cap) {
		if (in->buf_size < n + CHUNK) {
			in->buf_size = 2 * (n + CHUNK);
			in->buf = xrealloc(in->buf, in->buf_size);
		}
		n += read_on(in->file, in->buf + n, &done);
	}
	if (ferror(in->file)) {
		err_errno(err, "reading %s", in->name);
		return JSONL_FAILED;
	}
	if (n == 0 && feof(in->file))
		return JSONL_END;
	in->line++;
	if (n > in->cap) {
		err_set(err, ERR_DATA, "the line is longer than the limit of %zu bytes", in->cap);
		jsonl_wrap(in, err);
		return JSONL_FAILED;
	}
	*length = n;
	return JSONL_RECORD;
}

static bool blank(const char *s, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (s[i] != ' ' && s[i] != '\t' && s[i] != '\r')
			return false;
	return true;
}

enum jsonl_result jsonl_line(struct jsonl *in, const char **text, size_t *n, struct err *err)
{
	enum jsonl_result result;
	while ((result = read_line(in, n, err)) == JSONL_RECORD) {
		*text = in->buf;
		in->length = *n;
		if (*n == 0)
			continue;
		if (in->line == 1 && *n >= 3 && memcmp(*text, "\xEF\xBB\xBF", 3) == 0) {
			*text += 3;
			*n -= 3;
		}
		if (!blank(*text, *n))
			return JSONL_RECORD;
	}
	return result;
}

enum jsonl_result jsonl_next(struct jsonl *in, struct json **out, struct err *err)
{
	const char *text;
	size_t n = 0;
	enum jsonl_result result = jsonl_line(in, &text, &n, err);
	if (result != JSONL_RECORD)
		return result;
	*out = in->choose ? json_parse_part(text, n, in->choose, err) : json_parse(text, n, err);
	if (*out)
		return JSONL_RECORD;
	jsonl_wrap(in, err);
	return JSONL_FAILED;
}
