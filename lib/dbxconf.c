#include "dbxint.h"

#include "ini.h"
#include "io.h"
#include "mem.h"
#include "url.h"
#include "yaml.h"

#include <stdlib.h>
#include <string.h>

#define SETTINGS "__settings__"

enum group { GROUP_NONE, GROUP_PAT, GROUP_BASIC, GROUP_OAUTH, NGROUPS };

static const struct attr_info {
	const char *name, *env;
	enum group group;
} attrs[DBX_NATTRS] = {
	[DBX_HOST] = { "host", "DATABRICKS_HOST", GROUP_NONE },
	[DBX_TOKEN] = { "token", "DATABRICKS_TOKEN", GROUP_PAT },
	[DBX_USERNAME] = { "username", "DATABRICKS_USERNAME", GROUP_BASIC },
	[DBX_PASSWORD] = { "password", "DATABRICKS_PASSWORD", GROUP_BASIC },
	[DBX_CLIENT_ID] = { "client_id", "DATABRICKS_CLIENT_ID", GROUP_OAUTH },
	[DBX_CLIENT_SECRET] = { "client_secret", "DATABRICKS_CLIENT_SECRET", GROUP_OAUTH },
	[DBX_PROFILE] = { "profile", "DATABRICKS_CONFIG_PROFILE", GROUP_NONE },
	[DBX_CONFIG_FILE] = { "config_file", "DATABRICKS_CONFIG_FILE", GROUP_NONE },
	[DBX_AUTH_TYPE] = { "auth_type", "DATABRICKS_AUTH_TYPE", GROUP_NONE },
	[DBX_WAREHOUSE_ID] = { "warehouse_id", "DATABRICKS_WAREHOUSE_ID", GROUP_NONE },
	[DBX_WORKSPACE_ID] = { "workspace_id", "DATABRICKS_WORKSPACE_ID", GROUP_NONE },
	[DBX_ACCOUNT_ID] = { "account_id", "DATABRICKS_ACCOUNT_ID", GROUP_NONE },
	[DBX_DISCOVERY_URL] = { "discovery_url", "DATABRICKS_DISCOVERY_URL", GROUP_NONE },
	[DBX_CLI_PATH] = { "databricks_cli_path", "DATABRICKS_CLI_PATH", GROUP_NONE },
};

const char *dbx_attr_name(enum dbx_attr attr)
{
	return attrs[attr].name;
}

const char *dbx_attr_env(enum dbx_attr attr)
{
	return attrs[attr].env;
}

const char *dbx_strategy_name(enum dbx_strategy strategy)
{
	static const char *const names[] = {
		"pat", "basic", "oauth-m2m", "databricks-cli", "none",
	};

	return names[strategy];
}

static void fill(struct dbx *dbx, enum dbx_attr attr, const char *value)
{
	if (!dbx->attr[attr] && value && *value)
		dbx->attr[attr] = xstrdup(value);
}

/* ---- host ----------------------------------------------------------------- */

/* The numeric workspace id in "?o=123", as the browser's address has it. */
static char *query_workspace(const char *text)
{
	const char *at = strstr(text, "?o=");
	size_t n;

	if (!at)
		at = strstr(text, "&o=");
	if (!at)
		return NULL;
	n = strspn(at + 3, "0123456789");
	return n ? xstrndup(at + 3, n) : NULL;
}

char *dbx_normal_host(const char *text, char **workspace)
{
	const char *start = strstr(text, "://");
	char *found = query_workspace(text), *out;
	size_t n;

	start = start ? start + 3 : text;
	n = strcspn(start, "/?#");
	if (n > 4 && strncmp(start + n - 4, ":443", 4) == 0)
		n -= 4;
	out = xasprintf("%.*s%.*s", start == text ? 8 : (int)(start - text),
		start == text ? "https://" : text, (int)n, start);
	lower_ascii(out);
	if (found && workspace && !*workspace)
		*workspace = found;
	else
		free(found);
	return out;
}

static bool plain_base(const char *text, struct err *err)
{
	struct url url;
	bool ok = url_parse(&url, text) && !strpbrk(text, "?#");

	if (!ok)
		err_set(err, ERR_USAGE, "not the address of a server: use http(s)://HOST[:PORT]"
			"[/PREFIX], with credentials in variables of their own");
	url_free(&url);
	return ok;
}

bool dbx_resolve_server(struct dbx *dbx, const struct dbx_server *server, struct err *err)
{
	size_t n = strlen(server->url);

	if (!plain_base(server->url, err))
		return false;
	while (n && server->url[n - 1] == '/')
		n--;
	dbx->attr[DBX_HOST] = xstrndup(server->url, n);
	fill(dbx, DBX_TOKEN, server->token);
	fill(dbx, DBX_USERNAME, server->username);
	if (dbx->attr[DBX_USERNAME])
		dbx->attr[DBX_PASSWORD] = xstrdup(server->password ? server->password : "");
	dbx->strategy = dbx->attr[DBX_USERNAME] ? DBX_BASIC :
		dbx->attr[DBX_TOKEN] ? DBX_PAT : DBX_OPEN;
	return true;
}

