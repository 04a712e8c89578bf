/* engine.c - runs statements: which kind, translated, within limits, into a table. */
#include "engine_int.h"

#include "clock.h"
#include "db.h"
#include "engine_cache.h"
#include "functions.h"
#include "str.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct engine {
	struct catalog *catalog;
	struct db *db;
	struct engine_cache *cache;
	char today[16]; /* functions point to it */
	enum engine_dialect dialect;
	bool dialect_set;  /* by engine_set_dialect; else the catalog's */
	bool sqlite_mode;  /* what the connection is set to */
};

static void start_dialect(struct engine *engine, struct dialect *d, struct arena *arena,
	const struct cat_scope *where, struct sql_error *error)
{
	*d = (struct dialect){ .arena = arena, .catalog = engine->catalog, .today = engine->today,
		.error = error };
	if (where)
		d->where = *where;
	error->cls[0] = '\0';
}

/* ---- hooks of the catalog ------------------------------------------------------- */

static struct scope *function_scope(struct dialect *d, const struct cat_function *fn)
{
	struct scope *scope = arena_alloc(d->arena, sizeof(*scope));
	scope->own_names = true;
	scope->where = d->where;
	for (size_t i = 0; fn && i < fn->nparams; i++) {
		struct scope_param *param = arena_alloc(d->arena, sizeof(*param));
		*param = (struct scope_param){ fn->params[i].name, "NULL", type_of(TYPE_STRING),
			true,
			scope->params };
		if (!type_parse(fn->params[i].type, &param->type))
			param->type = type_of(TYPE_ANY);
		scope->params = param;
	}
	return scope;
}

static bool check_query(void *ctx, const struct cat_scope *where, const char *text,
	const struct cat_function *fn, struct sql_error *error)
{
	struct arena arena = { 0 };
	struct dialect d;
	struct parser p;
	struct bound_query bound;
	start_dialect(ctx, &d, &arena, where, error);
	struct scope *scope = function_scope(&d, fn);
	parser_init(&p, &arena, text, error);
	bool ok;
	if (fn && !streq(fn->data_type, "TABLE_TYPE")) {
		struct node *node = parse_expr(&p);
		ok = node && parser_end(&p) && bind_expr(&d, scope, node).sql;
	} else {
		struct query *query = parse_query(&p);
		ok = query && parser_end(&p) && bind_query(&d, scope, query, &bound);
		if (ok && fn && fn->ncolumns && fn->ncolumns != bound.ncolumns)
			ok = sql_error_set(error,
				"USER_DEFINED_FUNCTIONS.RETURN_COLUMN_COUNT_MISMATCH", "42601",
				"The number of columns produced by the RETURN clause (num: `%zu`)"
				" does not match the"
				" number of column names specified by the RETURNS clause (num:"
				" `%zu`) of %s.",
				bound.ncolumns, fn->ncolumns, fn->name);
	}
	arena_free(&arena);
	return ok;
}

static bool check_view(void *ctx, const struct cat_scope *where, const struct cat_table *view,
	struct sql_error *error)
{
	struct arena arena = { 0 };
	struct dialect d;
	start_dialect(ctx, &d, &arena, where, error);
	bool ok = metric_check(&d, view);
	arena_free(&arena);
	return ok;
}

static bool query_columns(void *ctx, const struct cat_scope *where, const char *text,
	struct arena *arena, struct cat_column **columns, size_t *n, struct sql_error *error)
{
	struct dialect d;
	struct parser p;
	struct bound_query bound;
	start_dialect(ctx, &d, arena, where, error);
	parser_init(&p, arena, text, error);
	struct query *query = parse_query(&p);
	if (!query || !parser_end(&p) || !bind_query(&d, NULL, query, &bound))
		return false;
	*n = bound.ncolumns;
	*columns = arena_alloc(arena, (bound.ncolumns + 1) * sizeof(**columns));
	for (size_t i = 0; i < bound.ncolumns; i++)
		(*columns)[i] = (struct cat_column){ .name = bound.columns[i].name,
			.type = type_text(bound.columns[i].type, arena), .nullable = true };
	return true;
}

/* ---- life cycle ------------------------------------------------------------------ */

bool engine_set_today(struct engine *engine, const char *today, struct err *err)
{
	int64_t days;
	if (!date_parse(today, &days))
		return err_set(err, ERR_USAGE, "\"%s\" is no date of the form YYYY-MM-DD", today);
	snprintf(engine->today, sizeof(engine->today), "%s", today);
	return true;
}

