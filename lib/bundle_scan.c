/* The objects of a bundle: which file defines what. */
#include "bundle_int.h"

#include "io.h"
#include "json.h"
#include "sqllex.h"
#include "str.h"
#include "yaml.h"

#include <stdlib.h>
#include <string.h>

const char *bundle_kind_text(enum bundle_kind kind)
{
	static const char *const texts[] = {
		"table", "metric view", "function", "monitor", "ML table", "space" };

	return texts[kind];
}

size_t bundle_count(const struct bundle *bundle) { return bundle->nobjects; }
size_t bundle_space_count(const struct bundle *bundle) { return bundle->nspaces; }

const struct bundle_object *bundle_at(const struct bundle *bundle, size_t i)
{
	return i < bundle->nobjects ? &bundle->objects[i] : NULL;
}

const struct bundle_space *bundle_space_at(const struct bundle *bundle, size_t i)
{
	return i < bundle->nspaces ? &bundle->spaces[i] : NULL;
}

/* "fact", "gold.fact" and "main.gold.fact" name main.gold.fact. */
static bool same_object(const struct bundle_object *object, const char *name)
{
	const char *full = object->full_name ? object->full_name : object->name;
	size_t n = strlen(full), m = strlen(name);

	return m <= n && strieq(full + n - m, name) && (m == n || full[n - m - 1] == '.');
}

const struct bundle_object *bundle_find(const struct bundle *bundle, enum bundle_kind kind,
	const char *name)
{
	char *bare = xstrdup(name);
	const struct bundle_object *found = NULL;
	size_t n = 0;

	for (const char *s = name; *s; s++)
		if (*s != '`')
			bare[n++] = *s;
	bare[n] = '\0';
	for (size_t i = 0; i < bundle->nobjects && !found; i++)
		if (bundle->objects[i].kind == kind && same_object(&bundle->objects[i], bare))
			found = &bundle->objects[i];
	free(bare);
	return found;
}

size_t bundle_in_file(const struct bundle *bundle, const char *path, size_t from)
{
	while (from < bundle->nobjects && !streq(bundle->objects[from].path, path))
		from++;
	return from < bundle->nobjects ? from : bundle->nobjects;
}

void bundle_add_object(struct bundle *bundle, enum bundle_kind kind, const char *name,
	const char *domain, const char *path, size_t line)
{
	const char *point = strrchr(name, '.');
	struct bundle_object *object;

	GROW(bundle->objects, bundle->object_cap, bundle->nobjects + 1);
	object = &bundle->objects[bundle->nobjects++];
	object->kind = kind;
	object->name = arena_strdup(&bundle->arena, point && kind != BUNDLE_SPACE ? point + 1 : name);
	object->full_name = kind == BUNDLE_SPACE ? NULL : arena_printf(&bundle->arena, "%s.%s.%s",
		bundle_catalog(bundle), bundle_schema(bundle), object->name);
	object->domain = arena_strdup(&bundle->arena, domain);
	object->path = arena_strdup(&bundle->arena, path);
	object->line = line;
}

char *bundle_path(const struct bundle *bundle, const char *path)
{
	return io_join(bundle->dir, path);
}

bool bundle_read(const struct bundle *bundle, const char *path, struct str *out, struct err *err)
{
	char *full = bundle_path(bundle, path);
	struct str text;
	bool ok;

	str_init(&text, BUNDLE_MAX_FILE);
	ok = io_read_file(full, &text, err) &&
	     bundle_resolve(bundle, str_text(&text), text.n, full, out, err);
	str_free(&text);
	free(full);
	return ok;
}

const char *bundle_relative(struct bundle *bundle, const char *from, const char *path)
{
	const char *slash = strrchr(from, '/');
	char *joined = arena_printf(&bundle->arena, "%.*s/%s",
		slash ? (int)(slash - from) : 0, from, path);
	char *out = arena_strdup(&bundle->arena, joined);
	size_t n = 0;

	for (char *part = joined, *end; *part; part = *end ? end + 1 : end) {
		size_t length;

		end = strchr(part, '/');
		end = end ? end : part + strlen(part);
		length = (size_t)(end - part);
		if (length == 0 || (length == 1 && *part == '.'))
			continue;
		if (length == 2 && part[0] == '.' && part[1] == '.') {
			if (n == 0)
				return NULL;
			while (n > 0 && out[--n] != '/')
				;
			continue;
		}
		if (n > 0)
			out[n++] = '/';
		memmove(out + n, part, length);
		n += length;
	}
	out[n] = '\0';
	return *path == '/' ? NULL : out;
}

