#include "catalog_int.h"
#include "json.h"
#include "str.h"
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Spellings of Databricks SQL types; `rest` is the REST API's type_name and
 * `json` the name that DESCRIBE ... AS JSON uses. */
static const struct type {
	const char *name, *normal, *affinity, *rest, *json;
} types[] = {
	{ "ARRAY", "ARRAY", "TEXT", "ARRAY", "array" },
	{ "BIGINT", "BIGINT", "INTEGER", "LONG", "bigint" },
	{ "BINARY", "BINARY", "BLOB", "BINARY", "binary" },
	{ "BOOLEAN", "BOOLEAN", "INTEGER", "BOOLEAN", "boolean" },
	{ "BYTE", "TINYINT", "INTEGER", "BYTE", "tinyint" },
	{ "CHAR", "CHAR", "TEXT", "CHAR", "char" },
	{ "DATE", "DATE", "TEXT", "DATE", "date" },
	{ "DEC", "DECIMAL", "NUMERIC", "DECIMAL", "decimal" },
	{ "DECIMAL", "DECIMAL", "NUMERIC", "DECIMAL", "decimal" },
	{ "DOUBLE", "DOUBLE", "REAL", "DOUBLE", "double" },
	{ "FLOAT", "FLOAT", "REAL", "FLOAT", "float" },
	{ "INT", "INT", "INTEGER", "INT", "int" },
	{ "INTEGER", "INT", "INTEGER", "INT", "int" },
	{ "INTERVAL", "INTERVAL", "TEXT", "INTERVAL", "interval" },
	{ "LONG", "BIGINT", "INTEGER", "LONG", "bigint" },
	{ "MAP", "MAP", "TEXT", "MAP", "map" },
	{ "NUMERIC", "DECIMAL", "NUMERIC", "DECIMAL", "decimal" },
	{ "REAL", "FLOAT", "REAL", "FLOAT", "float" },
	{ "SHORT", "SMALLINT", "INTEGER", "SHORT", "smallint" },
	{ "SMALLINT", "SMALLINT", "INTEGER", "SHORT", "smallint" },
	{ "STRING", "STRING", "TEXT", "STRING", "string" },
	{ "STRUCT", "STRUCT", "TEXT", "STRUCT", "struct" },
	{ "TIMESTAMP", "TIMESTAMP", "TEXT", "TIMESTAMP", "timestamp_ltz" },
	{ "TIMESTAMP_LTZ", "TIMESTAMP", "TEXT", "TIMESTAMP", "timestamp_ltz" },
	{ "TIMESTAMP_NTZ", "TIMESTAMP_NTZ", "TEXT", "TIMESTAMP_NTZ", "timestamp_ntz" },
	{ "TINYINT", "TINYINT", "INTEGER", "BYTE", "tinyint" },
	{ "VARCHAR", "VARCHAR", "TEXT", "STRING", "varchar" },
	{ "VARIANT", "VARIANT", "TEXT", "VARIANT", "variant" },
};

static size_t word_length(const char *text)
{
	size_t n = 0;

	while (isalnum((unsigned char)text[n]) || text[n] == '_')
		n++;
	return n;
}

static const struct type *find_type(const char *text)
{
	size_t n = word_length(text);

	for (size_t i = 0; i < countof(types); i++)
		if (strlen(types[i].name) == n && strnieq(text, types[i].name, n))
			return &types[i];
	return NULL;
}

static bool balanced(const char *s)
{
	int round = 0, angle = 0;

	for (; *s && round >= 0 && angle >= 0; s++) {
		round += (*s == '(') - (*s == ')');
		angle += (*s == '<') - (*s == '>');
	}
	return round == 0 && angle == 0;
}

/* "(18,2)" of a decimal; false when it is none. */
static bool decimal_args(const char *s, int *precision, int *scale)
{
	char *end;
	long p, q = 0;

	while (*s == ' ')
		s++;
	if (*s++ != '(')
		return false;
	p = strtol(s, &end, 10);
	if (end == s)
		return false;
	while (*end == ' ')
		end++;
	if (*end == ',') {
		s = end + 1;
		q = strtol(s, &end, 10);
		if (end == s)
			return false;
	}
	while (*end == ' ')
		end++;
	if (*end != ')' || p < 1 || p > 38 || q < 0 || q > p)
		return false;
	*precision = (int)p;
	*scale = (int)q;
	return true;
}

const char *cat_type_normal(const char *text, struct arena *arena)
{
	const struct type *type = find_type(text);
	const char *rest;
	int precision = 10, scale = 0;
	char *out;
	size_t n = 0;
	bool nested;

	if (!type || !balanced(text))
		return NULL;
	rest = text + strlen(type->name);
	while (*rest == ' ')
		rest++;
	if (streq(type->normal, "DECIMAL")) {
		if (*rest && !decimal_args(rest, &precision, &scale))
			return NULL;
		return arena_printf(arena, "DECIMAL(%d,%d)", precision, scale);
	}
	if (*rest && !strchr("(<", *rest) && !streq(type->normal, "INTERVAL"))
		return NULL;
	out = arena_printf(arena, "%s%s%s", type->normal,
		streq(type->normal, "INTERVAL") && *rest ? " " : "", rest);
	nested = strchr(out, '<') != NULL; /* names of fields keep their letter case */
	for (const char *s = out; *s; s++)
		if (*s != ' ' || nested || streq(type->normal, "INTERVAL"))
			out[n++] = nested ? *s : (char)toupper((unsigned char)*s);
	out[n] = '\0';
	return out;
}

const char *cat_type_simple(const char *type, struct arena *arena)
{
	return arena_strndup(arena, type, word_length(type));
}

const char *cat_type_affinity(const char *type)
{
	const struct type *found = find_type(type);

	return found ? found->affinity : "TEXT";
}

const char *cat_type_rest(const char *type)
{
	const struct type *found = find_type(type);

	return found ? found->rest : "USER_DEFINED_TYPE";
}

void cat_type_decimal(const char *type, int *precision, int *scale)
{
	const struct type *found = find_type(type);

	*precision = *scale = -1;
	if (found && streq(found->normal, "DECIMAL"))
		decimal_args(type + strlen(found->name), precision, scale);
}

struct json *cat_type_json(const char *type)
{
	const struct type *found = find_type(type);
	struct json *json = json_new_object();
	int precision, scale;

	json_set_str(json, "name", found ? found->json : "string");
	cat_type_decimal(type, &precision, &scale);
	if (precision >= 0) {
		json_set_int(json, "precision", precision);
		json_set_int(json, "scale", scale);
	}
	if (found && (streq(found->normal, "VARCHAR") || streq(found->normal, "CHAR"))) {
		const char *length = strchr(type, '(');

		if (length)
			json_set_int(json, "length", strtol(length + 1, NULL, 10));
	}
	return json;
}
