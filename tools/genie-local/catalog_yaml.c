/* The YAML of metric views: its rules, and the types of its columns. Rules as
 * databricks-api.md 5.3 states them. */
#include "catalog_int.h"
#include "json.h"
#include "str.h"
#include "yaml.h"
#include <stdio.h>
#include <string.h>

#define MAX_FIELDS 1000
#define MAX_DISPLAY_NAME 255
#define MAX_SYNONYMS 10

static bool invalid(struct sql_error *error, const char *place, const char *what,
	const char *detail)
{
	return sql_error_set(error, "METRIC_VIEW_INVALID_VIEW_DEFINITION", "42K0F",
		"The metric view definition is invalid. Reason: %s%s%s%s%s.", place,
		*place ? ": " : "", what, detail ? " " : "", detail ? detail : "");
}

static bool known_keys(const struct json *object, const char *const *keys, const char *place,
	struct sql_error *error)
{
	for (struct json *child = json_first(object); child; child = json_next(child)) {
		size_t i = 0;

		while (keys[i] && !streq(keys[i], json_key(child)))
			i++;
		if (!keys[i])
			return invalid(error, place, "unrecognized field", json_key(child));
	}
	return true;
}

static bool text_member(const struct json *object, const char *key, bool required,
	const char *place, struct sql_error *error)
{
	const struct json *value = json_get(object, key);
	enum json_type type = json_typeof(value);

	if (!value || type == JSON_NULL)
		return !required || invalid(error, place, "missing field", key);
	if (type == JSON_ARRAY || type == JSON_OBJECT)
		return invalid(error, place, "expected text for field", key);
	if (required && type == JSON_STRING && !*json_text(value))
		return invalid(error, place, "empty field", key);
	return true;
}

static bool check_synonyms(const struct json *field, const char *place, struct sql_error *error)
{
	const struct json *list = json_get(field, "synonyms");

	if (!list || json_is(list, JSON_NULL))
		return true;
	if (!json_is(list, JSON_ARRAY))
		return invalid(error, place, "synonyms must be a list", NULL);
	if (json_len(list) > MAX_SYNONYMS)
		return invalid(error, place, "more than 10 synonyms", NULL);
	for (struct json *item = json_first(list); item; item = json_next(item))
		if (!json_text(item) || strlen(json_text(item)) > MAX_DISPLAY_NAME)
			return invalid(error, place,
				"synonyms must be texts of at most 255 characters", NULL);
	return true;
}

static bool check_field(const struct json *field, bool measure, bool v01, const char *place,
	struct sql_error *error)
{
	static const char *const dimension_keys[] = {
		"name", "expr", "comment", "display_name", "synonyms", "format", NULL };
	static const char *const measure_keys[] = {
		"name", "expr", "window", "comment", "display_name", "synonyms", "format", NULL };
	static const char *const late_keys[] = { "comment", "display_name", "synonyms", "format" };
	const char *display = json_str_or(field, "display_name", "");

	if (!json_is(field, JSON_OBJECT))
		return invalid(error, place, "expected a map with name and expr", NULL);
	if (!text_member(field, "name", true, place, error) ||
	    !text_member(field, "expr", true, place, error) ||
	    !text_member(field, "comment", false, place, error) ||
	    !text_member(field, "display_name", false, place, error) ||
	    !known_keys(field, measure ? measure_keys : dimension_keys, place, error))
		return false;
	for (size_t i = 0; v01 && i < countof(late_keys); i++)
		if (json_get(field, late_keys[i]))
			return invalid(error, place, "version 0.1 does not have field", late_keys[i]);
	if (strlen(display) > MAX_DISPLAY_NAME)
		return invalid(error, place, "display_name is longer than 255 characters", NULL);
	return check_synonyms(field, place, error);
}

/* Names of dimensions and measures are unique together. */
static bool check_fields(const struct json *list, bool measure, bool v01, struct strlist *names,
	struct sql_error *error)
{
	const char *kind = measure ? "measures" : "dimensions";
	char place[64];
	size_t i = 0;

