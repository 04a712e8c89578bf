#include "sources.h"

#include "bundle.h"
#include "io.h"
#include "mem.h"

#include <stdlib.h>
#include <string.h>

void sources_exports(const char *dir, const struct bundle *bundle, struct strlist *paths)
{
	struct err why = { 0 };
	if (bundle) {
		for (size_t i = 0; i < bundle_space_count(bundle); i++)
			if (bundle_space_at(bundle, i)->path)
				strlist_add_new(paths, bundle_space_at(bundle, i)->path);
		return;
	}
	struct strlist names = { 0 };
	char *folder = io_join(dir, "src/genie");
	if (io_list(folder, ".json", &names, &why))
		for (size_t i = 0; i < names.n; i++)
			strlist_take(paths, xasprintf("src/genie/%s", names.v[i]));
	strlist_free(&names);
	free(folder);
}

static bool readable(const char *path)
{
	static const char *const ends[] = { ".yml", ".yaml", ".json", ".sql", ".py" };
	for (size_t i = 0; i < countof(ends); i++)
		if (ends_with(path, ends[i]))
			return true;
	return false;
}

static void find_in(const char *path, const char *name, const char *text, size_t max,
	struct strlist *places)
{
	struct str content = STR_INIT;
	struct err why = { 0 };
	size_t line = 1;
	str_init(&content, BUNDLE_MAX_FILE);
	const char *from = io_read_file(path, &content, &why) ? str_text(&content) : "";
	for (const char *at; places->n < max && (at = strstr(from, text));) {
		for (; from < at; from++)
			line += *from == '\n';
		strlist_take(places, xasprintf("%s:%zu", name, line));
		from += strcspn(from, "\n");
	}
	str_free(&content);
}

void sources_find(const char *dir, const char *text, size_t max, struct strlist *places)
{
	static const char *const folders[] = { "resources", "src", "gold_layer_design" };
	struct err why = { 0 };
	char *yml = io_join(dir, "databricks.yml");
	if (*text)
		find_in(yml, "databricks.yml", text, max, places);
	for (size_t i = 0; *text && i < countof(folders); i++) {
		struct strlist paths = { 0 };
		char *folder = io_join(dir, folders[i]);
		if (io_is_dir(folder) && io_walk(folder, NULL, &paths, &why))
			for (size_t k = 0; k < paths.n && places->n < max; k++)
				if (readable(paths.v[k]))
					find_in(paths.v[k], paths.v[k] + strlen(dir) + 1, text, max,
						places);
		strlist_free(&paths);
		free(folder);
	}
	free(yml);
}
