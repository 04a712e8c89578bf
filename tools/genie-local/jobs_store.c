#include "jobs.h"

#include "catalog_int.h"
#include "clock.h"
#include "db.h"
#include "json.h"
#include "server.h"
#include "str.h"

#include <string.h>

/* Row numbers plus these are the ids: beyond 2^53, as they may be. */
#define JOB_IDS INT64_C(7200000000000000000)
#define RUN_IDS INT64_C(7300000000000000000)

bool jobs_open(struct server *server, struct err *err)
{
	return db_exec(server->db, "CREATE TABLE IF NOT EXISTS jobs ("
		"id INTEGER PRIMARY KEY AUTOINCREMENT, name TEXT, settings TEXT NOT NULL,"
		" created_ms INTEGER NOT NULL);"
		"CREATE TABLE IF NOT EXISTS job_run_ids ("
		"id INTEGER PRIMARY KEY AUTOINCREMENT, parent INTEGER NOT NULL);"
		"CREATE TABLE IF NOT EXISTS job_runs (id INTEGER PRIMARY KEY,"
		" job INTEGER NOT NULL, token TEXT, active INTEGER NOT NULL,"
		" document TEXT NOT NULL, UNIQUE (job, token))", err);
}

static struct json *column_json(struct db_stmt *stmt, int column, struct err *err)
{
	return json_parse(db_column_text(stmt, column), db_column_bytes(stmt, column), err);
}

/* ---- jobs ------------------------------------------------------------------------- */

bool job_save(struct server *server, int64_t *id, const struct json *settings, struct err *err)
{
	struct str text = STR_INIT;
	const char *name = json_str_or(settings, "name", NULL);
	bool ok;
	json_print(settings, &text);
	if (*id)
		ok = cat_run(server->catalog, err, "UPDATE jobs SET name = ?, settings = ? "
			"WHERE id = ?", "tti", name, str_text(&text), *id - JOB_IDS);
	else
		ok = cat_run(server->catalog, err, "INSERT INTO jobs (name, settings, created_ms) "
			"VALUES (?, ?, ?)", "tti", name, str_text(&text), clock_now_ms());
	if (ok && !*id)
		*id = db_last_rowid(server->db) + JOB_IDS;
	str_free(&text);
	return ok;
}

#define JOB_COLUMNS "id, settings, created_ms"

static struct json *job_json(struct db_stmt *stmt, struct err *err)
{
	struct json *settings = column_json(stmt, 1, err), *job;
	if (!settings)
		return NULL;
	job = json_new_object();
	json_set_int(job, "job_id", db_column_int(stmt, 0) + JOB_IDS);
	json_set_str(job, "creator_user_name", SERVER_USER);
	json_set_str(job, "run_as_user_name", SERVER_USER);
	json_set_int(job, "created_time", db_column_int(stmt, 2));
	json_set(job, "settings", settings);
	return job;
}

struct json *job_load(struct server *server, int64_t id, struct err *err)
{
	struct db_stmt *stmt = cat_query(server->catalog, err,
		"SELECT " JOB_COLUMNS " FROM jobs WHERE id = ?", "i", id - JOB_IDS);
	struct json *job = NULL;
	bool row = false;
	if (stmt && db_step(stmt, &row, err) && row)
		job = job_json(stmt, err);
	db_stmt_free(stmt);
	return job;
}

/* The documents that `make` builds from the rows; NULL: failed. */
static struct json *collect(struct db_stmt *stmt,
	struct json *make(struct db_stmt *stmt, struct err *err), struct err *err)
{
	struct json *all = json_new_array();
	bool ok = stmt != NULL, row = true;
	while (ok && (ok = db_step(stmt, &row, err)) && row) {
		struct json *one = make(stmt, err);
		ok = one != NULL;
		if (one)
			json_push(all, one);
	}
	db_stmt_free(stmt);
	if (ok)
		return all;
	json_free(all);
	return NULL;
}

