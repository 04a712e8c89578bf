/* Routes of workspace files: folders, files, notebooks (files.h). */
#include "server.h"

#include "db.h"
#include "files.h"
#include "json.h"
#include "mlflow.h"
#include "multipart.h"
#include "str.h"
#include "url.h"

#include <stdlib.h>
#include <string.h>

/* The kept form of a path; in the arena; NULL after 400. */
static const char *take_path(struct call *call, const char *path)
{
	char *name, *kept;
	if (!path || !*path) {
		call_bad(call, "Missing required field: path");
		return NULL;
	}
	if (*path != '/') {
		call_bad(call, "Path (%s) doesn't start with '/'", path);
		return NULL;
	}
	name = files_name(path);
	kept = arena_strdup(&call->arena, name);
	free(name);
	return kept;
}

static const char *body_path(struct call *call)
{
	const char *path = NULL;
	bool ok = call_body(call) && call_text(call, "path", true, &path);
	return ok ? take_path(call, path) : NULL;
}

static const char *query_path(struct call *call)
{
	return take_path(call, serve_query(call->request, "path"));
}

/* False after 500. */
static bool look(struct call *call, const char *name, struct files_entry *entry)
{
	struct err err = { .code = ERR_NONE };
	return files_find(call->server->db, name, entry, &err) || call_internal(call, &err);
}

static bool not_there(struct call *call, const char *name)
{
	return call_error(call, 404, "RESOURCE_DOES_NOT_EXIST", "Path (%s) doesn't exist.", name);
}

/* ---- folders -------------------------------------------------------------------- */

/* No part of the path may be an experiment or a file. */
static bool only_folders(struct call *call, const char *path)
{
	char *name = xstrdup(path);
	bool ok = true;
	for (size_t n = strlen(name); ok && n > 1; n--) {
		struct files_entry entry;
		if (name[n] != '\0' && name[n] != '/')
			continue;
		name[n] = '\0';
		ok = look(call, name, &entry);
		if (ok && (mlflow_has_experiment(call->server, name) ||
			(entry.kind != FILES_NONE && entry.kind != FILES_FOLDER)))
			ok = call_error(call, 400, "RESOURCE_ALREADY_EXISTS",
				"Path (%s) already exists and is not a directory.", name);
	}
	free(name);
	return ok;
}

void api_files_mkdirs(struct call *call)
{
	struct err err = { .code = ERR_NONE };
	const char *path = body_path(call);
	if (!path || !only_folders(call, path))
		return;
	if (files_add_folders(call->server->db, path, &err))
		call_reply(call, json_new_object());
	else
		call_internal(call, &err);
}

static struct json *entry_json(const char *name, const struct files_entry *entry)
{
	static const char *const types[] = { "", "DIRECTORY", "FILE", "NOTEBOOK" };
	struct json *json = json_new_object();
	json_set_str(json, "object_type", types[entry->kind]);
	json_set_str(json, "path", name);
	if (entry->kind == FILES_NOTEBOOK)
		json_set_str(json, "language", entry->language);
	if (entry->kind == FILES_FILE)
		json_set_int(json, "size", entry->size);
	if (entry->kind != FILES_FOLDER) {
		json_set_int(json, "created_at", entry->created_ms);
		json_set_int(json, "modified_at", entry->modified_ms);
	}
	json_set_int(json, "object_id", entry->id);
	return json;
}

static struct json *experiment_json(const char *name)
{
	struct json *json = json_new_object();
	json_set_str(json, "object_type", "MLFLOW_EXPERIMENT");
	json_set_str(json, "path", name);
	json_set_int(json, "object_id", SERVER_USER_ID + (int64_t)strlen(name));
	return json;
}

void api_files_status(struct call *call)
{
	const char *name = query_path(call);
	struct files_entry entry;
	if (!name || !look(call, name, &entry))
		return;
	if (mlflow_has_experiment(call->server, name))
		call_reply(call, experiment_json(name));
	else if (entry.kind == FILES_NONE)
		not_there(call, name);
	else
		call_reply(call, entry_json(name, &entry));
}

