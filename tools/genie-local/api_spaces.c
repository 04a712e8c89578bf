/* Routes of Genie spaces, which live in the SQLite file (space_store.h). What comes in is
 * checked there, too. */
#include "server.h"

#include "catalog.h"
#include "clock.h"
#include "db.h"
#include "json.h"
#include "space_store.h"
#include "str.h"

#include <stdlib.h>
#include <string.h>

#define PAGE_SIZE 100

/* ---- reading ------------------------------------------------------------------ */

/* The row of a space that is there; false after 404 or 500. */
static bool need_row(struct call *call, const char *id, struct space_row *row)
{
	struct err err = { .code = ERR_NONE };
	bool found = false;
	if (!space_row_find(call->server->db, id, row, &found, &err))
		return call_internal(call, &err);
	if (found && !row->trashed)
		return true;
	space_row_free(row);
	if (found)
		return call_error(call, 404, "RESOURCE_DOES_NOT_EXIST",
			"Space %s has been trashed.", id);
	return call_error(call, 404, "RESOURCE_DOES_NOT_EXIST", "Space %s does not exist.", id);
}

struct json *spaces_config(struct call *call, const char *space_id)
{
	struct err err = { .code = ERR_NONE };
	struct space_row row = { .trashed = false };
	struct json *config;
	if (!need_row(call, space_id, &row))
		return NULL;
	config = json_parse(row.text[SPACE_SERIALIZED], strlen(row.text[SPACE_SERIALIZED]), &err);
	if (!config)
		call_internal(call, &err);
	space_row_free(&row);
	return config;
}

static struct json *row_json(const struct space_row *row, bool config)
{
	static const char *const names[] = {
		"space_id", "title", "description", "warehouse_id", "parent_path",
		"serialized_space", "etag",
	};
	char when[CLOCK_RFC3339_SIZE];
	struct json *space = json_new_object();
	for (int i = 0; i <= SPACE_ETAG; i++)
		if (row->text[i] && (i < SPACE_SERIALIZED || config))
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
		struct space_row row = { .trashed = false };
		space_row_read(&row, stmt);
		json_push(spaces, row_json(&row, false));
		space_row_free(&row);
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
	struct space_row row = { .trashed = false };
	const char *want = serve_query(call->request, "include_serialized_space");
	if (!need_row(call, call->args[0], &row))
		return;
	call_reply(call, row_json(&row, want && streq(want, "true")));
	space_row_free(&row);
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

static void apply_texts(struct space_row *row, const struct change *change)
{
	const char *path = change->parent_path;
	if (change->title)
		space_row_set(row, SPACE_TITLE, change->title);
	if (change->description)
		space_row_set(row, SPACE_DESCRIPTION, change->description);
	if (change->warehouse_id)
		space_row_set(row, SPACE_WAREHOUSE, change->warehouse_id);
	if (path && starts_with(path, "/Workspace/"))
		path += strlen("/Workspace");
	if (path)
		space_row_set(row, SPACE_PARENT, path);
}

static void save_and_reply(struct call *call, struct space_row *row)
{
	struct err err = { .code = ERR_NONE };
	row->updated_ms = clock_now_ms();
	if (space_row_save(call->server->db, row, &err))
		call_reply(call, row_json(row, true));
	else
		call_internal(call, &err);
}

static bool id_taken(struct db *db, const char *id)
{
	struct err err = { .code = ERR_NONE };
	struct space_row row = { .trashed = false };
	bool found = false;
	bool ok = space_row_find(db, id, &row, &found, &err);
	space_row_free(&row);
	return ok && found;
}

/* Two spaces in one folder cannot have the same title. */
static bool name_is_free(struct call *call, const struct change *change)
{
	struct err err = { .code = ERR_NONE };
	const char *folder = change->parent_path ? change->parent_path : "/Users/" SERVER_USER;
	struct db_stmt *stmt = db_prepare(call->server->db, "SELECT 1 FROM spaces WHERE title = ? "
		"AND parent_path IN (?2, '/Workspace' || ?2) AND NOT coalesce(trashed, 0)", &err);
	bool found = false, ok;
	if (!stmt)
		return call_internal(call, &err);
	if (starts_with(folder, "/Workspace/"))
		folder += strlen("/Workspace");
	db_bind_text(stmt, 1, change->title ? change->title : "");
	db_bind_text(stmt, 2, folder);
	ok = db_step(stmt, &found, &err);
	db_stmt_free(stmt);
	if (!ok)
		return call_internal(call, &err);
	return !found || call_error(call, 400, "RESOURCE_ALREADY_EXISTS",
		"Node named '%s' already exists in '%s'", change->title, folder);
}

void api_spaces_create(struct call *call)
{
	struct change change = { .title = NULL };
	struct space_row row = { .created_ms = clock_now_ms() };
	struct refusal refusal;
	struct json *config;
	char id[SERVER_ID_SIZE];
	if (!read_change(call, true, &change))
		return;
	config = space_accept(call->server, change.serialized, NULL, &refusal);
	if (!config) {
		call_error(call, refusal.status, refusal.code, "%s", refusal.text);
		return;
	}
	if (!name_is_free(call, &change)) {
		json_free(config);
		return;
	}
	do /* with a seed, ids of an earlier process come again */
		server_new_id(call->server, id);
	while (id_taken(call->server->db, id));
	space_row_set(&row, SPACE_ID, id);
	space_row_set(&row, SPACE_TITLE, "New Space");
	space_row_set(&row, SPACE_PARENT, "/Users/" SERVER_USER);
	apply_texts(&row, &change);
	space_row_put(&row, config);
	space_row_set(&row, SPACE_ETAG, "1");
	save_and_reply(call, &row);
	json_free(config);
	space_row_free(&row);
}

static bool replace_config(struct call *call, struct space_row *row, const char *text)
{
	struct refusal refusal;
	return space_row_replace(call->server, row, text, &refusal) ||
		call_error(call, refusal.status, refusal.code, "%s", refusal.text);
}

void api_spaces_update(struct call *call)
{
	struct change change = { .title = NULL };
	struct space_row row = { .trashed = false };
	if (!need_row(call, call->args[0], &row))
		return;
	if (read_change(call, false, &change)) {
		if (change.etag && !streq(change.etag, row.text[SPACE_ETAG])) {
			call_error(call, 409, "RESOURCE_CONFLICT", "The space has been changed since it was "
				"read: etag '%s' does not match '%s'.", change.etag, row.text[SPACE_ETAG]);
		} else if (!change.serialized || replace_config(call, &row, change.serialized)) {
			apply_texts(&row, &change);
			save_and_reply(call, &row);
		}
	}
	space_row_free(&row);
}

void api_spaces_trash(struct call *call)
{
	struct err err = { .code = ERR_NONE };
	struct space_row row = { .trashed = false };
	if (!need_row(call, call->args[0], &row))
		return;
	row.trashed = true;
	row.updated_ms = clock_now_ms();
	if (space_row_save(call->server->db, &row, &err))
		call_reply(call, json_new_object());
	else
		call_internal(call, &err);
	space_row_free(&row);
}
