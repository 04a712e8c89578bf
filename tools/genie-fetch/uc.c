#include "uc.h"

#include "dbx.h"
#include "http.h"
#include "json.h"
#include "log.h"
#include "mem.h"
#include "space.h"
#include "sqltext.h"
#include "stmt.h"
#include "str.h"
#include "ucname.h"

#include <stdlib.h>
#include <string.h>

static const struct relation {
	const char *section, *name, *schema, *object, *order;
	bool functions;
} relations[] = {
	{ "tables", "tables", "table_schema", "table_name", "table_name", false },
	{ "columns", "columns", "table_schema", "table_name", "table_name, ordinal_position", false },
	{ "tags", "table_tags", "schema_name", "table_name", "table_name, tag_name", false },
	{ "tags", "column_tags", "schema_name", "table_name",
	  "table_name, column_name, tag_name", false },
	{ "routines", "routines", "routine_schema", "routine_name", "routine_name", true },
	{ "routine_columns", "routine_columns", "specific_schema", "specific_name",
	  "specific_name, ordinal_position", true },
	{ "parameters", "parameters", "specific_schema", "specific_name",
	  "specific_name, ordinal_position", true },
};

/* A statement under way. Jobs are kept in order, so that the document does not depend
 * on which answer came first. */
struct job {
	const char *section; /* where its rows go, with the name of `object`, if any; NULL: `object`
			      * takes the text */
	struct json *object; /* borrowed from the document */
	char *name;          /* for messages */
	struct json *rows, *refusal;
	struct err err;
};

struct jobs {
	struct dbx *dbx;
	const char *warehouse_id;
	struct json *uc;
	struct job **v;
	size_t n, cap;
};

/* ---- rows ----------------------------------------------------------------- */

static bool is_integer(const struct table_column *column, const char *text)
{
	static const char *const types[] = { "INT", "BIGINT", "SMALLINT", "TINYINT", "LONG",
		"SHORT", "BYTE" };
	const char *digits = text + (*text == '-');

	for (size_t i = 0; i < countof(types); i++)
		if (streq(column->type, types[i]))
			return *digits && !digits[strspn(digits, "0123456789")] &&
				(*digits != '0' || !digits[1]);
	return false;
}

static struct json *row_object(const struct table *table, size_t row)
{
	struct json *object = json_new_object();

	for (size_t c = 0; c < table->ncolumns; c++) {
		const char *text = table_cell(table, row, c);
		char *key = xstrlower(table->columns[c].name);

		if (text && is_integer(&table->columns[c], text))
			json_set(object, key, json_new_number_text(text));
		else
			json_set_str(object, key, text);
		free(key);
	}
	return object;
}

static void on_result(void *ctx, struct stmt_result *result)
{
	struct job *job = ctx;

	if (result->err.code) {
		job->err = result->err;
		return;
	}
	if (!result->ok) {
		job->refusal = json_new_object();
		json_set_str(job->refusal, "object", job->name);
		json_set_str(job->refusal, "error_code", result->error_code);
		json_set_str(job->refusal, "message", result->message);
		return;
	}
	job->rows = json_new_array();
	for (size_t row = 0; row < result->table.nrows; row++)
		json_push(job->rows, row_object(&result->table, row));
}

static void add_job(struct jobs *jobs, const char *section, struct json *object, char *name,
	const struct str *sql)
{
	struct stmt_request request = { .sql = str_text(sql), .warehouse_id = jobs->warehouse_id };
	struct job *job = xcalloc(1, sizeof(*job));

	job->section = section;
	job->object = object;
	job->name = name;
	GROW(jobs->v, jobs->cap, jobs->n + 1);
	jobs->v[jobs->n++] = job;
	stmt_send(jobs->dbx, &request, on_result, job);
}

/* ---- information_schema --------------------------------------------------- */

static void add_relation(struct jobs *jobs, const struct uc_schema *schema, const struct relation *r)
{
	const struct strlist *names = r->functions ? &schema->functions : &schema->tables;
	struct arena arena = { 0 };
	struct str sql = STR_INIT;

	if (!schema->whole && !names->n)
		return;
	str_addf(&sql, "SELECT * FROM %s.information_schema.%s WHERE %s = %s",
		sql_quote_ident(&arena, schema->catalog), r->name, r->schema,
		sql_quote_string(&arena, schema->schema));
	if (!schema->whole)
		str_addf(&sql, " AND %s IN (", r->object);
	for (size_t i = 0; !schema->whole && i < names->n; i++)
		str_addf(&sql, "%s%s", sql_quote_string(&arena, names->v[i]),
			i + 1 < names->n ? ", " : ")");
	str_addf(&sql, " ORDER BY %s", r->order);
	add_job(jobs, r->section, NULL, xasprintf("%s.information_schema.%s (%s)",
		schema->catalog, r->name, schema->schema), &sql);
	str_free(&sql);
	arena_free(&arena);
}

/* ---- definitions ---------------------------------------------------------- */

static char *full_name(const struct json *row, const char *catalog, const char *schema,
	const char *name)
{
	return xasprintf("%s.%s.%s", json_str_or(row, catalog, ""), json_str_or(row, schema, ""),
		json_str_or(row, name, ""));
}

