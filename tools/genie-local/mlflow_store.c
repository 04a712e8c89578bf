/* Tables of the MLflow part, and short ways to their rows. */
#include "mlflow.h"

#include "json.h"

#include <stdarg.h>
#include <string.h>

static const char tables[] =
	"CREATE TABLE IF NOT EXISTS mlflow_experiments (id INTEGER PRIMARY KEY AUTOINCREMENT,"
	" name TEXT NOT NULL UNIQUE, location TEXT NOT NULL, stage TEXT NOT NULL DEFAULT 'active',"
	" created INTEGER NOT NULL, updated INTEGER NOT NULL);"
	"CREATE TABLE IF NOT EXISTS mlflow_runs (id TEXT PRIMARY KEY, experiment_id TEXT NOT NULL,"
	" name TEXT NOT NULL, status TEXT NOT NULL, start_time INTEGER NOT NULL, end_time INTEGER,"
	" user_id TEXT NOT NULL, stage TEXT NOT NULL DEFAULT 'active', location TEXT NOT NULL);"
	"CREATE INDEX IF NOT EXISTS mlflow_runs_by_experiment ON mlflow_runs (experiment_id);"
	"CREATE TABLE IF NOT EXISTS mlflow_metrics (run_id TEXT NOT NULL, key TEXT NOT NULL,"
	" value REAL NOT NULL, nan INTEGER NOT NULL, timestamp INTEGER NOT NULL,"
	" step INTEGER NOT NULL, PRIMARY KEY (run_id, key, timestamp, step, value, nan));"
	"CREATE TABLE IF NOT EXISTS mlflow_latest (run_id TEXT NOT NULL, key TEXT NOT NULL,"
	" value REAL NOT NULL, nan INTEGER NOT NULL, timestamp INTEGER NOT NULL,"
	" step INTEGER NOT NULL, PRIMARY KEY (run_id, key));"
	"CREATE TABLE IF NOT EXISTS mlflow_model_metrics (model_id TEXT NOT NULL,"
	" key TEXT NOT NULL, value REAL NOT NULL, nan INTEGER NOT NULL, timestamp INTEGER NOT NULL,"
	" step INTEGER NOT NULL, run_id TEXT NOT NULL, dataset_name TEXT, dataset_digest TEXT,"
	" PRIMARY KEY (model_id, key, timestamp, step, run_id));"
	"CREATE TABLE IF NOT EXISTS mlflow_pairs (kind TEXT NOT NULL, owner TEXT NOT NULL,"
	" key TEXT NOT NULL, value TEXT NOT NULL, PRIMARY KEY (kind, owner, key));"
	"CREATE TABLE IF NOT EXISTS mlflow_links (kind TEXT NOT NULL, source TEXT NOT NULL,"
	" target TEXT NOT NULL, step INTEGER NOT NULL, PRIMARY KEY (kind, source, target));"
	"CREATE INDEX IF NOT EXISTS mlflow_links_by_target ON mlflow_links (kind, target);"
	"CREATE TABLE IF NOT EXISTS mlflow_inputs (run_id TEXT NOT NULL, name TEXT NOT NULL,"
	" digest TEXT NOT NULL, source_type TEXT NOT NULL, source TEXT NOT NULL, schema TEXT,"
	" profile TEXT, context TEXT, tags TEXT NOT NULL, PRIMARY KEY (run_id, name, digest));"
	"CREATE TABLE IF NOT EXISTS mlflow_models (id TEXT PRIMARY KEY,"
	" experiment_id TEXT NOT NULL, name TEXT NOT NULL, model_type TEXT,"
	" source_run_id TEXT, status INTEGER NOT NULL, created INTEGER NOT NULL,"
	" updated INTEGER NOT NULL, location TEXT NOT NULL);"
	"CREATE TABLE IF NOT EXISTS mlflow_files (path TEXT PRIMARY KEY, body BLOB NOT NULL);"
	"CREATE TABLE IF NOT EXISTS mlflow_traces (id TEXT PRIMARY KEY,"
	" experiment_id TEXT NOT NULL, time INTEGER NOT NULL, duration INTEGER,"
	" state TEXT NOT NULL, client_request_id TEXT, request_preview TEXT,"
	" response_preview TEXT);"
	"CREATE INDEX IF NOT EXISTS mlflow_traces_by_experiment ON mlflow_traces (experiment_id);"
	"CREATE TABLE IF NOT EXISTS mlflow_assessments (id TEXT PRIMARY KEY,"
	" trace_id TEXT NOT NULL, name TEXT NOT NULL, kind TEXT NOT NULL, value TEXT,"
	" valid INTEGER NOT NULL, document TEXT NOT NULL);"
	"CREATE INDEX IF NOT EXISTS mlflow_assessments_by_trace ON mlflow_assessments (trace_id);"
	"CREATE TABLE IF NOT EXISTS mlflow_registered (name TEXT PRIMARY KEY, description TEXT,"
	" uc INTEGER NOT NULL, created INTEGER NOT NULL, updated INTEGER NOT NULL);"
	"CREATE TABLE IF NOT EXISTS mlflow_versions (name TEXT NOT NULL, version INTEGER NOT NULL,"
	" description TEXT, source TEXT, run_id TEXT, template TEXT, created INTEGER NOT NULL,"
	" updated INTEGER NOT NULL, PRIMARY KEY (name, version));"
	"CREATE TABLE IF NOT EXISTS mlflow_datasets (id TEXT PRIMARY KEY, name TEXT NOT NULL,"
	" managed INTEGER NOT NULL, tags TEXT NOT NULL, digest TEXT NOT NULL, user TEXT,"
	" created INTEGER NOT NULL, updated INTEGER NOT NULL);"
	"CREATE TABLE IF NOT EXISTS mlflow_records (id TEXT PRIMARY KEY, dataset_id TEXT NOT NULL,"
	" hash TEXT NOT NULL, document TEXT NOT NULL, created INTEGER NOT NULL,"
	" updated INTEGER NOT NULL, UNIQUE (dataset_id, hash));";

