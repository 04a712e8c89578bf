#include "catalog_int.h"
#include "json.h"
#include "sqllex.h"
#include "str.h"
#include "yaml.h"
#include <string.h>

bool cat_name_parse(const char *text, struct arena *arena, struct cat_name *out)
{
	struct sqllex lex;

	memset(out, 0, sizeof(*out));
	sqllex_scan(&lex, arena, text, strlen(text), 0);
	for (size_t i = 0; i < lex.n; i += 2) {
		if (out->n == 3 || !sqllex_name(&lex, i))
			return false;
		out->part[out->n++] = sqllex_value(&lex, i, arena);
		if (i + 1 == lex.n)
			return true;
		if (!sqllex_op(&lex, i + 1, "."))
			return false;
	}
	return false;
}

struct cat_full cat_complete(const struct catalog *catalog, const struct cat_scope *scope,
	const struct cat_name *name)
{
	struct cat_full full = { catalog->default_catalog, catalog->default_schema, "" };

	if (scope && scope->catalog)
		full.catalog = scope->catalog;
	if (scope && scope->schema)
		full.schema = scope->schema;
	if (name->n > 2)
		full.catalog = name->part[name->n - 3];
	if (name->n > 1)
		full.schema = name->part[name->n - 2];
	if (name->n > 0)
		full.name = name->part[name->n - 1];
	return full;
}

static bool plain_ident(const char *name)
{
	if (!*name || (*name >= '0' && *name <= '9'))
		return false;
	for (; *name; name++)
		if (!sql_word_char(*name) || (unsigned char)*name >= 0x80)
			return false;
	return true;
}

static void add_quoted(struct str *out, const char *name)
{
	str_addc(out, '`');
	for (; *name; name++) {
		if (*name == '`')
			str_addc(out, '`');
		str_addc(out, *name);
	}
	str_addc(out, '`');
}

void cat_add_ident(struct str *out, const char *name)
{
	if (plain_ident(name))
		str_add(out, name);
	else
		add_quoted(out, name);
}

void cat_add_literal(struct str *out, const char *text)
{
	if (!text) {
		str_add(out, "NULL");
		return;
	}
	str_addc(out, '\'');
	for (; *text; text++) {
		if (*text == '\'' || *text == '\\')
			str_addc(out, '\\');
		str_addc(out, *text);
	}
	str_addc(out, '\'');
}

char *cat_quoted(const struct cat_full *full, struct arena *arena)
{
	struct str out = STR_INIT;
	char *text;

	add_quoted(&out, full->catalog);
	str_addc(&out, '.');
	add_quoted(&out, full->schema);
	str_addc(&out, '.');
	add_quoted(&out, full->name);
	text = arena_strdup(arena, str_text(&out));
	str_free(&out);
	return text;
}

char *cat_dotted(const struct cat_full *full, struct arena *arena)
{
	return arena_printf(arena, "%s.%s.%s", full->catalog, full->schema, full->name);
}

/* ---- tables -------------------------------------------------------------- */

static enum cat_kind kind_of(const char *text)
{
	return streq(text, "METRIC_VIEW") ? CAT_METRIC_VIEW :
	       streq(text, "VIEW") ? CAT_VIEW : CAT_TABLE;
}

static bool read_table(struct db_stmt *stmt, struct arena *arena, struct cat_table *out,
	bool *found, struct err *err)
{
	if (!db_step(stmt, found, err))
		return false;
	if (!*found)
		return true;
	*out = (struct cat_table){
		.id = db_column_int(stmt, 0),
		.catalog = cat_text(stmt, 1, arena),
		.schema = cat_text(stmt, 2, arena),
		.name = cat_text(stmt, 3, arena),
		.kind = kind_of(db_column_text(stmt, 4)),
		.comment = cat_text(stmt, 5, arena),
		.definition = cat_text(stmt, 6, arena),
		.data_table = cat_text(stmt, 7, arena),
	};
	out->full_name = arena_printf(arena, "%s.%s.%s", out->catalog, out->schema, out->name);
	if (out->data_table) {
		struct str source = STR_INIT;

		db_quote_name(&source, out->data_table);
		out->source = arena_strdup(arena, str_text(&source));
		str_free(&source);
	}
	return true;
}