static void add_name(struct str *sql, const struct json *row, const char *catalog,
	const char *schema, const char *name)
{
	struct arena arena = { 0 };
	const char *parts[] = { json_str_or(row, catalog, ""), json_str_or(row, schema, ""),
		json_str_or(row, name, "") };

	str_add(sql, sql_join_name(&arena, parts, countof(parts)));
	arena_free(&arena);
}

/* Metric views have no API and no readable place in information_schema: their YAML is in
 * SHOW CREATE TABLE. */
static void add_metric_views(struct jobs *jobs, const struct uc_scope *scope)
{
	struct json *list = json_set(jobs->uc, "metric_views", json_new_array());

	for (struct json *t = json_first(json_get(jobs->uc, "tables")); t; t = json_next(t)) {
		char *name = full_name(t, "table_catalog", "table_schema", "table_name");
		struct str sql = STR_INIT;
		struct json *view;

		if (!streq(json_str_or(t, "table_type", NULL), "METRIC_VIEW") &&
			!strlist_has(&scope->metric_views, name)) {
			free(name);
			continue;
		}
		view = json_push(list, json_new_object());
		json_set_str(view, "full_name", name);
		json_set_str(view, "table_catalog", json_str_or(t, "table_catalog", NULL));
		json_set_str(view, "table_schema", json_str_or(t, "table_schema", NULL));
		json_set_str(view, "table_name", json_str_or(t, "table_name", NULL));
		json_set_str(view, "comment", json_str_or(t, "comment", NULL));
		str_add(&sql, "SHOW CREATE TABLE ");
		add_name(&sql, t, "table_catalog", "table_schema", "table_name");
		add_job(jobs, NULL, view, name, &sql);
		str_free(&sql);
	}
}

static bool is_whole(const struct uc_scope *scope, const struct json *t)
{
	for (size_t i = 0; i < scope->n; i++)
		if (scope->schemas[i].whole &&
			strieq(scope->schemas[i].schema, json_str_or(t, "table_schema", NULL)) &&
			strieq(scope->schemas[i].catalog, json_str_or(t, "table_catalog", NULL)))
			return true;
	return false;
}

/* A statement a table, so of a schema as a whole they are left out. */
static void add_properties(struct jobs *jobs, const struct uc_scope *scope)
{
	json_set(jobs->uc, "table_properties", json_new_array());
	for (struct json *t = json_first(json_get(jobs->uc, "tables")); t; t = json_next(t)) {
		const char *type = json_str_or(t, "table_type", "");
		struct str sql = STR_INIT;

		if (streq(type, "METRIC_VIEW") || streq(type, "FOREIGN") || is_whole(scope, t))
			continue;
		str_add(&sql, "SHOW TBLPROPERTIES ");
		add_name(&sql, t, "table_catalog", "table_schema", "table_name");
		add_job(jobs, "table_properties", t, full_name(t, "table_catalog", "table_schema",
			"table_name"), &sql);
		str_free(&sql);
	}
}

/* routine_definition is empty for readers who do not own the function; DESCRIBE shows
 * the body to everyone who may call it. */
static void add_functions(struct jobs *jobs)
{
	for (struct json *r = json_first(json_get(jobs->uc, "routines")); r; r = json_next(r)) {
		struct str sql = STR_INIT;

		if (*json_str_or(r, "routine_definition", ""))
			continue;
		str_add(&sql, "DESCRIBE FUNCTION EXTENDED ");
		add_name(&sql, r, "routine_catalog", "routine_schema", "routine_name");
		add_job(jobs, NULL, r, full_name(r, "routine_catalog", "routine_schema",
			"routine_name"), &sql);
		str_free(&sql);
	}
}

/* The first column of all rows, as lines. */
static char *first_column(const struct json *rows)
{
	struct str out = STR_INIT;

	for (struct json *row = json_first(rows); row; row = json_next(row)) {
		if (out.n)
			str_addc(&out, '\n');
		str_add(&out, json_text(json_first(row)) ? json_text(json_first(row)) : "");
	}
	return out.n ? str_take(&out) : xstrdup("");
}

/* The text between the first and the last "$$" of a CREATE VIEW ... LANGUAGE YAML. */
static char *yaml_of(const char *ddl)
{
	const char *start = strstr(ddl, "$$"), *end = NULL;

	for (const char *p = start ? start + 2 : NULL; p && (p = strstr(p, "$$")); p += 2)
		end = p;
	if (!start || !end)
		return NULL;
	start += 2;
	start += strspn(start, " \t\r");
	start += *start == '\n';
	return xstrndup(start, (size_t)(end - start));
}

static void put_definition(struct job *job)
{
	char *text = first_column(job->rows), *yaml = yaml_of(text);
	const char *body = strstr(text, "\nBody:");

	if (json_get(job->object, "routine_name")) {
		json_set_str(job->object, "routine_definition", body ? body + 6 +
			strspn(body + 6, " \t\n") : NULL);
	} else {
		json_set_str(job->object, "definition", text);
		json_set_str(job->object, "yaml", yaml);
	}
	free(text);
	free(yaml);
}

