/* Prompts of Unity Catalog: three-part names, templates as JSON, times as RFC 3339. */
#include "mlflow_registry.h"

#include "clock.h"
#include "json.h"

#include <ctype.h>
#include <string.h>

#define PAGE_SIZE 100

/* ---- as JSON --------------------------------------------------------------------------- */

static void set_times(struct json *object, struct db_stmt *stmt, int column)
{
	char text[CLOCK_RFC3339_SIZE];
	json_set_str(object, "creation_timestamp",
		clock_rfc3339(db_column_int(stmt, column), text));
	json_set_str(object, "last_updated_timestamp",
		clock_rfc3339(db_column_int(stmt, column + 1), text));
}

static struct json *prompt_json(struct call *call, struct db_stmt *stmt)
{
	struct json *prompt = json_new_object();
	const char *name = db_column_text(stmt, 0);
	json_set_str(prompt, "name", name);
	set_times(prompt, stmt, 1);
	mlflow_set_text(prompt, "description", db_column_text(stmt, 3));
	mlflow_set(prompt, "aliases", registry_aliases(call, name, NULL, false));
	mlflow_set(prompt, "tags", mlflow_pairs(call, "registered_tag", name));
	return prompt;
}

static struct json *version_json(struct call *call, struct db_stmt *stmt)
{
	struct json *version = json_new_object();
	const char *name = db_column_text(stmt, 0), *number = db_column_text(stmt, 1);
	json_set_str(version, "name", name);
	json_set_str(version, "version", number);
	set_times(version, stmt, 2);
	mlflow_set_text(version, "description", db_column_text(stmt, 4));
	json_set_str(version, "template", db_column_text(stmt, 5));
	mlflow_set(version, "aliases", registry_aliases(call, name, number, false));
	mlflow_set(version, "tags", mlflow_pairs(call, "version_tag",
		registry_version_key(call, name, number)));
	return version;
}

#define PROMPTS "SELECT g.name, g.created, g.updated, g.description FROM mlflow_registered g "
#define VERSIONS "SELECT v.name, CAST(v.version AS TEXT), v.created, v.updated, " \
	"v.description, v.template FROM mlflow_versions v "

static void reply_prompt(struct call *call, const char *name)
{
	struct db_stmt *stmt = mlflow_sql(call, PROMPTS "WHERE g.name = ?", "t", name);
	if (stmt && mlflow_row(call, stmt, NULL))
		call_reply(call, prompt_json(call, stmt));
	db_stmt_free(stmt);
}

static void reply_version(struct call *call, const char *name, const char *version)
{
	struct db_stmt *stmt = mlflow_sql(call, VERSIONS "WHERE v.name = ? AND "
		"CAST(v.version AS TEXT) = ?", "tt", name, version);
	if (stmt && mlflow_row(call, stmt, NULL))
		call_reply(call, version_json(call, stmt));
	db_stmt_free(stmt);
}

/* ---- checks ------------------------------------------------------------------------------ */

static bool name_ok(struct call *call, const char *name)
{
	int dots = 0;
	bool ok = *name && *name != '.' && !ends_with(name, ".") && !strstr(name, "..");
	for (const char *c = name; *c; c++) {
		dots += *c == '.';
		ok = ok && (isalnum((unsigned char)*c) || *c == '_' || *c == '-' || *c == '.');
	}
	return (ok && dots == 2) || call_bad(call, "Invalid prompt name '%s'. "
		"A prompt must be named catalog.schema.prompt.", name);
}

static bool tags_ok(struct call *call, const struct json *tags)
{
	for (const struct json *c = json_first(tags); c; c = json_next(c))
		if (strchr(json_str_or(c, "key", ""), '.'))
			return call_bad(call, "Tag keys must not contain dots: '%s'",
				json_str_or(c, "key", ""));
	return true;
}

static bool need_prompt(struct call *call, const char *name)
{
	return registry_has(call, name, true) || (!mlflow_failed(call) && call_error(call, 404,
		"RESOURCE_DOES_NOT_EXIST", "Prompt '%s' does not exist.", name));
}

static bool need_version(struct call *call, const char *name, const char *version)
{
	return need_prompt(call, name) && (registry_has_version(call, name, version) ||
		(!mlflow_failed(call) && call_error(call, 404, "RESOURCE_DOES_NOT_EXIST",
		"Prompt version '%s' of '%s' does not exist.", version, name)));
}

/* ---- prompts ------------------------------------------------------------------------------- */

