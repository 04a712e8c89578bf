/* forms.h - how the files of monitors and models describe tables and columns. */
#ifndef GENIE_PATCH_FORMS_H
#define GENIE_PATCH_FORMS_H

#include "bundle.h"

/* Where the YAML names tables, columns and texts, and the dict of the Python file beside it that
 * says the same. */
struct form {
	const char *list, *name, *columns, *text, *dict;
	enum bundle_kind kind;
};
#define NFORMS 3
extern const struct form forms[NFORMS];
/* LIST[NAME="TABLE"] for the table, with .COLUMNS[name="COLUMN"] when column is not "". Yours. */
char *form_path(const struct form *form, const char *table, const char *column);
/* The member that holds the text of a table, or of a column when it is not "". */
const char *form_text(const struct form *form, const char *column);

#endif
