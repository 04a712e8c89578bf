/* From the files of a bundle to the configuration that is deployed. */
#include "cli.h"

#include "bundle.h"
#include "dbx.h"
#include "dbxtool.h"
#include "io.h"
#include "json.h"
#include "mem.h"
#include "tool.h"
#include "url.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

extern char **environ;

void cli_free(struct cli *cli)
{
	strlist_free(&cli->vars);
	cli_source_free(cli->source);
	bundle_free(cli->bundle);
	dbx_free(cli->dbx);
	json_free(cli->config);
	json_free(cli->state);
	free(cli->dir);
}

const char *cli_workspace(const struct cli *cli, const char *name)
{
	return json_str_or(json_get(cli->config, "workspace"), name, "");
}

/* ---- the folder and the target ---------------------------------------------------------- */

static bool has_root_file(const char *dir)
{
	static const char *const names[] = { "databricks.yml", "databricks.yaml", "bundle.yml",
		"bundle.yaml" };
	bool found = false;
	for (size_t i = 0; i < countof(names) && !found; i++) {
		char *path = io_join(dir, names[i]);
		found = io_exists(path);
		free(path);
	}
	return found;
}

/* This folder or the nearest above that has a databricks.yml. */
static bool find_dir(struct cli *cli)
{
	const char *given = tool_env("DATABRICKS_BUNDLE_ROOT");
	char *dir = given ? xstrdup(given) : getcwd(NULL, 0);
	while (dir && !given && !has_root_file(dir) && !streq(dir, "/")) {
		char *above = io_dirname(dir);
		free(dir);
		dir = above;
	}
	cli->dir = dir;
	for (size_t n = dir ? strlen(dir) : 0; n > 1 && dir[n - 1] == '/'; n--)
		dir[n - 1] = '\0';
	return (dir && has_root_file(dir)) || cli_error(cli, NULL, 0,
		"unable to locate bundle root: databricks.yml not found");
}

/* Values of variables: the file of overrides, then the environment, then the command line. */
static bool collect_vars(struct cli *cli)
{
	struct err err = { .code = ERR_NONE };
	struct strlist given = cli->vars;
	char *path = xasprintf("%s/.databricks/bundle/%s/variable-overrides.json", cli->dir,
		cli->target ? cli->target : "default");
	struct json *file = io_exists(path) ? json_load(path, &err) : NULL;
	bool ok = !err.code || cli_error(cli, NULL, 0, "failed to load %s: %s", path, err.text);
	free(path);
	cli->vars = (struct strlist){ NULL, 0, 0 };
	for (const struct json *c = json_first(file); c; c = json_next(c))
		if (json_text(c) || json_number_text(c))
			strlist_take(&cli->vars, xasprintf("%s=%s", json_key(c),
				json_text(c) ? json_text(c) : json_number_text(c)));
	for (char **e = environ; *e; e++)
		if (starts_with(*e, "BUNDLE_VAR_"))
			strlist_add(&cli->vars, *e + strlen("BUNDLE_VAR_"));
	for (size_t i = 0; i < given.n; i++)
		strlist_add(&cli->vars, given.v[i]);
	strlist_free(&given);
	json_free(file);
	return ok;
}

/* bundle.h reads what the files mean; what it refuses is told in its words. */
static bool open_bundle(struct cli *cli)
{
	struct err err = { .code = ERR_NONE };
	struct bundle_options options = { .target = cli->target, .config_only = true,
		.overrides = (const char *const *)cli->vars.v, .noverrides = cli->vars.n };
	const char *text = err.text;
	cli->bundle = bundle_open(cli->dir, &options, &err);
	if (!cli->bundle && starts_with(text, cli->dir))
		text += strlen(cli->dir) + strspn(text + strlen(cli->dir), ":/ ");
	return cli->bundle || cli_error(cli, NULL, 0, "%s", text);
}

/* ---- the workspace ---------------------------------------------------------------------- */