bool mlflow_open(struct server *server, struct err *err)
{
	return db_exec(server->db, tables, err);
}

bool mlflow_failed(const struct call *call)
{
	return call->response->status >= 400;
}

/* ---- statements -------------------------------------------------------------------- */

static struct db_stmt *prepare(struct call *call, const char *sql, const char *types,
	va_list ap)
{
	struct err err = { .code = ERR_NONE };
	struct db_stmt *stmt = db_prepare(call->server->db, sql, &err);
	if (!stmt) {
		call_internal(call, &err);
		return NULL;
	}
	for (int i = 1; *types; i++, types++) {
		switch (*types) {
		case 't':
			db_bind_text(stmt, i, va_arg(ap, const char *));
			break;
		case 'i':
			db_bind_int(stmt, i, va_arg(ap, int64_t));
			break;
		case 'r':
			db_bind_real(stmt, i, va_arg(ap, double));
			break;
		default:
			db_bind_null(stmt, i);
		}
	}
	return stmt;
}

struct db_stmt *mlflow_sql(struct call *call, const char *sql, const char *types, ...)
{
	struct db_stmt *stmt;
	va_list ap;
	va_start(ap, types);
	stmt = prepare(call, sql, types, ap);
	va_end(ap);
	return stmt;
}

bool mlflow_run(struct call *call, const char *sql, const char *types, ...)
{
	struct err err = { .code = ERR_NONE };
	struct db_stmt *stmt;
	va_list ap;
	bool ok;
	va_start(ap, types);
	stmt = prepare(call, sql, types, ap);
	va_end(ap);
	if (!stmt)
		return false;
	ok = db_run(stmt, &err);
	db_stmt_free(stmt);
	return ok || call_internal(call, &err);
}

bool mlflow_row(struct call *call, struct db_stmt *stmt, bool *failed)
{
	struct err err = { .code = ERR_NONE };
	bool row = false;
	if (db_step(stmt, &row, &err))
		return row;
	if (failed)
		*failed = true;
	return call_internal(call, &err);
}

struct json *mlflow_rows(struct call *call, struct db_stmt *stmt, mlflow_row_fn *row)
{
	struct json *list = NULL;
	while (stmt && mlflow_row(call, stmt, NULL)) {
		struct json *item = row(call, stmt);
		if (!list)
			list = json_new_array();
		if (item)
			json_push(list, item);
	}
	db_stmt_free(stmt);
	return list;
}

