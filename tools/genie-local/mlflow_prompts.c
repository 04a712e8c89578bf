/* Registered models and their versions, which is what a prompt of MLflow's own registry is. */
#include "mlflow_registry.h"

#include "clock.h"
#include "json.h"

#include <string.h>

#define IS_PROMPT "mlflow.prompt.is_prompt"
#define MAX_TEXT 100000
#define MODELS "SELECT g.name, g.created, g.updated, g.description FROM mlflow_registered g "
#define VERSIONS "SELECT v.name, CAST(v.version AS TEXT), v.created, v.updated, " \
	"v.description, v.source, v.run_id FROM mlflow_versions v "

static bool need_model(struct call *call, const char *name)
{
	return registry_has(call, name, false) || (!mlflow_failed(call) && call_error(call, 404,
		"RESOURCE_DOES_NOT_EXIST", "Registered Model with name=%s not found", name));
}

static bool need_version(struct call *call, const char *name, const char *version)
{
	return (registry_has(call, name, false) && registry_has_version(call, name, version)) ||
		(!mlflow_failed(call) && call_error(call, 404, "RESOURCE_DOES_NOT_EXIST",
		"Model Version (name=%s, version=%s) not found", name, version));
}

/* ---- as JSON ---------------------------------------------------------------------------- */

static struct json *latest_json(struct call *call, struct db_stmt *stmt)
{
	struct json *version = json_new_object();
	const char *name = db_column_text(stmt, 0), *number = db_column_text(stmt, 1);
	const char *description = db_column_text(stmt, 4), *run_id = db_column_text(stmt, 6);
	json_set_str(version, "name", name);
	json_set_str(version, "version", number);
	json_set_int(version, "creation_timestamp", db_column_int(stmt, 2));
	json_set_int(version, "last_updated_timestamp", db_column_int(stmt, 3));
	json_set_str(version, "current_stage", "None");
	json_set_str(version, "description", description ? description : "");
	json_set_str(version, "source", db_column_text(stmt, 5));
	json_set_str(version, "run_id", run_id ? run_id : "");
	json_set_str(version, "status", "READY");
	mlflow_set(version, "tags", mlflow_pairs(call, "version_tag",
		registry_version_key(call, name, number)));
	json_set_str(version, "run_link", "");
	return version;
}

/* Its aliases are told unless it is shown within its model. */
static struct json *version_json(struct call *call, struct db_stmt *stmt)
{
	struct json *version = latest_json(call, stmt);
	mlflow_set(version, "aliases", registry_aliases(call, db_column_text(stmt, 0),
		db_column_text(stmt, 1), true));
	return version;
}

static struct json *model_json(struct call *call, struct db_stmt *stmt)
{
	struct json *model = json_new_object();
	const char *name = db_column_text(stmt, 0);
	json_set_str(model, "name", name);
	json_set_int(model, "creation_timestamp", db_column_int(stmt, 1));
	json_set_int(model, "last_updated_timestamp", db_column_int(stmt, 2));
	mlflow_set_text(model, "description", db_column_text(stmt, 3));
	mlflow_set(model, "latest_versions", mlflow_rows(call, mlflow_sql(call, VERSIONS
		"WHERE v.name = ? ORDER BY v.version DESC LIMIT 1", "t", name), latest_json));
	mlflow_set(model, "tags", mlflow_pairs(call, "registered_tag", name));
	mlflow_set(model, "aliases", registry_aliases(call, name, NULL, false));
	return model;
}

static void reply_model(struct call *call, const char *name)
{
	mlflow_reply_row(call, mlflow_sql(call, MODELS "WHERE g.name = ?", "t", name),
		"registered_model", model_json);
}

static void reply_version(struct call *call, const char *name, const char *version)
{
	mlflow_reply_row(call, mlflow_sql(call, VERSIONS "WHERE v.name = ? AND "
		"CAST(v.version AS TEXT) = ?", "tt", name, version), "model_version", version_json);
}

/* ---- models ------------------------------------------------------------------------------ */

static bool has_prompt_tag(const struct json *tags)
{
	for (const struct json *c = json_first(tags); c; c = json_next(c))
		if (streq(json_str_or(c, "key", ""), IS_PROMPT) &&
			strieq(json_str_or(c, "value", ""), "true"))
			return true;
	return false;
}

