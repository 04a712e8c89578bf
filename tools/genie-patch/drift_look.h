/* drift_look.h - what the parts that compare Unity Catalog share. */
#ifndef GENIE_PATCH_DRIFT_LOOK_H
#define GENIE_PATCH_DRIFT_LOOK_H

#include "drift.h"

#include "stmt.h"

struct bundle_object;
struct yaml_node;

/* One schema of the workspace, read in four statements whatever its size. */
enum { TABLES, COLUMNS, TABLE_TAGS, COLUMN_TAGS, NRELATIONS };
struct look_schema {
	struct arena arena;
	char *catalog, *name;
	struct stmt_result v[NRELATIONS];
};
struct look {
	struct drift *drift;
	struct state *state;
	const struct json *snapshot;
	struct look_schema schema; /* zero: none read yet */
	const struct bundle_object *object;
	const char *table; /* its bare name */
	const struct yaml_node *root;
};

/* The schema, unless it is the one that is there; what no file lists is noted before it goes. */
bool look_schema(struct look *look, const char *catalog, const char *name,
	struct err *err) MUST_CHECK;
void look_done(struct look *look);
/* The cell `n` of the row that begins with these n names; *found tells of the row. */
const char *look_cell(const struct stmt_result *r, const char *const *names, size_t n, bool *found);
/* One value of look->object; takes nothing. */
void look_value(struct look *look, const struct drift_item *given);

/* Where the map has the key, or where it begins; 0 without a map. */
size_t look_line(const struct yaml_node *map, const char *key);
const char *look_scalar(const struct yaml_node *map, const char *key); /* NULL: none */

/* ---- the parts ---- */
bool drift_side(struct look *look, struct err *err) MUST_CHECK;

#endif
