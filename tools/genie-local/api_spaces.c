/* Routes of Genie spaces. They live in the SQLite table `spaces` (load.h).
 *
 * A configuration that comes in is checked as a workspace does (spacecheck.h): fields,
 * ids, order, limits, and whether the tables exist. What the space holds already is not
 * held against a change: exports are loaded as they are, with fields or tables that this
 * workspace does not know.
 */
#include "server.h"

#include "catalog.h"
#include "clock.h"
#include "db.h"
#include "json.h"
#include "load.h"
#include "space.h"
#include "spacecheck.h"
#include "str.h"

#include <stdlib.h>
#include <string.h>

#define PAGE_SIZE 100

#define SPACE_COLUMNS "space_id, title, description, warehouse_id, parent_path, " \
	"serialized_space, etag, create_time, update_time, trashed"
enum { ID, TITLE, DESCRIPTION, WAREHOUSE, PARENT, SERIALIZED, ETAG, CREATED, UPDATED, TRASHED };

/* A row of the table; the texts are owned. */
struct row {
	char *text[ETAG + 1];
	int64_t created_ms, updated_ms;
	bool trashed;
};

static void row_free(struct row *row)
{
	for (size_t i = 0; i < countof(row->text); i++)
		free(row->text[i]);
	*row = (struct row){ .trashed = false };
}

static void row_set(struct row *row, int column, const char *text)
{
	free(row->text[column]);
	row->text[column] = xstrdup(text);
}

static void read_row(struct db_stmt *stmt, struct row *row)
{
	for (int i = 0; i <= ETAG; i++)
		row_set(row, i, db_column_text(stmt, i));
	row->created_ms = db_column_int(stmt, CREATED);
	row->updated_ms = db_column_int(stmt, UPDATED);
	row->trashed = db_column_int(stmt, TRASHED) != 0;
}

/* *found: there is such a row, trashed or not. */
static bool find_row(struct db *db, const char *id, struct row *row, bool *found, struct err *err)
{
	struct db_stmt *stmt = db_prepare(db, "SELECT " SPACE_COLUMNS " FROM spaces "
		"WHERE space_id = ?", err);
	bool ok;
	if (!stmt)
		return false;
	db_bind_text(stmt, 1, id);
	ok = db_step(stmt, found, err);
	if (ok && *found)
		read_row(stmt, row);
	db_stmt_free(stmt);
	return ok;
}

static bool save_row(struct db *db, const struct row *row, struct err *err)
{
	struct db_stmt *stmt = db_prepare(db, "INSERT OR REPLACE INTO spaces (" SPACE_COLUMNS
		") VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)", err);
	bool ok;
	if (!stmt)
		return false;
	for (int i = 0; i <= ETAG; i++)
		db_bind_text(stmt, i + 1, row->text[i]);
	db_bind_int(stmt, CREATED + 1, row->created_ms);
	db_bind_int(stmt, UPDATED + 1, row->updated_ms);
	db_bind_int(stmt, TRASHED + 1, row->trashed);
	ok = db_run(stmt, err);
	db_stmt_free(stmt);
	return ok;
}

static void bump_etag(struct row *row)
{
	long now = row->text[ETAG] ? strtol(row->text[ETAG], NULL, 10) : 0;
	char *next = xasprintf("%ld", now + 1);
	row_set(row, ETAG, next);
	free(next);
}

static void set_serialized(struct row *row, const struct json *config)
{
	struct str text = STR_INIT;
	json_print(config, &text);
	row_set(row, SERIALIZED, str_text(&text));
	str_free(&text);
}

/* ---- opening ----------------------------------------------------------------- */

static bool migrate_row(struct db *db, struct row *row, struct err *err)
{
	struct json *config = json_parse(row->text[SERIALIZED], strlen(row->text[SERIALIZED]), err);
	bool ok = true;
	if (!config)
		return err_wrap(err, "space %s", row->text[ID]);
	if (space_migrate(config)) {
		set_serialized(row, config);
		ok = save_row(db, row, err);
	}
	json_free(config);
	return ok;
}

bool spaces_open(struct server *server, struct err *err)
{
	struct db_stmt *stmt = db_prepare(server->db, "SELECT " SPACE_COLUMNS " FROM spaces", err);
	struct row *rows = NULL;
	size_t n = 0, cap = 0;
	bool ok = stmt != NULL, more = true;
	while (ok && (ok = db_step(stmt, &more, err)) && more) {
		GROW(rows, cap, n + 1);
		rows[n] = (struct row){ .trashed = false };
		read_row(stmt, &rows[n++]);
	}
	db_stmt_free(stmt);
	for (size_t i = 0; i < n; i++) {
		ok = ok && migrate_row(server->db, &rows[i], err);
		row_free(&rows[i]);
	}
	free(rows);
	return ok;
}

/* ---- reading ------------------------------------------------------------------ */