static bool open_workspace(struct cli *cli, struct json **me)
{
	struct err err = { .code = ERR_NONE };
	struct dbxtool options = { .bundle = cli->dir, .target = cli->target };
	struct dbx_request request = { .path = "/api/2.0/preview/scim/v2/Me" };
	struct dbx_reply reply;
	bool ok;
	cli->dbx = dbxtool_open(&options, &err);
	if (!cli->dbx)
		return cli_error(cli, NULL, 0, "%s", err.text);
	if (!url_is_loopback(dbx_host(cli->dbx)))
		return cli_error(cli, NULL, 0,
			"genie-local databricks serves the embedded workspace "
			"only, and %s is not on loopback: install the Databricks CLI for it",
			dbx_host(cli->dbx));
	ok = dbx_fetch(cli->dbx, &request, &reply, &err) ||
		cli_refused(cli, "failed to determine the current user",
			"GET /api/2.0/preview/scim/v2/Me", &reply);
	*me = reply.body;
	reply.body = NULL;
	dbx_reply_free(&reply);
	return ok;
}

/* "a.b@c" gives "a_b". */
static char *short_name(const char *user)
{
	char *name = xstrndup(user, strcspn(user, "@"));
	for (char *c = name; *c; c++)
		if (!((*c >= 'a' && *c <= 'z') || (*c >= 'A' && *c <= 'Z') ||
			(*c >= '0' && *c <= '9')))
			*c = '_';
	return name;
}

static void set_user(struct json *workspace, const struct json *me)
{
	struct json *user = json_set(workspace, "current_user", json_new_object());
	char *name = short_name(json_str_or(me, "userName", ""));
	json_set_str(user, "userName", json_str_or(me, "userName", ""));
	json_set_str(user, "displayName", json_str_or(me, "displayName", ""));
	json_set_str(user, "id", json_str_or(me, "id", ""));
	json_set_str(user, "short_name", name);
	free(name);
}

static void set_paths(struct cli *cli, struct json *workspace)
{
	static const struct { const char *name, *below; } parts[] = {
		{ "file_path", "files" }, { "resource_path", "resources" },
		{ "artifact_path", "artifacts" }, { "state_path", "state" } };
	const char *user = json_str_or(json_get(workspace, "current_user"), "userName", "");
	const char *given = json_str_or(workspace, "root_path", NULL);
	char *root = !given ? xasprintf("/Workspace/Users/%s/.bundle/%s/%s", user,
			bundle_name(cli->bundle), bundle_target(cli->bundle)) :
		starts_with(given, "~/") ? xasprintf("/Workspace/Users/%s/%s", user, given + 2) :
		starts_with(given, "/Workspace/") ? xstrdup(given) : xasprintf("/Workspace%s",
			given);
	json_set_str(workspace, "root_path", root);
	cli_resolve(cli, json_get(workspace, "root_path"));
	free(root);
	for (size_t i = 0; i < countof(parts); i++) {
		char *path = xasprintf("%s/%s", json_str_or(workspace, "root_path", ""),
			parts[i].below);
		if (!json_get(workspace, parts[i].name))
			json_set_str(workspace, parts[i].name, path);
		free(path);
	}
	cli_resolve(cli, workspace);
}

/* ---- references to what only the workspace knows --------------------------------------------- */

static bool resolve_text(const struct cli *cli, const char *text, struct str *out)
{
	bool any = false;
	for (const char *at; (at = strstr(text, "${")); ) {
		const char *end = strchr(at, '}');
		char *name = end ? xstrndup(at + 2, (size_t)(end - at - 2)) : NULL;
		const struct json *value = name ? json_dig(cli->config, name) : NULL;
		free(name);
		if (!end)
			break;
		str_addn(out, text, (size_t)(at - text));
		if (json_text(value) || json_number_text(value)) {
			str_add(out, json_text(value) ? json_text(value) : json_number_text(value));
			any = true;
		} else {
			str_addn(out, at, (size_t)(end + 1 - at));
		}
		text = end + 1;
	}
	str_add(out, text);
	return any;
}