static void put_properties(struct job *job, struct json *list)
{
	for (struct json *pair = json_first(job->rows); pair; pair = json_next(pair)) {
		const char *key = json_str_or(pair, "key", "");
		struct json *row;

		if (!space_property_counts(key))
			continue;
		row = json_push(list, json_new_object());
		json_set_str(row, "catalog_name", json_str_or(job->object, "table_catalog", NULL));
		json_set_str(row, "schema_name", json_str_or(job->object, "table_schema", NULL));
		json_set_str(row, "table_name", json_str_or(job->object, "table_name", NULL));
		json_set_str(row, "property_name", key);
		json_set_str(row, "property_value", json_str_or(pair, "value", NULL));
	}
}

/* ---- together ------------------------------------------------------------- */

static void collect(struct jobs *jobs, struct job *job)
{
	struct json *child;

	if (job->refusal) {
		struct json *errors = json_get(jobs->uc, "errors");

		log_warn("%s: %s", job->name, json_str_or(job->refusal, "message", "refused"));
		if (!errors)
			errors = json_set(jobs->uc, "errors", json_new_array());
		json_push(errors, job->refusal);
		job->refusal = NULL;
	} else if (job->section && job->object) {
		put_properties(job, json_get(jobs->uc, job->section));
	} else if (job->section) {
		while ((child = json_first(job->rows)))
			json_push(json_get(jobs->uc, job->section), json_detach(child));
	} else {
		put_definition(job);
	}
}

/* Waits for all jobs, takes what they found and forgets them. */
static bool finish(struct jobs *jobs, struct err *err)
{
	bool ok = true;

	http_run(dbx_http(jobs->dbx), NULL);
	for (size_t i = 0; i < jobs->n; i++) {
		struct job *job = jobs->v[i];

		if (ok && job->err.code) {
			*err = job->err;
			ok = err_wrap(err, "%s", job->name);
		}
		if (ok)
			collect(jobs, job);
		json_free(job->rows);
		json_free(job->refusal);
		free(job->name);
		free(job);
	}
	jobs->n = 0;
	return ok;
}

static bool has_row(const struct json *rows, const char *catalog, const char *schema,
	const char *object, const char *name, const struct uc_schema *s)
{
	for (struct json *row = json_first(rows); row; row = json_next(row))
		if (strieq(json_str_or(row, object, NULL), name) &&
			strieq(json_str_or(row, schema, NULL), s->schema) &&
			strieq(json_str_or(row, catalog, NULL), s->catalog))
			return true;
	return false;
}

/* A space may name what is gone, or what its reader may not see. */
static void warn_missing(const struct json *uc, const struct uc_scope *scope)
{
	for (size_t i = 0; i < scope->n; i++) {
		const struct uc_schema *s = &scope->schemas[i];

		for (size_t n = 0; n < s->tables.n; n++)
			if (!has_row(json_get(uc, "tables"), "table_catalog", "table_schema",
				    "table_name", s->tables.v[n], s))
				log_warn("%s.%s.%s: named by the space, but not to be seen in "
					"Unity Catalog", s->catalog, s->schema, s->tables.v[n]);
		for (size_t n = 0; n < s->functions.n; n++)
			if (!has_row(json_get(uc, "routines"), "routine_catalog", "routine_schema",
				    "routine_name", s->functions.v[n], s))
				log_warn("%s.%s.%s: function named by the space, but not to be "
					"seen in Unity Catalog", s->catalog, s->schema,
					s->functions.v[n]);
	}
}

struct json *uc_fetch(struct dbx *dbx, const char *warehouse_id, const struct uc_scope *scope,
	struct err *err)
{
	struct jobs jobs = { .dbx = dbx, .warehouse_id = warehouse_id };
	bool ok;

	jobs.uc = json_new_object();
	for (size_t r = 0; r < countof(relations); r++)
		if (!json_get(jobs.uc, relations[r].section))
			json_set(jobs.uc, relations[r].section, json_new_array());
	for (size_t r = 0; r < countof(relations); r++)
		for (size_t s = 0; s < scope->n; s++)
			add_relation(&jobs, &scope->schemas[s], &relations[r]);
	ok = finish(&jobs, err);
	if (ok) {
		warn_missing(jobs.uc, scope);
		add_metric_views(&jobs, scope);
		add_properties(&jobs, scope);
		add_functions(&jobs);
		ok = finish(&jobs, err);
	}
	free(jobs.v);
	if (ok)
		return jobs.uc;
	json_free(jobs.uc);
	return NULL;
}

struct json *uc_for_hash(const struct json *uc)
{
	static const char *const stamps[] = { "created", "created_by", "last_altered",
		"last_altered_by" };
	struct json *copy = json_dup(uc);

	json_remove(copy, "errors");
	for (struct json *section = json_first(copy); section; section = json_next(section))
		for (struct json *row = json_first(section); row; row = json_next(row))
			for (size_t i = 0; i < countof(stamps); i++)
				json_remove(row, stamps[i]);
	return copy;
}
