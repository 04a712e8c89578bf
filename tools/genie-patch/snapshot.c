#include "snapshot.h"

#include "json.h"
#include "live.h"
#include "space.h"
#include "sqltext.h"
#include "str.h"

#include <string.h>

/* What names the object in the rows of information_schema. */
struct names {
	const char *schema_key, *name_key, *schema, *name;
};

static bool is_row(const struct json *row, const struct names *n)
{
	return strieq(json_str_or(row, n->schema_key, ""), n->schema) &&
		strieq(json_str_or(row, n->name_key, ""), n->name);
}

static const struct json *table_row(const struct json *uc, const struct names *n,
	const char *column)
{
	const struct json *rows = json_get(uc, *column ? "columns" : "tables");
	for (const struct json *row = json_first(rows); row; row = json_next(row))
		if (is_row(row, n) && (!*column ||
			strieq(json_str_or(row, "column_name", ""), column)))
			return row;
	return NULL;
}

static const char *property(const struct json *uc, const struct live *live, const struct names *n)
{
	const struct names table = { "schema_name", "table_name", n->schema, n->name };
	const struct json *rows = json_get(uc, "table_properties");
	for (const struct json *row = json_first(rows); row; row = json_next(row))
		if (is_row(row, &table) && streq(json_str_or(row, "property_name", ""), live->key))
			return json_str_or(row, "property_value", "");
	return NULL;
}

static const char *tag(const struct json *uc, const struct live *live, const struct names *n)
{
	const struct names tags = { "schema_name", "table_name", n->schema, n->name };
	for (const struct json *row = json_first(json_get(uc, "tags")); row; row = json_next(row))
		if (is_row(row, &tags) && strieq(json_str_or(row, "column_name", ""),
			live->column) &&
		    streq(json_str_or(row, "tag_name", ""), live->key))
			return json_str_or(row, "tag_value", "");
	return NULL;
}

/* What one list says of a function's parameters, or of its columns. */
static void put_list(struct json *f, const char *member, const struct json *rows,
	const struct names *n, const char *name_key)
{
	struct json *list = json_set(json_set(f, member, json_new_object()), "parameters",
		json_new_array());
	for (const struct json *row = json_first(rows); row; row = json_next(row)) {
		if (!is_row(row, n))
			continue;
		struct json *p = json_push(list, json_new_object());
		json_set_str(p, "name", json_str_or(row, name_key, ""));
		json_set_str(p, "type_text", json_str_or(row, "full_data_type", "string"));
		json_set_str(p, "parameter_default", json_str_or(row, "parameter_default", NULL));
		json_set_str(p, "comment", json_str_or(row, "comment", NULL));
	}
}

/* As the functions API says it, from routines, parameters and columns. */
static char *function(const struct json *uc, const struct live *live, const struct names *n)
{
	const struct names routine = { "routine_schema", "routine_name", n->schema, n->name };
	const struct names parameter = { "specific_schema", "specific_name", n->schema, n->name };
	const struct json *found = NULL;
	for (const struct json *row = json_first(json_get(uc, "routines")); row; row =
		json_next(row))
		if (is_row(row, &routine))
			found = row;
	if (!found)
		return NULL;
	struct json *f = json_new_object();
	const char *type = json_str_or(found, "data_type", "TABLE");
	json_set_str(f, "comment", json_str_or(found, "comment", NULL));
	json_set_str(f, "data_type", streq(type, "TABLE") ? "TABLE_TYPE" : type);
	json_set_str(f, "full_data_type", json_str_or(found, "full_data_type", type));
	json_set_str(f, "routine_definition", json_str_or(found, "routine_definition", ""));
	json_set_bool(f, "is_deterministic", streq(json_str_or(found, "is_deterministic", ""),
		"YES"));
	put_list(f, "input_params", json_get(uc, "parameters"), &parameter, "parameter_name");
	put_list(f, "return_params", json_get(uc, "routine_columns"), &parameter, "column_name");
	char *text = live_function_statement(live->name, f);
	json_free(f);
	return text;
}

static const char *metric_view(const struct json *uc, const struct names *n)
{
	for (const struct json *row = json_first(json_get(uc, "metric_views")); row; row =
		json_next(row))
		if (is_row(row, n))
			return json_str_or(row, "yaml", NULL);
	return NULL;
}

static char *config(const struct json *snapshot)
{
	struct str text = STR_INIT;
	if (json_get(snapshot, "config"))
		json_canonical(json_get(snapshot, "config"), &text);
	return text.n ? str_take(&text) : NULL;
}

static char *uc_text(const struct json *uc, const struct live *live, const struct names *n,
	bool *known)
{
	const struct json *row = table_row(uc, n, live->column);
	char *text = NULL;
	*known = row != NULL;
	switch (live->kind) {
	case LIVE_TABLE_COMMENT:
	case LIVE_COLUMN_COMMENT: return xstrdup(json_str_or(row, "comment", NULL));
	case LIVE_TABLE_TAG:
	case LIVE_COLUMN_TAG: return xstrdup(tag(uc, live, n));
	case LIVE_PROPERTY:
		*known = row && json_get(uc, "table_properties") &&
			space_property_counts(live->key);
		return *known ? xstrdup(property(uc, live, n)) : NULL;
	case LIVE_METRIC_VIEW: text = xstrdup(metric_view(uc, n)); break;
	case LIVE_FUNCTION: text = function(uc, live, n); break;
	default: break;
	}
	*known = text != NULL;
	return text;
}

char *snapshot_text(const struct json *snapshot, const struct live *live, bool *known)
{
	struct arena arena = { 0 };
	const char *p[SQL_NAME_PARTS];
	char *text = NULL;
	*known = false;
	if (live->kind == LIVE_SPACE) {
		text = config(snapshot);
		*known = text != NULL;
	} else if (snapshot && sql_split_name(&arena, live->name, p) == 3) {
		const struct names n = { "table_schema", "table_name", p[1], p[2] };
		text = uc_text(json_get(snapshot, "uc"), live, &n, known);
	}
	arena_free(&arena);
	return text;
}
