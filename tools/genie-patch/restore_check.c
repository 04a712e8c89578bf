#include "restore.h"

#include "json.h"
#include "str.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MOST 5 /* reasons that are said */

struct check {
	struct job *job;
	const struct json *then, *now; /* uc of both */
	struct str reasons;
	size_t n;
};

/* The lists of metadata: what names a row in them, and the value that it is part of. */
static const struct section {
	const char *name, *object[3], *second, *third;
	enum live_kind kind, deep; /* deep: of a column */
} sections[] = {
	{ "tables", { "table_catalog", "table_schema", "table_name" }, NULL, NULL,
	  LIVE_TABLE_COMMENT, LIVE_TABLE_COMMENT },
	{ "columns", { "table_catalog", "table_schema", "table_name" }, "column_name", NULL,
	  LIVE_COLUMN_COMMENT, LIVE_COLUMN_COMMENT },
	{ "tags", { "catalog_name", "schema_name", "table_name" }, "column_name", "tag_name",
	  LIVE_TABLE_TAG, LIVE_COLUMN_TAG },
	{ "table_properties", { "catalog_name", "schema_name", "table_name" }, "column_name",
	  "property_name", LIVE_PROPERTY, LIVE_PROPERTY },
	{ "metric_views", { "table_catalog", "table_schema", "table_name" }, NULL, NULL,
	  LIVE_METRIC_VIEW, LIVE_METRIC_VIEW },
	{ "routines", { "routine_catalog", "routine_schema", "routine_name" }, NULL, NULL,
	  LIVE_FUNCTION, LIVE_FUNCTION },
	{ "parameters", { "specific_catalog", "specific_schema", "specific_name" },
	  "parameter_name", NULL, LIVE_FUNCTION, LIVE_FUNCTION },
	{ "routine_columns", { "specific_catalog", "specific_schema", "specific_name" },
	  "column_name", NULL, LIVE_FUNCTION, LIVE_FUNCTION },
};

static void say(struct check *c, const char *format, ...) PRINTF_LIKE(2, 3);
static void say(struct check *c, const char *format, ...)
{
	va_list ap;
	char text[256];
	va_start(ap, format);
	vsnprintf(text, sizeof text, format, ap);
	va_end(ap);
	text[utf8_fit(text, sizeof text - 1)] = '\0';
	if (strstr(str_text(&c->reasons), text))
		return;
	if (c->n++ < MOST)
		str_addf(&c->reasons, "%s%s", c->n > 1 ? "; " : "", text);
}

static char *object_of(const struct section *s, const struct json *row)
{
	return xasprintf("%s.%s.%s", json_str_or(row, s->object[0], ""), json_str_or(row,
		s->object[1], ""), json_str_or(row, s->object[2], ""));
}

static bool same_name(const struct section *s, const struct json *a, const struct json *b)
{
	const char *const keys[] = { s->object[0], s->object[1], s->object[2], s->second,
		s->third };
	for (size_t i = 0; i < countof(keys); i++)
		if (keys[i] && !strieq(json_str_or(a, keys[i], ""), json_str_or(b, keys[i], "")))
			return false;
	return true;
}

static const struct json *find(const struct json *uc, const struct section *s,
	const struct json *row)
{
	const struct json *rows = json_get(uc, s->name);
	for (const struct json *r = json_first(rows); r; r = json_next(r))
		if (same_name(s, r, row))
			return r;
	return NULL;
}

/* Is the row's object in a list with one row an object? */
static bool has_object(const struct json *uc, const char *list, const struct section *s,
	const struct json *row)
{
	bool routine = s->kind == LIVE_FUNCTION, found = false;
	const struct section whole = { .name = list, .object = { routine ? "routine_catalog" :
		"table_catalog", routine ? "routine_schema" : "table_schema",
		routine ? "routine_name" : "table_name" } };
	char *name = object_of(s, row);
	const struct json *rows = json_get(uc, list);
	for (const struct json *r = json_first(rows); !found && r; r = json_next(r)) {
		char *other = object_of(&whole, r);
		found = strieq(name, other);
		free(other);
	}
	free(name);
	return found;
}

/* ---- what is set ---- */
static bool is_set(const struct check *c, const struct section *s, const struct json *row)
{
	bool part = s->kind == LIVE_FUNCTION;
	const char *column = s->second && !part ? json_str_or(row, s->second, "") : "";
	const char *key = s->third ? json_str_or(row, s->third, "") : "";
	enum live_kind kind = *column ? s->deep : s->kind;
	char *name = object_of(s, row);
	bool found = false;
	for (size_t i = 0; !found && i < c->job->state.nlive; i++) {
		const struct live *live = c->job->state.live[i];
		found = live->kind == kind && strieq(live->name, name) &&
			strieq(live->column, column) && streq(live->key, key) && live_changed(live);
	}
	free(name);
	return found;
}

static void want_set(struct check *c, const struct section *s, const struct json *row,
	const char *what)
{
	const char *second = s->second ? json_str_or(row, s->second, "") : "";
	char *name = object_of(s, row);
	if (!is_set(c, s, row))
		say(c, "%s%s%s: %s, and no file of the bundle keeps it", name, *second ? "." : "",
			second, what);
	free(name);
}

