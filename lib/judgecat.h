/* judgecat.h - what a space's snapshot says about the assets: which name is a table, a
 * metric view or a function, its columns, comments and synonyms. Layer: domain. */
#ifndef GENIE_JUDGECAT_H
#define GENIE_JUDGECAT_H

#include "base.h"

#include "sqlscope.h"

struct json;
struct judge_catalog;
struct str;
struct strlist;

enum asset { ASSET_NONE, ASSET_TABLE, ASSET_MV, ASSET_TVF };
const char *asset_name(enum asset asset); /* "TABLE", "MV", "TVF", "NONE" */
enum asset asset_find(const char *name);  /* also "METRIC_VIEW", "FUNCTION"; else NONE */

/* From space.json (contracts.md); NULL gives an empty catalogue. Texts are copied. */
struct judge_catalog *judge_catalog_new(const struct json *snapshot);
void judge_catalog_free(struct judge_catalog *catalog); /* NULL is fine */

/* Kind of a name of 1-3 parts; ASSET_NONE: the catalogue does not know it. */
enum asset judge_catalog_kind(const struct judge_catalog *catalog, const char *name);
/* The kind by naming convention: mv_x and x_metrics views, get_x functions. */
enum asset asset_by_convention(const char *name, bool called);
/* The catalogue as the SQL modules ask it; must not outlive it. NULL is fine. */
void judge_catalog_sql(const struct judge_catalog *catalog, struct sqlcatalog *out);
/* Has the object this column? False also when its columns are not known. */
bool judge_catalog_has(const struct judge_catalog *catalog, const char *table, const char *column);
/* Comment of an object (column NULL) or of a column; "" when there is none. */
const char *judge_catalog_comment(const struct judge_catalog *catalog, const char *table,
	const char *column);
/* What is known of an object, for people and prompts: a line with kind, name and comment, then a
 * line for each column. Nothing is added when the object is not known; at most `cap` bytes are. */
void judge_catalog_describe(const struct judge_catalog *catalog, const char *name, size_t cap,
	struct str *out);
/* The words of a question that carry meaning and that no name, comment, synonym or
 * instruction holds: in the whole space, or (column or table given) in what is said of that
 * one object. Lower case, in the order of the question. */
void judge_catalog_uncovered(const struct judge_catalog *catalog, const char *question,
	const char *table, const char *column, struct strlist *words);

#endif
