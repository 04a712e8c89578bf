/* information_schema as views of SQLite: is_tables, is_columns, ... Column
 * names and order as Databricks documents them; what the workspace does not know
 * is NULL. */
#include "catalog_int.h"
#include "str.h"
#include <string.h>

#define SIMPLE(type) \
	"upper(substr(" type ", 1, min(instr(" type " || '(', '('), instr(" type " || '<', '<')) - 1))"
#define NUMBERS " IN ('TINYINT','SMALLINT','INT','BIGINT','FLOAT','DOUBLE','DECIMAL')"
#define TIMES(column) "strftime('%Y-%m-%d %H:%M:%S', " column " / 1000, 'unixepoch')"
#define STRINGS_NULL(name) { name, "STRING", "NULL" }

struct column {
	const char *name, *type, *expr; /* expr: NULL is a column of the same name */
};

static const struct column catalogs[] = {
	{ "catalog_name", "STRING", NULL }, { "catalog_owner", "STRING", "'account users'" },
	STRINGS_NULL("comment"), { NULL, NULL, NULL },
};
static const struct column schemata[] = {
	{ "catalog_name", "STRING", NULL }, { "schema_name", "STRING", NULL },
	{ "schema_owner", "STRING", "'account users'" }, { "comment", "STRING", NULL },
	{ "created", "TIMESTAMP", TIMES("created") }, STRINGS_NULL("created_by"),
	{ "last_altered", "TIMESTAMP", TIMES("created") }, STRINGS_NULL("last_altered_by"),
	{ NULL, NULL, NULL },
};
static const struct column tables[] = {
	{ "table_catalog", "STRING", "catalog_name" }, { "table_schema", "STRING", "schema_name" },
	{ "table_name", "STRING", NULL },
	{ "table_type", "STRING", "CASE kind WHEN 'TABLE' THEN 'MANAGED' ELSE kind END" },
	{ "is_insertable_into", "STRING", "CASE kind WHEN 'TABLE' THEN 'YES' ELSE 'NO' END" },
	{ "commit_action", "STRING", "'PRESERVE'" }, { "table_owner", "STRING", "'account users'" },
	{ "comment", "STRING", NULL }, { "created", "TIMESTAMP", TIMES("created") },
	STRINGS_NULL("created_by"), { "last_altered", "TIMESTAMP", TIMES("altered") },
	STRINGS_NULL("last_altered_by"),
	{ "data_source_format", "STRING",
	  "CASE kind WHEN 'TABLE' THEN 'DELTA' ELSE 'UNKNOWN_DATA_SOURCE_FORMAT' END" },
	STRINGS_NULL("storage_sub_directory"), STRINGS_NULL("storage_path"),
	{ NULL, NULL, NULL },
};
static const struct column columns[] = {
	{ "table_catalog", "STRING", "t.catalog_name" },
	{ "table_schema", "STRING", "t.schema_name" }, { "table_name", "STRING", "t.table_name" },
	{ "column_name", "STRING", "c.column_name" },
	{ "ordinal_position", "INT", "c.position" }, STRINGS_NULL("column_default"),
	{ "is_nullable", "STRING", "CASE c.nullable WHEN 1 THEN 'YES' ELSE 'NO' END" },
	{ "full_data_type", "STRING",
	  "lower(c.full_type) || CASE c.measure WHEN 1 THEN ' measure' ELSE '' END" },
	{ "data_type", "STRING", SIMPLE("c.full_type") },
	{ "character_maximum_length", "BIGINT",
	  "CASE " SIMPLE("c.full_type") " WHEN 'STRING' THEN 0 END" },
	{ "character_octet_length", "BIGINT",
	  "CASE " SIMPLE("c.full_type") " WHEN 'STRING' THEN 0 END" },
	{ "numeric_precision", "INT",
	  "CASE " SIMPLE("c.full_type") " WHEN 'DECIMAL' THEN CAST(substr(c.full_type, 9) AS INTEGER)"
	  " WHEN 'TINYINT' THEN 3 WHEN 'SMALLINT' THEN 5 WHEN 'INT' THEN 10"
	  " WHEN 'BIGINT' THEN 19 WHEN 'FLOAT' THEN 24 WHEN 'DOUBLE' THEN 53 END" },
	{ "numeric_precision_radix", "INT",
	  "CASE WHEN " SIMPLE("c.full_type") " IN ('FLOAT','DOUBLE') THEN 2"
	  " WHEN " SIMPLE("c.full_type") NUMBERS " THEN 10 END" },
	{ "numeric_scale", "INT",
	  "CASE " SIMPLE("c.full_type") " WHEN 'DECIMAL' THEN"
	  " CAST(substr(c.full_type, instr(c.full_type, ',') + 1) AS INTEGER)"
	  " WHEN 'TINYINT' THEN 0 WHEN 'SMALLINT' THEN 0 WHEN 'INT' THEN 0"
	  " WHEN 'BIGINT' THEN 0 END" },
	{ "datetime_precision", "INT",
	  "CASE " SIMPLE("c.full_type") " WHEN 'DATE' THEN 0 WHEN 'TIMESTAMP' THEN 6 END" },
	STRINGS_NULL("interval_type"), { "interval_precision", "INT", "NULL" },
	{ "maximum_cardinality", "BIGINT", "NULL" }, { "is_identity", "STRING", "'NO'" },
	STRINGS_NULL("identity_generation"), STRINGS_NULL("identity_start"),
	STRINGS_NULL("identity_increment"), STRINGS_NULL("identity_maximum"),
	STRINGS_NULL("identity_minimum"), STRINGS_NULL("identity_cycle"),
	{ "is_generated", "STRING", "'NEVER'" }, STRINGS_NULL("generation_expression"),
	{ "is_system_time_period_start", "STRING", "'NO'" },
	{ "is_system_time_period_end", "STRING", "'NO'" },
	{ "system_time_period_timestamp_generation", "STRING", "NULL" },
	{ "is_updatable", "STRING", "CASE t.kind WHEN 'TABLE' THEN 'YES' ELSE 'NO' END" },
	{ "partition_ordinal_position", "INT", "NULL" }, { "comment", "STRING", "c.comment" },
	{ NULL, NULL, NULL },
};
static const struct column table_tags[] = {
	{ "catalog_name", "STRING", "t.catalog_name" }, { "schema_name", "STRING", "t.schema_name" },
	{ "table_name", "STRING", "t.table_name" }, { "tag_name", "STRING", "g.tag_name" },
	{ "tag_value", "STRING", "g.tag_value" }, { NULL, NULL, NULL },
};
static const struct column column_tags[] = {
	{ "catalog_name", "STRING", "t.catalog_name" }, { "schema_name", "STRING", "t.schema_name" },
	{ "table_name", "STRING", "t.table_name" }, { "column_name", "STRING", "g.column_name" },
	{ "tag_name", "STRING", "g.tag_name" }, { "tag_value", "STRING", "g.tag_value" },
	{ NULL, NULL, NULL },
};
static const struct column views[] = {
	{ "table_catalog", "STRING", "catalog_name" }, { "table_schema", "STRING", "schema_name" },
	{ "table_name", "STRING", NULL }, { "view_definition", "STRING", "definition" },
	{ "check_option", "STRING", "'NONE'" }, { "is_updatable", "STRING", "'NO'" },
	{ "is_insertable_into", "STRING", "'NO'" }, { "sql_path", "STRING", "NULL" },
	{ "is_materialized", "STRING", "'NO'" }, { NULL, NULL, NULL },
};
static const struct column routines[] = {
	{ "specific_catalog", "STRING", "catalog_name" },
	{ "specific_schema", "STRING", "schema_name" },
	{ "specific_name", "STRING", "routine_name" },
	{ "routine_catalog", "STRING", "catalog_name" },
	{ "routine_schema", "STRING", "schema_name" }, { "routine_name", "STRING", NULL },
	{ "routine_owner", "STRING", "'account users'" }, { "routine_type", "STRING", "'FUNCTION'" },
	{ "data_type", "STRING",
	  "CASE data_type WHEN 'TABLE_TYPE' THEN 'TABLE' ELSE " SIMPLE("data_type") " END" },
	{ "full_data_type", "STRING",
	  "CASE data_type WHEN 'TABLE_TYPE' THEN 'TABLE(' || coalesce((SELECT"
	  " group_concat(column_name || ' ' || full_type, ', ') FROM (SELECT * FROM uc_routine_columns c"
	  " WHERE c.routine_id = r.routine_id ORDER BY position)), '') || ')' ELSE lower(data_type) END" },
	{ "character_maximum_length", "BIGINT", "NULL" },
	{ "character_octet_length", "BIGINT", "NULL" }, { "numeric_precision", "INT", "NULL" },
	{ "numeric_precision_radix", "INT", "NULL" }, { "numeric_scale", "INT", "NULL" },
	{ "datetime_precision", "INT", "NULL" }, STRINGS_NULL("interval_type"),
	{ "interval_precision", "INT", "NULL" }, { "maximum_cardinality", "BIGINT", "NULL" },
	{ "routine_body", "STRING", "'SQL'" }, { "routine_definition", "STRING", "body" },
	STRINGS_NULL("external_name"), STRINGS_NULL("external_language"),
	{ "parameter_style", "STRING", "'SQL'" },
	{ "is_deterministic", "STRING", "CASE deterministic WHEN 1 THEN 'YES' ELSE 'NO' END" },
	{ "sql_data_access", "STRING", "'READS_SQL_DATA'" },
	{ "is_null_call", "STRING", "'YES'" }, STRINGS_NULL("sql_path"),
	{ "security_type", "STRING", "'DEFINER'" }, { "as_locator", "STRING", "'NO'" },
	{ "comment", "STRING", NULL }, { "created", "TIMESTAMP", TIMES("created") },
	STRINGS_NULL("created_by"), { "last_altered", "TIMESTAMP", TIMES("altered") },
	STRINGS_NULL("last_altered_by"), { NULL, NULL, NULL },
};
static const struct column parameters[] = {
	{ "specific_catalog", "STRING", "r.catalog_name" },
	{ "specific_schema", "STRING", "r.schema_name" },
	{ "specific_name", "STRING", "r.routine_name" },
	{ "ordinal_position", "INT", "p.position" }, { "parameter_mode", "STRING", "'IN'" },
	{ "is_result", "STRING", "'NO'" }, { "as_locator", "STRING", "'NO'" },
	{ "parameter_name", "STRING", "p.parameter_name" },
	{ "data_type", "STRING", SIMPLE("p.full_type") },
	{ "full_data_type", "STRING", "lower(p.full_type)" },
	{ "parameter_default", "STRING", "p.default_text" }, { "comment", "STRING", "p.comment" },
	{ NULL, NULL, NULL },
};
static const struct column routine_columns[] = {
	{ "specific_catalog", "STRING", "r.catalog_name" },
	{ "specific_schema", "STRING", "r.schema_name" },
	{ "specific_name", "STRING", "r.routine_name" },
	{ "column_name", "STRING", "p.column_name" }, { "ordinal_position", "INT", "p.position" },
	{ "data_type", "STRING", SIMPLE("p.full_type") },
	{ "full_data_type", "STRING", "lower(p.full_type)" }, { "comment", "STRING", "p.comment" },
	{ NULL, NULL, NULL },
};
static const struct column table_constraints[] = {
	{ "constraint_catalog", "STRING", "t.catalog_name" },
	{ "constraint_schema", "STRING", "t.schema_name" },
	{ "constraint_name", "STRING", "k.constraint_name" },
	{ "table_catalog", "STRING", "t.catalog_name" },
	{ "table_schema", "STRING", "t.schema_name" }, { "table_name", "STRING", "t.table_name" },
	{ "constraint_type", "STRING", "k.kind" }, { "is_deferrable", "STRING", "'YES'" },
	{ "initially_deferred", "STRING", "'YES'" }, { "enforced", "STRING", "'NO'" },
	STRINGS_NULL("comment"), { NULL, NULL, NULL },
};
static const struct column key_column_usage[] = {
	{ "constraint_catalog", "STRING", "t.catalog_name" },
	{ "constraint_schema", "STRING", "t.schema_name" },
	{ "constraint_name", "STRING", "k.constraint_name" },
	{ "table_catalog", "STRING", "t.catalog_name" },
	{ "table_schema", "STRING", "t.schema_name" }, { "table_name", "STRING", "t.table_name" },
	{ "column_name", "STRING", "c.column_name" }, { "ordinal_position", "INT", "c.position" },
	{ "position_in_unique_constraint", "INT",
	  "CASE k.kind WHEN 'FOREIGN KEY' THEN c.position END" },
	{ NULL, NULL, NULL },
};
/* The columns that a constraint uses: its own for a primary key, the parent's
 * for a foreign key. */