/* ---- bundle --------------------------------------------------------------- */

static char *bundle_file(const char *bundle)
{
	static const char *const names[] = {
		"databricks.yml", "databricks.yaml", "bundle.yml", "bundle.yaml",
	};

	if (!io_is_dir(bundle))
		return xstrdup(bundle);
	for (size_t i = 0; i < countof(names); i++) {
		char *path = io_join(bundle, names[i]);

		if (io_exists(path))
			return path;
		free(path);
	}
	return io_join(bundle, names[0]);
}

static const char *scalar(const struct yaml_node *map, const char *path)
{
	const struct yaml_node *node = map ? yaml_find(map, path) : NULL;

	/* A value with a variable is for the bundle's own tool to resolve. */
	if (!node || node->kind != YAML_SCALAR || !node->length || strstr(node->value, "${"))
		return NULL;
	return node->value;
}

/* The target named, or marked default, or the only one. */
static const struct yaml_node *pick_target(const struct yaml_node *targets, const char *name)
{
	if (!targets || targets->kind != YAML_MAP)
		return NULL;
	if (name)
		return yaml_get(targets, name);
	for (size_t i = 0; i < targets->n; i++)
		if (streq(scalar(targets->items[i], "default"), "true"))
			return targets->items[i];
	return targets->n == 1 ? targets->items[0] : NULL;
}

static bool read_bundle(struct dbx *dbx, const struct dbx_options *o, struct err *err)
{
	char *path = bundle_file(o->bundle);
	struct yaml *yaml = yaml_load(path, err);
	const struct yaml_node *root = yaml ? yaml_root(yaml) : NULL, *target = NULL;
	bool ok = yaml != NULL;

	if (root && root->kind == YAML_MAP)
		target = pick_target(yaml_get(root, "targets"), o->target);
	if (ok && o->target && *o->target && !target)
		ok = err_set(err, ERR_USAGE, "%s: no target %s", path, o->target);
	if (ok && root && root->kind == YAML_MAP) {
		fill(dbx, DBX_PROFILE, scalar(target, "workspace.profile"));
		fill(dbx, DBX_HOST, scalar(target, "workspace.host"));
		fill(dbx, DBX_PROFILE, scalar(root, "workspace.profile"));
		fill(dbx, DBX_HOST, scalar(root, "workspace.host"));
	}
	yaml_close(yaml);
	free(path);
	return ok;
}

/* ---- ~/.databrickscfg ----------------------------------------------------- */

static char *config_path(const struct dbx *dbx, const char *home)
{
	const char *path = dbx->attr[DBX_CONFIG_FILE];

	if (!path)
		path = "~/.databrickscfg";
	if (!starts_with(path, "~/"))
		return xstrdup(path);
	return home ? io_join(home, path + 2) : NULL;
}

static bool any_auth(const struct dbx *dbx)
{
	for (int i = 0; i < DBX_NATTRS; i++)
		if (attrs[i].group != GROUP_NONE && dbx->attr[i])
			return true;
	return false;
}

/* The first profile for the host that a bundle names. */
static const char *profile_of_host(const struct ini *ini, const char *host)
{
	char *want = dbx_normal_host(host, NULL);
	const char *found = NULL;

	for (size_t i = 0; !found && i < ini_sections(ini); i++) {
		const char *name = ini_section(ini, i), *value = ini_get(ini, name, "host");
		char *have = value && *value ? dbx_normal_host(value, NULL) : NULL;

		if (streq(want, have) && !streq(name, SETTINGS))
			found = name;
		free(have);
	}
	free(want);
	return found;
}

/* NULL without an error: nothing is configured there. */
static const char *pick_profile(const struct dbx *dbx, const struct ini *ini, const char *path,
	struct err *err)
{
	const char *name = dbx->attr[DBX_PROFILE];

	if (streq(name, SETTINGS)) {
		err_set(err, ERR_USAGE, "%s is no profile", SETTINGS);
		return NULL;
	}
	if (!name && dbx->attr[DBX_HOST])
		return profile_of_host(ini, dbx->attr[DBX_HOST]);
	if (!name)
		name = ini_get(ini, SETTINGS, "default_profile");
	if (!name || !*name)
		return ini_count(ini, "DEFAULT") ? "DEFAULT" : NULL;
	if (!ini_has(ini, name)) {
		err_set(err, ERR_DATA, "resolve: %s has no %s profile configured", path, name);
		return NULL;
	}
	return name;
}

static bool use_profile(struct dbx *dbx, const struct ini *ini, const char *path, struct err *err)
{
	struct err problem = { ERR_NONE, "" };
	const char *name = pick_profile(dbx, ini, path, &problem);

	if (problem.code) {
		*err = problem;
		return false;
	}
	if (!name)
		return true;
	for (int i = 0; i < DBX_NATTRS; i++)
		if (i != DBX_PROFILE && i != DBX_CONFIG_FILE)
			fill(dbx, (enum dbx_attr)i, ini_get(ini, name, attrs[i].name));
	free(dbx->profile);
	dbx->profile = xstrdup(name);
	return true;
}

