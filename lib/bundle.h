/* bundle.h - the repository of a data product: databricks.yml and the files
 * that describe tables, metric views, functions and Genie Spaces.
 *
 *	databricks.yml                     variables, targets, resources
 *	gold_layer_design/yaml/DOMAIN/     one table a YAML file (table_name)
 *	src/semantic/metric_views/         one metric view a YAML file, named by the file
 *	src/semantic/tvfs/                 SQL files with CREATE [OR REPLACE] FUNCTION
 *	src/monitoring/                    monitors of tables, Python and YAML
 *	src/ml/config/                     feature and prediction tables, Python and YAML
 *	src/genie/                         Genie Spaces, NAME_genie_export.json
 *
 * Opening reads databricks.yml and its includes and lists the objects, so
 * that a table's name leads to its file and back. Nothing is written and no
 * program is run. Paths are relative to the bundle folder and stay inside it. A broken file
 * is ERR_DATA with "FILE:LINE: ..."; a folder that is missing is simply empty.
 * Layer: domain.
 */
#ifndef GENIE_BUNDLE_H
#define GENIE_BUNDLE_H

#include "base.h"
#include "err.h"

struct json;
struct str;
struct bundle;

#define BUNDLE_MAX_FILE (16u << 20) /* bytes of one file */

struct bundle_options {
	const char *target;           /* NULL: the target with default: true, or the only one */
	const char *const *overrides; /* n texts "name=value" */
	size_t noverrides;
	bool config_only;             /* databricks.yml and its includes; no objects are listed */
};
/* The files of the configuration, relative to dir: databricks.yml, then those that it includes,
 * sorted. */
struct strlist;
bool bundle_config_files(const char *dir, struct strlist *files, struct err *err) MUST_CHECK;

/* options may be NULL. No databricks.yml: ERR_DATA. */
struct bundle *bundle_open(const char *dir, const struct bundle_options *options,
	struct err *err) MUST_CHECK;
void bundle_free(struct bundle *bundle); /* NULL is fine */

const char *bundle_dir(const struct bundle *bundle);
const char *bundle_name(const struct bundle *bundle);
const char *bundle_target(const struct bundle *bundle); /* "default" when none is defined */
/* The value of a variable: override, else target's, else default. NULL: none. */
const char *bundle_var(const struct bundle *bundle, const char *name);
/* Variables "catalog" and "gold_schema", or "main" and "default". */
const char *bundle_catalog(const struct bundle *bundle);
const char *bundle_schema(const struct bundle *bundle);
/* The `workspace` map with the target's laid over it, texts resolved; borrowed. */
const struct json *bundle_workspace(const struct bundle *bundle);
/* All `resources` (kind -> key -> object), the target's laid over, texts resolved. Each
 * object has "__file", the path of its YAML file; borrowed. */
const struct json *bundle_resources(const struct bundle *bundle);

/* Replaces ${var.x}, ${x}, ${bundle.name}, ${bundle.target} and appends to out. Other
 * dotted references (${workspace...}, ${resources...}) stay as they are. An unknown
 * ${x} or ${var.x} is ERR_DATA "NAME:LINE: ...", with `name` for the text. */
bool bundle_resolve(const struct bundle *bundle, const char *text, size_t n, const char *name,
	struct str *out, struct err *err) MUST_CHECK;
/* The way back, for a text that goes into a file which is written with variables: appends text
 * with CATALOG.SCHEMA. (with or without backticks) turned into
 * ${catalog}.${gold_schema}. when `like`, the present text of the file, has ${catalog},
 * and ${var.catalog} when it has that. Else text as it is. */
void bundle_template(const struct bundle *bundle, const char *text, const char *like,
	struct str *out);
/* The file with variables resolved, appended to out. */
bool bundle_read(const struct bundle *bundle, const char *path, struct str *out,
	struct err *err) MUST_CHECK;
char *bundle_path(const struct bundle *bundle, const char *path); /* DIR/path, yours */
/* `path` as the file `from` names it, relative to the bundle, without . and ..; NULL when it
 * leaves the bundle. Borrowed from the bundle. */
const char *bundle_relative(struct bundle *bundle, const char *from, const char *path);

enum bundle_kind {
	BUNDLE_TABLE,
	BUNDLE_METRIC_VIEW,
	BUNDLE_FUNCTION,
	BUNDLE_MONITOR, /* name: the table whose columns it fills, or the monitored one */
	BUNDLE_ML,      /* name: feature or prediction table; of a .py file its stem */
	BUNDLE_SPACE,   /* name: the space's key */
};

struct bundle_object {
	enum bundle_kind kind;
	const char *name;      /* as in the file, without catalog and schema */
	const char *full_name; /* catalog.schema.name; NULL for spaces */
	const char *domain;    /* table: its `domain`, else the folder; else NULL */
	const char *path;      /* of the file that defines it */
	size_t line;           /* where in it, from 1 */
};
const char *bundle_kind_text(enum bundle_kind kind); /* "table", "metric view", ... */
/* Objects by kind; within a file by line. */
size_t bundle_count(const struct bundle *bundle);
const struct bundle_object *bundle_at(const struct bundle *bundle, size_t i);
/* The object of this kind with this name: bare, or with schema and catalog, which
 * then must be the bundle's. Letter case is ignored. NULL: none. */
const struct bundle_object *bundle_find(const struct bundle *bundle, enum bundle_kind kind,
	const char *name);
/* Objects of a file: the first index from `from` on whose path is this; bundle_count when
 * there is none. */
size_t bundle_in_file(const struct bundle *bundle, const char *path, size_t from);

/* One per resources.genie_spaces.<key>, and one for each export without. */
struct bundle_space {
	const char *key, *space_id; /* space_id: as given, else the key */
	const char *title, *description, *warehouse_id, *parent_path; /* NULL when absent */
	const char *path;       /* of the export; NULL when serialized_space is inline */
	const struct json *inline_space; /* object or string; NULL with path */
};
size_t bundle_space_count(const struct bundle *bundle);
const struct bundle_space *bundle_space_at(const struct bundle *bundle, size_t i);

#endif