/* The row of a space that is there; false after 404 or 500. */
static bool need_row(struct call *call, const char *id, struct row *row)
{
	struct err err = { .code = ERR_NONE };
	bool found = false;
	if (!find_row(call->server->db, id, row, &found, &err))
		return call_internal(call, &err);
	if (found && !row->trashed)
		return true;
	row_free(row);
	if (found)
		return call_error(call, 404, "RESOURCE_DOES_NOT_EXIST",
			"Space %s has been trashed.", id);
	return call_error(call, 404, "RESOURCE_DOES_NOT_EXIST", "Space %s does not exist.", id);
}

struct json *spaces_config(struct call *call, const char *space_id)
{
	struct err err = { .code = ERR_NONE };
	struct row row = { .trashed = false };
	struct json *config;
	if (!need_row(call, space_id, &row))
		return NULL;
	config = json_parse(row.text[SERIALIZED], strlen(row.text[SERIALIZED]), &err);
	if (!config)
		call_internal(call, &err);
	row_free(&row);
	return config;
}

static struct json *row_json(const struct row *row, bool config)
{
	static const char *const names[] = {
		"space_id", "title", "description", "warehouse_id", "parent_path",
		"serialized_space", "etag",
	};
	char when[CLOCK_RFC3339_SIZE];
	struct json *space = json_new_object();
	for (int i = 0; i <= ETAG; i++)
		if (row->text[i] && (i < SERIALIZED || config))
			json_set_str(space, names[i], row->text[i]);
	json_set_str(space, "create_time", clock_rfc3339(row->created_ms, when));
	json_set_str(space, "update_time", clock_rfc3339(row->updated_ms, when));
	return space;
}

void api_spaces_list(struct call *call)
{
	struct err err = { .code = ERR_NONE };
	struct json *spaces = json_new_array();
	struct db_stmt *stmt = db_prepare(call->server->db, "SELECT " SPACE_COLUMNS
		" FROM spaces WHERE NOT coalesce(trashed, 0) ORDER BY title, space_id", &err);
	bool ok = stmt != NULL, more = true;
	while (ok && (ok = db_step(stmt, &more, &err)) && more) {
		struct row row = { .trashed = false };
		read_row(stmt, &row);
		json_push(spaces, row_json(&row, false));
		row_free(&row);
	}
	db_stmt_free(stmt);
	if (ok) {
		call_page(call, "spaces", spaces, "page_size", PAGE_SIZE);
		return;
	}
	json_free(spaces);
	call_internal(call, &err);
}

