#include "viewedit.h"

#include "model.h"
#include "viewsource.h"

#include "edityaml.h"
#include "json.h"
#include "sqlast.h"
#include "str.h"
#include "yaml.h"

#include <stdlib.h>
#include <string.h>

const struct json *view_field(const struct model *model, const struct object *view,
	const char *name)
{
	static const char *const lists[] = { "measures", "dimensions", "fields" };
	const struct json *definition = view_definition(model, view);
	for (size_t i = 0; i < countof(lists); i++) {
		const struct json *list = json_get(definition, lists[i]);
		for (const struct json *f = json_first(list); f; f = json_next(f))
			if (strieq(json_str_or(f, "name", ""), name))
				return f;
	}
	return NULL;
}

static const struct {
	const char *part, *full;
} abbreviations[] = {
	{ "cnt", "Count" }, { "amt", "Amount" }, { "pct", "Percent" }, { "avg", "Average" },
	{ "qty", "Quantity" }, { "flg", "Flag" }, { "nm", "Name" }, { "cd", "Code" },
		{ "dt", "Date" },
	{ "ts", "Timestamp" }, { "num", "Number" }, { "ctr", "Center" }, { "cat", "Category" },
	{ "desc", "Description" }, { "rgn", "Region" }, { "env", "Environment" },
		{ "prc", "Price" },
	{ "mo", "Month" }, { "yr", "Year" }, { "qtr", "Quarter" }, { "wk", "Week" },
		{ "cust", "Customer" },
	{ "acct", "Account" }, { "dept", "Department" }, { "emp", "Employee" },
		{ "prod", "Product" },
	{ "inv", "Invoice" }, { "rev", "Revenue" }, { "tot", "Total" }, { "bal", "Balance" },
};

static const char *in_full(const char *part)
{
	for (size_t i = 0; i < countof(abbreviations); i++)
		if (strieq(abbreviations[i].part, part))
			return abbreviations[i].full;
	return NULL;
}

char *view_display_name(const char *name)
{
	struct str out = STR_INIT;
	bool changed = false;
	for (const char *s = name; *s;) {
		size_t n = strcspn(s, "_");
		char *part = xstrndup(s, n);
		const char *full = in_full(part);
		changed = changed || full;
		if (*part >= 'a' && *part <= 'z')
			*part = (char)(*part - 32);
		if (n)
			str_addf(&out, "%s%s", out.n ? " " : "", full ? full : part);
		free(part);
		s += n + (s[n] == '_');
	}
	char *text = str_take(&out);
	if (changed)
		return text;
	free(text);
	return NULL;
}

static bool is_plain(const char *name)
{
	return name && *name && !name[strspn(name, "abcdefghijklmnopqrstuvwxyz0123456789_")] &&
		!(*name >= '0' && *name <= '9');
}

static char *made_name(const struct view_item *item)
{
	struct str out = STR_INIT;
	/* the words of the expression, without the prefixes of its columns */
	for (const char *s = item->norm; *s && out.n < 40;) {
		size_t n = strspn(s, "abcdefghijklmnopqrstuvwxyz0123456789_");
		if (n && s[n] != '.')
			str_addf(&out, "%s%.*s", out.n ? "_" : "", (int)n, s);
		s += n ? n : 1;
	}
	if (out.n && *str_text(&out) >= '0' && *str_text(&out) <= '9')
		str_splice(&out, 0, 0, "n_", 2);
	return out.n ? str_take(&out) : xstrdup(item->measure ? "measure" : "dimension");
}

char *view_free_name(const struct object *view, const struct view_item *item)
{
	char *alias = item->alias ? xstrlower(item->alias) : NULL;
	char *base = is_plain(alias) ? xstrdup(alias) : made_name(item);
	char *name = xstrdup(base);
	free(alias);
	for (int n = 2; object_field(view, name); n++) {
		free(name);
		name = xasprintf("%s_%d", base, n);
	}
	free(base);
	return name;
}

static bool drop_source(void *context, struct sqlnode *node)
{
	if (node->kind == SQLN_COLUMN && node->nparts == 2 && strieq(node->part[0], "source")) {
		const char *name = node->part[1];
		node->nparts = 0;
		node->part = NULL;
		sqlnode_name_add(context, node, name);
	}
	return true;
}

const char *view_style(struct arena *arena, const struct model *model, const struct object *view,
		       const char *expr)
{
	struct sqlparse parse;
	if (stristr(view_yaml(model, view), "source."))
		return expr;
	sqlparse_expr(&parse, arena, expr, 0);
	if (parse.problems)
		return expr;
	sqlnode_walk(parse.root, drop_source, arena);
	return sqlnode_text(arena, parse.root);
}

const char *view_expr_flaw(struct arena *arena, const char *expr)
{
	struct sqlparse parse;
	sqlparse_expr(&parse, arena, expr, 0);
	return parse.problems ? arena_printf(arena, "its SQL does not parse: %s", parse.problem) :
		NULL;
}

/* ---- a whole definition ---- */
static bool read_back(const char *name, const char *text, struct err *err)
{
	static const char *const lists[] = { "measures", "dimensions", "fields" };
	struct yaml *yaml = yaml_parse(text, strlen(text), name, err);
	if (!yaml)
		return false;
	struct json *definition = yaml_to_json(yaml_root(yaml));
	struct arena arena = { 0 };
	bool ok = true;
	for (size_t i = 0; i < countof(lists); i++) {
		const struct json *list = json_get(definition, lists[i]);
		for (const struct json *f = json_first(list); ok && f; f = json_next(f)) {
			const char *flaw = view_expr_flaw(&arena, json_str_or(f, "expr", ""));
			ok = !flaw || err_set(err, ERR_DATA, "%s: %s", json_str_or(f, "name", ""),
				flaw);
		}
	}
	arena_free(&arena);
	json_free(definition);
	yaml_close(yaml);
	return ok;
}

char *view_with_join(const struct model *model, const struct object *view,
		     const struct view_join *join, struct err *err)
{
	struct str text = STR_INIT;
	struct json *map = json_new_object();
	str_add(&text, view_yaml(model, view));
	json_set_str(map, "name", join->table->name);
	json_set_str(map, "source", join->table->full_name);
	json_set_str(map, "on", join->on);
	bool ok = edit_yaml_add_map(&text, view->name, "joins", map, err);
	json_free(map);
	if (ok && join->column && !object_field(view, join->column)) {
		const char *list = json_get(view_definition(model, view), "fields") ? "fields" :
			"dimensions";
		char *expr = xasprintf("%s.%s", join->table->name, join->column);
		map = json_new_object();
		json_set_str(map, "name", join->column);
		json_set_str(map, "expr", expr);
		ok = edit_yaml_add_map(&text, view->name, list, map, err);
		json_free(map);
		free(expr);
	}
	ok = ok && read_back(view->name, str_text(&text), err);
	char *out = ok ? str_take(&text) : NULL;
	str_free(&text);
	return out;
}
