/* The task that makes Genie spaces from their exports, done as its script does it. */
#include "jobs.h"

#include "clock.h"
#include "db.h"
#include "files.h"
#include "json.h"
#include "jsonw.h"
#include "server.h"
#include "space_store.h"
#include "str.h"

#include <stdlib.h>
#include <string.h>

#define SUFFIX "_genie_export.json"

static const char *base_name(const char *path)
{
	return strrchr(path, '/') + 1;
}

/* ---- which exports ---------------------------------------------------------------------- */

/* The exports in the folder of --source, else in the script's. A script that names some of them
 * deploys only those. */
static bool find_exports(struct db *db, const char *script, const char *source,
	struct strlist *exports, struct err *err)
{
	struct strlist all = { NULL, 0, 0 };
	struct str text = STR_INIT;
	char *folder = source ? files_name(source) : files_parent(script);
	bool named = false, found = false;
	bool ok = files_read(db, script, &text, &found, err) &&
		files_children(db, folder, &all, err);
	for (size_t i = 0; ok && i < all.n; i++)
		named = named || (ends_with(all.v[i], SUFFIX) &&
			strstr(str_text(&text), base_name(all.v[i])));
	for (size_t i = 0; ok && i < all.n; i++)
		if (ends_with(all.v[i], SUFFIX) &&
			(!named || strstr(str_text(&text), base_name(all.v[i]))))
			strlist_add(exports, all.v[i]);
	strlist_free(&all);
	str_free(&text);
	free(folder);
	return ok;
}

/* ---- one export ------------------------------------------------------------------------- */

struct deploy {
	struct server *server;
	const struct json *arguments;
	struct task_result *result;
	struct str logs;
};

/* The value as it stands within a string of JSON. */
static void add_value(struct str *out, const char *value)
{
	struct str quoted = STR_INIT;
	json_quote(&quoted, value, strlen(value));
	str_addn(out, str_text(&quoted) + 1, quoted.n - 2);
	str_free(&quoted);
}

/* Appends the text with ${NAME} replaced by the arguments. */
static bool fill(struct deploy *deploy, const char *file, const char *text, struct str *out)
{
	for (const char *at; (at = strstr(text, "${")); ) {
		const char *end = strchr(at, '}');
		char *name = end ? xstrndup(at + 2, (size_t)(end - at - 2)) : NULL;
		const char *value = name ? json_str_or(deploy->arguments, name, NULL) : NULL;
		if (end && !value)
			task_fails(deploy->result, "ValueError: %s: unresolved variable ${%s}",
				file, name);
		free(name);
		if (!end)
			break;
		if (!value)
			return false;
		str_addn(out, text, (size_t)(at - text));
		add_value(out, value);
		text = end + 1;
	}
	str_add(out, text);
	return true;
}

/* The configuration in an export, which may be wrapped, as text in `out`. */
static bool unwrap(struct deploy *deploy, const char *file, struct json **document, struct str *out)
{
	struct err err = { .code = ERR_NONE };
	const struct json *inner;
	*document = json_parse(str_text(out), out->n, &err);
	if (!*document)
		return task_fails(deploy->result, "JSONDecodeError: %s: %s", file, err.text);
	inner = json_get(*document, "serialized_space");
	if (!inner)
		return true;
	str_reset(out);
	if (json_text(inner))
		str_add(out, json_text(inner));
	else
		json_print(inner, out);
	return true;
}

static void note_counts(struct deploy *deploy, const struct space_row *row)
{
	struct err err = { .code = ERR_NONE };
	const char *text = row->text[SPACE_SERIALIZED];
	struct json *config = json_parse(text, strlen(text), &err);
	str_addf(&deploy->logs, "space %s: %zu tables, %zu metric views, %zu functions\n",
		row->text[SPACE_ID], json_len(json_dig(config, "data_sources.tables")),
		json_len(json_dig(config, "data_sources.metric_views")),
		json_len(json_dig(config, "instructions.sql_functions")));
	json_free(config);
}

static bool update_space(struct deploy *deploy, const char *id, const char *config)
{
	struct err err = { .code = ERR_NONE };
	struct space_row row = { .trashed = false };
	struct refusal refusal;
	bool found = false, ok = false;
	if (!space_row_find(deploy->server->db, id, &row, &found, &err))
		refuse(&refusal, 500, "INTERNAL_ERROR", "%s", err.text);
	else if (!found || row.trashed)
		refuse(&refusal, 404, "RESOURCE_DOES_NOT_EXIST", found ?
			"Space %s has been trashed." : "Space %s does not exist.", id);
	else
		ok = space_row_replace(deploy->server, &row, config, &refusal);
	row.updated_ms = clock_now_ms();
	if (ok && !space_row_save(deploy->server->db, &row, &err))
		ok = refuse(&refusal, 500, "INTERNAL_ERROR", "%s", err.text);
	if (ok)
		note_counts(deploy, &row);
	else
		task_fails(deploy->result, "%s: %s", refusal.code, refusal.text);
	space_row_free(&row);
	return ok;
}