	if (!list || json_is(list, JSON_NULL))
		return true;
	if (!json_is(list, JSON_ARRAY) || json_len(list) > MAX_FIELDS)
		return invalid(error, kind, "expected a list of at most 1000 items", NULL);
	for (struct json *field = json_first(list); field; field = json_next(field), i++) {
		char *name;

		snprintf(place, sizeof(place), "%s[%zu]", kind, i);
		if (!check_field(field, measure, v01, place, error))
			return false;
		name = xstrlower(json_str_or(field, "name", ""));
		if (strlist_has(names, name)) {
			strlist_take(names, name);
			return invalid(error, place, "duplicate name", json_get(field, "name") ?
				json_str_or(field, "name", "") : "");
		}
		strlist_take(names, name);
	}
	return true;
}

static bool check_joins(const struct json *joins, const char *where, int depth,
	struct sql_error *error)
{
	static const char *const keys[] = {
		"name", "source", "on", "using", "rely", "cardinality", "joins", NULL };
	char place[200];
	size_t i = 0;

	if (!joins || json_is(joins, JSON_NULL))
		return true;
	if (!json_is(joins, JSON_ARRAY) || depth > 8)
		return invalid(error, where, "joins must be a list, nested 8 times at most", NULL);
	for (struct json *join = json_first(joins); join; join = json_next(join), i++) {
		snprintf(place, sizeof(place), "%.150s[%zu]", where, i);
		if (!json_is(join, JSON_OBJECT))
			return invalid(error, place, "expected a map", NULL);
		if (!text_member(join, "name", true, place, error) ||
		    !text_member(join, "source", true, place, error) ||
		    !known_keys(join, keys, place, error))
			return false;
		if (!json_get(join, "on") == !json_get(join, "using"))
			return invalid(error, place, "needs either on or using", NULL);
		snprintf(place, sizeof(place), "%.150s[%zu].joins", where, i);
		if (!check_joins(json_get(join, "joins"), place, depth + 1, error))
			return false;
	}
	return true;
}

static bool check_version(const struct json *root, bool *v01, struct sql_error *error)
{
	const struct json *version = json_get(root, "version");
	const char *text = json_number_text(version);

	if (!text)
		text = json_text(version);
	if (!text)
		return invalid(error, "", "missing field version", NULL);
	*v01 = streq(text, "0.1");
	return *v01 || streq(text, "1.1") ||
	       invalid(error, "", "unsupported version", text);
}

static bool check_root(const struct json *root, struct sql_error *error)
{
	static const char *const keys[] = { "version", "comment", "source", "filter", "joins",
		"dimensions", "fields", "measures", "materialization", NULL };
	const struct json *dimensions = json_get(root, "dimensions");
	const struct json *measures = json_get(root, "measures");
	struct strlist names = {0};
	bool v01 = false, ok;

	if (!json_is(root, JSON_OBJECT))
		return invalid(error, "", "expected a map", NULL);
	if (!check_version(root, &v01, error) || !known_keys(root, keys, "", error) ||
	    !text_member(root, "source", true, "", error) ||
	    !text_member(root, "filter", false, "", error) ||
	    !text_member(root, "comment", false, "", error))
		return false;
	if (dimensions && json_get(root, "fields"))
		return invalid(error, "", "has both dimensions and fields", NULL);
	if (!dimensions)
		dimensions = json_get(root, "fields");
	if (!json_len(dimensions) && !json_len(measures))
		return invalid(error, "", "needs at least one dimension or measure", NULL);
	ok = check_fields(dimensions, false, v01, &names, error) &&
	     check_fields(measures, true, v01, &names, error) &&
	     check_joins(json_get(root, "joins"), "joins", 0, error);
	strlist_free(&names);
	return ok;
}

struct json *catalog_check_yaml(const char *text, size_t n, struct sql_error *error)
{
	struct err err = {0};
	struct yaml *yaml;
	struct json *json;

	if (n > CAT_MAX_YAML) {
		invalid(error, "", "longer than 1 MiB", NULL);
		return NULL;
	}
	yaml = yaml_parse(text, n, "line", &err);
	if (!yaml) {
		invalid(error, "", "not valid YAML:", err.text);
		return NULL;
	}
	json = yaml_to_json(yaml_root(yaml));
	yaml_close(yaml);
	if (json && check_root(json, error))
		return json;
	json_free(json);
	return NULL;
}
