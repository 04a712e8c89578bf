#include "problem.h"

#include "sources.h"

#include "bundle.h"
#include "dbx.h"
#include "io.h"
#include "json.h"
#include "mem.h"
#include "str.h"

#include <stdlib.h>
#include <string.h>

#define MOST_PLACES 6
#define MOST_STATEMENT 400

/* One more clause of the text: "...; WHAT". */
static void more(struct str *text, const char *what)
{
	str_add(text, text->n ? "; " : "");
	str_add(text, what);
}

static void push_places(struct json *places, const struct strlist *found)
{
	for (size_t i = 0; i < found->n; i++)
		json_push_str(places, found->v[i]);
}

/* "NAME (FILE:LINE, FILE:LINE)" for what a message names. */
static void tell_name(const struct deploy *d, const char *name, const char *needle,
	struct str *text, struct json *places)
{
	struct strlist found = { 0 };
	struct str clause = STR_INIT;
	sources_find(d->dir, needle, MOST_PLACES, &found);
	str_add(&clause, name);
	for (size_t i = 0; i < found.n; i++)
		str_addf(&clause, "%s%s", i ? ", " : " (", found.v[i]);
	if (found.n)
		str_addc(&clause, ')');
	more(text, str_text(&clause));
	push_places(places, &found);
	strlist_free(&found);
	str_free(&clause);
}

/* ---- files that are no JSON ---- */
static bool parse(const struct deploy *d, const struct bundle *bundle, const char *path,
	struct err *why)
{
	struct str text = STR_INIT, resolved = STR_INIT;
	char *full = io_join(d->dir, path);
	str_init(&text, BUNDLE_MAX_FILE);
	struct json *json = NULL;
	if (io_read_file(full, &text, why))
		json = json_parse(str_text(&text), text.n, why);
	if (json && bundle && bundle_resolve(bundle, str_text(&text), text.n, path, &resolved,
		why)) {
		json_free(json); /* a value that breaks the text shows only here */
		json = json_parse(str_text(&resolved), resolved.n, why);
		if (!json)
			err_wrap(why, "with its variables filled in");
	}
	bool ok = json != NULL;
	json_free(json);
	free(full);
	str_free(&text);
	str_free(&resolved);
	return ok;
}

static void tell_json(const struct deploy *d, const struct bundle *bundle, struct str *text,
	struct json *places)
{
	struct strlist paths = { 0 };
	sources_exports(d->dir, bundle, &paths);
	for (size_t i = 0; i < paths.n; i++) {
		struct err why = { 0 };
		if (parse(d, bundle, paths.v[i], &why))
			continue;
		const char *line = strstr(why.text, "line ");
		char *clause = xasprintf("%s: %s", paths.v[i], why.text);
		more(text, clause);
		free(clause);
		clause = xasprintf("%s:%ld", paths.v[i], line ? strtol(line + 5, NULL, 10) : 1);
		json_push_str(places, clause);
		free(clause);
	}
	strlist_free(&paths);
}

/* ---- statements ---- */
static const struct bundle_object *find_object(const struct bundle *bundle, const char *name)
{
	static const enum bundle_kind kinds[] = { BUNDLE_FUNCTION, BUNDLE_METRIC_VIEW,
		BUNDLE_TABLE };
	const char *bare = strrchr(name, '.') ? strrchr(name, '.') + 1 : name;
	for (size_t i = 0; bundle && i < countof(kinds); i++) {
		const struct bundle_object *o = bundle_find(bundle, kinds[i], name);
		if (!o)
			o = bundle_find(bundle, kinds[i], bare);
		if (o)
			return o;
	}
	return NULL;
}

static void tell_statement(const struct deploy *d, const struct bundle_object *o, struct str *text,
	struct json *places)
{
	struct str file = STR_INIT;
	struct err why = { 0 };
	char *full = io_join(d->dir, o->path), *place = xasprintf("%s:%zu", o->path, o->line);
	str_init(&file, BUNDLE_MAX_FILE);
	const char *from = io_read_file(full, &file, &why) ? str_text(&file) : "";
	for (size_t line = 1; line < o->line && *from; from++)
		line += *from == '\n';
	size_t n = utf8_fit(from, MOST_STATEMENT);
	char *clause = xasprintf("%s %s, %s: %.*s%s", bundle_kind_text(o->kind), o->name, place,
		(int)n,
		from, from[n] ? "..." : "");
	more(text, clause);
	json_push_str(places, place);
	free(clause);
	free(place);
	free(full);
	str_free(&file);
}

static void tell_objects(const struct deploy *d, const struct bundle *bundle,
	const struct strlist *names, struct str *text, struct json *places)
{
	struct strlist told = { 0 };
	for (size_t i = 0; i < names->n; i++) {
		const struct bundle_object *o = find_object(bundle, names->v[i]);
		if (o && strlist_add_new(&told, o->name))
			tell_statement(d, o, text, places);
	}
	for (size_t i = 0; !told.n && i < names->n && i < 1; i++)
		tell_name(d, names->v[i], names->v[i], text, places);
	strlist_free(&told);
}

/* ---- all kinds ---- */
static void tell_path(const struct deploy *d, const char *name, struct str *text,
	struct json *places)
{
	char *full = io_join(d->dir, name);
	const char *bare = strrchr(name, '/') ? strrchr(name, '/') + 1 : name;
	if (!io_exists(full) && *bare)
		tell_name(d, name, bare, text, places);
	free(full);
}

static void tell(const struct deploy *d, const struct diagnosis *g, struct str *text,
	struct json *places)
{
	struct err why = { 0 };
	struct bundle_options o = { .target = d->o->dbx.target };
	struct bundle *bundle = bundle_open(d->dir, &o, &why);
	const struct strlist *names = &g->names;
	if (g->kind == DIAGNOSIS_JSON)
		tell_json(d, bundle, text, places);
	else if (g->kind == DIAGNOSIS_OBJECTS)
		tell_objects(d, bundle, names, text, places);
	for (size_t i = 0; i < names->n; i++) {
		if (g->kind == DIAGNOSIS_PATHS)
			tell_path(d, names->v[i], text, places);
		else if (g->kind == DIAGNOSIS_VARIABLES || g->kind == DIAGNOSIS_QUOTED)
			tell_name(d, names->v[i], names->v[i], text, places);
	}
	bundle_free(bundle);
}

static char *advice(const struct deploy *d, const struct diagnosis *g)
{
	const char *profile = dbx_profile(d->dbx);
	if (g->action != DIAGNOSIS_LOGIN)
		return xstrdup(g->advice);
	if (streq(dbx_auth(d->dbx), "pat"))
		return xasprintf("%s: set DATABRICKS_TOKEN to a new token, or run: databricks auth "
			"login --host %s%s%s", g->advice, d->host, profile ? " --profile " : "",
			profile ? profile : "");
	return xasprintf("%s: databricks auth login --host %s%s%s", g->advice, d->host,
		profile ? " --profile " : "", profile ? profile : "");
}

struct json *problem_json(const struct deploy *d, const struct diagnosis *g)
{
	struct json *json = json_new_object(), *places = json_new_array();
	struct str text = STR_INIT, all = STR_INIT;
	char *what = advice(d, g);
	tell(d, g, &text, places);
	str_add(&all, g->text);
	if (text.n)
		str_addf(&all, ": %s", str_text(&text));
	json_set_str(json, "code", g->code);
	json_set_str(json, "action", diagnosis_action_text(g->action));
	json_set_str(json, "text", str_text(&all));
	json_set_str(json, "advice", what);
	json_set(json, "places", places);
	free(what);
	str_free(&text);
	str_free(&all);
	return json;
}
