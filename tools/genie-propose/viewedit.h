/* viewedit.h - new parts of a metric view: names, texts and whole definitions. */
#ifndef GENIE_PROPOSE_VIEWEDIT_H
#define GENIE_PROPOSE_VIEWEDIT_H

#include "base.h"
#include "err.h"
#include "mem.h"

struct json;
struct model;
struct object;
struct view_item;
struct view_join;

/* The field's map in the parsed YAML, or NULL. */
const struct json *view_field(const struct model *model, const struct object *view,
	const char *name);

/* "workspace_cnt" -> "Workspace Count": a name with its abbreviations in full. New string;
 * NULL when it has none. */
char *view_display_name(const char *name);

/* A name for a new field: its alias in the expected SQL, else made from the expression; no
 * field of the view has it. New string. */
char *view_free_name(const struct object *view, const struct view_item *item);

/* The expression as the view's others are written: without "source." when they do
 * without. In the arena. */
const char *view_style(struct arena *arena, const struct model *model, const struct object *view,
		       const char *expr);

/* NULL when it parses. In the arena. */
const char *view_expr_flaw(struct arena *arena, const char *expr);

/* The view's YAML with a join more, and a dimension for the column that is wanted of
 * it; read back. New string; NULL: err says why not. */
char *view_with_join(const struct model *model, const struct object *view,
		     const struct view_join *join, struct err *err) MUST_CHECK;

#endif
