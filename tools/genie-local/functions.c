/* functions.c - registration and what all dbx_ functions share. */
#include "functions.h"

#include "str.h"

#include <stdarg.h>
#include <stdio.h>

bool functions_add(struct db *db, const struct function_entry *entries, size_t n, void *user,
	struct err *err)
{
	for (size_t i = 0; i < n; i++)
		if (!db_add_function(db, entries[i].name, entries[i].argc, entries[i].fails ? 0
			: DB_PURE,
				entries[i].run, user, err))
			return false;
	return true;
}

bool functions_register(struct db *db, const char *today, struct err *err)
{
	return functions_add_dates(db, today, err) && functions_add_formats(db, err) &&
		functions_add_casts(db, err) &&
		functions_add_numbers(db, err) && functions_add_texts(db, err) &&
		functions_add_patterns(db, err) && functions_add_aggregates(db, err);
}

bool function_null(struct db_call *call)
{
	for (int i = 0; i < db_argc(call); i++) {
		if (db_arg_type(call, i) == DB_NULL) {
			db_result_null(call);
			return true;
		}
	}
	return false;
}

void function_error(struct db_call *call, const char *cls, const char *state, const char *format,
	...)
{
	char text[700];
	va_list ap;
	va_start(ap, format);
	vsnprintf(text, sizeof(text), format, ap);
	va_end(ap);
	db_result_error(call, "[%s] %s SQLSTATE: %s", cls, text, state);
}
