/* The configuration's files as they lie there: what is wrong with them, and where. */
#include "cli.h"

#include "bundle.h"
#include "io.h"
#include "json.h"
#include "mem.h"
#include "yaml.h"

#include <stdlib.h>
#include <string.h>

struct source_file {
	char *name; /* relative to the bundle */
	struct yaml *yaml;
};
struct cli_source {
	struct source_file *v; /* the root file first */
	size_t n, cap;
};

void cli_source_free(struct cli_source *source)
{
	if (!source)
		return;
	for (size_t i = 0; i < source->n; i++) {
		free(source->v[i].name);
		yaml_close(source->v[i].yaml);
	}
	free(source->v);
	free(source);
}

static const struct yaml_node *root_of(const struct cli *cli, size_t i)
{
	return yaml_root(cli->source->v[i].yaml);
}

/* ---- places ---------------------------------------------------------------------------- */

const char *cli_source_text(const struct cli *cli, const char *path)
{
	const struct yaml_node *node = yaml_find(root_of(cli, 0), path);
	return node && node->kind == YAML_SCALAR ? node->value : NULL;
}

static struct cli_place place_of(const char *file, const char *path, const struct yaml_node *node)
{
	struct cli_place place = { .path = path, .file = file };
	if (node) {
		place.line = node->start.line;
		place.column = node->start.column;
	}
	return place;
}

struct cli_place cli_source_place(const struct cli *cli, const char *file, const char *path)
{
	for (size_t i = 0; file && i < cli->source->n; i++)
		if (streq(cli->source->v[i].name, file))
			return place_of(file, path, yaml_find(root_of(cli, i), path));
	return place_of(file, path, NULL);
}

/* ---- loading ---------------------------------------------------------------------------- */

/* "FILE:LINE: TEXT" of our YAML reader, as the Databricks CLI says it. */
static bool load_failed(struct cli *cli, const char *file, const struct err *err)
{
	const char *at = strstr(err->text, file), *text;
	struct cli_place place = { .file = file };
	char *end;
	at = at ? at + strlen(file) : NULL;
	if (!at || *at != ':')
		return cli_error(cli, NULL, 0, "failed to load %s: %s", file, err->text);
	place.line = strtoul(at + 1, &end, 10);
	place.column = 1;
	text = *end == ':' ? end + 1 + strspn(end + 1, " ") : end;
	return cli_error(cli, &place, 1, "failed to load %s: yaml: line %zu: %s", file, place.line,
		text);
}

static bool add_file(struct cli *cli, const char *name)
{
	struct err err = { .code = ERR_NONE };
	struct cli_source *source = cli->source;
	char *path = io_join(cli->dir, name);
	struct yaml *yaml = yaml_load(path, &err);
	free(path);
	if (!yaml)
		return load_failed(cli, name, &err);
	GROW(source->v, source->cap, source->n + 1);
	source->v[source->n++] = (struct source_file){ xstrdup(name), yaml };
	return true;
}

/* An entry that is no pattern must name a file; a pattern may match nothing. */
static bool check_includes(struct cli *cli)
{
	const struct yaml_node *list = yaml_get(root_of(cli, 0), "include");
	size_t before = cli->errors;
	for (size_t i = 0; list && list->kind == YAML_SEQ && i < list->n; i++) {
		const struct yaml_node *entry = list->items[i];
		struct cli_place place = place_of(cli->source->v[0].name, "include", entry);
		char *path;
		if (entry->kind != YAML_SCALAR || strpbrk(entry->value, "*?["))
			continue;
		path = io_join(cli->dir, entry->value);
		if (!io_exists(path))
			cli_error(cli, &place, 1,
				"%s defined in 'include' section does not match any files",
				entry->value);
		free(path);
	}
	return cli->errors == before;
}

static bool add_files(struct cli *cli)
{
	struct err err = { .code = ERR_NONE };
	struct strlist files = { NULL, 0, 0 };
	bool ok = bundle_config_files(cli->dir, &files, &err);
	if (!ok) { /* the root file itself is broken, or is there twice */
		static const char *const names[] = { "databricks.yml", "databricks.yaml",
			"bundle.yml", "bundle.yaml" };
		size_t i = 0;
		while (i + 1 < countof(names) && !strstr(err.text, names[i]))
			i++;
		load_failed(cli, names[i], &err);
	}
	for (size_t i = 0; ok && i < files.n; i++)
		ok = add_file(cli, files.v[i]) && (i > 0 || check_includes(cli));
	strlist_free(&files);
	return ok;
}