struct engine *engine_open(struct catalog *catalog, const char *today, struct err *err)
{
	struct engine *engine = xcalloc(1, sizeof(*engine));
	engine->catalog = catalog;
	engine->db = catalog_db(catalog);
	if (!engine_set_today(engine, today, err) ||
	    !functions_register(engine->db, engine->today, err)) {
		free(engine);
		return NULL;
	}
	engine->cache = engine_cache_new(engine->db);
	const struct cat_hooks hooks = { engine, check_query, check_view, query_columns };
	catalog_set_hooks(catalog, &hooks);
	return engine;
}

void engine_close(struct engine *engine)
{
	if (!engine)
		return;
	catalog_set_hooks(engine->catalog, &(struct cat_hooks){ NULL, NULL, NULL, NULL });
	engine_cache_free(engine->cache);
	free(engine);
}

void engine_set_dialect(struct engine *engine, enum engine_dialect dialect)
{
	engine->dialect = dialect;
	engine->dialect_set = true;
}

const char *engine_today(const struct engine *engine)
{
	return engine->today;
}

struct catalog *engine_catalog(struct engine *engine)
{
	return engine->catalog;
}

struct db *engine_db(struct engine *engine)
{
	return engine->db;
}

void engine_cancel(struct engine *engine)
{
	db_interrupt(engine->db);
}

void engine_outcome_free(struct engine_outcome *outcome)
{
	table_free(&outcome->table);
	*outcome = (struct engine_outcome){ 0 };
}

/* ---- running --------------------------------------------------------------------- */

struct run { /* one statement on its way */
	struct engine *engine;
	const struct engine_request *request;
	struct engine_outcome *outcome;
	struct dialect d;
	struct arena arena;
	bool sqlite; /* SQLite's dialect */
};

/* An error of SQLite: our functions raise Databricks' messages, and limits have their own. */
static bool run_failed(struct run *run, const struct err *err)
{
	struct sql_error *error = &run->outcome->error;
	enum db_stop stop = db_stopped(run->engine->db);
	if (stop == DB_TIME_OVER) {
		run->outcome->timed_out = true;
		return sql_error_set(error, "STATEMENT_TIMEOUT", "57KD0", "The statement ran"
			" longer than it may.");
	}
	if (stop == DB_INTERRUPTED) {
		run->outcome->canceled = true;
		return sql_error_set(error, "OPERATION_CANCELED", "HY008", "Operation has been"
			" canceled.");
	}
	const char *end = strchr(err->text, ']'), *state = strstr(err->text, " SQLSTATE: ");
	if (err->text[0] != '[' || !end || !state)
		return sql_error_set(error, "UNSUPPORTED_FEATURE", "0A000",
			"The feature is not supported: %s.", err->text);
	const char *text = end + 1 + (end[1] == ' ');
	return sql_error_set(error, arena_strndup(&run->arena, err->text + 1,
		(size_t)(end - err->text - 1)),
		arena_strdup(&run->arena, state + strlen(" SQLSTATE: ")), "%.*s",
		(int)(state - text), text);
}

/* The columns of a statement without types of ours: known when the first row is there. */
static void untyped_columns(struct run *run, struct db_stmt *stmt, struct sql_type *types)
{
	for (int i = 0; i < db_columns(stmt); i++) {
		types[i] = engine_value_type(stmt, i);
		table_add_column(&run->outcome->table, db_column_name(stmt, i), type_text(types[i],
			&run->arena));
	}
}

static bool read_rows(struct run *run, struct db_stmt *stmt, const struct bound_query *query)
{
	struct table *table = &run->outcome->table;
	struct err err = { 0 };
	size_t n = (size_t)db_columns(stmt), bytes = 0;
	int64_t most = run->request->row_limit > 0 ? run->request->row_limit : ENGINE_MAX_ROWS;
	struct sql_type *types = arena_alloc(&run->arena, (n + 1) * sizeof(*types));
	const char **cells = arena_alloc(&run->arena, (n + 1) * sizeof(*cells));
	struct arena scratch = { 0 };
	bool row = true, ok = true;
	for (size_t i = 0; query && i < n; i++) {
		types[i] = query->columns[i].type;
		table_add_column(table, query->columns[i].name, type_text(types[i], &run->arena));
	}
	while ((ok = db_step(stmt, &row, &err)) && row) {
		if (!query && !table->ncolumns)
			untyped_columns(run, stmt, types);
		if ((int64_t)table->nrows >= most || bytes > ENGINE_MAX_BYTES) {
			table->truncated = true;
			break;
		}
		for (size_t i = 0; i < n; i++) {
			cells[i] = engine_value(stmt, (int)i, types[i], &scratch);
			bytes += cells[i] ? strlen(cells[i]) : 0;
		}
		table_add_row(table, cells);
		arena_reset(&scratch);
	}
	arena_free(&scratch);
	if (!ok)
		return run_failed(run, &err);
	if (!query && !table->ncolumns)
		untyped_columns(run, stmt, types);
	table->total_rows = (int64_t)table->nrows;
	return true;
}

