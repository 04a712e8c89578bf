#include "load_int.h"
#include "bundle.h"
#include "io.h"
#include "sqllex.h"
#include "str.h"
#include "table.h"
#include <stdlib.h>
#include <string.h>

/* ---- tables ------------------------------------------------------------------- */

/* The bare name, so that scripts can use it; the full one when it is taken. */
static const char *pick_data_table(struct loading *l, const struct cat_table *table)
{
	if (!db_has_table(l->catalog->db, table->name))
		return table->name;
	return arena_printf(&l->arena, "%s.%s.%s", table->catalog, table->schema, table->name);
}

bool load_table(struct loading *l, struct cat_table *table, bool *added, struct err *err)
{
	struct cat_full full = { table->catalog, table->schema, table->name };
	struct cat_table old;
	bool found;

	l->report->tables++;
	if (!cat_get_table(l->catalog, &full, &l->arena, &old, &found, err))
		return false;
	if (found && l->options->reset && !cat_delete_table(l->catalog, &old, err))
		return false;
	*added = !found || l->options->reset;
	if (!*added) {
		table->id = old.id;
		return true;
	}
	l->report->added++;
	table->data_table = pick_data_table(l, table);
	return cat_insert_table(l->catalog, table, err) &&
	       cat_create_data(l->catalog, table, err);
}

static bool insert_constraint(struct loading *l, const struct cat_table *table,
	const struct cat_full *parent, struct err *err)
{
	const char *name = parent ? arena_printf(&l->arena, "fk_%s_%s", table->name, parent->name) :
		arena_printf(&l->arena, "pk_%s", table->name);

	return cat_run(l->catalog, err,
		"INSERT INTO uc_constraints(table_id, constraint_name, kind, parent_catalog,"
		" parent_schema, parent_table) SELECT ?1, ?2 || CASE count(*) WHEN 0 THEN ''"
		" ELSE '_' || (count(*) + 1) END, ?3, ?4, ?5, ?6 FROM uc_constraints"
		" WHERE table_id = ?1 AND (constraint_name = ?2 OR constraint_name LIKE ?2 || '~_%'"
		" ESCAPE '~')", "ittttt", table->id, name,
		parent ? "FOREIGN KEY" : "PRIMARY KEY", parent ? parent->catalog : NULL,
		parent ? parent->schema : NULL, parent ? parent->name : NULL);
}

bool load_constraint(struct loading *l, const struct cat_table *table, const char *parent,
	const struct strlist *columns, const struct strlist *parent_columns, struct err *err)
{
	struct cat_name parts;
	struct cat_full full;
	int64_t id;

	if (parent) {
		if (!cat_name_parse(parent, &l->arena, &parts))
			return err_set(err, ERR_DATA, "\"%s\" is no table name", parent);
		full = cat_complete(l->catalog, &l->scope, &parts);
	}
	if (!insert_constraint(l, table, parent ? &full : NULL, err))
		return false;
	id = db_last_rowid(l->catalog->db);
	for (size_t i = 0; i < columns->n; i++)
		if (!cat_run(l->catalog, err,
				"INSERT INTO uc_constraint_columns(constraint_id, position, column_name,"
				" parent_column) VALUES (?, ?, ?, ?)", "iitt", id, (int64_t)i + 1,
				columns->v[i], parent ? parent_columns->v[i] : NULL))
			return false;
	return true;
}

/* ---- metric views and functions --------------------------------------------------- */

/* Runs one statement made from a file; its error becomes "PATH:LINE: ...". */
static bool run_statement(struct loading *l, const char *sql, const char *path, size_t line,
	struct err *err)
{
	struct sql_error error = {0};
	struct table table = {0};
	bool ok = catalog_statement(l->catalog, &l->scope, sql, &table, &error);

	table_free(&table);
	for (char *s = error.message; !ok && *s; s++)
		if (*s == '\n')
			*s = ' ';
	return ok || err_set(err, ERR_DATA, "%s:%zu: %s", path, line, error.message);
}

/* Is this object of the folder to be added? Not when it is there (*found), and not when an
 * earlier load added it and somebody dropped it since. Notes that it was seen. */
static bool wanted(struct loading *l, const struct cat_full *full, bool found, bool *out,
	struct err *err)
{
	const char *key = arena_printf(&l->arena, "loaded %s.%s.%s", full->catalog, full->schema,
		full->name);
	char *before = NULL;

	if (!cat_meta_get(l->catalog, key, &before, err))
		return false;
	*out = l->options->reset || (!found && !before);
	l->report->added += *out;
	free(before);
	return cat_meta_set(l->catalog, key, "1", err);
}

static bool load_metric_view(struct loading *l, const struct bundle *bundle,
	const struct bundle_object *object, struct err *err)
{
	struct cat_full full = { l->scope.catalog, l->scope.schema, object->name };
	char *path = bundle_path(bundle, object->path);
	struct cat_table old;
	struct str text = STR_INIT, sql = STR_INIT;
	bool found, add = false, ok = cat_get_table(l->catalog, &full, &l->arena, &old, &found, err);

	l->report->metric_views++;
	ok = ok && wanted(l, &full, found, &add, err);
	if (ok && add) {
		ok = bundle_read(bundle, object->path, &text, err);
		if (ok && strstr(str_text(&text), "$$"))
			ok = err_set(err, ERR_DATA, "%s:1: a metric view cannot hold $$", path);
		str_add(&sql, "CREATE OR REPLACE VIEW ");
		cat_add_ident(&sql, object->name);
		str_addf(&sql, " WITH METRICS LANGUAGE YAML AS $$%s$$", str_text(&text));
		ok = ok && run_statement(l, str_text(&sql), path, 1, err);
	}
	str_free(&text);
	str_free(&sql);
	free(path);
	return ok;
}