struct json *jobs_all(struct server *server, const char *name, struct err *err)
{
	return collect(cat_query(server->catalog, err, "SELECT " JOB_COLUMNS " FROM jobs "
		"WHERE ?1 IS NULL OR name = ?1 COLLATE NOCASE ORDER BY id DESC", "t", name),
		job_json, err);
}

bool job_delete(struct server *server, int64_t id, bool *found, struct err *err)
{
	if (!cat_run(server->catalog, err, "DELETE FROM jobs WHERE id = ?", "i", id - JOB_IDS))
		return false;
	*found = db_changes(server->db) > 0;
	return true;
}

/* ---- runs ------------------------------------------------------------------------- */

bool run_new_id(struct server *server, int64_t parent, int64_t *id, struct err *err)
{
	if (!cat_run(server->catalog, err, "INSERT INTO job_run_ids (parent) VALUES (?)", "i",
			parent))
		return false;
	*id = db_last_rowid(server->db) + RUN_IDS;
	return true;
}

/* The first column of the first row; 0 when there is none. Takes the statement. */
static bool one_int(struct db_stmt *stmt, int64_t *out, struct err *err)
{
	bool row = false, ok = stmt && db_step(stmt, &row, err);
	*out = ok && row ? db_column_int(stmt, 0) : 0;
	db_stmt_free(stmt);
	return ok;
}

bool run_parent(struct server *server, int64_t id, int64_t *parent, struct err *err)
{
	return one_int(cat_query(server->catalog, err,
		"SELECT parent FROM job_run_ids WHERE id = ?", "i", id - RUN_IDS), parent, err);
}

bool run_by_token(struct server *server, int64_t job, const char *token, int64_t *id,
	struct err *err)
{
	return one_int(cat_query(server->catalog, err,
		"SELECT id FROM job_runs WHERE job = ? AND token = ?", "it", job, token), id, err);
}

bool run_save(struct server *server, const struct json *run, const char *token, struct err *err)
{
	struct str text = STR_INIT;
	bool ok;
	json_print(run, &text);
	ok = cat_run(server->catalog, err, "INSERT INTO job_runs "
		"(id, job, token, active, document) VALUES (?1, ?2, ?3, ?4, ?5) "
		"ON CONFLICT(id) DO UPDATE SET active = ?4, document = ?5",
		"iitbt", json_int_or(run, "run_id", 0), json_int_or(run, "job_id", 0), token,
		run_active(run), str_text(&text));
	str_free(&text);
	return ok;
}

static struct json *run_json(struct db_stmt *stmt, struct err *err)
{
	return column_json(stmt, 0, err);
}

struct json *run_load(struct server *server, int64_t id, struct err *err)
{
	struct db_stmt *stmt = cat_query(server->catalog, err,
		"SELECT document FROM job_runs WHERE id = ?", "i", id);
	struct json *run = NULL;
	bool row = false;
	if (stmt && db_step(stmt, &row, err) && row)
		run = run_json(stmt, err);
	db_stmt_free(stmt);
	return run;
}

struct json *runs_all(struct server *server, int64_t job, struct err *err)
{
	return collect(cat_query(server->catalog, err, "SELECT document FROM job_runs "
		"WHERE ?1 = 0 OR job = ?1 ORDER BY id DESC", "i", job), run_json, err);
}

struct json *runs_active(struct server *server, struct err *err)
{
	return collect(cat_query(server->catalog, err,
		"SELECT document FROM job_runs WHERE active ORDER BY id", ""), run_json, err);
}

bool runs_count(struct server *server, int64_t job, int64_t *ever, int64_t *active,
	struct err *err)
{
	return one_int(cat_query(server->catalog, err,
			"SELECT count(*) FROM job_runs WHERE job = ?", "i", job), ever, err) &&
		one_int(cat_query(server->catalog, err, "SELECT count(*) FROM job_runs "
			"WHERE job = ? AND active AND "
			"json_extract(document, '$.__step') <> 'QUEUED'", "i", job), active, err);
}
