/* defog.h - the small databases of the shared data, loaded into SQLite. */
#ifndef CHECKS_DEFOG_H
#define CHECKS_DEFOG_H

#include "base.h"

struct arena;
struct db;
struct report;
struct table;

extern const char *const defog_names[]; /* ends with NULL */
/* A database in memory with all tables of `name`; NULL with a skip or a failed case. */
struct db *defog_open(struct report *report, const char *name);
/* Runs a query for at most 2 s and DEFOG_MAX_ROWS rows. Column types are those of the values.
 * False with the reason in why[200]. `out` must be empty. */
#define DEFOG_MAX_ROWS 5000
bool defog_run(struct db *db, const char *sql, struct table *out, char why[200]);
/* The query with 'now' as the day at which the data were frozen; in the arena. */
char *defog_frozen(struct arena *arena, const char *sql);

#endif