/* Columns of a table, or of a function when `sql` asks for those: name, type,
 * nullable, comment, measure. */
static bool read_columns(struct catalog *catalog, const char *sql, int64_t id,
	struct arena *arena, const struct cat_column **out, size_t *n, struct err *err)
{
	struct db_stmt *stmt = cat_query(catalog, err, sql, "i", id);
	struct cat_column *columns = NULL;
	size_t room = 0;
	bool row = false, ok;

	*n = 0;
	if (!stmt)
		return false;
	while ((ok = db_step(stmt, &row, err)) && row) {
		if (*n == room) {
			struct cat_column *more;

			room = room ? 2 * room : 16;
			more = arena_alloc(arena, room * sizeof(*more));
			if (columns)
				memcpy(more, columns, *n * sizeof(*more));
			columns = more;
		}
		columns[(*n)++] = (struct cat_column){
			.name = cat_text(stmt, 0, arena),
			.type = cat_text(stmt, 1, arena),
			.nullable = db_column_int(stmt, 2) != 0,
			.comment = cat_text(stmt, 3, arena),
			.measure = db_column_int(stmt, 4) != 0,
		};
	}
	db_stmt_free(stmt);
	*out = columns;
	return ok;
}

bool cat_get_table(struct catalog *catalog, const struct cat_full *full, struct arena *arena,
	struct cat_table *out, bool *found, struct err *err)
{
	struct db_stmt *stmt = cat_query(catalog, err,
		"SELECT table_id, catalog_name, schema_name, table_name, kind, comment, definition,"
		" data_table FROM uc_tables"
		" WHERE catalog_name = ? AND schema_name = ? AND table_name = ?", "ttt",
		full->catalog, full->schema, full->name);
	bool ok;

	*found = false;
	if (!stmt)
		return false;
	ok = read_table(stmt, arena, out, found, err);
	db_stmt_free(stmt);
	if (!ok || !*found)
		return ok;
	return read_columns(catalog,
		"SELECT column_name, full_type, nullable, comment, measure FROM uc_columns"
		" WHERE table_id = ? ORDER BY position", out->id, arena, &out->columns,
		&out->ncolumns, err);
}

const struct cat_column *cat_find_column(const struct cat_table *table, const char *name)
{
	for (size_t i = 0; i < table->ncolumns; i++)
		if (strieq(table->columns[i].name, name))
			return &table->columns[i];
	return NULL;
}

bool catalog_table(struct catalog *catalog, const struct cat_scope *scope,
	const struct cat_name *name, struct arena *arena, struct cat_table *out,
	struct sql_error *error)
{
	struct cat_full full = cat_complete(catalog, scope, name);
	struct err err = {0};
	bool found;

	memset(out, 0, sizeof(*out));
	if (strieq(full.schema, "information_schema")) {
		const char *filter = strieq(full.catalog, "system") ? NULL : full.catalog;

		if (cat_system_table(full.name, filter, arena, out))
			return true;
		return sql_error_no_table(error, cat_quoted(&full, arena));
	}
	if (!cat_get_table(catalog, &full, arena, out, &found, &err))
		return sql_error_from(error, &err);
	return found || sql_error_no_table(error, cat_quoted(&full, arena));
}

bool cat_has_schema(struct catalog *catalog, const char *name, const char *schema, bool *found,
	struct err *err)
{
	struct db_stmt *stmt = cat_query(catalog, err, "SELECT 1 FROM uc_schemata "
		"WHERE catalog_name = ? AND schema_name = ?", "tt", name, schema);
	bool ok;

	if (!stmt)
		return false;
	ok = db_step(stmt, found, err);
	db_stmt_free(stmt);
	return ok;
}

/* ---- functions ------------------------------------------------------------ */

static bool read_function(struct db_stmt *stmt, struct arena *arena, struct cat_function *out,
	bool *found, struct err *err)
{
	if (!db_step(stmt, found, err))
		return false;
	if (!*found)
		return true;
	*out = (struct cat_function){
		.id = db_column_int(stmt, 0),
		.catalog = cat_text(stmt, 1, arena),
		.schema = cat_text(stmt, 2, arena),
		.name = cat_text(stmt, 3, arena),
		.comment = cat_text(stmt, 4, arena),
		.body = cat_text(stmt, 5, arena),
		.statement = cat_text(stmt, 6, arena),
		.data_type = cat_text(stmt, 7, arena),
		.deterministic = db_column_int(stmt, 8) != 0,
	};
	out->full_name = arena_printf(arena, "%s.%s.%s", out->catalog, out->schema, out->name);
	return true;
}

