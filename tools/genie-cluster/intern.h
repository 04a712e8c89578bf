/* intern.h - texts that are kept once, told by number, and sets of such numbers.
 *
 * What is put in twice takes no room. Numbers are given in the order of arrival, so nothing that
 * is written may depend on them.
 */
#ifndef GENIE_CLUSTER_INTERN_H
#define GENIE_CLUSTER_INTERN_H

#include "base.h"
#include "mem.h"

/* Zero-initialise. */
struct intern {
	const char **texts;
	size_t n, cap;
	uint32_t *slots; /* number + 1; 0: empty */
	size_t nslots;
	struct arena arena;
};
uint32_t intern_add(struct intern *intern, const char *text);
/* -1: not there. */
int64_t intern_find(const struct intern *intern, const char *text);
void intern_free(struct intern *intern);

/* Zero-initialise. */
struct numset {
	uint32_t *slots; /* number + 1; 0: empty */
	size_t n, nslots;
};
bool numset_add(struct numset *set, uint32_t number); /* false: was there */
void numset_add_all(struct numset *set, const struct numset *other);
bool numset_has(const struct numset *set, uint32_t number);
void numset_free(struct numset *set);

#endif