/* ---- files ------------------------------------------------------------------- */

typedef bool take_path(struct bundle *bundle, const char *path, struct err *err);

/* Calls take for every file below DIR/folder with one of two endings. */
static bool each_file(struct bundle *bundle, const char *folder, const char *ending,
	const char *ending2, take_path *take, struct err *err)
{
	struct strlist paths = {0}, more = {0};
	char *dir = bundle_path(bundle, folder);
	size_t skip = strlen(bundle->dir) + 1;
	bool ok = true;

	if (io_is_dir(dir))
		ok = io_walk(dir, ending, &paths, err) &&
		     (!ending2 || io_walk(dir, ending2, &more, err));
	for (size_t i = 0; ok && i < more.n; i++)
		strlist_add(&paths, more.v[i]);
	strlist_sort(&paths);
	for (size_t i = 0; ok && i < paths.n; i++)
		ok = take(bundle, paths.v[i] + skip, err);
	strlist_free(&paths);
	strlist_free(&more);
	free(dir);
	return ok;
}

static char *stem_of(const char *path)
{
	const char *slash = strrchr(path, '/');
	const char *start = slash ? slash + 1 : path, *point = strrchr(start, '.');

	return point ? xstrndup(start, (size_t)(point - start)) : xstrdup(start);
}

static struct yaml *load_yaml(struct bundle *bundle, const char *path, struct err *err)
{
	char *full = bundle_path(bundle, path);
	struct yaml *yaml = yaml_load(full, err);

	free(full);
	return yaml;
}

static const char *scalar_of(const struct yaml_node *map, const char *key)
{
	const struct yaml_node *node = map && map->kind == YAML_MAP ? yaml_get(map, key) : NULL;

	return node && node->kind == YAML_SCALAR ? node->value : NULL;
}

/* The folder below gold_layer_design/yaml, or NULL. */
static char *folder_domain(const char *path)
{
	const char *start = path + strlen("gold_layer_design/yaml/");
	const char *slash = strchr(start, '/');

	return slash ? xstrndup(start, (size_t)(slash - start)) : NULL;
}

static bool take_table(struct bundle *bundle, const char *path, struct err *err)
{
	struct yaml *yaml = load_yaml(bundle, path, err);
	const struct yaml_node *root = yaml ? yaml_root(yaml) : NULL;
	const char *name = scalar_of(root, "table_name"), *domain = scalar_of(root, "domain");
	char *folder;

	if (!yaml)
		return false;
	if (!name || !*name) {
		yaml_close(yaml);
		return err_set(err, ERR_DATA, "%s/%s:1: $.table_name: a table needs its name",
			bundle->dir, path);
	}
	folder = folder_domain(path);
	bundle_add_object(bundle, BUNDLE_TABLE, name, domain ? domain : folder, path,
		yaml_get(root, "table_name")->start.line);
	free(folder);
	yaml_close(yaml);
	return true;
}

static bool take_metric_view(struct bundle *bundle, const char *path, struct err *err)
{
	char *stem = stem_of(path);

	(void)err;
	bundle_add_object(bundle, BUNDLE_METRIC_VIEW, stem, NULL, path, 1);
	free(stem);
	return true;
}

/* The name after CREATE [OR REPLACE] [TEMPORARY] FUNCTION [IF NOT EXISTS] at token i:
 * its last part, past templates. NULL when there is no such statement. */
static const char *function_name(const struct sqllex *lex, size_t i, struct arena *arena)
{
	static const char *const words[] = { "OR", "REPLACE", "TEMPORARY" };
	const char *name = NULL;

	if (!sqllex_is(lex, i, "CREATE"))
		return NULL;
	i++;
	for (size_t k = 0; k < countof(words); k++)
		i += sqllex_is(lex, i, words[k]);
	if (!sqllex_is(lex, i, "FUNCTION"))
		return NULL;
	i++;
	if (sqllex_is(lex, i, "IF") && sqllex_is(lex, i + 1, "NOT"))
		i += 3;
	while (sqllex_name(lex, i) || sqllex_kind(lex, i) == SQLTOK_TEMPLATE) {
		name = sqllex_value(lex, i, arena);
		if (!sqllex_op(lex, i + 1, "."))
			break;
		i += 2;
	}
	return name;
}