/* The statement that starts on a line of a file. */
static const char *statement_at(struct loading *l, const char *text, size_t line)
{
	struct sqllex lex;
	size_t from, to;

	for (; line > 1; line--)
		text = strchr(text, '\n') + 1;
	sqllex_scan(&lex, &l->arena, text, strlen(text), 0);
	for (from = 0; from < lex.n && !sqllex_is(&lex, from, "CREATE"); from++)
		;
	for (to = from; to < lex.n && !sqllex_op(&lex, to, ";"); to++)
		;
	if (from == to)
		return "";
	return arena_strndup(&l->arena, text + lex.tok[from].at,
		lex.tok[to - 1].at + lex.tok[to - 1].n - lex.tok[from].at);
}

static bool load_function(struct loading *l, const struct bundle *bundle,
	const struct bundle_object *object, struct err *err)
{
	struct cat_full full = { l->scope.catalog, l->scope.schema, object->name };
	char *path = bundle_path(bundle, object->path);
	struct cat_function old;
	struct str text = STR_INIT;
	bool found, add = false, ok = cat_get_function(l->catalog, &full, &l->arena, &old, &found, err);

	l->report->functions++;
	ok = ok && wanted(l, &full, found, &add, err);
	if (ok && found && add)
		ok = cat_delete_function(l->catalog, old.id, err);
	if (ok && add) {
		ok = bundle_read(bundle, object->path, &text, err) &&
		     run_statement(l, statement_at(l, str_text(&text), object->line), path,
				object->line, err);
	}
	str_free(&text);
	free(path);
	return ok;
}

/* ---- folders ------------------------------------------------------------------------- */

static bool load_objects(struct loading *l, const struct bundle *bundle, struct err *err)
{
	for (size_t i = 0; i < bundle_count(bundle); i++) {
		const struct bundle_object *object = bundle_at(bundle, i);

		if (object->kind == BUNDLE_METRIC_VIEW && !load_metric_view(l, bundle, object, err))
			return false;
		if (object->kind == BUNDLE_FUNCTION && !load_function(l, bundle, object, err))
			return false;
	}
	return true;
}

static bool load_bundle(struct loading *l, const char *dir, struct err *err)
{
	struct bundle_options options = { .target = l->options->target,
		.overrides = l->options->overrides, .noverrides = l->options->noverrides };
	struct bundle *bundle = bundle_open(dir, &options, err);
	char *data = io_join(dir, "data");
	bool ok = bundle != NULL;

	if (ok) {
		l->scope.catalog = bundle_catalog(bundle);
		l->scope.schema = bundle_schema(bundle);
		ok = cat_add_schema(l->catalog, l->scope.catalog, l->scope.schema, err) &&
		     load_gold(l, bundle, err) && load_objects(l, bundle, err) &&
		     load_data(l, data, err) && load_bundle_spaces(l, bundle, err) &&
		     catalog_set_sqlite_dialect(l->catalog, false, err) &&
		     catalog_set_defaults(l->catalog, l->scope.catalog, l->scope.schema, err);
	}
	free(data);
	bundle_free(bundle);
	return ok;
}

static bool load_export(struct loading *l, const char *path, struct err *err)
{
	const char *slash = strrchr(path, '/'), *start = slash ? slash + 1 : path;
	char *name = xstrndup(start, strlen(start) - strlen(".json"));
	struct load_space space = {0};
	bool ok = load_space_file(path, name, &space, err) && load_add_space(l, &space, err);

	load_space_free(&space);
	free(name);
	return ok;
}

static bool load_any(struct loading *l, const char *path, struct err *err)
{
	char *schema = io_join(path, "schema.json");
	bool defog = io_exists(schema);

	free(schema);
	if (!io_exists(path))
		return err_set(err, ERR_IO, "%s: no such file or folder", path);
	if (!io_is_dir(path) && !ends_with(path, ".json"))
		return err_set(err, ERR_DATA, "%s: neither a folder nor a .json file", path);
	if (!io_is_dir(path))
		return load_export(l, path, err);
	return defog ? load_defog(l, path, err) : load_bundle(l, path, err);
}

bool load_workspace(struct catalog *catalog, const char *path, const struct load_options *options,
	struct load_report *report, struct err *err)
{
	static const struct load_options none;
	struct load_report ignored = {0};
	struct loading l = { .catalog = catalog, .options = options ? options : &none,
		.report = report ? report : &ignored };
	bool ok;

	memset(l.report, 0, sizeof(*l.report));
	if (!db_begin(catalog->db, err))
		return false;
	ok = load_create_spaces(catalog->db, err) && load_any(&l, path, err);
	if (!ok)
		db_rollback(catalog->db);
	else
		ok = db_commit(catalog->db, err);
	arena_free(&l.arena);
	return ok;
}