/* The entries right below a folder, or the file itself; NULL after an error. */
static struct json *list(struct call *call, const char *name, const struct files_entry *entry)
{
	struct err err = { .code = ERR_NONE };
	struct strlist names = { NULL, 0, 0 };
	struct json *objects = json_new_array();
	bool ok = true;
	if (entry->kind != FILES_FOLDER)
		strlist_add(&names, name);
	else if (!files_children(call->server->db, name, &names, &err))
		ok = call_internal(call, &err);
	for (size_t i = 0; ok && i < names.n; i++) {
		struct files_entry one;
		ok = look(call, names.v[i], &one);
		if (ok)
			json_push(objects, entry_json(names.v[i], &one));
	}
	strlist_free(&names);
	if (ok)
		return objects;
	json_free(objects);
	return NULL;
}

void api_files_list(struct call *call)
{
	const char *name = query_path(call);
	struct files_entry entry;
	struct json *objects, *reply;
	if (!name || !look(call, name, &entry))
		return;
	if (entry.kind == FILES_NONE) {
		not_there(call, name);
		return;
	}
	objects = list(call, name, &entry);
	if (!objects)
		return;
	reply = json_new_object();
	if (json_len(objects)) /* an empty folder has no member at all */
		json_set(reply, "objects", objects);
	else
		json_free(objects);
	call_reply(call, reply);
}

static bool folder_is_empty(struct call *call, const char *name, bool *empty)
{
	struct err err = { .code = ERR_NONE };
	struct strlist names = { NULL, 0, 0 };
	bool ok = files_children(call->server->db, name, &names, &err) || call_internal(call, &err);
	*empty = names.n == 0;
	strlist_free(&names);
	return ok;
}

void api_files_delete(struct call *call)
{
	struct err err = { .code = ERR_NONE };
	const char *name = body_path(call);
	struct files_entry entry;
	bool empty = true;
	if (!name || !look(call, name, &entry))
		return;
	if (entry.kind == FILES_NONE) {
		not_there(call, name);
	} else if (streq(name, "/")) {
		call_bad(call, "The root folder cannot be deleted.");
	} else if (folder_is_empty(call, name, &empty)) {
		if (!empty && !json_bool_or(call->body, "recursive", false))
			call_error(call, 400, "DIRECTORY_NOT_EMPTY", "Folder (%s) is not empty",
				name);
		else if (files_delete(call->server->db, name, &err))
			call_reply(call, json_new_object());
		else
			call_internal(call, &err);
	}
}

/* ---- import ---------------------------------------------------------------------- */

struct import {
	const char *name, *format, *language;
	bool overwrite;
	struct str content;
};

static const struct { const char *suffix, *mark, *language; } notebooks[] = {
	{ ".py", "# Databricks notebook source", "PYTHON" },
	{ ".sql", "-- Databricks notebook source", "SQL" },
	{ ".scala", "// Databricks notebook source", "SCALA" },
	{ ".r", "# Databricks notebook source", "R" },
};

static bool read_json_import(struct call *call, struct import *import)
{
	const char *content = NULL;
	import->name = body_path(call);
	if (!import->name || !call_text(call, "content", false, &content) ||
		!call_text(call, "format", false, &import->format) ||
		!call_text(call, "language", false, &import->language))
		return false;
	import->overwrite = json_bool_or(call->body, "overwrite", false);
	return !content || base64_read(&import->content, content, strlen(content)) ||
		call_bad(call, "content is not valid base64");
}

static const char *part_text(struct call *call, const char *name)
{
	struct multipart_part part;
	if (!multipart_find(call->request, name, &part))
		return NULL;
	return arena_strndup(&call->arena, part.data, part.n);
}

static bool read_form_import(struct call *call, struct import *import)
{
	struct multipart_part content;
	const char *overwrite = part_text(call, "overwrite"), *format = part_text(call, "format");
	import->name = take_path(call, part_text(call, "path"));
	if (!import->name)
		return false;
	import->format = format ? format : import->format;
	import->language = part_text(call, "language");
	import->overwrite = streq(overwrite, "true");
	if (!multipart_find(call->request, "content", &content))
		return call_bad(call, "Missing required field: content");
	str_addn(&import->content, content.data, content.n);
	return true;
}

/* AUTO looks for a notebook's first line and then drops the suffix; SOURCE is always a
 * notebook; RAW never is. */