/* ---- one key for two resources -------------------------------------------------------- */

struct definition {
	const char *key;
	char *path;
	struct cli_place place;
};
struct definitions {
	struct definition *v;
	size_t n, cap;
};

static void collect(const struct cli *cli, size_t file, struct definitions *all)
{
	const struct yaml_node *kinds = yaml_get(root_of(cli, file), "resources");
	for (size_t k = 0; kinds && kinds->kind == YAML_MAP && k < kinds->n; k++) {
		const struct yaml_node *kind = kinds->items[k];
		for (size_t i = 0; kind->kind == YAML_MAP && i < kind->n; i++) {
			struct definition *one;
			GROW(all->v, all->cap, all->n + 1);
			one = &all->v[all->n++];
			one->key = kind->keys[i]->value;
			one->path = xasprintf("resources.%s.%s", kinds->keys[k]->value, one->key);
			one->place = place_of(cli->source->v[file].name, one->path, kind->keys[i]);
		}
	}
}

static void report_twice(struct cli *cli, const struct definitions *all, size_t at)
{
	struct cli_place places[8];
	size_t n = 0;
	for (size_t i = 0; i < at; i++)
		if (streq(all->v[i].key, all->v[at].key))
			return; /* reported at the first */
	for (size_t i = at; i < all->n && n < countof(places); i++)
		if (streq(all->v[i].key, all->v[at].key))
			places[n++] = all->v[i].place;
	if (n > 1)
		cli_error(cli, places, n, "multiple resources or scripts have been defined with "
			"the "
			"same key: %s", all->v[at].key);
}

static bool check_keys(struct cli *cli)
{
	struct definitions all = { NULL, 0, 0 };
	size_t before = cli->errors;
	for (size_t i = 0; i < cli->source->n; i++)
		collect(cli, i, &all);
	for (size_t i = 0; i < all.n; i++)
		report_twice(cli, &all, i);
	for (size_t i = 0; i < all.n; i++)
		free(all.v[i].path);
	free(all.v);
	return cli->errors == before;
}

bool cli_source_open(struct cli *cli)
{
	cli->source = xcalloc(1, sizeof(*cli->source));
	return add_files(cli) && check_keys(cli);
}

/* ---- the target --------------------------------------------------------------------------- */

bool cli_source_target(struct cli *cli)
{
	const struct yaml_node *targets = yaml_get(root_of(cli, 0), "targets"), *node;
	struct str names = STR_INIT;
	const char *found = NULL;
	bool ok = true;
	for (size_t i = 0; targets && targets->kind == YAML_MAP && i < targets->n; i++) {
		const char *name = targets->keys[i]->value;
		node = yaml_get(targets->items[i], "default");
		if (cli->target ? streq(name, cli->target) : targets->n == 1 ||
			(node && node->kind == YAML_SCALAR && streq(node->value, "true")))
			found = name;
		str_addf(&names, "%s%s", i ? ", " : "", name);
	}
	if (cli->target && !found && (names.n || !streq(cli->target, "default")))
		ok = cli_error(cli, NULL, 0, "%s: no such target. Available targets: %s",
			cli->target,
			str_text(&names));
	else if (!cli->target && !found && names.n)
		ok = cli_error(cli, NULL, 0, "please specify target");
	else if (found)
		cli->target = found;
	str_free(&names);
	return ok;
}

/* ---- references --------------------------------------------------------------------------- */

/* Is this variable declared in some file? */
static bool declared(const struct cli *cli, const char *name)
{
	for (size_t i = 0; i < cli->source->n; i++)
		if (yaml_get(yaml_get(root_of(cli, i), "variables"), name))
			return true;
	return false;
}

