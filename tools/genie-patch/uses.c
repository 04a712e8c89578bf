#include "uses.h"

#include "bundle.h"
#include "editsql.h"
#include "json.h"
#include "space.h"
#include "sqllex.h"
#include "state.h"
#include "str.h"
#include "yaml.h"

#include <string.h>

static bool calls(const char *sql, const char *function)
{
	struct arena arena = { 0 };
	struct sqllex lex;
	bool found = false;
	sqllex_scan(&lex, &arena, sql, strlen(sql), 0);
	for (size_t i = 0; !found && i < lex.n; i++)
		found = sqllex_name(&lex, i) && sqllex_op(&lex, i + 1, "(") &&
			strieq(sqllex_value(&lex, i, &arena), function);
	arena_free(&arena);
	return found;
}

/* ---- SQL inside of JSON and YAML ---- */
static bool holds_sql(const struct json *value)
{
	/* content: of a benchmark's answer; the others of metric views */
	static const char *const keys[] = { "sql", "content", "expr", "source", "filter", "on" };
	bool known = false;
	for (size_t i = 0; json_key(value) && i < countof(keys); i++)
		known = known || streq(json_key(value), keys[i]);
	return known && (json_text(value) ||
		(json_is(value, JSON_ARRAY) && json_text(json_first(value))));
}

static void look_into(const struct json *value, const char *function, const char *file,
		      struct strlist *out)
{
	struct str text = STR_INIT, path = STR_INIT;
	for (const struct json *c = json_first(value); c; c = json_next(c)) {
		if (!holds_sql(c)) {
			look_into(c, function, file, out);
			continue;
		}
		str_reset(&text);
		str_reset(&path);
		space_text(c, &text);
		if (calls(str_text(&text), function))
			strlist_take(out, xasprintf("%s: %s", file, json_path(c, &path)));
	}
	str_free(&text);
	str_free(&path);
}

void uses_in_space(const struct json *config, const char *function, const char *file,
	struct strlist *out)
{
	static const char *const places[] = { "instructions.example_question_sqls",
		"instructions.sql_snippets", "instructions.join_specs", "benchmarks.questions" };
	for (size_t i = 0; i < countof(places); i++)
		look_into(json_dig(config, places[i]), function, file, out);
}

/* ---- files of the bundle ---- */
static void in_view(const struct file *file, const char *function, struct strlist *out)
{
	struct err ignored = { 0 };
	struct yaml *yaml = yaml_parse(file->after, strlen(file->after), file->path, &ignored);
	struct json *json = yaml ? yaml_to_json(yaml_root(yaml)) : NULL;
	look_into(json, function, file->path, out);
	json_free(json);
	yaml_close(yaml);
}

static void in_function(const struct file *file, const char *name, const char *function,
			struct strlist *out)
{
	struct sql_function f = { 0 };
	struct err ignored = { 0 };
	struct str text = STR_INIT;
	str_add(&text, file->after);
	if (!strieq(name, function) && edit_sql_get(&text, file->path, name, &f, &ignored) &&
	    calls(f.body, function))
		strlist_take(out, xasprintf("%s:%zu: %s", file->path, f.line, name));
	sql_function_free(&f);
	str_free(&text);
}

bool uses_in_bundle(struct state *state, const char *function, struct strlist *out, struct err *err)
{
	for (size_t i = 0; i < bundle_count(state->bundle); i++) {
		const struct bundle_object *o = bundle_at(state->bundle, i);
		if (o->kind != BUNDLE_FUNCTION && o->kind != BUNDLE_METRIC_VIEW)
			continue;
		const struct file *file = state_any_file(state, o->path, err);
		if (!file)
			return false;
		if (file->after && o->kind == BUNDLE_FUNCTION)
			in_function(file, o->name, function, out);
		else if (file->after)
			in_view(file, function, out);
	}
	return true;
}