bool mlflow_reply_row(struct call *call, struct db_stmt *stmt, const char *member,
	mlflow_row_fn *row)
{
	bool found = stmt && mlflow_row(call, stmt, NULL);
	if (found) {
		struct json *body = json_new_object();
		json_set(body, member, row(call, stmt));
		call_reply(call, body);
	}
	db_stmt_free(stmt);
	return found;
}

bool mlflow_found(struct call *call, const char **text, const char *sql, const char *types, ...)
{
	struct db_stmt *stmt;
	va_list ap;
	bool found;
	va_start(ap, types);
	stmt = prepare(call, sql, types, ap);
	va_end(ap);
	found = stmt && mlflow_row(call, stmt, NULL);
	if (found && text)
		*text = arena_strdup(&call->arena, db_column_text(stmt, 0));
	db_stmt_free(stmt);
	return found;
}

/* ---- pairs --------------------------------------------------------------------------- */

bool mlflow_pair_set(struct call *call, const char *kind, const char *owner, const char *key,
	const char *value)
{
	return mlflow_run(call, "INSERT INTO mlflow_pairs (kind, owner, key, value) VALUES "
		"(?, ?, ?, ?) ON CONFLICT (kind, owner, key) DO UPDATE SET value = excluded.value",
		"tttt", kind, owner, key, value ? value : "");
}

const char *mlflow_pair_get(struct call *call, const char *kind, const char *owner,
	const char *key)
{
	const char *value = NULL;
	return mlflow_found(call, &value, "SELECT value FROM mlflow_pairs WHERE kind = ? AND "
		"owner = ? AND key = ?", "ttt", kind, owner, key) ? value : NULL;
}

bool mlflow_pair_delete(struct call *call, const char *kind, const char *owner, const char *key)
{
	return mlflow_run(call, "DELETE FROM mlflow_pairs WHERE kind = ? AND owner = ? AND key = ?",
		"ttt", kind, owner, key) && db_changes(call->server->db) > 0;
}

bool mlflow_pairs_set(struct call *call, const char *kind, const char *owner,
	const struct json *pairs)
{
	for (const struct json *c = json_first(pairs); c; c = json_next(c)) {
		const char *key = json_key(c) ? json_key(c) : json_str_or(c, "key", "");
		const char *value = json_key(c) ? json_text(c) : json_str_or(c, "value", "");
		if (!mlflow_pair_set(call, kind, owner, key, value))
			return false;
	}
	return true;
}

static struct db_stmt *pairs_of(struct call *call, const char *kind, const char *owner)
{
	return mlflow_sql(call, "SELECT key, value FROM mlflow_pairs WHERE kind = ? AND owner = ? "
		"ORDER BY rowid", "tt", kind, owner);
}

static struct json *pair_json(struct call *call, struct db_stmt *stmt)
{
	struct json *pair = json_new_object();
	(void)call;
	json_set_str(pair, "key", db_column_text(stmt, 0));
	json_set_str(pair, "value", db_column_text(stmt, 1));
	return pair;
}

struct json *mlflow_pairs(struct call *call, const char *kind, const char *owner)
{
	return mlflow_rows(call, pairs_of(call, kind, owner), pair_json);
}

struct json *mlflow_pairs_map(struct call *call, const char *kind, const char *owner)
{
	struct db_stmt *stmt = pairs_of(call, kind, owner);
	struct json *map = NULL;
	while (stmt && mlflow_row(call, stmt, NULL)) {
		if (!map)
			map = json_new_object();
		json_set_str(map, db_column_text(stmt, 0), db_column_text(stmt, 1));
	}
	db_stmt_free(stmt);
	return map;
}

bool mlflow_link(struct call *call, const char *kind, const char *source, const char *target,
	int64_t step)
{
	return mlflow_run(call, "INSERT OR IGNORE INTO mlflow_links (kind, source, target, step) "
		"VALUES (?, ?, ?, ?)", "ttti", kind, source, target, step);
}

void mlflow_set(struct json *object, const char *key, struct json *value)
{
	if (value)
		json_set(object, key, value);
}

void mlflow_set_text(struct json *object, const char *key, const char *value)
{
	if (value && *value)
		json_set_str(object, key, value);
}