static const struct column constraint_column_usage[] = {
	{ "table_catalog", "STRING", "coalesce(k.parent_catalog, t.catalog_name)" },
	{ "table_schema", "STRING", "coalesce(k.parent_schema, t.schema_name)" },
	{ "table_name", "STRING", "coalesce(k.parent_table, t.table_name)" },
	{ "column_name", "STRING", "coalesce(c.parent_column, c.column_name)" },
	{ "constraint_catalog", "STRING", "t.catalog_name" },
	{ "constraint_schema", "STRING", "t.schema_name" },
	{ "constraint_name", "STRING", "k.constraint_name" }, { NULL, NULL, NULL },
};
static const struct column referential_constraints[] = {
	{ "constraint_catalog", "STRING", "t.catalog_name" },
	{ "constraint_schema", "STRING", "t.schema_name" },
	{ "constraint_name", "STRING", "k.constraint_name" },
	{ "unique_constraint_catalog", "STRING", "k.parent_catalog" },
	{ "unique_constraint_schema", "STRING", "k.parent_schema" },
	{ "unique_constraint_name", "STRING",
	  "(SELECT p.constraint_name FROM uc_constraints p JOIN uc_tables q USING (table_id)"
	  " WHERE p.kind = 'PRIMARY KEY' AND q.catalog_name = k.parent_catalog AND"
	  " q.schema_name = k.parent_schema AND q.table_name = k.parent_table)" },
	{ "match_option", "STRING", "'FULL'" }, { "update_rule", "STRING", "'NO ACTION'" },
	{ "delete_rule", "STRING", "'NO ACTION'" }, { NULL, NULL, NULL },
};