static bool take_functions(struct bundle *bundle, const char *path, struct err *err)
{
	char *full = bundle_path(bundle, path);
	struct arena arena = {0};
	struct sqllex lex;
	struct str text;
	bool ok;

	str_init(&text, BUNDLE_MAX_FILE);
	ok = io_read_file(full, &text, err);
	if (ok) {
		sqllex_scan(&lex, &arena, str_text(&text), text.n, 0);
		for (size_t i = 0; i < lex.n; i++) {
			const char *name = i == 0 || sqllex_op(&lex, i - 1, ";") ?
				function_name(&lex, i, &arena) : NULL;
			size_t line = 1, column;

			if (!name)
				continue;
			sqllex_place(&lex, lex.tok[i].at, &line, &column);
			bundle_add_object(bundle, BUNDLE_FUNCTION, name, NULL, path, line);
		}
	}
	str_free(&text);
	arena_free(&arena);
	free(full);
	return ok;
}

/* The names in a list of maps: monitors[].profile_table and the like. */
static void take_names(struct bundle *bundle, enum bundle_kind kind,
	const struct yaml_node *root, const char *list, const char *path)
{
	static const char *const keys[] = { "profile_table", "table_name", "table", "name" };
	const struct yaml_node *items = root && root->kind == YAML_MAP ? yaml_get(root, list) : NULL;

	for (size_t i = 0; items && items->kind == YAML_SEQ && i < items->n; i++) {
		const char *name = NULL;

		for (size_t k = 0; k < countof(keys) && !name; k++)
			name = scalar_of(items->items[i], keys[k]);
		if (name)
			bundle_add_object(bundle, kind, name, NULL, path,
				items->items[i]->start.line);
	}
}

static bool take_monitor_yaml(struct bundle *bundle, const char *path, struct err *err)
{
	struct yaml *yaml = load_yaml(bundle, path, err);

	if (!yaml)
		return false;
	take_names(bundle, BUNDLE_MONITOR, yaml_root(yaml), "monitors", path);
	yaml_close(yaml);
	return true;
}

static bool take_ml_yaml(struct bundle *bundle, const char *path, struct err *err)
{
	struct yaml *yaml = load_yaml(bundle, path, err);

	if (!yaml)
		return false;
	take_names(bundle, BUNDLE_ML, yaml_root(yaml), "feature_tables", path);
	take_names(bundle, BUNDLE_ML, yaml_root(yaml), "prediction_tables", path);
	yaml_close(yaml);
	return true;
}

/* The text of NAME = "..." at the start of a line of a Python file. Yours; NULL: none. */
static char *python_constant(const char *text, const char *name)
{
	size_t n = strlen(name);

	for (const char *line = text; line; line = strchr(line, '\n'), line += line != NULL) {
		const char *s = line + n, *end;

		if (strncmp(line, name, n) != 0)
			continue;
		s += strspn(s, " \t");
		if (*s++ != '=')
			continue;
		s += strspn(s, " \t");
		end = *s == '"' || *s == '\'' ? strchr(s + 1, *s) : NULL;
		if (end)
			return xstrndup(s + 1, (size_t)(end - s - 1));
	}
	return NULL;
}

static bool take_python(struct bundle *bundle, enum bundle_kind kind, const char *path,
	struct err *err)
{
	static const char *const names[] = { "PROFILE_TABLE", "PREDICTION_TABLE", "FEATURE_TABLE",
		"TABLE_NAME", "SOURCE_TABLE" };
	char *full = bundle_path(bundle, path), *table = NULL;
	struct str text;
	bool ok;

	str_init(&text, BUNDLE_MAX_FILE);
	ok = io_read_file(full, &text, err);
	for (size_t i = 0; ok && i < countof(names) && !table; i++)
		table = python_constant(str_text(&text), names[i]);
	if (ok && !table)
		table = stem_of(path);
	if (ok)
		bundle_add_object(bundle, kind, table, NULL, path, 1);
	free(table);
	free(full);
	str_free(&text);
	return ok;
}

static bool take_monitor_python(struct bundle *bundle, const char *path, struct err *err)
{
	return take_python(bundle, BUNDLE_MONITOR, path, err);
}

static bool take_ml_python(struct bundle *bundle, const char *path, struct err *err)
{
	return take_python(bundle, BUNDLE_ML, path, err);
}

/* ---- spaces ---------------------------------------------------------------------- */

static struct bundle_space *new_space(struct bundle *bundle, const char *key)
{
	struct bundle_space *space;

