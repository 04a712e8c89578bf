/* load_int.h - what the loader's own files share. */
#ifndef GENIE_LOCAL_LOAD_INT_H
#define GENIE_LOCAL_LOAD_INT_H

#include "catalog_int.h"
#include "load.h"
#include "str.h"

struct bundle;

struct loading {
	struct catalog *catalog;
	const struct load_options *options;
	struct load_report *report;
	struct arena arena;
	struct cat_scope scope; /* catalog and schema of what is loaded */
};

/* Tables of the bundle's gold folder (load_gold.c). */
bool load_gold(struct loading *l, const struct bundle *bundle, struct err *err) MUST_CHECK;
/* A table with its columns set: added with an empty data table unless it is there already.
 * *added tells; table->id is set either way. */
bool load_table(struct loading *l, struct cat_table *table, bool *added,
	struct err *err) MUST_CHECK;
/* A constraint of a table; parent NULL: primary key. `columns` pair with parent_columns. */
bool load_constraint(struct loading *l, const struct cat_table *table, const char *parent,
	const struct strlist *columns, const struct strlist *parent_columns,
	struct err *err) MUST_CHECK;

/* Fills the tables of l->scope from dir's CSV and SQL files, when the day or the files differ
 * from last time (load_data.c). dir may be missing. */
bool load_data(struct loading *l, const char *dir, struct err *err) MUST_CHECK;

/* Adds a space unless its id is there (load_space.c). */
bool load_add_space(struct loading *l, const struct load_space *space, struct err *err) MUST_CHECK;
bool load_bundle_spaces(struct loading *l, const struct bundle *bundle, struct err *err) MUST_CHECK;

bool load_defog(struct loading *l, const char *dir, struct err *err) MUST_CHECK;

#endif