void mlflow_registered_create(struct call *call)
{
	static const struct mlflow_field fields[] = {
		{ "name", MLFLOW_STR, MLFLOW_NEED | MLFLOW_TYPED, NULL, NULL },
		{ "tags", MLFLOW_MESSAGE, MLFLOW_TYPED | MLFLOW_LIST, mlflow_pair_fields, NULL },
		{ "description", MLFLOW_STR, MLFLOW_TYPED, NULL, NULL }, { .name = NULL } };
	const struct json *request = mlflow_message(call, fields);
	const char *name = json_str_or(request, "name", "");
	if (!request)
		return;
	if (strpbrk(name, "/:"))
		call_bad(call, "Invalid model name '%s'. Names cannot contain '/' or ':'.", name);
	else if (registry_has(call, name, false) || registry_has(call, name, true))
		call_error(call, 400, "RESOURCE_ALREADY_EXISTS", "%s (name=%s) already exists.",
			has_prompt_tag(json_get(request, "tags")) ? "Prompt" : "Registered Model",
			name);
	else if (registry_create(call, name, json_str_or(request, "description", NULL), false) &&
		mlflow_pairs_set(call, "registered_tag", name, json_get(request, "tags")))
		reply_model(call, name);
}

static const struct mlflow_field model_fields[] = {
	{ "name", MLFLOW_STR, MLFLOW_NEED | MLFLOW_TYPED, NULL, NULL },
	{ "description", MLFLOW_STR, MLFLOW_TYPED, NULL, NULL },
	{ "key", MLFLOW_STR, MLFLOW_TYPED, NULL, NULL },
	{ "value", MLFLOW_STR, MLFLOW_TYPED, NULL, NULL }, { .name = NULL } };

void mlflow_registered_get(struct call *call)
{
	const struct json *request = mlflow_message(call, model_fields);
	if (request && need_model(call, json_str_or(request, "name", "")))
		reply_model(call, json_str_or(request, "name", ""));
}

void mlflow_registered_update(struct call *call)
{
	const struct json *request = mlflow_message(call, model_fields);
	const char *name = json_str_or(request, "name", "");
	if (request && need_model(call, name) && mlflow_run(call, "UPDATE mlflow_registered SET "
		"description = ?, updated = ? WHERE name = ?", "tit",
		json_str_or(request, "description", NULL), clock_now_ms(), name))
		reply_model(call, name);
}

void mlflow_registered_delete(struct call *call)
{
	const struct json *request = mlflow_message(call, model_fields);
	const char *name = json_str_or(request, "name", "");
	if (request && need_model(call, name) && registry_delete(call, name))
		call_reply(call, json_new_object());
}

/* A key is needed, a value has a limit. */
static bool tag_ok(struct call *call, const struct json *request)
{
	if (!*json_str_or(request, "key", ""))
		return mlflow_missing(call, "key");
	return mlflow_length(json_str_or(request, "value", "")) <= MAX_TEXT || call_bad(call,
		"'value' exceeds the maximum length of %d characters", MAX_TEXT);
}

void mlflow_registered_set_tag(struct call *call)
{
	const struct json *request = mlflow_message(call, model_fields);
	const char *name = json_str_or(request, "name", "");
	if (request && tag_ok(call, request) && need_model(call, name) &&
		mlflow_pair_set(call, "registered_tag", name, json_str_or(request, "key", ""),
			json_str_or(request, "value", "")))
		call_reply(call, json_new_object());
}

void mlflow_registered_delete_tag(struct call *call)
{
	const struct json *request = mlflow_message(call, model_fields);
	const char *name = json_str_or(request, "name", "");
	if (!request || !tag_ok(call, request) || !need_model(call, name))
		return;
	(void)!mlflow_pair_delete(call, "registered_tag", name, json_str_or(request, "key", ""));
	if (!mlflow_failed(call))
		call_reply(call, json_new_object());
}

/* ---- versions ------------------------------------------------------------------------------ */