static bool read_params(struct catalog *catalog, struct arena *arena, struct cat_function *out,
	struct err *err)
{
	struct db_stmt *stmt = cat_query(catalog, err,
		"SELECT parameter_name, full_type, default_text, comment,"
		" count(*) OVER () FROM uc_parameters"
		" WHERE routine_id = ? ORDER BY position", "i", out->id);
	struct cat_param *params = NULL;
	bool row = false, ok;

	if (!stmt)
		return false;
	while ((ok = db_step(stmt, &row, err)) && row) {
		if (!params)
			params = arena_alloc(arena,
				(size_t)db_column_int(stmt, 4) * sizeof(*params));
		params[out->nparams++] = (struct cat_param){
			cat_text(stmt, 0, arena), cat_text(stmt, 1, arena),
			cat_text(stmt, 2, arena), cat_text(stmt, 3, arena),
		};
	}
	db_stmt_free(stmt);
	out->params = params;
	return ok;
}

bool cat_get_function(struct catalog *catalog, const struct cat_full *full, struct arena *arena,
	struct cat_function *out, bool *found, struct err *err)
{
	struct db_stmt *stmt = cat_query(catalog, err,
		"SELECT routine_id, catalog_name, schema_name, routine_name, comment, body,"
		" statement, data_type, deterministic FROM uc_routines"
		" WHERE catalog_name = ? AND schema_name = ? AND routine_name = ?", "ttt",
		full->catalog, full->schema, full->name);
	bool ok;

	*found = false;
	if (!stmt)
		return false;
	ok = read_function(stmt, arena, out, found, err);
	db_stmt_free(stmt);
	if (!ok || !*found)
		return ok;
	return read_params(catalog, arena, out, err) && read_columns(catalog,
		"SELECT column_name, full_type, 1, comment, 0 FROM uc_routine_columns"
		" WHERE routine_id = ? ORDER BY position", out->id, arena, &out->columns,
		&out->ncolumns, err);
}

bool catalog_function(struct catalog *catalog, const struct cat_scope *scope,
	const struct cat_name *name, struct arena *arena, struct cat_function *out,
	struct sql_error *error)
{
	struct cat_full full = cat_complete(catalog, scope, name);
	struct err err = {0};
	bool found;

	memset(out, 0, sizeof(*out));
	if (!cat_get_function(catalog, &full, arena, out, &found, &err))
		return sql_error_from(error, &err);
	return found || sql_error_no_routine(error, cat_quoted(&full, arena));
}

struct json *catalog_metric_view(struct catalog *catalog, const struct cat_table *view,
	struct err *err)
{
	struct yaml *yaml;
	struct json *json;

	(void)catalog;
	if (view->kind != CAT_METRIC_VIEW || !view->definition) {
		err_set(err, ERR_BUG, "%s is no metric view", view->full_name);
		return NULL;
	}
	yaml = yaml_parse(view->definition, strlen(view->definition), view->full_name, err);
	if (!yaml)
		return NULL;
	json = yaml_to_json(yaml_root(yaml));
	yaml_close(yaml);
	return json;
}

bool cat_get_properties(struct catalog *catalog, int64_t table_id, struct arena *arena,
	struct cat_pair **out, size_t *n, struct err *err)
{
	struct db_stmt *stmt = cat_query(catalog, err,
		"SELECT name, value, count(*) OVER () FROM uc_properties WHERE table_id = ?"
		" ORDER BY name", "i", table_id);
	bool row = false, ok;

	*out = NULL;
	*n = 0;
	if (!stmt)
		return false;
	while ((ok = db_step(stmt, &row, err)) && row) {
		if (!*out)
			*out = arena_alloc(arena, (size_t)db_column_int(stmt, 2) * sizeof(**out));
		(*out)[(*n)++] = (struct cat_pair){
			cat_text(stmt, 0, arena), cat_text(stmt, 1, arena) };
	}
	db_stmt_free(stmt);
	return ok;
}