/* What SQLite says of a statement it does not take, as a class that clients know. */
static bool sqlite_error(struct sql_error *error, const char *text)
{
	static const char column[] = "no such column: ", function[] = "no such function: ";
	if (strncmp(text, column, sizeof(column) - 1) == 0)
		return sql_error_no_column(error, text + sizeof(column) - 1, NULL);
	if (strncmp(text, function, sizeof(function) - 1) == 0)
		return sql_error_no_routine(error, text + sizeof(function) - 1);
	return sql_error_syntax(error, NULL, text);
}

static struct db_stmt *prepare(struct run *run, const char *sql)
{
	struct err err = { 0 };
	db_read_only(run->engine->db, true);
	struct db_stmt *stmt = db_prepare(run->engine->db, sql, &err);
	db_read_only(run->engine->db, false);
	if (!stmt && run->sqlite)
		sqlite_error(&run->outcome->error, err.text);
	else if (!stmt)
		run_failed(run, &err);
	return stmt;
}

/* The SQLite text of a query, and its columns for Databricks' dialect. */
static const char *query_text(struct run *run, const char *sql, struct bound_query *bound)
{
	if (run->sqlite)
		return engine_sqlite_text(&run->d, sql);
	struct parser p;
	parser_init(&p, &run->arena, sql, &run->outcome->error);
	struct query *query = parse_query(&p);
	if (!query || !parser_end(&p) || !bind_query(&run->d, NULL, query, bound))
		return NULL;
	return bound->sql;
}

static void explain_query(struct run *run, const char *text)
{
	const char *plan = arena_printf(&run->arena, "== Physical Plan ==\n%s", text);
	table_add_column(&run->outcome->table, "plan", "STRING");
	table_add_row(&run->outcome->table, &plan);
	run->outcome->table.total_rows = 1;
}

static bool kept_or_read(struct run *run, const struct bound_query *bound, struct db_stmt *stmt)
{
	struct engine_cache *cache = run->engine->cache;
	struct table *table = &run->outcome->table;
	const struct engine_query query = { bound, stmt, run->engine->today };
	if (engine_cache_get(cache, &query, run->request->row_limit, table))
		return true;
	if (!read_rows(run, stmt, bound))
		return false;
	engine_cache_put(cache, &query, table);
	return true;
}

static bool run_query(struct run *run, const char *sql, bool explain)
{
	struct bound_query bound;
	const char *text = query_text(run, sql, &bound);
	run->outcome->query = true;
	struct db_stmt *stmt = text ? prepare(run, text) : NULL;
	bool ok = stmt != NULL;
	if (ok && explain)
		explain_query(run, text);
	else if (ok)
		ok = run->sqlite ? read_rows(run, stmt, NULL) : kept_or_read(run, &bound, stmt);
	db_stmt_free(stmt);
	return ok;
}

static bool refuse_write(struct run *run)
{
	return run->request->read_only && !sql_error_set(&run->outcome->error,
		"INSUFFICIENT_PERMISSIONS",
		"42501", "Insufficient privileges: the statement may only read.");
}

static bool run_write(struct run *run)
{
	struct err err = { 0 };
	char count[32];
	const char *text = refuse_write(run) ? NULL : engine_write_text(&run->d, run->request->sql);
	struct db_stmt *stmt = text ? db_prepare(run->engine->db, text, &err) : NULL;
	if (text && !stmt)
		return run_failed(run, &err);
	if (!stmt)
		return false;
	bool ok = db_run(stmt, &err);
	db_stmt_free(stmt);
	if (!ok)
		return run_failed(run, &err);
	snprintf(count, sizeof(count), "%lld", (long long)db_changes(run->engine->db));
	table_add_column(&run->outcome->table, "num_affected_rows", "BIGINT");
	table_add_row(&run->outcome->table, (const char *const[]){ count });
	run->outcome->table.total_rows = 1;
	return true;
}