#define CONSTRAINTS "uc_constraints k JOIN uc_tables t ON t.table_id = k.table_id"
#define CONSTRAINT_COLUMNS CONSTRAINTS \
	" JOIN uc_constraint_columns c ON c.constraint_id = k.constraint_id"

static const struct relation {
	const char *name;
	const struct column *columns;
	const char *from;
	const char *filter; /* the column that holds the catalog */
} relations[] = {
	{ "catalogs", catalogs, "(SELECT DISTINCT catalog_name FROM uc_schemata)", "catalog_name" },
	{ "schemata", schemata, "uc_schemata", "catalog_name" },
	{ "tables", tables, "uc_tables", "table_catalog" },
	{ "columns", columns, "uc_tables t JOIN uc_columns c ON c.table_id = t.table_id",
	  "table_catalog" },
	{ "table_tags", table_tags,
	  "uc_tables t JOIN uc_tags g ON g.table_id = t.table_id AND g.column_name = ''",
	  "catalog_name" },
	{ "column_tags", column_tags,
	  "uc_tables t JOIN uc_tags g ON g.table_id = t.table_id AND g.column_name <> ''",
	  "catalog_name" },
	{ "views", views, "uc_tables WHERE kind <> 'TABLE'", "table_catalog" },
	{ "routines", routines, "uc_routines r", "routine_catalog" },
	{ "parameters", parameters,
	  "uc_routines r JOIN uc_parameters p ON p.routine_id = r.routine_id",
	  "specific_catalog" },
	{ "routine_columns", routine_columns,
	  "uc_routines r JOIN uc_routine_columns p ON p.routine_id = r.routine_id",
	  "specific_catalog" },
	{ "table_constraints", table_constraints, CONSTRAINTS, "table_catalog" },
	{ "key_column_usage", key_column_usage, CONSTRAINT_COLUMNS, "table_catalog" },
	{ "constraint_column_usage", constraint_column_usage, CONSTRAINT_COLUMNS,
	  "constraint_catalog" },
	{ "referential_constraints", referential_constraints,
	  CONSTRAINTS " WHERE k.kind = 'FOREIGN KEY'", "constraint_catalog" },
};

