#include "space_store.h"

#include "catalog.h"
#include "db.h"
#include "json.h"
#include "server.h"
#include "space.h"
#include "spacecheck.h"
#include "str.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void space_row_free(struct space_row *row)
{
	for (size_t i = 0; i < countof(row->text); i++)
		free(row->text[i]);
	*row = (struct space_row){ .trashed = false };
}

void space_row_set(struct space_row *row, enum space_column column, const char *text)
{
	free(row->text[column]);
	row->text[column] = xstrdup(text);
}

void space_row_read(struct space_row *row, struct db_stmt *stmt)
{
	for (int i = 0; i <= SPACE_ETAG; i++)
		space_row_set(row, (enum space_column)i, db_column_text(stmt, i));
	row->created_ms = db_column_int(stmt, SPACE_CREATED);
	row->updated_ms = db_column_int(stmt, SPACE_UPDATED);
	row->trashed = db_column_int(stmt, SPACE_TRASHED) != 0;
}

bool space_row_find(struct db *db, const char *id, struct space_row *row, bool *found,
	struct err *err)
{
	struct db_stmt *stmt = db_prepare(db, "SELECT " SPACE_COLUMNS " FROM spaces "
		"WHERE space_id = ?", err);
	bool ok;
	if (!stmt)
		return false;
	db_bind_text(stmt, 1, id);
	ok = db_step(stmt, found, err);
	if (ok && *found)
		space_row_read(row, stmt);
	db_stmt_free(stmt);
	return ok;
}

bool space_row_save(struct db *db, const struct space_row *row, struct err *err)
{
	struct db_stmt *stmt = db_prepare(db, "INSERT OR REPLACE INTO spaces (" SPACE_COLUMNS
		") VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)", err);
	bool ok;
	if (!stmt)
		return false;
	for (int i = 0; i <= SPACE_ETAG; i++)
		db_bind_text(stmt, i + 1, row->text[i]);
	db_bind_int(stmt, SPACE_CREATED + 1, row->created_ms);
	db_bind_int(stmt, SPACE_UPDATED + 1, row->updated_ms);
	db_bind_int(stmt, SPACE_TRASHED + 1, row->trashed);
	ok = db_run(stmt, err);
	db_stmt_free(stmt);
	return ok;
}

static void bump_etag(struct space_row *row)
{
	long now = row->text[SPACE_ETAG] ? strtol(row->text[SPACE_ETAG], NULL, 10) : 0;
	char *next = xasprintf("%ld", now + 1);
	space_row_set(row, SPACE_ETAG, next);
	free(next);
}

void space_row_put(struct space_row *row, const struct json *config)
{
	struct str text = STR_INIT;
	json_print(config, &text);
	space_row_set(row, SPACE_SERIALIZED, str_text(&text));
	str_free(&text);
}

/* ---- opening ----------------------------------------------------------------- */

static bool migrate_row(struct db *db, struct space_row *row, struct err *err)
{
	const char *text = row->text[SPACE_SERIALIZED];
	struct json *config = json_parse(text, strlen(text), err);
	bool ok = true;
	if (!config)
		return err_wrap(err, "space %s", row->text[SPACE_ID]);
	if (space_migrate(config)) {
		space_row_put(row, config);
		ok = space_row_save(db, row, err);
	}
	json_free(config);
	return ok;
}

bool spaces_open(struct server *server, struct err *err)
{
	struct db_stmt *stmt = db_prepare(server->db, "SELECT " SPACE_COLUMNS " FROM spaces", err);
	struct space_row *rows = NULL;
	size_t n = 0, cap = 0;
	bool ok = stmt != NULL, more = true;
	while (ok && (ok = db_step(stmt, &more, err)) && more) {
		GROW(rows, cap, n + 1);
		rows[n] = (struct space_row){ .trashed = false };
		space_row_read(&rows[n++], stmt);
	}
	db_stmt_free(stmt);
	for (size_t i = 0; i < n; i++) {
		ok = ok && migrate_row(server->db, &rows[i], err);
		space_row_free(&rows[i]);
	}
	free(rows);
	return ok;
}

/* ---- checking ------------------------------------------------------------------ */

/* The path with indexes left out: "$.config.x[3].y" and "$.config.x[0].y" are alike. */
static char *path_shape(const char *path)
{
	struct str shape = STR_INIT;
	for (; *path; path++)
		if (*path != '[' && *path != ']' && !(*path >= '0' && *path <= '9'))
			str_addc(&shape, *path);
	return str_take(&shape);
}