void mlflow_version_create(struct call *call)
{
	static const struct mlflow_field fields[] = {
		{ "name", MLFLOW_STR, MLFLOW_NEED | MLFLOW_TYPED, NULL, NULL },
		{ "source", MLFLOW_STR, MLFLOW_NEED | MLFLOW_TYPED, NULL, NULL },
		{ "run_id", MLFLOW_STR, MLFLOW_TYPED, NULL, NULL },
		{ "tags", MLFLOW_MESSAGE, MLFLOW_TYPED | MLFLOW_LIST, mlflow_pair_fields, NULL },
		{ "description", MLFLOW_STR, MLFLOW_TYPED, NULL, NULL }, { .name = NULL } };
	const struct json *request = mlflow_message(call, fields);
	const char *name = json_str_or(request, "name", ""), *version;
	if (!request)
		return;
	for (const struct json *c = json_first(json_get(request, "tags")); c; c = json_next(c))
		if (mlflow_length(json_str_or(c, "value", "")) > MAX_TEXT) {
			call_bad(call, "Prompt text exceeds max length of %d characters.",
				MAX_TEXT);
			return;
		}
	if (!need_model(call, name))
		return;
	version = registry_add_version(call, name, request);
	if (version)
		reply_version(call, name, version);
}

static const struct mlflow_field version_fields[] = {
	{ "name", MLFLOW_STR, MLFLOW_NEED | MLFLOW_TYPED, NULL, NULL },
	{ "version", MLFLOW_STR, MLFLOW_NEED | MLFLOW_TYPED, NULL, NULL },
	{ "description", MLFLOW_STR, MLFLOW_TYPED, NULL, NULL },
	{ "key", MLFLOW_STR, MLFLOW_TYPED, NULL, NULL },
	{ "value", MLFLOW_STR, MLFLOW_TYPED, NULL, NULL }, { .name = NULL } };

/* The request for a version that is there; NULL after an error. */
static const struct json *version_request(struct call *call, const char **name,
	const char **version)
{
	const struct json *request = mlflow_message(call, version_fields);
	*name = json_str_or(request, "name", "");
	*version = json_str_or(request, "version", "");
	return request && need_version(call, *name, *version) ? request : NULL;
}

void mlflow_version_get(struct call *call)
{
	const char *name, *version;
	if (version_request(call, &name, &version))
		reply_version(call, name, version);
}

void mlflow_version_update(struct call *call)
{
	const char *name, *version;
	const struct json *request = version_request(call, &name, &version);
	if (request && mlflow_run(call, "UPDATE mlflow_versions SET description = ?, updated = ? "
		"WHERE name = ? AND CAST(version AS TEXT) = ?", "titt",
		json_str_or(request, "description", NULL), clock_now_ms(), name, version))
		reply_version(call, name, version);
}

void mlflow_version_delete(struct call *call)
{
	const char *name, *version;
	if (version_request(call, &name, &version) &&
		mlflow_run(call, "DELETE FROM mlflow_versions "
			"WHERE name = ? AND CAST(version AS TEXT) = ?", "tt", name, version) &&
		mlflow_run(call, "DELETE FROM mlflow_pairs "
			"WHERE kind = 'alias' AND owner = ? AND value = ?", "tt", name, version))
		call_reply(call, json_new_object());
}

void mlflow_version_set_tag(struct call *call)
{
	const char *name, *version;
	const struct json *request = version_request(call, &name, &version);
	if (request && tag_ok(call, request) && mlflow_pair_set(call, "version_tag",
		registry_version_key(call, name, version), json_str_or(request, "key", ""),
		json_str_or(request, "value", "")))
		call_reply(call, json_new_object());
}

void mlflow_version_delete_tag(struct call *call)
{
	const char *name, *version;
	const struct json *request = version_request(call, &name, &version);
	if (!request || !tag_ok(call, request))
		return;
	(void)!mlflow_pair_delete(call, "version_tag", registry_version_key(call, name, version),
		json_str_or(request, "key", ""));
	if (!mlflow_failed(call))
		call_reply(call, json_new_object());
}

/* ---- aliases ---------------------------------------------------------------- */

static const struct mlflow_field alias_fields[] = {
	{ "name", MLFLOW_STR, MLFLOW_NEED | MLFLOW_TYPED, NULL, NULL },
	{ "alias", MLFLOW_STR, MLFLOW_NEED | MLFLOW_TYPED, NULL, NULL },
	{ "version", MLFLOW_STR, MLFLOW_TYPED, NULL, NULL }, { .name = NULL } };

void mlflow_alias_set(struct call *call)
{
	const struct json *request = mlflow_message(call, alias_fields);
	const char *name = json_str_or(request, "name", "");
	const char *alias = json_str_or(request, "alias", "");
	const char *version = json_str_or(request, "version", "");
	if (request && registry_alias_ok(call, alias) && need_version(call, name, version) &&
		mlflow_pair_set(call, "alias", name, alias, version))
		call_reply(call, json_new_object());
}