void cli_resolve(const struct cli *cli, struct json *json)
{
	const char *text = json_text(json);
	struct json *next;
	if (text && strstr(text, "${")) {
		struct str out = STR_INIT;
		if (resolve_text(cli, text, &out))
			json_replace(json, json_new_str(str_text(&out)));
		str_free(&out);
		return;
	}
	for (struct json *child = json_first(json); child; child = next) {
		next = json_next(child);
		cli_resolve(cli, child);
	}
}

/* ---- files that resources name ------------------------------------------------------ */

struct reference {
	struct cli *cli;
	struct json *object;       /* holds the path */
	const char *key;           /* its member */
	const char *file;          /* the YAML file it was written in */
	char *path;                /* of the object in the configuration */
};

static char *strip_suffix(const char *path)
{
	static const char *const suffixes[] = { ".py", ".sql", ".scala", ".r", ".ipynb" };
	for (size_t i = 0; i < countof(suffixes); i++)
		if (ends_with(path, suffixes[i]))
			return xstrndup(path, strlen(path) - strlen(suffixes[i]));
	return xstrdup(path);
}

/* A relative path must name a file of the bundle. It becomes the path of the uploaded one. */
static void take_file(const struct reference *ref, bool notebook)
{
	struct cli *cli = ref->cli;
	const char *text = json_str_or(ref->object, ref->key, NULL), *inside;
	char *place_path = xasprintf("%s.%s", ref->path, ref->key), *path, *there;
	struct cli_place place = cli_source_place(cli, ref->file, place_path);
	if (text && *text != '/' && !strchr(text, ':') && !starts_with(text, "${")) {
		inside = bundle_relative(cli->bundle, ref->file, text);
		path = inside ? bundle_path(cli->bundle, inside) : NULL;
		if (!inside) {
			cli_error(cli, &place, 1,
				"path %s is not contained in the bundle root path",
				text);
		} else if (!io_exists(path) || io_is_dir(path)) {
			cli_error(cli, &place, 1, "%s %s not found", notebook ? "notebook" : "file",
				text);
		} else {
			char *name = notebook ? strip_suffix(inside) : xstrdup(inside);
			there = xasprintf("%s/%s", cli_workspace(cli, "file_path"), name);
			json_set_str(ref->object, ref->key, there);
			free(name);
			free(there);
		}
		free(path);
	}
	free(place_path);
}

/* The same for a member of a member of a task, if it is there. */
static void take_task_file(struct cli *cli, struct json *task, const char *file, const char *path)
{
	static const struct { const char *object, *key; bool notebook; } places[] = {
		{ "spark_python_task", "python_file", false },
		{ "notebook_task", "notebook_path", true }, { "sql_task.file", "path", false } };
	for (size_t i = 0; i < countof(places); i++) {
		struct reference ref = { cli, json_dig(task, places[i].object), places[i].key, file,
			xasprintf("%s.%s", path, places[i].object) };
		if (ref.object && !streq(json_str_or(ref.object, "source", ""), "GIT"))
			take_file(&ref, places[i].notebook);
		free(ref.path);
	}
}

static void take_job(struct cli *cli, const char *key, struct json *job)
{
	const char *file = json_str_or(job, "__file", "");
	struct json *task = json_first(json_get(job, "tasks"));
	for (size_t i = 0; task; i++, task = json_next(task)) {
		char *path = xasprintf("resources.jobs.%s.tasks[%zu]", key, i);
		char *nested = xasprintf("%s.for_each_task.task", path);
		take_task_file(cli, task, file, path);
		take_task_file(cli, json_dig(task, "for_each_task.task"), file, nested);
		free(path);
		free(nested);
	}
}

