#include "bundle_int.h"

#include "io.h"
#include "json.h"
#include "str.h"
#include "yaml.h"

#include <fnmatch.h>
#include <stdlib.h>
#include <string.h>

#define MAX_NESTING 8 /* variables that refer to variables */

/* ---- variables -------------------------------------------------------------- */

static struct bundle_variable *find_variable(const struct bundle *bundle, const char *name)
{
	for (size_t i = 0; i < bundle->nvariables; i++)
		if (streq(bundle->variables[i].name, name))
			return &bundle->variables[i];
	return NULL;
}

static void set_variable(struct bundle *bundle, const char *name, const char *value)
{
	struct bundle_variable *variable = find_variable(bundle, name);

	if (!variable) {
		GROW(bundle->variables, bundle->variable_cap, bundle->nvariables + 1);
		variable = &bundle->variables[bundle->nvariables++];
		variable->name = arena_strdup(&bundle->arena, name);
		variable->value = NULL;
	}
	if (value)
		variable->value = arena_strdup(&bundle->arena, value);
}

const char *bundle_var(const struct bundle *bundle, const char *name)
{
	const struct bundle_variable *variable = find_variable(bundle, name);

	return variable ? variable->value : NULL;
}

const char *bundle_catalog(const struct bundle *bundle)
{
	const char *value = bundle_var(bundle, "catalog");

	return value ? value : "main";
}

const char *bundle_schema(const struct bundle *bundle)
{
	const char *value = bundle_var(bundle, "gold_schema");

	return value ? value : "default";
}

static bool name_char(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
	       c == '_' || c == '-' || c == '.';
}

/* Bytes of a reference "${name}" at s (n bytes left); 0 when there is none. */
static size_t reference_length(const char *s, size_t n)
{
	size_t i = 2;

	if (n < 4 || s[0] != '$' || s[1] != '{')
		return 0;
	while (i < n && name_char(s[i]))
		i++;
	return i > 2 && i < n && s[i] == '}' ? i + 1 : 0;
}

/* The value for a reference; *known false when it must be a variable and is none. */
static const char *reference_value(const struct bundle *bundle, const char *name, bool *known)
{
	const char *value;

	*known = true;
	if (streq(name, "bundle.name"))
		return bundle->name;
	if (streq(name, "bundle.target") || streq(name, "bundle.environment"))
		return bundle->target;
	if (strchr(name, '.') && !starts_with(name, "var."))
		return NULL;
	value = bundle_var(bundle, starts_with(name, "var.") ? name + 4 : name);
	*known = value != NULL;
	return value;
}

static size_t line_of(const char *text, size_t at)
{
	size_t line = 1;

	for (size_t i = 0; i < at; i++)
		line += text[i] == '\n';
	return line;
}

static bool resolve(const struct bundle *bundle, const char *text, size_t n, const char *name,
	struct str *out, int depth, struct err *err)
{
	for (size_t i = 0; i < n;) {
		size_t length = reference_length(text + i, n - i);
		const char *value = NULL;
		bool known = true, ok = true;
		char *key;

		if (!length) {
			str_addc(out, text[i++]);
			continue;
		}
		key = xstrndup(text + i + 2, length - 3);
		value = reference_value(bundle, key, &known);
		if (!known)
			ok = err_set(err, ERR_DATA, "%s:%zu: variable \"%s\" is not defined", name,
				line_of(text, i), key);
		else if (depth == MAX_NESTING)
			ok = err_set(err, ERR_DATA, "%s:%zu: variable \"%s\" refers to itself", name,
				line_of(text, i), key);
		free(key);
		if (!ok)
			return false;
		if (!value)
			str_addn(out, text + i, length);
		else if (!resolve(bundle, value, strlen(value), name, out, depth + 1, err))
			return false;
		i += length;
	}
	return !str_over(out) || err_set(err, ERR_DATA, "%s: too long", name);
}