static bool find_language(struct call *call, struct import *import)
{
	size_t n = strlen(import->name);
	if (streq(import->format, "RAW")) {
		import->language = NULL;
		return true;
	}
	if (streq(import->format, "SOURCE"))
		return import->language || call_bad(call,
			"The language of the notebook is required.");
	if (!streq(import->format, "AUTO"))
		return call_bad(call, "The embedded workspace imports AUTO, RAW, SOURCE, not %s.",
			import->format);
	import->language = NULL;
	for (size_t i = 0; i < countof(notebooks); i++) {
		if (!ends_with(import->name, notebooks[i].suffix) ||
			!starts_with(str_text(&import->content), notebooks[i].mark))
			continue;
		import->language = notebooks[i].language;
		import->name = arena_strndup(&call->arena, import->name,
			n - strlen(notebooks[i].suffix));
		break;
	}
	return true;
}

static bool place_is_free(struct call *call, const struct import *import)
{
	char *parent = files_parent(import->name);
	struct files_entry there, above;
	bool ok = look(call, import->name, &there) && look(call, parent, &above);
	if (ok && above.kind != FILES_FOLDER)
		ok = call_error(call, 404, "RESOURCE_DOES_NOT_EXIST",
			"The parent folder (%s) does not exist.", parent);
	else if (ok && (there.kind == FILES_FOLDER || (there.kind && !import->overwrite) ||
		mlflow_has_experiment(call->server, import->name)))
		ok = call_error(call, 400, "RESOURCE_ALREADY_EXISTS", "Path (%s) already exists.",
			import->name);
	free(parent);
	return ok;
}

static void import_content(struct call *call, struct import *import)
{
	struct err err = { .code = ERR_NONE };
	if (import->content.n > FILES_MAX_BYTES) {
		call_error(call, 400, "MAX_NOTEBOOK_SIZE_EXCEEDED",
			"File size imported is (%zu bytes), exceeded max size (%u bytes)",
			import->content.n, FILES_MAX_BYTES);
		return;
	}
	if (!find_language(call, import) || !place_is_free(call, import))
		return;
	if (files_write(call->server->db, import->name, import->language, &import->content, &err))
		call_reply(call, json_new_object());
	else
		call_internal(call, &err);
}

void api_files_import(struct call *call)
{
	struct import import = { .format = "SOURCE", .content = STR_INIT };
	if (multipart_is(call->request) ? read_form_import(call, &import) :
		read_json_import(call, &import))
		import_content(call, &import);
	str_free(&import.content);
}

/* ---- export ---------------------------------------------------------------------- */

static const char *file_type(const char *name, const struct files_entry *entry)
{
	const char *dot = strrchr(name, '.');
	for (size_t i = 0; entry->kind == FILES_NOTEBOOK && i < countof(notebooks); i++)
		if (streq(notebooks[i].language, entry->language))
			return notebooks[i].suffix + 1;
	return dot && !strchr(dot, '/') ? dot + 1 : "";
}

static void reply_content(struct call *call, const char *type, const struct str *content)
{
	const char *direct = serve_query(call->request, "direct_download");
	struct json *json;
	struct str text = STR_INIT;
	if (streq(direct, "true")) {
		call->response->type = "application/octet-stream";
		str_addn(&call->response->body, str_text(content), content->n);
		return;
	}
	json = json_new_object();
	base64_add(&text, str_text(content), content->n);
	json_set_str(json, "content", str_text(&text));
	json_set_str(json, "file_type", type);
	call_reply(call, json);
	str_free(&text);
}

void api_files_export(struct call *call)
{
	struct err err = { .code = ERR_NONE };
	struct str content = STR_INIT;
	struct files_entry entry;
	const char *name = query_path(call);
	bool found = false;
	if (!name || !look(call, name, &entry))
		return;
	if (entry.kind == FILES_NONE)
		not_there(call, name);
	else if (entry.kind == FILES_FOLDER)
		call_bad(call, "The embedded workspace exports files, not folders: %s", name);
	else if (files_read(call->server->db, name, &content, &found, &err))
		reply_content(call, file_type(name, &entry), &content);
	else
		call_internal(call, &err);
	str_free(&content);
}
