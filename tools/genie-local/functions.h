/* functions.h - the functions that translated SQL calls: dbx_*, on SQLite values
 * as dialect.h describes them. NULL in gives NULL out unless said otherwise. A
 * value that Databricks refuses is an SQL error whose text is the Databricks
 * message, "[DIVIDE_BY_ZERO] ... SQLSTATE: 22012".
 */
#ifndef GENIE_LOCAL_FUNCTIONS_H
#define GENIE_LOCAL_FUNCTIONS_H

#include "base.h"
#include "db.h"
#include "err.h"

struct function_entry {
	const char *name;
	int argc; /* -1: any */
	db_function *run;
	bool fails; /* may raise an error: never moved out of CASE */
};

/* `today` is the engine's date, YYYY-MM-DD; borrowed, read at every call. */
bool functions_register(struct db *db, const char *today, struct err *err) MUST_CHECK;

/* One per file. */
bool functions_add_dates(struct db *db, const char *today, struct err *err) MUST_CHECK;
bool functions_add_formats(struct db *db, struct err *err) MUST_CHECK;
bool functions_add_casts(struct db *db, struct err *err) MUST_CHECK;
bool functions_add_numbers(struct db *db, struct err *err) MUST_CHECK;
bool functions_add_texts(struct db *db, struct err *err) MUST_CHECK;
bool functions_add_patterns(struct db *db, struct err *err) MUST_CHECK;
bool functions_add_aggregates(struct db *db, struct err *err) MUST_CHECK;

bool functions_add(struct db *db, const struct function_entry *entries, size_t n, void *user,
	struct err *err) MUST_CHECK;
/* NULL among the arguments? Then the result is set to NULL. */
bool function_null(struct db_call *call);
/* "[CLS] text SQLSTATE: state" as the call's error. */
void function_error(struct db_call *call, const char *cls, const char *state, const char *format,
	...)
	PRINTF_LIKE(4, 5);

/* A moment: days since 1970 and microseconds of the day. */
struct moment {
	int64_t day, micros;
};
/* Reads what Spark casts: yyyy[-M[-d]] with an optional time (date only: the time is allowed
 * and dropped). False when it is none. */
bool moment_parse(const char *text, struct moment *out) MUST_CHECK;
#define MOMENT_SIZE 40
const char *moment_text(struct moment m, char buf[MOMENT_SIZE]); /* as a TIMESTAMP is kept */

/* Half away from zero at n digits after the point, deciding on the shortest
 * decimal text of x as BigDecimal does. */
double round_half_up(double x, int n);
/* Shortest text that reads back, as Java prints doubles: "1.0", "1.0E10". */
#define DOUBLE_TEXT_SIZE 64
const char *double_text(double x, char buf[DOUBLE_TEXT_SIZE]);

#endif