bool bundle_resolve(const struct bundle *bundle, const char *text, size_t n, const char *name,
	struct str *out, struct err *err)
{
	return resolve(bundle, text, n, name, out, 0, err);
}

bool bundle_resolve_tree(const struct bundle *bundle, struct json *json, const char *name,
	struct err *err)
{
	const char *text = json_text(json);
	struct json *next;
	bool ok = true;

	if (text && strstr(text, "${")) {
		struct str out = STR_INIT;

		ok = bundle_resolve(bundle, text, strlen(text), name, &out, err);
		if (ok)
			json_replace(json, json_new_str(str_text(&out)));
		str_free(&out);
		return ok;
	}
	for (struct json *child = json_first(json); child && ok; child = next) {
		next = json_next(child);
		ok = bundle_resolve_tree(bundle, child, name, err);
	}
	return ok;
}

/* ---- databricks.yml --------------------------------------------------------- */

/* Lays the members of `over` on `base`, maps member by member. */
static void lay_over(struct json *base, const struct json *over)
{
	for (struct json *child = json_first(over); child; child = json_next(child)) {
		struct json *old = json_get(base, json_key(child));

		if (json_is(old, JSON_OBJECT) && json_is(child, JSON_OBJECT))
			lay_over(old, child);
		else
			json_set(base, json_key(child), json_dup(child));
	}
}

static void note_files(struct json *resources, const char *path)
{
	for (struct json *kind = json_first(resources); kind; kind = json_next(kind))
		for (struct json *item = json_first(kind); item; item = json_next(item))
			if (json_is(item, JSON_OBJECT) && !json_get(item, "__file"))
				json_set_str(item, "__file", path);
}

static const char *scalar(const struct json *json)
{
	const char *text = json_text(json);

	if (!text)
		text = json_number_text(json);
	if (!text && json_is(json, JSON_BOOL))
		text = json_true(json) ? "true" : "false";
	return text;
}

static bool expect_map(const struct json *object, const char *key, const char *name,
	struct err *err)
{
	const struct json *value = json_get(object, key);

	return !value || json_is(value, JSON_NULL) || json_is(value, JSON_OBJECT) ||
	       err_set(err, ERR_DATA, "%s: $.%s: expected object, found %s", name, key,
			json_type_name(json_typeof(value)));
}

/* One file with variables and resources: the root file or an included one. */
static bool take_file(struct bundle *bundle, const struct json *root, const char *path,
	struct err *err)
{
	struct json *resources;

	if (!json_is(root, JSON_OBJECT))
		return err_set(err, ERR_DATA, "%s: $: expected object, found %s", path,
			json_type_name(json_typeof(root)));
	if (!expect_map(root, "variables", path, err) || !expect_map(root, "resources", path, err))
		return false;
	for (struct json *variable = json_first(json_get(root, "variables")); variable;
	     variable = json_next(variable))
		set_variable(bundle, json_key(variable), json_is(variable, JSON_OBJECT) ?
			scalar(json_get(variable, "default")) : scalar(variable));
	resources = json_get(root, "resources");
	note_files(resources, path);
	lay_over(bundle->resources, resources);
	return true;
}

/* What a target changes: variables, workspace, resources. */
static bool take_target(struct bundle *bundle, const struct json *target, struct err *err)
{
	struct json *resources = json_get(target, "resources");

	if (target && !json_is(target, JSON_OBJECT) && !json_is(target, JSON_NULL))
		return json_expected(target, "object", err) || err_wrap(err, "%s", bundle->file);
	for (struct json *variable = json_first(json_get(target, "variables")); variable;
	     variable = json_next(variable)) {
		if (!find_variable(bundle, json_key(variable)))
			return err_set(err, ERR_DATA, "%s: target \"%s\" sets variable \"%s\", "
				"which is not defined", bundle->file, bundle->target,
				json_key(variable));
		set_variable(bundle, json_key(variable), json_is(variable, JSON_OBJECT) ?
			scalar(json_get(variable, "default")) : scalar(variable));
	}
	lay_over(bundle->workspace, json_get(target, "workspace"));
	note_files(resources, bundle->file);
	lay_over(bundle->resources, resources);
	return true;
}

