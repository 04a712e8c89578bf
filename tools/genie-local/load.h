/* load.h - fills a workspace from a folder: a bundle, or a database of the
 * defog form, or from one Genie export.
 *
 * Loading is idempotent. Metadata that was changed live (comments, metric
 * views, functions, spaces) stays as it is on later loads; what the folder has
 * and the file lacks is added, but for views and functions that were dropped
 * live. Data tables are emptied and filled again when the day or the data files
 * differ from last time, so that dates relative to today stay relative: the day
 * is what the SQL function today() of the connection gives.
 *
 * Spaces go into the SQLite table
 *	spaces(space_id TEXT PRIMARY KEY, title, description, warehouse_id,
 *		parent_path, serialized_space TEXT, etag TEXT, create_time INTEGER,
 *		update_time INTEGER, trashed INTEGER)
 * with times in milliseconds and etag as decimal text from "1" on.
 */
#ifndef GENIE_LOCAL_LOAD_H
#define GENIE_LOCAL_LOAD_H

#include "base.h"
#include "catalog.h"
#include "err.h"

struct load_options {
	const char *target;           /* bundle target; NULL: the default one */
	const char *const *overrides; /* n texts "name=value" for variables */
	size_t noverrides;
	bool reset;                   /* forget live metadata of what the folder defines */
};

struct load_report {
	size_t tables, metric_views, functions, spaces; /* defined by the folder */
	size_t added;                                   /* of these, new in the file */
	size_t data_rows;                               /* loaded in this call */
	bool data_loaded;
};

/* Loads a bundle folder, a defog folder (schema.json) or a Genie export file;
 * which one it is, is seen from the path. Bad input is ERR_DATA, one line
 * with file and line or path; the workspace is then as it was before. */
bool load_workspace(struct catalog *catalog, const char *path, const struct load_options *options,
	struct load_report *report, struct err *err) MUST_CHECK;

/* Makes the spaces table when it is missing. */
bool load_create_spaces(struct db *db, struct err *err) MUST_CHECK;

struct load_space { /* texts are owned; free with load_space_free */
	char *space_id, *title, *description, *warehouse_id, *parent_path;
	char *serialized_space; /* JSON text of version 1 or 2 */
};
/* Reads one Genie export: the plain serialized_space, or an object that holds it as an
 * object or as a string. `name` is the fallback for id and title. Refuses look-alikes. */
bool load_space_file(const char *path, const char *name, struct load_space *out,
	struct err *err) MUST_CHECK;
void load_space_free(struct load_space *space);

#endif