/* The value of DOMAIN in "DOMAIN=ID, ..."; yours; NULL: it is not there. */
static char *assigned(const char *spaces, const char *domain, size_t n)
{
	for (const char *at = spaces; at; at = strchr(at, ',')) {
		at += strspn(at, ", ");
		if (strncmp(at, domain, n) == 0 && at[n] == '=')
			return xstrndup(at + n + 1, strcspn(at + n + 1, ", "));
	}
	return NULL;
}

/* The space of an export: what the task was told by --space-id or --spaces, else what the export
 * says, else its name. NULL: --spaces does not name it. */
static char *space_of(const struct deploy *deploy, const char *file, const struct json *document)
{
	const char *id = json_str_or(deploy->arguments, "space_id", NULL);
	const char *spaces = json_str_or(deploy->arguments, "spaces", NULL);
	size_t n = strlen(file) - strlen(SUFFIX);
	char *found;
	if (!id && spaces && !strchr(spaces, '='))
		id = spaces;
	if (!id && spaces) {
		found = assigned(spaces, file, n);
		if (!found)
			task_fails(deploy->result, "ValueError: --spaces %s: no space for %s",
				spaces, file);
		return found;
	}
	if (!id)
		id = json_str_or(document, "space_id", NULL);
	return id ? xstrdup(id) : xstrndup(file, n);
}

static bool deploy_export(struct deploy *deploy, const char *path)
{
	struct err err = { .code = ERR_NONE };
	struct str raw = STR_INIT, text = STR_INIT;
	struct json *document = NULL;
	const char *file = base_name(path);
	bool found = false, ok;
	if (!files_read(deploy->server->db, path, &raw, &found, &err))
		ok = task_fails(deploy->result, "INTERNAL_ERROR: %s", err.text);
	else
		ok = fill(deploy, file, str_text(&raw), &text) &&
			unwrap(deploy, file, &document, &text);
	if (ok) {
		char *id = space_of(deploy, file, document);
		ok = id && update_space(deploy, id, str_text(&text));
		free(id);
	}
	if (!ok && deploy->result->error) {
		free(deploy->result->trace);
		deploy->result->trace = xasprintf("%s\n%s", path, deploy->result->error);
	}
	json_free(document);
	str_free(&raw);
	str_free(&text);
	return ok;
}

/* One id for several exports is a mistake. */
static bool one_for_each(const struct deploy *deploy, size_t exports)
{
	const char *spaces = json_str_or(deploy->arguments, "spaces", NULL);
	bool one = json_get(deploy->arguments, "space_id") || (spaces && !strchr(spaces, '='));
	return !one || exports == 1 || task_fails(deploy->result,
		"ValueError: one space is given, but there are %zu exports", exports);
}

/* All spaces or none. */
static bool deploy_all(struct deploy *deploy, const struct strlist *exports)
{
	struct err err = { .code = ERR_NONE };
	struct db *db = deploy->server->db;
	bool ok = one_for_each(deploy, exports->n);
	if (!ok)
		return false;
	if (!db_begin(db, &err))
		return task_fails(deploy->result, "INTERNAL_ERROR: %s", err.text);
	for (size_t i = 0; ok && i < exports->n; i++)
		ok = deploy_export(deploy, exports->v[i]);
	if (!ok)
		db_rollback(db);
	else if (!db_commit(db, &err))
		ok = task_fails(deploy->result, "INTERNAL_ERROR: %s", err.text);
	return ok;
}

bool task_deploy_genie(struct server *server, const char *script, const struct json *arguments,
	struct task_result *result)
{
	struct err err = { .code = ERR_NONE };
	struct deploy deploy = { server, arguments, result, STR_INIT };
	const char *source = json_str_or(arguments, "source", NULL);
	struct strlist exports = { NULL, 0, 0 };
	bool ok;
	if (!find_exports(server->db, script, source, &exports, &err))
		ok = task_fails(result, "INTERNAL_ERROR: %s", err.text);
	else if (!exports.n)
		ok = task_fails(result, "FileNotFoundError: no *" SUFFIX " in %s%s",
			source ? "" : "the folder of ", source ? source : script);
	else
		ok = deploy_all(&deploy, &exports);
	strlist_free(&exports);
	if (ok)
		result->logs = str_take(&deploy.logs);
	str_free(&deploy.logs);
	return ok;
}
