#include "sqlerror.h"
#undef sql_error_set

#include "err.h"
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

bool sql_error_set(struct sql_error *error, const char *cls, const char *state,
	const char *format, ...)
{
	char text[sizeof(error->message) - 128];
	va_list ap;

	va_start(ap, format);
	vsnprintf(text, sizeof(text), format, ap);
	va_end(ap);
	snprintf(error->cls, sizeof(error->cls), "%s", cls);
	snprintf(error->state, sizeof(error->state), "%s", state);
	snprintf(error->message, sizeof(error->message), "[%s] %s SQLSTATE: %s", error->cls, text,
		error->state);
	return false;
}

bool sql_error_from(struct sql_error *error, const struct err *err)
{
	return sql_error_set(error, "INTERNAL_ERROR", "XX000", "%s", err->text);
}

bool sql_error_no_table(struct sql_error *error, const char *name)
{
	return sql_error_set(error, "TABLE_OR_VIEW_NOT_FOUND", "42P01",
		"The table or view %s cannot be found. Verify the spelling and correctness of the "
		"schema and catalog.\nIf you did not qualify the name with a schema, verify the "
		"current_schema() output, or qualify the name with the correct schema and "
		"catalog.\nTo tolerate the error on drop use DROP VIEW IF EXISTS or DROP TABLE IF "
		"EXISTS.", name);
}

bool sql_error_no_routine(struct sql_error *error, const char *name)
{
	return sql_error_set(error, "ROUTINE_NOT_FOUND", "42883",
		"The routine %s cannot be found. Verify the spelling and correctness of the schema "
		"and catalog.\nIf you did not qualify the name with a schema and catalog, verify "
		"the current_schema() output, or qualify the name with the correct schema and "
		"catalog.\nTo tolerate the error on drop use DROP ... IF EXISTS.", name);
}

bool sql_error_no_schema(struct sql_error *error, const char *catalog, const char *schema)
{
	return sql_error_set(error, "SCHEMA_NOT_FOUND", "42704",
		"The schema `%s`.`%s` cannot be found. Verify the spelling and correctness of the "
		"schema and catalog.", catalog, schema);
}

bool sql_error_no_column(struct sql_error *error, const char *name, const char *suggestions)
{
	if (!suggestions || !*suggestions)
		return sql_error_set(error, "UNRESOLVED_COLUMN.WITHOUT_SUGGESTION", "42703",
			"A column, variable, or function parameter with name %s cannot be "
			"resolved.", name);
	return sql_error_set(error, "UNRESOLVED_COLUMN.WITH_SUGGESTION", "42703",
		"A column, variable, or function parameter with name %s cannot be resolved. Did you "
		"mean one of the following? [%s].", name, suggestions);
}

bool sql_error_syntax(struct sql_error *error, const char *near, const char *hint)
{
	char where[200];

	if (near)
		snprintf(where, sizeof(where), "at or near '%.150s'", near);
	else
		snprintf(where, sizeof(where), "at or near end of input");
	return sql_error_set(error, "PARSE_SYNTAX_ERROR", "42601", "Syntax error %s%s%s.", where,
		hint ? ": " : "", hint ? hint : "");
}
