/* table.h - a result set: named, typed columns and rows of texts.
 *
 * Cells are what the SQL Statement API returns: every value as text, NULL as a
 * NULL pointer. A table owns all it holds. Zero-initialise. Layer: data.
 */
#ifndef GENIE_TABLE_H
#define GENIE_TABLE_H

#include "base.h"
#include "err.h"
#include "mem.h"

struct json;

struct table_column {
	const char *name;
	const char *type; /* Databricks type text in upper case: "DECIMAL(18,2)"; "STRING" when unknown */
};

struct table {
	struct arena arena;
	struct table_column *columns;
	size_t ncolumns, column_cap;
	const char **cells; /* row after row */
	size_t nrows, cell_cap;
	bool truncated;     /* the source had more rows than are here */
	int64_t total_rows; /* of the source, when it told; else nrows */
};

void table_free(struct table *table);
/* All columns are added before the first row. Texts are copied. */
void table_add_column(struct table *table, const char *name, const char *type);
/* `cells`: ncolumns texts, NULL pointers for NULL. Copied. */
void table_add_row(struct table *table, const char *const *cells);
const char *table_cell(const struct table *table, size_t row, size_t column); /* NULL: NULL */
/* Index of a column by name, ASCII case ignored; -1 when absent. */
int table_find(const struct table *table, const char *name);

/* {"columns":[{"name","type"}],"rows":[[text|null]],"truncated"?,"total_row_count"?}
 * with at most max_rows rows. */
struct json *table_to_json(const struct table *table, size_t max_rows);
/* The reverse; ERR_DATA names the path. `table` must be empty. */
bool table_from_json(struct table *table, const struct json *json, struct err *err) MUST_CHECK;

#endif
