/* engine_value.c - values as the SQL Statement API prints them (JSON_ARRAY). */
#include "engine_int.h"

#include "db.h"
#include "functions.h"
#include "str.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char *timestamp_text(const char *text, struct arena *arena)
{
	struct moment m;
	if (!moment_parse(text, &m))
		return arena_strdup(arena, text);
	char buf[MOMENT_SIZE];
	moment_text(m, buf);
	buf[10] = 'T';
	const char *point = strchr(buf, '.');
	const char *fraction = point ? point + 1 : "";
	return arena_printf(arena, "%.19s.%s%.*sZ", buf, fraction,
		strlen(fraction) < 3 ? 3 - (int)strlen(fraction) : 0, "000");
}

const char *engine_value(struct db_stmt *stmt, int column, struct sql_type type,
	struct arena *arena)
{
	char buf[DOUBLE_TEXT_SIZE];
	enum db_type stored = db_column_type(stmt, column);
	const char *text = stored == DB_NULL ? NULL : db_column_text(stmt, column);
	if (!text)
		return NULL;
	if (stored == DB_TEXT)
		return type.kind == TYPE_TIMESTAMP ? timestamp_text(text, arena)
			: arena_strndup(arena, text, db_column_bytes(stmt, column));
	if (stored == DB_BLOB)
		return "";
	switch (type.kind) {
	case TYPE_BOOLEAN:
		return db_column_int(stmt, column) ? "true" : "false";
	case TYPE_DECIMAL:
		if (stored == DB_INT && type.scale == 0)
			return arena_strdup(arena, text);
		return arena_printf(arena, "%.*f", type.scale,
			round_half_up(db_column_real(stmt, column), type.scale));
	case TYPE_DOUBLE: case TYPE_FLOAT:
		return arena_strdup(arena, double_text(db_column_real(stmt, column), buf));
	case TYPE_DAYS:
		return arena_printf(arena, "INTERVAL '%s' DAY", text);
	default:
		if (stored == DB_INT)
			return arena_strdup(arena, text);
		return arena_strdup(arena, double_text(db_column_real(stmt, column), buf));
	}
}

struct sql_type engine_value_type(struct db_stmt *stmt, int column)
{
	struct sql_type type;
	const char *declared = db_column_decltype(stmt, column);
	enum db_type stored = db_column_type(stmt, column);
	if (stored == DB_TEXT || stored == DB_NULL)
		return declared && type_parse(declared, &type) && stored == DB_TEXT &&
			(type.kind == TYPE_DATE || type.kind == TYPE_TIMESTAMP) ? type
			: type_of(TYPE_STRING);
	if (declared && type_parse(declared, &type) && (type_is_number(type) ||
		type.kind == TYPE_BOOLEAN))
		return type.kind == TYPE_DECIMAL ? type_of(TYPE_DOUBLE) : type;
	return type_of(stored == DB_INT ? TYPE_BIGINT : TYPE_DOUBLE);
}
