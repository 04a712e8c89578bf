/* base.h - attributes and small macros that every module may use.
 *
 * Layer: base. Includes nothing of ours.
 */
#ifndef GENIE_BASE_H
#define GENIE_BASE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* The result must be looked at. */
#define MUST_CHECK __attribute__((warn_unused_result))
/* Argument a is a printf format for the arguments from b on. */
#define PRINTF_LIKE(a, b) __attribute__((format(printf, a, b)))
#define NORETURN __attribute__((noreturn))
#define UNUSED __attribute__((unused))

#define countof(array) (sizeof(array) / sizeof((array)[0]))

/* A programmer's mistake: prints file and line, then aborts (status 70 is for
 * bugs that a tool can report itself). */
#define BUG(...) bug_at(__FILE__, __LINE__, __VA_ARGS__)
void bug_at(const char *file, int line, const char *format, ...)
	PRINTF_LIKE(3, 4) NORETURN;

#endif
