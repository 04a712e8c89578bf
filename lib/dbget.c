/* dbget.c - of db.h, what needs nothing of SQLite but the rest of it. */
#include "db.h"

#include "mem.h"
#include "str.h"

bool db_get_int(struct db *db, const char *sql, int64_t *out, bool *found, struct err *err)
{
	struct db_stmt *stmt = db_prepare(db, sql, err);
	bool ok = stmt && db_step(stmt, found, err);
	if (ok && *found)
		*out = db_column_int(stmt, 0);
	db_stmt_free(stmt);
	return ok;
}

bool db_get_text(struct db *db, const char *sql, char **out, bool *found, struct err *err)
{
	*out = NULL;
	struct db_stmt *stmt = db_prepare(db, sql, err);
	bool ok = stmt && db_step(stmt, found, err);
	if (ok && *found)
		*out = xstrdup(db_column_text(stmt, 0));
	db_stmt_free(stmt);
	return ok;
}

bool db_has_table(struct db *db, const char *name)
{
	struct err err = { 0 };
	bool row = false;
	struct db_stmt *stmt = db_prepare(db, "SELECT 1 FROM sqlite_schema WHERE"
		" type IN ('table', 'view') AND name = ?1 COLLATE NOCASE", &err);
	if (stmt) {
		db_bind_text(stmt, 1, name);
		if (!db_step(stmt, &row, &err))
			row = false;
	}
	db_stmt_free(stmt);
	return row;
}

static void quote(struct str *out, const char *s, char mark)
{
	str_addc(out, mark);
	for (; *s; s++) {
		if (*s == mark)
			str_addc(out, mark);
		str_addc(out, *s);
	}
	str_addc(out, mark);
}

void db_quote_name(struct str *out, const char *name)
{
	quote(out, name, '"');
}

void db_quote_text(struct str *out, const char *s)
{
	if (s)
		quote(out, s, '\'');
	else
		str_add(out, "NULL");
}