#define VERSION_PART \
	{ "name", MLFLOW_STR, 0, NULL, NULL }, { "description", MLFLOW_STR, 0, NULL, NULL }, \
	{ "tags", MLFLOW_MESSAGE, MLFLOW_LIST, mlflow_pair_fields, NULL }

void mlflow_uc_prompt_create(struct call *call)
{
	static const struct mlflow_field prompt_fields[] = { VERSION_PART, { .name = NULL } };
	static const struct mlflow_field fields[] = {
		{ "name", MLFLOW_STR, MLFLOW_NEED | MLFLOW_TYPED, NULL, NULL },
		{ "prompt", MLFLOW_MESSAGE, MLFLOW_NEED, prompt_fields, NULL }, { .name = NULL } };
	const struct json *request = mlflow_message(call, fields);
	const struct json *prompt = json_get(request, "prompt");
	const char *name = json_str_or(request, "name", "");
	if (!request || !name_ok(call, name) || !tags_ok(call, json_get(prompt, "tags")))
		return;
	if (registry_has(call, name, true) || registry_has(call, name, false))
		call_error(call, 409, "ALREADY_EXISTS", "Prompt '%s' already exists.", name);
	else if (registry_create(call, name, json_str_or(prompt, "description", NULL), true) &&
		mlflow_pairs_set(call, "registered_tag", name, json_get(prompt, "tags")))
		reply_prompt(call, name);
}

void mlflow_uc_prompt_get(struct call *call)
{
	if (need_prompt(call, call->args[0]))
		reply_prompt(call, call->args[0]);
}

void mlflow_uc_prompt_delete(struct call *call)
{
	if (need_prompt(call, call->args[0]) && registry_delete(call, call->args[0]))
		call_reply(call, json_new_object());
}

static const struct mlflow_field page_fields[] = {
	{ "catalog_schema", MLFLOW_VALUE, 0, NULL, NULL },
	{ "max_results", MLFLOW_INT, 0, NULL, NULL }, { "page_token", MLFLOW_STR, 0, NULL, NULL },
	{ .name = NULL } };

void mlflow_uc_prompt_search(struct call *call)
{
	const struct json *request = mlflow_message(call, page_fields);
	const struct json *schema = json_get(request, "catalog_schema");
	struct mlflow_search page = { .limit = 0 };
	const char *prefix;
	if (!request || !mlflow_search_page(call, &page, request, PAGE_SIZE, PAGE_SIZE))
		return;
	prefix = arena_printf(&call->arena, "%s.%s.", json_str_or(schema, "catalog_name", ""),
		json_str_or(schema, "schema_name", ""));
	mlflow_search_reply(call, &page, mlflow_sql(call, PROMPTS "WHERE g.uc AND "
		"substr(g.name, 1, length(?)) = ? ORDER BY g.name LIMIT ? OFFSET ?", "ttii", prefix,
		prefix, page.limit + 1, page.offset), "prompts", prompt_json);
}

/* ---- versions and aliases ---------------------------------------------------------------- */

void mlflow_uc_version_create(struct call *call)
{
	static const struct mlflow_field version_fields[] = {
		{ "template", MLFLOW_STR, 0, NULL, NULL }, VERSION_PART, { .name = NULL } };
	static const struct mlflow_field fields[] = {
		{ "prompt_version", MLFLOW_MESSAGE, MLFLOW_NEED, version_fields, NULL },
		{ .name = NULL } };
	const struct json *request = mlflow_message(call, fields);
	const struct json *version = json_get(request, "prompt_version");
	const char *text = json_str_or(version, "template", ""), *number;
	struct err err = { .code = ERR_NONE };
	struct json *template;
	if (!request || !need_prompt(call, call->args[0]) ||
		!tags_ok(call, json_get(version, "tags")))
		return;
	template = json_parse(text, strlen(text), &err);
	if (!json_is(template, JSON_STRING) && !json_is(template, JSON_ARRAY)) {
		call_bad(call, "The template must be a JSON-encoded string or list of messages.");
		json_free(template);
		return;
	}
	json_free(template);
	number = registry_add_version(call, call->args[0], version);
	if (number)
		reply_version(call, call->args[0], number);
}

void mlflow_uc_version_get(struct call *call)
{
	if (need_version(call, call->args[0], call->args[1]))
		reply_version(call, call->args[0], call->args[1]);
}

void mlflow_uc_version_search(struct call *call)
{
	const struct json *request = mlflow_message(call, page_fields);
	struct mlflow_search page = { .limit = 0 };
	if (request && need_prompt(call, call->args[0]) &&
		mlflow_search_page(call, &page, request, PAGE_SIZE, PAGE_SIZE))
		mlflow_search_reply(call, &page, mlflow_sql(call, VERSIONS "WHERE v.name = ? "
			"ORDER BY v.version DESC LIMIT ? OFFSET ?", "tii", call->args[0],
			page.limit + 1, page.offset), "prompt_versions", version_json);
}

