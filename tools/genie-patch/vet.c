#include "vet.h"

#include "editsql.h"
#include "json.h"
#include "sqltext.h"
#include "str.h"
#include "yaml.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

/* ---- names ---- */
static bool space_id(const char *id)
{
	size_t n = 0;
	while (isalnum((unsigned char)id[n]) || id[n] == '-' || id[n] == '_')
		n++;
	return n && !id[n];
}

static bool object_name(const char *name)
{
	struct arena arena = { 0 };
	const char *parts[SQL_NAME_PARTS];
	bool ok = sql_split_name(&arena, name, parts) == 3;
	arena_free(&arena);
	return ok;
}

static bool vet_name(const struct live *live, struct err *err)
{
	enum live_kind kind = live->kind;
	bool column = kind == LIVE_COLUMN_COMMENT || kind == LIVE_COLUMN_TAG;
	bool key = kind == LIVE_TABLE_TAG || kind == LIVE_COLUMN_TAG || kind == LIVE_PROPERTY;
	if (!(kind == LIVE_SPACE ? space_id(live->name) : object_name(live->name)))
		return err_set(err, ERR_DATA, "name: %.200s is not the name of a %s", live->name,
			kind == LIVE_SPACE ? "space" : "catalog.schema.object");
	if ((*live->column != '\0') != column || (*live->key != '\0') != key)
		return err_set(err, ERR_DATA, "%s: a %s has %s",
			column || *live->column ? "column" : "key", live_kind_text(kind),
			column && key ? "both a column and a key" : column ? "a column and no key" :
			key ? "a key and no column" : "neither");
	return true;
}

/* ---- texts ---- */
static bool is_yaml(const char *text, struct err *err)
{
	struct yaml *yaml = yaml_parse(text, strlen(text), "YAML", err);
	const struct yaml_node *root = yaml ? yaml_root(yaml) : NULL;
	bool ok = yaml && ((root && root->kind == YAML_MAP) ||
		err_set(err, ERR_DATA, "not the YAML of a metric view"));
	yaml_close(yaml);
	/* it is sent between dollars */
	return ok && (!strstr(text, "$$") ||
		err_set(err, ERR_DATA, "a metric view with $$ cannot be sent"));
}

static bool is_object(const char *text, struct err *err)
{
	struct json *json = json_parse(text, strlen(text), err);
	bool ok = json && (json_is(json, JSON_OBJECT) ||
		err_set(err, ERR_DATA, "not the configuration of a space"));
	json_free(json);
	return ok;
}

static bool vet_text(const struct live *live, const char *text, const char *which, struct err *err)
{
	bool ok = true;
	if (text && live->kind == LIVE_FUNCTION)
		ok = edit_sql_only(text, "SQL", live->name, err);
	else if (text && live->kind == LIVE_METRIC_VIEW)
		ok = is_yaml(text, err);
	else if (live->kind == LIVE_SPACE)
		ok = text ? is_object(text, err) :
			err_set(err, ERR_DATA, "a space has a configuration");
	return ok || err_wrap(err, "%s", which);
}

bool vet_live(const struct live *live, struct err *err)
{
	return vet_name(live, err) && vet_text(live, live->before, "before", err) &&
		vet_text(live, live->after, "after", err);
}

/* ---- files ---- */
bool vet_file(const char *path, struct err *err)
{
	static const char *const ends[] = { ".yaml", ".yml", ".sql", ".py", ".json" };
	bool ok = false;
	for (size_t i = 0; i < countof(ends); i++)
		ok = ok || ends_with(path, ends[i]);
	for (const char *s = path; ok && s; s = strchr(s, '/') ? strchr(s, '/') + 1 : NULL)
		ok = *s != '.' || s[1] == '.' || s[1] == '/';
	return ok || err_set(err, ERR_DATA, "path: %s: not a file that patches edit", path);
}

bool vet_state(const struct state *state, struct err *err)
{
	for (size_t i = 0; i < state->nlive; i++) {
		char *title = live_title(state->live[i]);
		bool ok = !live_changed(state->live[i]) || vet_live(state->live[i], err) ||
			err_wrap(err, "%s", title);
		free(title);
		if (!ok)
			return false;
	}
	for (size_t i = 0; i < state->nfiles; i++)
		if (file_changed(state->files[i]) && !vet_file(state->files[i]->path, err))
			return false;
	return true;
}