static bool read_file(struct dbx *dbx, const char *home, struct err *err)
{
	char *path = config_path(dbx, home);
	struct str text = STR_INIT;
	struct ini *ini = NULL;
	bool ok = true;

	if (path && io_exists(path)) {
		ok = io_read_file(path, &text, err);
		if (ok)
			ini = ini_parse(str_text(&text), text.n, path, err);
		ok = ini && use_profile(dbx, ini, path, err);
	} else if (dbx->attr[DBX_PROFILE]) {
		ok = err_set(err, ERR_DATA, "resolve: %s has no %s profile configured",
			path ? path : "~/.databrickscfg", dbx->attr[DBX_PROFILE]);
	}
	ini_free(ini);
	str_free(&text);
	free(path);
	return ok;
}

/* ---- strategy ------------------------------------------------------------- */

static bool has(const struct dbx *dbx, enum dbx_attr a, enum dbx_attr b)
{
	return dbx->attr[a] && dbx->attr[b];
}

static bool one_group(const struct dbx *dbx, struct err *err)
{
	static const char *const names[NGROUPS] = { "", "pat", "basic", "oauth" };
	bool set[NGROUPS] = { false };
	struct str list = STR_INIT;
	int n = 0;

	for (int i = 0; i < DBX_NATTRS; i++)
		if (dbx->attr[i])
			set[attrs[i].group] = true;
	for (int g = GROUP_PAT; g < NGROUPS; g++)
		if (set[g])
			str_addf(&list, "%s%s", n++ ? " and " : "", names[g]);
	if (n > 1)
		err_set(err, ERR_USAGE, "validate: more than one authorization method "
			"configured: %s; set DATABRICKS_AUTH_TYPE to choose", str_text(&list));
	str_free(&list);
	return n <= 1;
}

static bool usable(const struct dbx *dbx, enum dbx_strategy strategy)
{
	switch (strategy) {
	case DBX_PAT: return dbx->attr[DBX_TOKEN] != NULL;
	case DBX_BASIC: return has(dbx, DBX_USERNAME, DBX_PASSWORD);
	case DBX_M2M: return has(dbx, DBX_CLIENT_ID, DBX_CLIENT_SECRET);
	default: return true; /* the CLI is asked when the token is needed */
	}
}

static bool pick_strategy(struct dbx *dbx, struct err *err)
{
	const char *forced = dbx->attr[DBX_AUTH_TYPE];

	for (int i = 0; i < DBX_NSTRATEGIES; i++) {
		enum dbx_strategy strategy = (enum dbx_strategy)i;

		if (forced && !streq(forced, dbx_strategy_name(strategy)))
			continue;
		if (usable(dbx, strategy)) {
			dbx->strategy = strategy;
			return true;
		}
		if (forced)
			return err_set(err, ERR_USAGE, "auth_type %s: its settings are missing", forced);
	}
	return err_set(err, ERR_USAGE, "auth_type %s is not supported; use pat, basic, oauth-m2m "
		"or databricks-cli (run: databricks auth login)", forced);
}

static void fix_host(struct dbx *dbx)
{
	char *host = dbx_normal_host(dbx->attr[DBX_HOST], &dbx->attr[DBX_WORKSPACE_ID]);

	free(dbx->attr[DBX_HOST]);
	dbx->attr[DBX_HOST] = host;
}

bool dbx_resolve(struct dbx *dbx, const struct dbx_options *o, struct err *err)
{
	bool from_bundle;

	for (int i = 0; i < DBX_NATTRS; i++)
		fill(dbx, (enum dbx_attr)i, o->given[i]);
	for (int i = 0; i < DBX_NATTRS; i++)
		fill(dbx, (enum dbx_attr)i, o->env[i]);
	from_bundle = o->bundle && *o->bundle && !dbx->attr[DBX_HOST] && !dbx->attr[DBX_PROFILE];
	if (from_bundle && !read_bundle(dbx, o, err))
		return false;
	if ((dbx->attr[DBX_PROFILE] || !any_auth(dbx)) &&
		(from_bundle || dbx->attr[DBX_PROFILE] || !dbx->attr[DBX_HOST]) &&
		!read_file(dbx, o->home, err))
		return false;
	if (!dbx->attr[DBX_HOST])
		return err_set(err, ERR_USAGE, "no Databricks workspace is configured: set "
			"DATABRICKS_HOST and DATABRICKS_TOKEN, or name a profile of "
			"~/.databrickscfg (--profile), or run under genie-local exec");
	fix_host(dbx);
	if (!dbx->attr[DBX_AUTH_TYPE] && !one_group(dbx, err))
		return false;
	return pick_strategy(dbx, err);
}