static bool create(struct db *db, const struct relation *relation, struct err *err)
{
	struct str sql = STR_INIT;
	bool ok;

	str_addf(&sql, "DROP VIEW IF EXISTS is_%s; CREATE VIEW is_%s AS SELECT ", relation->name,
		relation->name);
	for (const struct column *column = relation->columns; column->name; column++)
		str_addf(&sql, "%s%s AS %s", column == relation->columns ? "" : ", ",
			column->expr ? column->expr : column->name, column->name);
	str_addf(&sql, " FROM %s", relation->from);
	ok = db_exec(db, str_text(&sql), err);
	str_free(&sql);
	return ok || err_wrap(err, "information_schema.%s", relation->name);
}

bool cat_create_information_schema(struct db *db, struct err *err)
{
	for (size_t i = 0; i < countof(relations); i++)
		if (!create(db, &relations[i], err))
			return false;
	return true;
}

static const struct relation *find(const char *name)
{
	for (size_t i = 0; i < countof(relations); i++)
		if (strieq(relations[i].name, name))
			return &relations[i];
	return NULL;
}

bool cat_system_table(const char *name, const char *filter, struct arena *arena,
	struct cat_table *out)
{
	const struct relation *relation = find(name);
	struct cat_column *list;
	struct str text = STR_INIT;

	if (!relation)
		return false;
	*out = (struct cat_table){ .kind = CAT_SYSTEM, .catalog = filter ? filter : "system",
		.schema = "information_schema", .name = relation->name };
	for (const struct column *column = relation->columns; column->name; column++)
		out->ncolumns++;
	list = arena_alloc(arena, out->ncolumns * sizeof(*list));
	for (size_t i = 0; i < out->ncolumns; i++)
		list[i] = (struct cat_column){ .name = relation->columns[i].name,
			.type = relation->columns[i].type, .nullable = true };
	out->columns = list;
	out->catalog = arena_strdup(arena, out->catalog);
	out->full_name = arena_printf(arena, "%s.information_schema.%s", out->catalog, out->name);
	str_addf(&text, "(SELECT * FROM is_%s", relation->name);
	if (filter) {
		str_addf(&text, " WHERE %s = ", relation->filter);
		db_quote_text(&text, filter);
		str_add(&text, " COLLATE NOCASE");
	}
	str_addc(&text, ')');
	out->source = arena_strdup(arena, str_text(&text));
	str_free(&text);
	return true;
}