static bool pick_target(struct bundle *bundle, const struct json *targets, const char *wanted,
	const struct json **out, struct err *err)
{
	const struct json *found = NULL;

	for (struct json *target = json_first(targets); target; target = json_next(target))
		if (wanted ? streq(json_key(target), wanted) :
		    json_len(targets) == 1 || json_bool_or(target, "default", false))
			found = target;
	*out = found;
	bundle->target = arena_strdup(&bundle->arena, found ? json_key(found) : "default");
	if (found || (!wanted && !json_len(targets)) || (streq(wanted, "default") && !targets))
		return true;
	if (wanted)
		return err_set(err, ERR_DATA, "%s: no target \"%s\"", bundle->file, wanted);
	return err_set(err, ERR_DATA, "%s: several targets, none of them has default: true",
		bundle->file);
}

static bool take_overrides(struct bundle *bundle, const struct bundle_options *options,
	struct err *err)
{
	for (size_t i = 0; options && i < options->noverrides; i++) {
		const char *text = options->overrides[i], *equal = strchr(text, '=');
		char *name;

		if (!equal || equal == text)
			return err_set(err, ERR_USAGE, "variable \"%s\": expected NAME=VALUE", text);
		name = xstrndup(text, (size_t)(equal - text));
		set_variable(bundle, name, equal + 1);
		free(name);
	}
	return true;
}

/* Variables may refer to variables: afterwards none does. */
static bool settle_variables(struct bundle *bundle, struct err *err)
{
	for (size_t i = 0; i < bundle->nvariables; i++) {
		const char *value = bundle->variables[i].value;
		struct str out = STR_INIT;
		bool ok = !value || bundle_resolve(bundle, value, strlen(value), bundle->file,
			&out, err);

		if (value)
			bundle->variables[i].value = arena_strdup(&bundle->arena, str_text(&out));
		str_free(&out);
		if (!ok)
			return false;
	}
	return true;
}

/* In a pattern, * stops at a slash and ** does not; fnmatch has no **. */
static bool matches(const char *pattern, const char *path)
{
	if (starts_with(pattern, "./"))
		pattern += 2;
	return fnmatch(pattern, path, strstr(pattern, "**") ? 0 : FNM_PATHNAME) == 0;
}

static bool included(const struct json *root, const char *path)
{
	const struct json *list = json_get(root, "include");

	for (struct json *item = json_first(list); item; item = json_next(item))
		if (json_text(item) && matches(json_text(item), path))
			return true;
	return false;
}

/* The files that the root file includes, relative to dir, sorted by suffix and path. */
static bool list_includes(const char *dir, const char *file, const struct json *root,
	struct strlist *files, struct err *err)
{
	struct strlist paths = {0}, all = {0};
	size_t skip = strlen(dir) + 1;
	bool ok = !json_len(json_get(root, "include")) ||
		  (io_walk(dir, ".yml", &paths, err) && io_walk(dir, ".yaml", &all, err));

	for (size_t i = 0; ok && i < all.n; i++)
		strlist_add(&paths, all.v[i]);
	for (size_t i = 0; ok && i < paths.n; i++)
		if (!streq(paths.v[i] + skip, file) && included(root, paths.v[i] + skip))
			strlist_add(files, paths.v[i] + skip);
	strlist_free(&paths);
	strlist_free(&all);
	return ok;
}

static bool take_includes(struct bundle *bundle, const struct json *root, struct err *err)
{
	struct strlist files = {0};
	bool ok = list_includes(bundle->dir, bundle->file, root, &files, err);

	for (size_t i = 0; ok && i < files.n; i++) {
		char *path = io_join(bundle->dir, files.v[i]);
		struct json *json = yaml_load_json(path, err);

		ok = json && take_file(bundle, json, arena_strdup(&bundle->arena, files.v[i]), err);
		json_free(json);
		free(path);
	}
	strlist_free(&files);
	return ok;
}