	GROW(bundle->spaces, bundle->space_cap, bundle->nspaces + 1);
	space = &bundle->spaces[bundle->nspaces++];
	memset(space, 0, sizeof(*space));
	space->key = space->space_id = arena_strdup(&bundle->arena, key);
	return space;
}

static bool take_resource(struct bundle *bundle, const struct json *item, struct err *err)
{
	const char *key = json_key(item), *file = json_str_or(item, "__file", bundle->file);
	const char *path = json_str_or(item, "file_path", NULL);
	const struct json *text = json_get(item, "serialized_space");
	struct bundle_space *space = new_space(bundle, key);

	if (!path == !text)
		return err_set(err, ERR_DATA, "%s/%s: $.resources.genie_spaces.%s: needs either "
			"file_path or serialized_space", bundle->dir, file, key);
	space->space_id = json_str_or(item, "space_id", key);
	space->title = json_str_or(item, "title", NULL);
	space->description = json_str_or(item, "description", NULL);
	space->warehouse_id = json_str_or(item, "warehouse_id", NULL);
	space->parent_path = json_str_or(item, "parent_path", NULL);
	space->inline_space = text;
	space->path = path ? bundle_relative(bundle, file, path) : NULL;
	if (path && !space->path)
		return err_set(err, ERR_DATA, "%s/%s: $.resources.genie_spaces.%s.file_path: \"%s\" "
			"is outside of the bundle", bundle->dir, file, key, path);
	bundle_add_object(bundle, BUNDLE_SPACE, key, NULL, space->path ? space->path : file, 1);
	return true;
}

static bool take_export(struct bundle *bundle, const char *path, struct err *err)
{
	const char *slash = strrchr(path, '/'), *start = slash ? slash + 1 : path;
	char *key;

	(void)err;
	for (size_t i = 0; i < bundle->nspaces; i++)
		if (streq(bundle->spaces[i].path, path))
			return true;
	key = xstrndup(start, strlen(start) - strlen("_genie_export.json"));
	new_space(bundle, key)->path = arena_strdup(&bundle->arena, path);
	bundle_add_object(bundle, BUNDLE_SPACE, key, NULL, path, 1);
	free(key);
	return true;
}

bool bundle_scan(struct bundle *bundle, struct err *err)
{
	struct json *spaces = json_get(bundle->resources, "genie_spaces");

	if (!each_file(bundle, "gold_layer_design/yaml", ".yaml", ".yml", take_table, err) ||
	    !each_file(bundle, "src/semantic/metric_views", ".yaml", ".yml", take_metric_view, err) ||
	    !each_file(bundle, "src/semantic/tvfs", ".sql", NULL, take_functions, err) ||
	    !each_file(bundle, "src/monitoring", ".yaml", ".yml", take_monitor_yaml, err) ||
	    !each_file(bundle, "src/monitoring", ".py", NULL, take_monitor_python, err) ||
	    !each_file(bundle, "src/ml/config", ".yaml", ".yml", take_ml_yaml, err) ||
	    !each_file(bundle, "src/ml/config", ".py", NULL, take_ml_python, err))
		return false;
	for (struct json *item = json_first(spaces); item; item = json_next(item))
		if (!take_resource(bundle, item, err))
			return false;
	return each_file(bundle, "src/genie", "_genie_export.json", NULL, take_export, err);
}

/* ---- back to variables --------------------------------------------------------------- */

static size_t skip_name(const char *s, const char *name)
{
	size_t quote = *s == '`', n = strlen(name);

	if (!strnieq(s + quote, name, n) || (quote && s[quote + n] != '`'))
		return 0;
	return n + 2 * quote;
}

void bundle_template(const struct bundle *bundle, const char *text, const char *like,
	struct str *out)
{
	const char *prefix = strstr(like, "${catalog}") ? "" :
			     strstr(like, "${var.catalog}") ? "var." : NULL;

	for (const char *s = text; *s; s++) {
		bool start = s == text || (!sql_word_char(s[-1]) && s[-1] != '.' && s[-1] != '`');
		size_t n = prefix && start ? skip_name(s, bundle_catalog(bundle)) : 0;
		size_t m = n && s[n] == '.' ? skip_name(s + n + 1, bundle_schema(bundle)) : 0;

		if (m && s[n + 1 + m] == '.') {
			str_addf(out, *s == '`' ? "`${%scatalog}`.`${%sgold_schema}`." :
				"${%scatalog}.${%sgold_schema}.", prefix, prefix);
			s += n + 1 + m;
		} else {
			str_addc(out, *s);
		}
	}
}
