/* uc.h - Unity Catalog metadata through a SQL warehouse. */
#ifndef GENIE_FETCH_UC_H
#define GENIE_FETCH_UC_H

#include "base.h"
#include "err.h"

struct dbx;
struct json;
struct uc_scope;

/* {tables, columns, tags, routines, routine_columns, parameters, metric_views}: complete
 * information_schema rows in the order of their names, with lower-case keys, integers as
 * numbers and all else as text; and of each metric view its DDL and YAML. Statements
 * that the warehouse refuses are listed in `errors` and warned of; a call that does
 * not get through fails. All statements run side by side. Yours. */
struct json *uc_fetch(struct dbx *dbx, const char *warehouse_id, const struct uc_scope *scope,
	struct err *err) MUST_CHECK;

/* A copy for hashing: without errors, and without when and by whom an object was made
 * or changed, which a change and its rollback leave behind. */
struct json *uc_for_hash(const struct json *uc);

#endif
