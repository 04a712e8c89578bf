#include "mem.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define BLOCK_SIZE (32u << 10)
#define ALIGNMENT _Alignof(max_align_t)

struct arena_block {
	struct arena_block *next;
	size_t used, size;
	_Alignas(max_align_t) char data[];
};

NORETURN static void out_of_memory(size_t n)
{
	fprintf(stderr, "out of memory: %zu bytes wanted\n", n);
	exit(70);
}

void *xmalloc(size_t n)
{
	void *p = malloc(n ? n : 1);
	if (!p)
		out_of_memory(n);
	return p;
}

void *xcalloc(size_t count, size_t size)
{
	void *p = calloc(count ? count : 1, size ? size : 1);
	if (!p)
		out_of_memory(size);
	return p;
}

void *xrealloc(void *old, size_t n)
{
	void *p = realloc(old, n ? n : 1);
	if (!p)
		out_of_memory(n);
	return p;
}

char *xstrndup(const char *s, size_t n)
{
	char *p = xmalloc(n + 1);
	memcpy(p, s, n);
	p[n] = '\0';
	return p;
}

char *xstrdup(const char *s)
{
	return s ? xstrndup(s, strlen(s)) : NULL;
}

size_t format_size(const char *format, va_list ap)
{
	va_list copy;
	va_copy(copy, ap);
	int n = vsnprintf(NULL, 0, format, copy);
	va_end(copy);
	if (n < 0)
		BUG("bad format: %s", format);
	return (size_t)n;
}

void wipe(char *s)
{
	for (volatile char *p = s; p && *p; p++)
		*p = '\0';
}

char *xasprintf(const char *format, ...)
{
	va_list ap;
	va_start(ap, format);
	size_t n = format_size(format, ap) + 1;
	char *p = xmalloc(n);
	vsnprintf(p, n, format, ap);
	va_end(ap);
	return p;
}

void grow_array(void **array, size_t *cap, size_t need, size_t size)
{
	if (need <= *cap)
		return;
	size_t room = *cap + *cap / 2;
	if (room < need)
		room = need;
	if (room < 8)
		room = 8;
	if (room > SIZE_MAX / size)
		out_of_memory(SIZE_MAX);
	*array = xrealloc(*array, room * size);
	*cap = room;
}

void *arena_alloc(struct arena *arena, size_t n)
{
	n = (n + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT;
	struct arena_block *block = arena->head;
	if (!block || block->size - block->used < n) {
		size_t size = n > BLOCK_SIZE ? n : BLOCK_SIZE;
		block = xmalloc(sizeof *block + size);
		block->size = size;
		block->used = 0;
		block->next = arena->head;
		arena->head = block;
	}
	void *p = block->data + block->used;
	block->used += n;
	arena->used += n;
	return memset(p, 0, n);
}

char *arena_strndup(struct arena *arena, const char *s, size_t n)
{
	char *p = arena_alloc(arena, n + 1);
	memcpy(p, s, n);
	return p;
}

char *arena_strdup(struct arena *arena, const char *s)
{
	return s ? arena_strndup(arena, s, strlen(s)) : NULL;
}

char *arena_printf(struct arena *arena, const char *format, ...)
{
	va_list ap;
	va_start(ap, format);
	size_t n = format_size(format, ap) + 1;
	char *p = arena_alloc(arena, n);
	vsnprintf(p, n, format, ap);
	va_end(ap);
	return p;
}

void arena_free(struct arena *arena)
{
	for (struct arena_block *b = arena->head, *next; b; b = next) {
		next = b->next;
		free(b);
	}
	arena->head = NULL;
	arena->used = 0;
}

void arena_reset(struct arena *arena)
{
	struct arena_block *keep = arena->head;
	if (!keep)
		return;
	arena->head = keep->next;
	arena_free(arena);
	keep->next = NULL;
	keep->used = 0;
	arena->head = keep;
}