static bool run_create(struct run *run)
{
	struct err err = { 0 };
	if (refuse_write(run))
		return false;
	if (engine_create_table(&run->d, run->request->sql, &err))
		return true;
	return err.code ? run_failed(run, &err) : false;
}

/* The query after EXPLAIN and its words; NULL when it is no EXPLAIN. */
static const char *explained(struct run *run)
{
	static const char *const words[] = { "EXTENDED", "FORMATTED", "COST", "CODEGEN", "QUERY" };
	struct parser p;
	parser_init(&p, &run->arena, run->request->sql, &run->outcome->error);
	if (!parser_take(&p, "EXPLAIN"))
		return NULL;
	for (size_t i = 0; i < countof(words); i++)
		if (parser_take(&p, words[i]))
			break;
	return run->request->sql + p.lex.tok[p.i].at;
}

static bool is_query(struct run *run, const char *sql)
{
	struct parser p;
	parser_init(&p, &run->arena, sql, &run->outcome->error);
	return parse_at_query(&p);
}

static bool dispatch(struct run *run)
{
	const struct engine_request *request = run->request;
	const char *plan = explained(run);
	if (is_query(run, plan ? plan : request->sql))
		return run_query(run, plan ? plan : request->sql, plan != NULL);
	if (plan)
		return sql_error_set(&run->outcome->error, "UNSUPPORTED_FEATURE", "0A000",
			"The feature is not supported: EXPLAIN of this statement.");
	if (engine_is_write(request->sql))
		return run_write(run);
	if (engine_is_create_table(request->sql))
		return run_create(run);
	if (catalog_handles(request->sql)) {
		if (catalog_writes(request->sql) && refuse_write(run))
			return false;
		return catalog_statement(run->engine->catalog, &run->d.where, request->sql,
			&run->outcome->table, &run->outcome->error);
	}
	struct parser p;
	parser_init(&p, &run->arena, request->sql, &run->outcome->error);
	return parser_fail(&p) != NULL;
}

/* LIKE ignores letter case and "x" may be a text in SQLite's own dialect only. */
static bool set_mode(struct engine *engine, bool sqlite, struct err *err)
{
	if (sqlite == engine->sqlite_mode)
		return true;
	db_quoted_texts(engine->db, sqlite);
	engine->sqlite_mode = sqlite;
	return db_execf(engine->db, err, "PRAGMA case_sensitive_like = %s", sqlite ? "OFF" : "ON");
}

static void start_run(struct run *run, struct engine *engine, const struct engine_request *request,
	struct engine_outcome *outcome)
{
	*run = (struct run){ .engine = engine, .request = request, .outcome = outcome };
	*outcome = (struct engine_outcome){ 0 };
	start_dialect(engine, &run->d, &run->arena, &(struct cat_scope){ request->catalog,
		request->schema },
		&outcome->error);
	run->d.params = request->params;
	run->d.nparams = request->nparams;
	run->sqlite = engine->dialect_set ? engine->dialect == ENGINE_SQLITE
		: catalog_sqlite_dialect(engine->catalog);
}

bool engine_run(struct engine *engine, const struct engine_request *request,
	struct engine_outcome *outcome)
{
	struct run run;
	struct err err = { 0 };
	start_run(&run, engine, request, outcome);
	if (strlen(request->sql) > ENGINE_MAX_SQL) {
		sql_error_set(&outcome->error, "UNSUPPORTED_FEATURE", "0A000",
			"The feature is not supported: a statement of more than %u bytes.",
			ENGINE_MAX_SQL);
		return false;
	}
	db_limit_time(engine->db, request->time_ms > 0 ? request->time_ms : ENGINE_DEFAULT_TIME_MS);
	outcome->ok = set_mode(engine, run.sqlite, &err) ? dispatch(&run)
		: sql_error_from(&outcome->error, &err);
	if (!outcome->ok && !outcome->error.cls[0])
		sql_error_set(&outcome->error, "INTERNAL_ERROR", "XX000", "The statement failed"
			" without a reason.");
	db_limit_time(engine->db, 0);
	arena_free(&run.arena);
	if (!outcome->ok)
		table_free(&outcome->table);
	return outcome->ok;
}

char *engine_translate(struct engine *engine, const struct engine_request *request,
	struct sql_error *error)
{
	struct run run;
	struct engine_outcome outcome;
	struct bound_query bound;
	start_run(&run, engine, request, &outcome);
	const char *text = query_text(&run, request->sql, &bound);
	char *copy = xstrdup(text);
	*error = outcome.error;
	arena_free(&run.arena);
	return copy;
}