static bool known_before(const struct space_problems *before, const struct space_problem *problem)
{
	char *shape = path_shape(problem->path);
	bool found = false;
	for (size_t i = 0; i < before->n && !found; i++) {
		char *other = path_shape(before->v[i].path);
		found = streq(before->v[i].code, "unknown_field") && streq(shape, other);
		free(other);
	}
	free(shape);
	return found;
}

bool refuse(struct refusal *refusal, int status, const char *code, const char *format, ...)
{
	va_list ap;
	refusal->status = status;
	refusal->code = code;
	va_start(ap, format);
	vsnprintf(refusal->text, sizeof(refusal->text), format, ap);
	va_end(ap);
	return false;
}

/* A function whose id is missing or bad makes the service stumble later, at the schema. */
static bool no_schema(const struct space_problem *problem)
{
	return starts_with(problem->path, "$.instructions.sql_functions") &&
		(streq(problem->code, "bad_id") ||
		 (streq(problem->code, "missing") && streq(problem->text, "id is missing")));
}

static bool report(struct refusal *refusal, const struct space_problem *problem)
{
	bool parse = streq(problem->code, "unknown_field") || streq(problem->code, "wrong_type");
	if (no_schema(problem))
		return refuse(refusal, 500, "INTERNAL_ERROR",
			"Failed to retrieve schema: %s (at %s)",
			problem->text, problem->path);
	return refuse(refusal, 400, "INVALID_PARAMETER_VALUE", "%s: %s (at %s)",
		parse ? "Failed to parse export proto" : "Invalid export proto", problem->text,
		problem->path);
}

static bool check_rules(const struct json *config, const struct json *old,
	struct refusal *refusal)
{
	struct space_problems problems = { NULL, 0, 0 }, before = { NULL, 0, 0 };
	bool ok = true;
	if (old)
		(void)space_check(old, &before);
	(void)space_check(config, &problems);
	for (size_t i = 0; i < problems.n && ok; i++)
		if (!streq(problems.v[i].code, "unknown_field") ||
			!known_before(&before, &problems.v[i]))
			ok = report(refusal, &problems.v[i]);
	space_problems_free(&problems);
	space_problems_free(&before);
	return ok;
}

static bool exists(struct catalog *catalog, const char *identifier, bool function)
{
	struct arena arena = { NULL, 0 };
	struct sql_error error;
	struct cat_name name;
	struct cat_table table;
	struct cat_function routine;
	bool found = cat_name_parse(identifier, &arena, &name);
	if (found && function)
		found = catalog_function(catalog, NULL, &name, &arena, &routine, &error);
	else if (found)
		found = catalog_table(catalog, NULL, &name, &arena, &table, &error);
	arena_free(&arena);
	return found;
}

/* What is compared: the new configuration with the one it replaces, or NULL. */
struct change {
	struct catalog *catalog;
	const struct json *config, *old;
	struct refusal *refusal;
};

static bool check_objects(const struct change *change, const char *place, const char *kind)
{
	const struct json *c = json_first(json_dig(change->config, place));
	for (; c; c = json_next(c)) {
		const char *identifier = json_str_or(c, "identifier", "");
		if (space_member(json_dig(change->old, place), "identifier", identifier) ||
			exists(change->catalog, identifier, streq(kind, "function")))
			continue;
		return refuse(change->refusal, 403, "PERMISSION_DENIED",
			"You do not have access to %s '%s', or it does not exist.", kind,
			identifier);
	}
	return true;
}

struct json *space_accept(struct server *server, const char *text, const struct json *old,
	struct refusal *refusal)
{
	struct err err = { .code = ERR_NONE };
	struct json *config = json_parse(text, strlen(text), &err);
	struct change change = { server->catalog, config, old, refusal };
	if (!config) {
		refuse(refusal, 400, "INVALID_PARAMETER_VALUE", "Failed to parse export proto: %s",
			err.text);
		return NULL;
	}
	if (check_rules(config, old, refusal) &&
		check_objects(&change, "data_sources.tables", "table") &&
		check_objects(&change, "data_sources.metric_views", "metric view") &&
		check_objects(&change, "instructions.sql_functions", "function")) {
		space_migrate(config);
		return config;
	}
	json_free(config);
	return NULL;
}

bool space_row_replace(struct server *server, struct space_row *row, const char *text,
	struct refusal *refusal)
{
	struct err err = { .code = ERR_NONE };
	const char *before = row->text[SPACE_SERIALIZED];
	struct json *old = json_parse(before, strlen(before), &err);
	struct json *config = space_accept(server, text, old, refusal);
	bool ok = config != NULL;
	if (config && !json_equal(config, old)) {
		space_row_put(row, config);
		bump_etag(row);
	}
	json_free(old);
	json_free(config);
	return ok;
}