/* The name of the root file; NULL: failed. */
static const char *find_root(const char *dir, struct err *err)
{
	static const char *const names[] = {
		"databricks.yml", "databricks.yaml", "bundle.yml", "bundle.yaml" };
	const char *file = NULL;

	for (size_t i = 0; i < countof(names); i++) {
		char *path = io_join(dir, names[i]);
		bool there = io_exists(path);

		free(path);
		if (there && file) {
			err_set(err, ERR_DATA, "%s: both %s and %s", dir, file, names[i]);
			return NULL;
		}
		if (there)
			file = names[i];
	}
	if (!file)
		err_set(err, ERR_DATA, "%s: no databricks.yml", dir);
	return file;
}

bool bundle_config_files(const char *dir, struct strlist *files, struct err *err)
{
	const char *file = find_root(dir, err);
	char *path = file ? io_join(dir, file) : NULL;
	struct json *root = path ? yaml_load_json(path, err) : NULL;
	bool ok = root != NULL;

	if (ok) {
		strlist_add(files, file);
		ok = list_includes(dir, file, root, files, err);
	}
	json_free(root);
	free(path);
	return ok;
}

static bool take_root(struct bundle *bundle, const struct json *root,
	const struct bundle_options *options, struct err *err)
{
	const struct json *target = NULL;

	if (!take_file(bundle, root, bundle->file, err) ||
	    !expect_map(root, "targets", bundle->file, err) ||
	    !expect_map(root, "workspace", bundle->file, err) ||
	    !take_includes(bundle, root, err))
		return false;
	bundle->name = arena_strdup(&bundle->arena,
		json_str_or(json_get(root, "bundle"), "name", "bundle"));
	lay_over(bundle->workspace, json_get(root, "workspace"));
	return pick_target(bundle, json_get(root, "targets"), options ? options->target : NULL,
			&target, err) &&
	       take_target(bundle, target, err) && take_overrides(bundle, options, err) &&
	       settle_variables(bundle, err) &&
	       bundle_resolve_tree(bundle, bundle->workspace, bundle->file, err) &&
	       bundle_resolve_tree(bundle, bundle->resources, bundle->file, err);
}

struct bundle *bundle_open(const char *dir, const struct bundle_options *options,
	struct err *err)
{
	struct bundle *bundle = xcalloc(1, sizeof(*bundle));
	struct json *root = NULL;
	size_t n = strlen(dir);
	char *path;
	bool ok;

	while (n > 1 && dir[n - 1] == '/')
		n--;
	bundle->dir = arena_strndup(&bundle->arena, dir, n);
	bundle->workspace = json_new_object();
	bundle->resources = json_new_object();
	bundle->file = find_root(bundle->dir, err);
	ok = bundle->file != NULL;
	if (ok) {
		path = io_join(bundle->dir, bundle->file);
		root = yaml_load_json(path, err);
		free(path);
		ok = root && take_root(bundle, root, options, err);
		if (root && !ok && !starts_with(err->text, bundle->dir))
			err_wrap(err, "%s", bundle->dir);
		json_free(root);
	}
	if (ok && ((options && options->config_only) || bundle_scan(bundle, err)))
		return bundle;
	bundle_free(bundle);
	return NULL;
}

void bundle_free(struct bundle *bundle)
{
	if (!bundle)
		return;
	json_free(bundle->workspace);
	json_free(bundle->resources);
	free(bundle->variables);
	free(bundle->objects);
	free(bundle->spaces);
	arena_free(&bundle->arena);
	free(bundle);
}

const char *bundle_dir(const struct bundle *bundle) { return bundle->dir; }
const char *bundle_name(const struct bundle *bundle) { return bundle->name; }
const char *bundle_target(const struct bundle *bundle) { return bundle->target; }
const struct json *bundle_workspace(const struct bundle *bundle) { return bundle->workspace; }
const struct json *bundle_resources(const struct bundle *bundle) { return bundle->resources; }
