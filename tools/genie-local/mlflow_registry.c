#include "mlflow_registry.h"

#include "clock.h"
#include "json.h"

#include <ctype.h>
#include <string.h>

bool registry_has(struct call *call, const char *name, bool uc)
{
	return mlflow_found(call, NULL, "SELECT 1 FROM mlflow_registered WHERE name = ? AND uc = ?",
		"ti", name, (int64_t)uc);
}

bool registry_has_version(struct call *call, const char *name, const char *version)
{
	return mlflow_found(call, NULL, "SELECT 1 FROM mlflow_versions WHERE name = ? AND "
		"CAST(version AS TEXT) = ?", "tt", name, version);
}

bool registry_create(struct call *call, const char *name, const char *description, bool uc)
{
	int64_t now = clock_now_ms();
	return mlflow_run(call, "INSERT INTO mlflow_registered "
		"(name, description, uc, created, updated) VALUES (?, ?, ?, ?, ?)", "ttiii", name,
		description, (int64_t)uc, now, now);
}

const char *registry_version_key(struct call *call, const char *name, const char *version)
{
	return arena_printf(&call->arena, "%s/%s", name, version);
}

const char *registry_add_version(struct call *call, const char *name,
	const struct json *version)
{
	int64_t now = clock_now_ms();
	const char *number = NULL;
	if (!mlflow_run(call, "INSERT INTO mlflow_versions (name, version, description, source, "
			"run_id, template, created, updated) "
			"SELECT ?, 1 + COALESCE(MAX(version), 0), ?, ?, ?, ?, ?, ? "
			"FROM mlflow_versions WHERE name = ?", "tttttiit", name,
			json_str_or(version, "description", NULL),
			json_str_or(version, "source", NULL), json_str_or(version, "run_id", NULL),
			json_str_or(version, "template", NULL), now, now, name) ||
		!mlflow_found(call, &number, "SELECT CAST(MAX(version) AS TEXT) "
			"FROM mlflow_versions WHERE name = ?", "t", name) ||
		!mlflow_pairs_set(call, "version_tag", registry_version_key(call, name, number),
			json_get(version, "tags")) ||
		!mlflow_run(call, "UPDATE mlflow_registered SET updated = ? WHERE name = ?", "it",
			now, name))
		return NULL;
	return number;
}

static struct json *alias_name_json(struct call *call, struct db_stmt *stmt)
{
	(void)call;
	return json_new_str(db_column_text(stmt, 0));
}

static struct json *alias_json(struct call *call, struct db_stmt *stmt)
{
	struct json *alias = json_new_object();
	(void)call;
	json_set_str(alias, "alias", db_column_text(stmt, 0));
	json_set_str(alias, "version", db_column_text(stmt, 1));
	return alias;
}

struct json *registry_aliases(struct call *call, const char *name, const char *version,
	bool names_only)
{
	return mlflow_rows(call, mlflow_sql(call, "SELECT key, value FROM mlflow_pairs WHERE "
		"kind = 'alias' AND owner = ? AND (? IS NULL OR value = ?) ORDER BY key", "ttt",
		name, version, version), names_only ? alias_name_json : alias_json);
}

bool registry_alias_ok(struct call *call, const char *alias)
{
	size_t digits = strspn(alias + 1, "0123456789");
	if (strieq(alias, "latest"))
		return call_bad(call, "'latest' alias name (case insensitive) is reserved.");
	if ((*alias == 'v' || *alias == 'V') && digits && !alias[1 + digits])
		return call_bad(call, "Version alias name '%s' is reserved.", alias);
	return true;
}

bool registry_delete(struct call *call, const char *name)
{
	return mlflow_run(call, "DELETE FROM mlflow_registered WHERE name = ?", "t", name) &&
		mlflow_run(call, "DELETE FROM mlflow_versions WHERE name = ?", "t", name) &&
		mlflow_run(call, "DELETE FROM mlflow_pairs WHERE (owner = ? AND kind IN ('alias', "
			"'registered_tag')) OR (kind = 'version_tag' AND owner > ? AND owner < ?)",
			"ttt", name, arena_printf(&call->arena, "%s/", name),
			arena_printf(&call->arena, "%s0", name));
}