/* ---- one row ---- */
static bool volatile_member(const char *name)
{
	static const char *const names[] = { "created", "created_by", "last_altered",
		"last_altered_by", "comment" };
	for (size_t i = 0; i < countof(names); i++)
		if (streq(name, names[i]))
			return true;
	return false;
}

/* Of tables and columns the comment alone can be set. */
static void compare_fixed(struct check *c, const struct section *s, const struct json *then,
	const struct json *now)
{
	const char *second = s->second ? json_str_or(then, s->second, "") : "";
	char *name = object_of(s, then);
	for (const struct json *m = json_first(then); m; m = json_next(m)) {
		const struct json *other = json_get(now, json_key(m));
		struct str a = STR_INIT, b = STR_INIT;
		if (volatile_member(json_key(m)) || json_equal(m, other))
			continue;
		json_print(m, &a);
		if (other)
			json_print(other, &b);
		say(c, "%s%s%s: %s was %.40s and is %.40s", name, *second ? "." : "", second,
			json_key(m), str_text(&a), other ? str_text(&b) : "not there");
		str_free(&a);
		str_free(&b);
	}
	if (!streq(json_str_or(then, "comment", ""), json_str_or(now, "comment", "")))
		want_set(c, s, then, "its comment changed");
	free(name);
}

static bool same_row(const struct json *then, const struct json *now)
{
	for (const struct json *m = json_first(then); m; m = json_next(m))
		if ((streq(json_key(m), "comment") || !volatile_member(json_key(m))) &&
		    !json_equal(m, json_get(now, json_key(m))))
			return false;
	return true;
}

static void compare_row(struct check *c, const struct section *s, const struct json *then,
	const struct json *now)
{
	if (streq(s->name, "tables") || streq(s->name, "columns"))
		compare_fixed(c, s, then, now);
	else if (!same_row(then, now))
		want_set(c, s, then, "it changed");
}

/* A table without a comment is there, too. */
static bool there(struct check *c, const struct section *s, const char *name, struct err *err)
{
	const struct live *live = state_live(&c->job->state, s->kind, name, NULL, NULL, err);
	return live && (live->before || s->kind == LIVE_TABLE_COMMENT);
}

/* What only the model has. An object that the space of now does not name may still be there. */
static bool gone(struct check *c, const struct section *s, const struct json *row, struct err *err)
{
	bool whole = !s->second, function = s->kind == LIVE_FUNCTION;
	const char *list = function ? "routines" : "tables";
	struct err why = { 0 };
	char *name = object_of(s, row);
	bool ok = true;
	if (streq(s->name, "columns") && has_object(c->now, list, s, row)) {
		say(c, "column %s.%s is gone", name, json_str_or(row, s->second, ""));
	} else if (!whole && has_object(c->now, list, s, row)) {
		want_set(c, s, row, "it is gone");
	} else if (whole && !there(c, s, name, &why)) {
		ok = !why.code || why.code == ERR_DATA || err_set(err, why.code, "%s", why.text);
		say(c, "%s is gone", name);
	}
	free(name);
	return ok;
}

/* What only the workspace has. An object that the model's space does not name is no matter. */
static void come(struct check *c, const struct section *s, const struct json *row)
{
	const char *list = s->kind == LIVE_FUNCTION ? "routines" : "tables";
	char *name = object_of(s, row);
	if (!s->second || !has_object(c->then, list, s, row))
		;
	else if (streq(s->name, "columns"))
		say(c, "column %s.%s was added since", name, json_str_or(row, s->second, ""));
	else
		want_set(c, s, row, "it was added since");
	free(name);
}

/* Columns and comments of a metric view are those of its definition. */
static bool derived(const struct check *c, const struct section *s, const struct json *row)
{
	return (streq(s->name, "tables") || streq(s->name, "columns")) &&
		(has_object(c->then, "metric_views", s, row) ||
		 has_object(c->now, "metric_views", s, row));
}

static bool compare_section(struct check *c, const struct section *s, struct err *err)
{
	const struct json *then = json_get(c->then, s->name), *now = json_get(c->now, s->name);
	bool ok = true;
	if (!then) /* an older snapshot, which says nothing about it */
		return true;
	for (const struct json *r = json_first(then); ok && r; r = json_next(r)) {
		const struct json *other = find(c->now, s, r);
		if (derived(c, s, r))
			continue;
		if (other)
			compare_row(c, s, r, other);
		else
			ok = gone(c, s, r, err);
	}
	for (const struct json *r = json_first(now); ok && r; r = json_next(r))
		if (!derived(c, s, r) && !find(c->then, s, r))
			come(c, s, r);
	return ok;
}

bool restore_check(struct job *job, const struct json *model, struct err *err)
{
	struct check c = { .job = job, .then = json_get(model, "uc"),
		.now = json_get(job->snapshot, "uc"), .reasons = STR_INIT };
	bool ok = json_is(c.now, JSON_OBJECT) || err_set(err, ERR_DATA,
		"%s: it holds no metadata of Unity Catalog", job->o->snapshot);
	for (size_t i = 0; ok && i < countof(sections); i++)
		ok = compare_section(&c, &sections[i], err);
	if (ok && c.n > MOST)
		str_addf(&c.reasons, "; and %zu more", c.n - MOST);
	if (ok && c.n)
		ok = err_set(err, ERR_DATA, "it cannot be brought back as it was: %s",
			str_text(&c.reasons));
	str_free(&c.reasons);
	return ok;
}
