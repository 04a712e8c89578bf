/* err.h - errors are values.
 *
 * A function that can fail takes a `struct err *` last and returns false (or
 * NULL) on failure. The text is complete enough to print on one line. On
 * success the error is left untouched. The code of an error is the exit
 * status of the tool that meets it; one table serves all tools.
 *
 * Layer: base.
 */
#ifndef GENIE_ERR_H
#define GENIE_ERR_H

#include "base.h"
#include <stdarg.h>

enum err_code {
	ERR_NONE = 0,
	ERR_NO = 1,           /* the answer is no: a gate, a validator */
	ERR_USAGE = 2,        /* wrong options or arguments */
	ERR_DATA = 65,        /* input is not what it must be */
	ERR_UNAVAILABLE = 69, /* a service refused for good: auth, permission, not found */
	ERR_BUG = 70,         /* our mistake */
	ERR_IO = 74,          /* reading or writing failed */
	ERR_TEMP = 75,        /* temporary: the same call may work later */
};

struct err {
	enum err_code code;
	char text[1024]; /* UTF-8, no newline; cut with "..." when longer */
};

/* Sets code and text. Returns false, so that `return err_set(...)` reads well. */
bool err_set(struct err *err, enum err_code code, const char *format, ...)
	PRINTF_LIKE(3, 4);
bool err_vset(struct err *err, enum err_code code, const char *format, va_list ap)
	PRINTF_LIKE(3, 0);

/* ERR_IO with the text of errno appended: "TEXT: No such file or directory". */
bool err_errno(struct err *err, const char *format, ...) PRINTF_LIKE(2, 3);

/* Puts "CONTEXT: " before the text. Keeps the code. Returns false. */
bool err_wrap(struct err *err, const char *format, ...) PRINTF_LIKE(2, 3);

/* The static analyzer sees one source at a time: tell it that these never return true. */
#ifdef __clang_analyzer__
#define err_set(...) (err_set(__VA_ARGS__), false)
#define err_errno(...) (err_errno(__VA_ARGS__), false)
#define err_wrap(...) (err_wrap(__VA_ARGS__), false)
#endif

void err_clear(struct err *err);

/* The word for a code, as manual pages print it ("bad input"). */
const char *err_code_text(enum err_code code);

#endif