static bool has_value(const struct cli *cli, const char *name)
{
	const struct yaml_node *targets = yaml_get(root_of(cli, 0), "targets"), *node;
	size_t n = strlen(name);
	for (size_t i = 0; i < cli->vars.n; i++)
		if (strncmp(cli->vars.v[i], name, n) == 0 && cli->vars.v[i][n] == '=')
			return true;
	node = yaml_get(yaml_get(yaml_get(targets, cli->target ? cli->target : ""), "variables"),
		name);
	for (size_t i = 0; !node && i < cli->source->n; i++) {
		node = yaml_get(yaml_get(root_of(cli, i), "variables"), name);
		node = node && node->kind == YAML_MAP ? yaml_get(node, "default") : node;
	}
	return node != NULL;
}

static bool resource_exists(const struct cli *cli, const char *name)
{
	const char *kind_end = strchr(name, '.'), *key_end;
	bool found = false;
	char *path;
	if (!kind_end)
		return false;
	key_end = strchr(kind_end + 1, '.');
	path = xasprintf("resources.%.*s", (int)((key_end ? key_end : name + strlen(name)) - name),
		name);
	for (size_t i = 0; i < cli->source->n && !found; i++)
		found = yaml_find(root_of(cli, i), path) != NULL;
	free(path);
	return found;
}

static bool known(const struct cli *cli, const char *name)
{
	static const char *const fixed[] = { "bundle.name", "bundle.target", "bundle.environment",
		"bundle.git.branch", "bundle.git.commit", "bundle.git.origin_url", "bundle.uuid" };
	static const char *const workspace[] = { "root_path", "file_path", "artifact_path",
		"state_path", "resource_path", "host", "profile", "current_user.userName",
		"current_user.short_name", "current_user.displayName", "current_user.id" };
	if (starts_with(name, "var."))
		return declared(cli, name + strlen("var."));
	if (starts_with(name, "resources."))
		return resource_exists(cli, name + strlen("resources."));
	for (size_t i = 0; i < countof(fixed); i++)
		if (streq(name, fixed[i]))
			return true;
	for (size_t i = 0; starts_with(name, "workspace.") && i < countof(workspace); i++)
		if (streq(name + strlen("workspace."), workspace[i]))
			return true;
	return false;
}

static void check_reference(struct cli *cli, const struct cli_place *place, const char *name)
{
	if (!known(cli, name))
		cli_error(cli, place, 1, "reference does not exist: ${%s}", name);
	else if (starts_with(name, "var.") && !has_value(cli, name + strlen("var.")))
		cli_error(cli, place, 1, "no value assigned to required variable %s. Variables are "
			"usually assigned in databricks.yml, and they can be overridden using "
			"\"--var\", the BUNDLE_VAR_%s environment variable, or "
			".databricks/bundle/%s/variable-overrides.json", name + strlen("var."),
			name + strlen("var."), cli->target ? cli->target : "default");
}

static void check_text(struct cli *cli, const char *file, const char *path,
	const struct yaml_node *node)
{
	struct cli_place place = place_of(file, path, node);
	for (const char *at = node->value; (at = strstr(at, "${")); at += 2) {
		size_t n = strspn(at + 2, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
			"0123456789_-.");
		char *name;
		if (!n || at[2 + n] != '}')
			continue;
		name = xstrndup(at + 2, n);
		check_reference(cli, &place, name);
		free(name);
	}
}

/* Descriptions of variables and other targets are left alone. */
static bool passed_over(const struct cli *cli, const char *path)
{
	size_t n = strlen("targets.");
	if (!starts_with(path, "targets."))
		return false;
	return !cli->target || strncmp(path + n, cli->target, strlen(cli->target)) != 0 ||
		(path[n + strlen(cli->target)] != '.' && path[n + strlen(cli->target)] != '\0');
}

static void check_node(struct cli *cli, const char *file, const char *path,
	const struct yaml_node *node)
{
	if (node->kind == YAML_SCALAR) {
		check_text(cli, file, path, node);
		return;
	}
	for (size_t i = 0; i < node->n; i++) {
		char *below = node->kind == YAML_SEQ ? xasprintf("%s[%zu]", path, i) :
			xasprintf("%s%s%s", path, *path ? "." : "", node->keys[i]->value);
		if (!passed_over(cli, below))
			check_node(cli, file, below, node->items[i]);
		free(below);
	}
}

bool cli_source_references(struct cli *cli)
{
	size_t before = cli->errors;
	for (size_t i = 0; i < cli->source->n; i++)
		if (root_of(cli, i))
			check_node(cli, cli->source->v[i].name, "", root_of(cli, i));
	return cli->errors == before;
}
