#include "catalog_int.h"
#include "clock.h"
#include "str.h"

bool cat_add_schema(struct catalog *catalog, const char *name, const char *schema,
	struct err *err)
{
	return cat_run(catalog, err,
		"INSERT OR IGNORE INTO uc_schemata(catalog_name, schema_name, created)"
		" VALUES (?, ?, ?)", "tti", name, schema, clock_now_ms());
}

static const char *kind_text(enum cat_kind kind)
{
	return kind == CAT_METRIC_VIEW ? "METRIC_VIEW" : kind == CAT_VIEW ? "VIEW" : "TABLE";
}

bool cat_set_columns(struct catalog *catalog, const struct cat_table *table, struct err *err)
{
	if (!cat_run(catalog, err, "DELETE FROM uc_columns WHERE table_id = ?", "i", table->id))
		return false;
	for (size_t i = 0; i < table->ncolumns; i++) {
		const struct cat_column *column = &table->columns[i];

		if (!cat_run(catalog, err,
				"INSERT INTO uc_columns(table_id, position, column_name, full_type,"
				" nullable, comment, measure) VALUES (?, ?, ?, ?, ?, ?, ?)", "iittbtb",
				table->id, (int64_t)i + 1, column->name, column->type,
				(int)column->nullable, column->comment, (int)column->measure))
			return false;
	}
	return true;
}

bool cat_insert_table(struct catalog *catalog, struct cat_table *table, struct err *err)
{
	int64_t now = clock_now_ms();

	if (!cat_add_schema(catalog, table->catalog, table->schema, err) ||
	    !cat_run(catalog, err,
			"INSERT INTO uc_tables(catalog_name, schema_name, table_name, kind, comment,"
			" definition, data_table, created, altered)"
			" VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)", "tttttttii", table->catalog,
			table->schema, table->name, kind_text(table->kind), table->comment,
			table->definition, table->data_table, now, now))
		return false;
	table->id = db_last_rowid(catalog->db);
	return cat_set_columns(catalog, table, err) && cat_touch(catalog, 0, err);
}

bool cat_delete_table(struct catalog *catalog, const struct cat_table *table, struct err *err)
{
	static const char *const statements[] = {
		("DELETE FROM uc_constraint_columns WHERE constraint_id IN"
		 " (SELECT constraint_id FROM uc_constraints WHERE table_id = ?)"),
		"DELETE FROM uc_constraints WHERE table_id = ?",
		"DELETE FROM uc_tags WHERE table_id = ?",
		"DELETE FROM uc_properties WHERE table_id = ?",
		"DELETE FROM uc_columns WHERE table_id = ?",
		"DELETE FROM uc_tables WHERE table_id = ?",
	};

	for (size_t i = 0; i < countof(statements); i++)
		if (!cat_run(catalog, err, statements[i], "i", table->id))
			return false;
	if (table->data_table) {
		struct str sql = STR_INIT;
		bool ok;

		str_add(&sql, "DROP TABLE IF EXISTS ");
		db_quote_name(&sql, table->data_table);
		ok = db_exec(catalog->db, str_text(&sql), err);
		str_free(&sql);
		if (!ok)
			return false;
	}
	return cat_touch(catalog, 0, err);
}

bool cat_create_data(struct catalog *catalog, const struct cat_table *table, struct err *err)
{
	struct str sql = STR_INIT;
	bool ok;

	str_add(&sql, "CREATE TABLE ");
	db_quote_name(&sql, table->data_table);
	str_add(&sql, " (");
	for (size_t i = 0; i < table->ncolumns; i++) {
		str_add(&sql, i ? ", " : "");
		db_quote_name(&sql, table->columns[i].name);
		str_addf(&sql, " %s", cat_type_affinity(table->columns[i].type));
	}
	str_add(&sql, ")");
	ok = db_exec(catalog->db, str_text(&sql), err);
	str_free(&sql);
	return ok;
}

/* ---- functions ------------------------------------------------------------ */

static bool insert_parts(struct catalog *catalog, const struct cat_function *fn,
	struct err *err)
{
	for (size_t i = 0; i < fn->nparams; i++)
		if (!cat_run(catalog, err,
				"INSERT INTO uc_parameters(routine_id, position, parameter_name,"
				" full_type, default_text, comment) VALUES (?, ?, ?, ?, ?, ?)", "iitttt",
				fn->id, (int64_t)i + 1, fn->params[i].name, fn->params[i].type,
				fn->params[i].default_text, fn->params[i].comment))
			return false;
	for (size_t i = 0; i < fn->ncolumns; i++)
		if (!cat_run(catalog, err,
				"INSERT INTO uc_routine_columns(routine_id, position, column_name,"
				" full_type, comment) VALUES (?, ?, ?, ?, ?)", "iittt", fn->id,
				(int64_t)i + 1, fn->columns[i].name, fn->columns[i].type,
				fn->columns[i].comment))
			return false;
	return true;
}

bool cat_insert_function(struct catalog *catalog, struct cat_function *fn, struct err *err)
{
	int64_t now = clock_now_ms();

	if (!cat_add_schema(catalog, fn->catalog, fn->schema, err) ||
	    !cat_run(catalog, err,
			"INSERT INTO uc_routines(catalog_name, schema_name, routine_name, comment,"
			" body, statement, data_type, deterministic, created, altered)"
			" VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)", "tttttttbii", fn->catalog,
			fn->schema, fn->name, fn->comment, fn->body, fn->statement, fn->data_type,
			(int)fn->deterministic, now, now))
		return false;
	fn->id = db_last_rowid(catalog->db);
	return insert_parts(catalog, fn, err) && cat_touch(catalog, 0, err);
}

bool cat_delete_function(struct catalog *catalog, int64_t id, struct err *err)
{
	return cat_run(catalog, err, "DELETE FROM uc_parameters WHERE routine_id = ?", "i", id) &&
	       cat_run(catalog, err, "DELETE FROM uc_routine_columns WHERE routine_id = ?", "i",
			id) &&
	       cat_run(catalog, err, "DELETE FROM uc_routines WHERE routine_id = ?", "i", id) &&
	       cat_touch(catalog, 0, err);
}

/* ---- properties and tags ---------------------------------------------------- */

bool cat_set_property(struct catalog *catalog, int64_t table_id, const char *name,
	const char *value, struct err *err)
{
	return cat_run(catalog, err,
		"INSERT OR REPLACE INTO uc_properties(table_id, name, value) VALUES (?, ?, ?)",
		"itt", table_id, name, value);
}

bool cat_set_tag(struct catalog *catalog, int64_t table_id, const char *column,
	const char *name, const char *value, struct err *err)
{
	return cat_run(catalog, err,
		"INSERT OR REPLACE INTO uc_tags(table_id, column_name, tag_name, tag_value)"
		" VALUES (?, ?, ?, ?)", "ittt", table_id, column, name, value);
}