static void take_space(struct cli *cli, const char *key, const struct json *space)
{
	const char *file = json_str_or(space, "__file", "");
	const char *text = json_str_or(space, "file_path", NULL), *inside;
	char *path = xasprintf("resources.genie_spaces.%s.file_path", key), *full;
	struct cli_place place = cli_source_place(cli, file, path);
	if (text && json_get(space, "serialized_space")) {
		cli_error(cli, &place, 1, "genie space %s has both file_path and serialized_space: "
			"only one of them can be set", key);
	} else if (text) {
		inside = bundle_relative(cli->bundle, file, text);
		full = inside ? bundle_path(cli->bundle, inside) : NULL;
		if (!full || !io_exists(full))
			cli_error(cli, &place, 1,
				"failed to read serialized genie space from file_path "
				"%s: open %s: no such file or directory", text, full ? full : text);
		free(full);
	}
	free(path);
}

/* ---- what a target's mode changes --------------------------------------------------- */

static void apply_mode(struct cli *cli, struct json *resources)
{
	char *mode_path = xasprintf("targets.%s.mode", bundle_target(cli->bundle));
	char *prefix_path = xasprintf("targets.%s.presets.name_prefix", bundle_target(cli->bundle));
	const char *user = json_str_or(json_dig(cli->config, "workspace.current_user"),
		"short_name", "");
	bool development = streq(cli_source_text(cli, mode_path), "development");
	const char *given = cli_source_text(cli, prefix_path);
	char *prefix = given ? xstrdup(given) : development ? xasprintf("[dev %s] ", user) :
		xstrdup("");
	for (struct json *job = json_first(json_get(resources,
		"jobs")); job; job = json_next(job)) {
		char *name = xasprintf("%s%s", prefix, json_str_or(job, "name", json_key(job)));
		json_set_str(job, "name", name);
		free(name);
		if (development && !json_get(job, "tags"))
			json_set(job, "tags", json_new_object());
		if (development)
			json_set_str(json_get(job, "tags"), "dev", user);
		if (development && !json_get(job, "max_concurrent_runs"))
			json_set_int(job, "max_concurrent_runs", 4);
		if (!json_get(job, "queue"))
			json_set_bool(json_set(job, "queue", json_new_object()), "enabled", true);
	}
	if (development)
		json_set_str(json_get(cli->config, "bundle"), "mode", "development");
	free(mode_path);
	free(prefix_path);
	free(prefix);
}

static bool take_resources(struct cli *cli)
{
	struct json *resources = json_set(cli->config, "resources",
		json_dup(bundle_resources(cli->bundle)));
	size_t before = cli->errors;
	cli_resolve(cli, resources);
	for (struct json *job = json_first(json_get(resources, "jobs")); job; job = json_next(job))
		take_job(cli, json_key(job), job);
	for (struct json *c = json_first(json_get(resources, "genie_spaces")); c; c = json_next(c))
		take_space(cli, json_key(c), c);
	apply_mode(cli, resources);
	return cli->errors == before;
}

/* ---- all of it ---------------------------------------------------------------------- */

static void begin_config(struct cli *cli)
{
	struct json *bundle;
	const char *engine = tool_env("DATABRICKS_BUNDLE_ENGINE");
	cli->config = json_new_object();
	bundle = json_set(cli->config, "bundle", json_new_object());
	json_set_str(bundle, "name", bundle_name(cli->bundle));
	json_set_str(bundle, "target", bundle_target(cli->bundle));
	if (!engine)
		engine = cli_source_text(cli, "bundle.engine");
	json_set_str(bundle, "engine", engine ? engine : "terraform");
}

bool cli_load(struct cli *cli)
{
	struct json *me = NULL, *workspace;
	bool ok;
	if (!find_dir(cli) || !cli_source_open(cli) || !cli_source_target(cli) ||
		!collect_vars(cli) || !cli_source_references(cli) || !open_bundle(cli))
		return false;
	begin_config(cli);
	workspace = json_set(cli->config, "workspace", json_dup(bundle_workspace(cli->bundle)));
	ok = open_workspace(cli, &me);
	if (cli->dbx)
		json_set_str(workspace, "host", dbx_host(cli->dbx));
	set_user(workspace, me);
	json_free(me);
	set_paths(cli, workspace);
	return take_resources(cli) && ok;
}
