/* names.h - one name for one object, however a judge wrote it.
 *
 * A judge blames `Orders`.`Status`, orders.status, o.status or main.sales.orders.status. A set of
 * full names knows which one is meant by a name that lacks its first parts, where only one can be.
 */
#ifndef GENIE_CLUSTER_NAMES_H
#define GENIE_CLUSTER_NAMES_H

#include "base.h"

struct arena;
struct json;
struct names;

struct names *names_new(void);
void names_free(struct names *names); /* NULL is fine */
/* A name of any length, copied. A column (object false) yields to an object of its name. */
void names_add(struct names *names, const char *full, bool object);
/* All objects and columns of a snapshot (contracts.md, space.json), and the aliases of its joins.
 * */
void names_add_snapshot(struct names *names, const struct json *snapshot);
/* The full name that a name (lower case, as of names_plain) stands for: itself, or the only one
 * that
 * ends in it; NULL: none, or several. As it was added. */
const char *names_find(const struct names *names, const char *name);
/* The same when `name` begins with an alias of a join. */
const char *names_find_alias(const struct names *names, struct arena *arena, const char *name);

/* Lower case, without backticks, blanks around points and leading variables (${catalog}.). */
char *names_plain(struct arena *arena, const char *text);
/* Do two names share an object: is one the other, or a run of its parts (a table and its
 * column)? Letter case is ignored. */
bool names_related(const char *a, const char *b);

#endif
