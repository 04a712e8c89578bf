/* mem.h - memory that is there or the process ends.
 *
 * Every input has a named cap (io.h, jsonl.h, str.h), so hostile input meets a
 * limit long before memory runs out; running out is fatal (status 70 with a
 * one-line message).
 *
 * Layer: base.
 */
#ifndef GENIE_MEM_H
#define GENIE_MEM_H

#include "base.h"
#include <stdarg.h>

void *xmalloc(size_t n);
void *xcalloc(size_t count, size_t size); /* zeroed; overflow is fatal */
void *xrealloc(void *p, size_t n);
char *xstrdup(const char *s); /* NULL gives NULL */
char *xstrndup(const char *s, size_t n);
/* Wipes what may be a credential before its memory goes back. NULL is fine. */
void wipe(char *s);
char *xasprintf(const char *format, ...) PRINTF_LIKE(1, 2);
/* The bytes that the text will have, without NUL; `ap` stays as it is. */
size_t format_size(const char *format, va_list ap) PRINTF_LIKE(1, 0);

/* Makes room for at least `need` elements of `size` bytes in *array; *cap is
 * the present room in elements. Grows by half, at least to 8. */
void grow_array(void **array, size_t *cap, size_t need, size_t size);
#define GROW(array, cap, need)                                              \
	do {                                                                \
		void *grow_p_ = (array);                                    \
		grow_array(&grow_p_, &(cap), (need), sizeof(*(array)));     \
		(array) = grow_p_;                                          \
	} while (0)

/* An arena: many small allocations freed at once. Zero-initialise. Pointers
 * stay valid until arena_free or arena_reset. */
struct arena {
	struct arena_block *head;
	size_t used; /* bytes handed out since the last reset */
};
void *arena_alloc(struct arena *arena, size_t n); /* zeroed, aligned for any type */
char *arena_strdup(struct arena *arena, const char *s); /* NULL gives NULL */
char *arena_strndup(struct arena *arena, const char *s, size_t n);
char *arena_printf(struct arena *arena, const char *format, ...) PRINTF_LIKE(2, 3);
void arena_reset(struct arena *arena);
void arena_free(struct arena *arena);

#endif
