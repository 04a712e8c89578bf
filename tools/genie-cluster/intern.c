#include "intern.h"

#include "str.h"

#include <stdlib.h>
#include <string.h>

/* FNV-1a; the high bits are mixed in. */
static uint64_t hash_of(const char *text)
{
	uint64_t hash = 14695981039346656037u;
	for (const char *p = text; *p; p++)
		hash = (hash ^ (unsigned char)*p) * 1099511628211u;
	return hash ^ hash >> 29;
}

static size_t slot_of(const struct intern *intern, const char *text)
{
	size_t i = (size_t)(hash_of(text) % intern->nslots);
	while (intern->slots[i] && !streq(intern->texts[intern->slots[i] - 1], text))
		i = (i + 1) % intern->nslots;
	return i;
}

static void grow(struct intern *intern)
{
	if (intern->nslots > intern->n * 2 + 2)
		return;
	free(intern->slots);
	intern->nslots = intern->n * 4 + 31;
	intern->slots = xcalloc(intern->nslots, sizeof *intern->slots);
	for (size_t i = 0; i < intern->n; i++)
		intern->slots[slot_of(intern, intern->texts[i])] = (uint32_t)i + 1;
}

uint32_t intern_add(struct intern *intern, const char *text)
{
	grow(intern);
	size_t slot = slot_of(intern, text);
	if (!intern->slots[slot]) {
		GROW(intern->texts, intern->cap, intern->n + 1);
		intern->texts[intern->n++] = arena_strdup(&intern->arena, text);
		intern->slots[slot] = (uint32_t)intern->n;
	}
	return intern->slots[slot] - 1;
}

int64_t intern_find(const struct intern *intern, const char *text)
{
	return intern->nslots ? (int64_t)intern->slots[slot_of(intern, text)] - 1 : -1;
}

void intern_free(struct intern *intern)
{
	arena_free(&intern->arena);
	free(intern->texts);
	free(intern->slots);
	*intern = (struct intern){ 0 };
}

/* ---- sets ---- */

static size_t place_of(const struct numset *set, uint32_t number)
{
	size_t i = (size_t)((uint64_t)number * 2654435761u % set->nslots);
	while (set->slots[i] && set->slots[i] != number + 1)
		i = (i + 1) % set->nslots;
	return i;
}

bool numset_has(const struct numset *set, uint32_t number)
{
	return set->nslots && set->slots[place_of(set, number)];
}

bool numset_add(struct numset *set, uint32_t number)
{
	if (numset_has(set, number))
		return false;
	if (set->nslots <= set->n * 2 + 2) {
		struct numset more = { .nslots = set->n * 4 + 7 };
		more.slots = xcalloc(more.nslots, sizeof *more.slots);
		for (size_t i = 0; i < set->nslots; i++)
			if (set->slots[i])
				more.slots[place_of(&more, set->slots[i] - 1)] = set->slots[i];
		more.n = set->n;
		free(set->slots);
		*set = more;
	}
	set->slots[place_of(set, number)] = number + 1;
	set->n++;
	return true;
}

void numset_add_all(struct numset *set, const struct numset *other)
{
	for (size_t i = 0; i < other->nslots; i++)
		if (other->slots[i])
			numset_add(set, other->slots[i] - 1);
}

void numset_free(struct numset *set)
{
	free(set->slots);
	*set = (struct numset){ 0 };
}