/* A missing alias is 400, not 404. */
void mlflow_alias_get(struct call *call)
{
	const struct json *request = mlflow_message(call, alias_fields);
	const char *name = json_str_or(request, "name", "");
	const char *alias = json_str_or(request, "alias", ""), *version;
	if (!request || !need_model(call, name))
		return;
	version = mlflow_pair_get(call, "alias", name, alias);
	if (version)
		reply_version(call, name, version);
	else if (!mlflow_failed(call))
		call_bad(call, "Registered model alias %s not found.", alias);
}

void mlflow_alias_delete(struct call *call)
{
	const struct json *request = mlflow_message(call, alias_fields);
	const char *name = json_str_or(request, "name", "");
	if (!request || !need_model(call, name))
		return;
	(void)!mlflow_pair_delete(call, "alias", name, json_str_or(request, "alias", ""));
	if (!mlflow_failed(call))
		call_reply(call, json_new_object());
}

/* ---- search ---------------------------------------------------------------- */

static const struct mlflow_attribute model_attributes[] = { { "name", false, "g.name" },
	{ "timestamp", true, "g.updated" }, { "last_updated_timestamp", true, "g.updated" },
	{ "creation_timestamp", true, "g.created" }, { .name = NULL } };
static const struct mlflow_domain model_domain = {
	.grammar = { 1u << MLFLOW_TAG, model_attributes }, .owner = "g.name",
	.tag = "registered_tag" };
static const struct mlflow_attribute version_attributes[] = { { "name", false, "v.name" },
	{ "version_number", true, "v.version" }, { "run_id", false, "v.run_id" },
	{ "source_path", false, "v.source" }, { "last_updated_timestamp", true, "v.updated" },
	{ "creation_timestamp", true, "v.created" }, { .name = NULL } };
static const struct mlflow_domain version_domain = {
	.grammar = { 1u << MLFLOW_TAG, version_attributes },
	.owner = "v.name || '/' || v.version", .tag = "version_tag" };

/* Prompts are hidden from whoever does not ask for them. */
static void hide_prompts(struct mlflow_search *search, const struct json *request,
	const struct mlflow_domain *domain)
{
	if (!strstr(json_str_or(request, "filter", ""), IS_PROMPT))
		str_addf(&search->where, " AND NOT EXISTS (SELECT 1 FROM mlflow_pairs p WHERE "
			"p.kind = '%s' AND p.owner = %s AND p.key = '" IS_PROMPT "')", domain->tag,
			domain->owner);
}

static void search_models(struct call *call, const struct json *request,
	struct mlflow_search *search)
{
	if (!mlflow_search_read(call, search, &model_domain, request) ||
		!mlflow_search_page(call, search, request, 100, 1000))
		return;
	hide_prompts(search, request, &model_domain);
	mlflow_search_reply(call, search, mlflow_search_sql(call, search, MODELS
		"WHERE NOT g.uc", "g.name"), "registered_models", model_json);
}

static void search_versions(struct call *call, const struct json *request,
	struct mlflow_search *search)
{
	if (!mlflow_search_read(call, search, &version_domain, request) ||
		!mlflow_search_page(call, search, request, 10000, 200000))
		return;
	hide_prompts(search, request, &version_domain);
	mlflow_search_reply(call, search, mlflow_search_sql(call, search, VERSIONS
		"WHERE v.name IN (SELECT name FROM mlflow_registered WHERE NOT uc)",
		"v.updated DESC, v.name, v.version DESC"), "model_versions", version_json);
}

static const struct mlflow_field search_fields[] = {
	{ "filter", MLFLOW_STR, MLFLOW_TYPED, NULL, NULL },
	{ "max_results", MLFLOW_INT, MLFLOW_TYPED, NULL, NULL },
	{ "order_by", MLFLOW_STR, MLFLOW_TYPED | MLFLOW_LIST, NULL, NULL },
	{ "page_token", MLFLOW_STR, MLFLOW_TYPED, NULL, NULL }, { .name = NULL } };

void mlflow_registered_search(struct call *call)
{
	mlflow_search_call(call, search_fields, search_models);
}

void mlflow_version_search(struct call *call)
{
	mlflow_search_call(call, search_fields, search_versions);
}