void api_spaces_get(struct call *call)
{
	struct row row = { .trashed = false };
	const char *want = serve_query(call->request, "include_serialized_space");
	if (!need_row(call, call->args[0], &row))
		return;
	call_reply(call, row_json(&row, want && streq(want, "true")));
	row_free(&row);
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

static bool report(struct call *call, const struct space_problem *problem)
{
	bool parse = streq(problem->code, "unknown_field") || streq(problem->code, "wrong_type");
	return call_bad(call, "%s: %s (at %s)",
		parse ? "Failed to parse export proto" : "Invalid export proto", problem->text,
		problem->path);
}

static bool check_rules(struct call *call, const struct json *config, const struct json *old)
{
	struct space_problems problems = { NULL, 0, 0 }, before = { NULL, 0, 0 };
	bool ok = true;
	if (old)
		(void)space_check(old, &before);
	(void)space_check(config, &problems);
	for (size_t i = 0; i < problems.n && ok; i++)
		if (!streq(problems.v[i].code, "unknown_field") || !known_before(&before, &problems.v[i]))
			ok = report(call, &problems.v[i]);
	space_problems_free(&problems);
	space_problems_free(&before);
	return ok;
}

static bool exists(struct call *call, const char *identifier, bool function)
{
	struct sql_error error;
	struct cat_name name;
	struct cat_table table;
	struct cat_function routine;
	if (!cat_name_parse(identifier, &call->arena, &name))
		return false;
	if (function)
		return catalog_function(call->server->catalog, NULL, &name, &call->arena, &routine, &error);
	return catalog_table(call->server->catalog, NULL, &name, &call->arena, &table, &error);
}

static bool check_objects(struct call *call, const struct json *config, const struct json *old,
	const char *place, const char *kind)
{
	bool function = streq(kind, "function");
	for (const struct json *c = json_first(json_dig(config, place)); c; c = json_next(c)) {
		const char *identifier = json_str_or(c, "identifier", "");
		if (space_member(json_dig(old, place), "identifier", identifier) ||
			exists(call, identifier, function))
			continue;
		return call_error(call, 403, "PERMISSION_DENIED",
			"You do not have access to %s '%s', or it does not exist.", kind, identifier);
	}
	return true;
}

/* Reads and checks what a client sent; `old` is the space as it is, or NULL. The migrated
 * configuration is yours; NULL after 400 or 403. */
static struct json *accept_config(struct call *call, const char *text, const struct json *old)
{
	struct err err = { .code = ERR_NONE };
	struct json *config = json_parse(text, strlen(text), &err);
	bool ok;
	if (!config) {
		call_bad(call, "Failed to parse export proto: %s", err.text);
		return NULL;
	}
	ok = check_rules(call, config, old) &&
		check_objects(call, config, old, "data_sources.tables", "table") &&
		check_objects(call, config, old, "data_sources.metric_views", "metric view") &&
		check_objects(call, config, old, "instructions.sql_functions", "function");
	if (ok) {
		space_migrate(config);
		return config;
	}
	json_free(config);
	return NULL;
}

/* ---- writing ------------------------------------------------------------------- */

struct change {
	const char *title, *description, *warehouse_id, *parent_path, *serialized, *etag;
};

static bool read_change(struct call *call, bool create, struct change *change)
{
	if (!call_body(call) || !call_text(call, "title", false, &change->title) ||
		!call_text(call, "description", false, &change->description) ||
		!call_text(call, "warehouse_id", create, &change->warehouse_id) ||
		!call_text(call, "parent_path", false, &change->parent_path) ||
		!call_text(call, "serialized_space", create, &change->serialized) ||
		!call_text(call, "etag", false, &change->etag))
		return false;
	if (change->warehouse_id && !workspace_has_warehouse(call->server, change->warehouse_id))
		return call_error(call, 404, "RESOURCE_DOES_NOT_EXIST", "Warehouse %s does not exist.",
			change->warehouse_id);
	if (change->parent_path && !workspace_has_folder(call->server, change->parent_path))
		return call_error(call, 404, "RESOURCE_DOES_NOT_EXIST",
			"Tree node with path '%s' does not exist", change->parent_path);
	return true;
}

static void apply_texts(struct row *row, const struct change *change)
{
	const char *path = change->parent_path;
	if (change->title)
		row_set(row, TITLE, change->title);
	if (change->description)
		row_set(row, DESCRIPTION, change->description);
	if (change->warehouse_id)
		row_set(row, WAREHOUSE, change->warehouse_id);
	if (path && starts_with(path, "/Workspace/"))
		path += strlen("/Workspace");
	if (path)
		row_set(row, PARENT, path);
}

static void save_and_reply(struct call *call, struct row *row)
{
	struct err err = { .code = ERR_NONE };
	row->updated_ms = clock_now_ms();
	if (save_row(call->server->db, row, &err))
		call_reply(call, row_json(row, true));
	else
		call_internal(call, &err);
}

static bool id_taken(struct db *db, const char *id)
{
	struct err err = { .code = ERR_NONE };
	struct row row = { .trashed = false };
	bool found = false;
	bool ok = find_row(db, id, &row, &found, &err);
	row_free(&row);
	return ok && found;
}

void api_spaces_create(struct call *call)
{
	struct change change = { .title = NULL };
	struct row row = { .created_ms = clock_now_ms() };
	struct json *config;
	char id[SERVER_ID_SIZE];
	if (!read_change(call, true, &change))
		return;
	config = accept_config(call, change.serialized, NULL);
	if (!config)
		return;
	do /* with a seed, ids of an earlier process come again */
		server_new_id(call->server, id);
	while (id_taken(call->server->db, id));
	row_set(&row, ID, id);
	row_set(&row, TITLE, "New Space");
	row_set(&row, PARENT, "/Users/" SERVER_USER);
	apply_texts(&row, &change);
	set_serialized(&row, config);
	bump_etag(&row);
	save_and_reply(call, &row);
	json_free(config);
	row_free(&row);
}

static bool apply_config(struct call *call, struct row *row, const char *text)
{
	struct err err = { .code = ERR_NONE };
	struct json *old = json_parse(row->text[SERIALIZED], strlen(row->text[SERIALIZED]), &err);
	struct json *config = accept_config(call, text, old);
	if (config && !json_equal(config, old)) {
		set_serialized(row, config);
		bump_etag(row);
	}
	json_free(old);
	json_free(config);
	return config != NULL;
}

void api_spaces_update(struct call *call)
{
	struct change change = { .title = NULL };
	struct row row = { .trashed = false };
	if (!need_row(call, call->args[0], &row))
		return;
	if (read_change(call, false, &change)) {
		if (change.etag && !streq(change.etag, row.text[ETAG])) {
			call_error(call, 409, "RESOURCE_CONFLICT", "The space has been changed since it was "
				"read: etag '%s' does not match '%s'.", change.etag, row.text[ETAG]);
		} else if (!change.serialized || apply_config(call, &row, change.serialized)) {
			apply_texts(&row, &change);
			save_and_reply(call, &row);
		}
	}
	row_free(&row);
}

void api_spaces_trash(struct call *call)
{
	struct err err = { .code = ERR_NONE };
	struct row row = { .trashed = false };
	if (!need_row(call, call->args[0], &row))
		return;
	row.trashed = true;
	row.updated_ms = clock_now_ms();
	if (save_row(call->server->db, &row, &err))
		call_reply(call, json_new_object());
	else
		call_internal(call, &err);
	row_free(&row);
}