void mlflow_uc_alias_set(struct call *call)
{
	static const struct mlflow_field fields[] = {
		{ "version", MLFLOW_STR, MLFLOW_NEED | MLFLOW_TYPED, NULL, NULL },
		{ .name = NULL } };
	const struct json *request = mlflow_message(call, fields);
	const char *version = json_str_or(request, "version", "");
	if (request && registry_alias_ok(call, call->args[1]) &&
		need_version(call, call->args[0], version) &&
		mlflow_pair_set(call, "alias", call->args[0], call->args[1], version))
		call_reply(call, json_new_object());
}

void mlflow_uc_alias_get(struct call *call)
{
	const char *version;
	if (!need_prompt(call, call->args[0]))
		return;
	version = mlflow_pair_get(call, "alias", call->args[0], call->args[1]);
	if (version)
		reply_version(call, call->args[0], version);
	else if (!mlflow_failed(call))
		call_error(call, 404, "RESOURCE_DOES_NOT_EXIST",
			"Prompt alias '%s' of '%s' does not exist.", call->args[1], call->args[0]);
}

void mlflow_uc_alias_delete(struct call *call)
{
	if (!need_prompt(call, call->args[0]))
		return;
	(void)!mlflow_pair_delete(call, "alias", call->args[0], call->args[1]);
	if (!mlflow_failed(call))
		call_reply(call, json_new_object());
}

/* ---- tags and links ------------------------------------------------------------------------ */

static void set_tag(struct call *call, const char *kind, const char *owner)
{
	static const struct mlflow_field fields[] = {
		{ "key", MLFLOW_STR, MLFLOW_NEED | MLFLOW_TYPED, NULL, NULL },
		{ "value", MLFLOW_STR, MLFLOW_TYPED, NULL, NULL }, { .name = NULL } };
	const struct json *request = mlflow_message(call, fields);
	const char *key = json_str_or(request, "key", "");
	if (!request)
		return;
	if (strchr(key, '.'))
		call_bad(call, "Tag keys must not contain dots: '%s'", key);
	else if (mlflow_pair_set(call, kind, owner, key, json_str_or(request, "value", "")))
		call_reply(call, json_new_object());
}

void mlflow_uc_prompt_tag(struct call *call)
{
	if (need_prompt(call, call->args[0]))
		set_tag(call, "registered_tag", call->args[0]);
}

void mlflow_uc_version_tag(struct call *call)
{
	if (need_version(call, call->args[0], call->args[1]))
		set_tag(call, "version_tag",
			registry_version_key(call, call->args[0], call->args[1]));
}

static bool link_version(struct call *call, const struct json *version,
	const struct json *targets)
{
	const char *name = json_str_or(version, "name", "");
	const char *number = json_str_or(version, "version", "");
	if (!need_version(call, name, number))
		return false;
	for (const struct json *c = json_first(targets); c; c = json_next(c))
		if (!mlflow_link(call, "prompt", registry_version_key(call, name, number),
			json_text(c), 0))
			return false;
	return true;
}

/* To runs, models or traces. */
void mlflow_uc_links(struct call *call)
{
	static const struct mlflow_field versions[] = {
		{ "name", MLFLOW_STR, 0, NULL, NULL }, { "version", MLFLOW_STR, 0, NULL, NULL },
		{ .name = NULL } };
	static const struct mlflow_field fields[] = {
		{ "prompt_versions", MLFLOW_MESSAGE, MLFLOW_NEED | MLFLOW_LIST, versions, NULL },
		{ "run_ids", MLFLOW_STR, MLFLOW_LIST, NULL, NULL },
		{ "model_ids", MLFLOW_STR, MLFLOW_LIST, NULL, NULL },
		{ "trace_ids", MLFLOW_STR, MLFLOW_LIST, NULL, NULL }, { .name = NULL } };
	const struct json *request = mlflow_message(call, fields);
	const char *member = ends_with(call->request->path, "runs") ? "run_ids" :
		ends_with(call->request->path, "models") ? "model_ids" : "trace_ids";
	const struct json *list = json_get(request, "prompt_versions");
	if (!request)
		return;
	for (const struct json *c = json_first(list); c; c = json_next(c))
		if (!link_version(call, c, json_get(request, member)))
			return;
	call_reply(call, json_new_object());
}
