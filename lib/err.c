#include "err.h"
#undef err_set
#undef err_errno
#undef err_wrap

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void bug_at(const char *file, int line, const char *format, ...)
{
	va_list ap;
	fprintf(stderr, "BUG %s:%d: ", file, line);
	va_start(ap, format);
	vfprintf(stderr, format, ap);
	va_end(ap);
	fputc('\n', stderr);
	abort();
}

/* One line, and a visible sign when the text did not fit. */
static void tidy(struct err *err, int wanted)
{
	for (char *p = err->text; *p; p++)
		if (*p == '\n' || *p == '\r')
			*p = ' ';
	if (wanted < (int)sizeof err->text)
		return;
	size_t n = sizeof err->text - 4;
	while (n > 0 && ((unsigned char)err->text[n] & 0xC0) == 0x80)
		n--;
	memcpy(err->text + n, "...", 4);
}

bool err_vset(struct err *err, enum err_code code, const char *format, va_list ap)
{
	err->code = code;
	tidy(err, vsnprintf(err->text, sizeof err->text, format, ap));
	return false;
}

bool err_set(struct err *err, enum err_code code, const char *format, ...)
{
	va_list ap;
	va_start(ap, format);
	err_vset(err, code, format, ap);
	va_end(ap);
	return false;
}

bool err_errno(struct err *err, const char *format, ...)
{
	int saved = errno;
	va_list ap;
	va_start(ap, format);
	err_vset(err, ERR_IO, format, ap);
	va_end(ap);
	size_t n = strlen(err->text);
	tidy(err, (int)n + snprintf(err->text + n, sizeof err->text - n, ": %s",
				    strerror(saved)));
	return false;
}

bool err_wrap(struct err *err, const char *format, ...)
{
	char old[sizeof err->text];
	memcpy(old, err->text, sizeof old);
	va_list ap;
	va_start(ap, format);
	err_vset(err, err->code, format, ap);
	va_end(ap);
	size_t n = strlen(err->text);
	tidy(err, (int)n + snprintf(err->text + n, sizeof err->text - n, ": %s", old));
	return false;
}

void err_clear(struct err *err)
{
	err->code = ERR_NONE;
	err->text[0] = '\0';
}

const char *err_code_text(enum err_code code)
{
	switch (code) {
	case ERR_NONE: return "done";
	case ERR_NO: return "the answer is no";
	case ERR_USAGE: return "wrong options or arguments";
	case ERR_DATA: return "bad input";
	case ERR_UNAVAILABLE: return "a service refused for good";
	case ERR_BUG: return "a bug in this program";
	case ERR_IO: return "reading or writing failed";
	case ERR_TEMP: return "temporary failure, try again";
	}
	return "unknown";
}
