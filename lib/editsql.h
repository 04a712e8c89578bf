/* editsql.h - edits of SQL files with CREATE [OR REPLACE] FUNCTION statements.
 *
 * The function is found by the last part of its name (letter case and
 * backticks ignored, ${variables} in front of it accepted); "" is the first one. Only the literal, or the
 * statement, is replaced; every other byte stays. Comments are written as
 * '..' with \ and ' escaped. Texts of several lines take the line ends of the file, and are read
 * with LF. After an edit the statement is read again; one that
 * changed anything else fails. On failure the text is as it was; errors are ERR_DATA
 * "NAME:LINE: ...". Layer: domain.
 */
#ifndef GENIE_EDITSQL_H
#define GENIE_EDITSQL_H

#include "base.h"
#include "err.h"

struct str;

/* Sets the function's COMMENT; where it has none, one is put before RETURN. */
bool edit_sql_comment(struct str *text, const char *name, const char *function,
	const char *comment, struct err *err) MUST_CHECK;
/* Sets the COMMENT of one parameter; where it has none, at the parameter's end. */
bool edit_sql_parameter(struct str *text, const char *name, const char *function,
	const char *parameter, const char *comment, struct err *err) MUST_CHECK;
/* Replaces the whole statement, from CREATE up to its semicolon or end. The new one must be
 * one CREATE OR REPLACE FUNCTION of the same name. */
bool edit_sql_statement(struct str *text, const char *name, const char *function,
	const char *statement, struct err *err) MUST_CHECK;

/* Adds a parameter: "NAME TYPE [DEFAULT VALUE] [COMMENT '..']". One with a default goes behind
 * all others, one without behind the last that has none. When it is there as declared, nothing
 * changes; declared otherwise is an error. */
bool edit_sql_add_parameter(struct str *text, const char *name, const char *function,
	const char *declaration, struct err *err) MUST_CHECK;
/* Removes a parameter, with its line when it has one of its own. When it is not there, nothing
 * changes; one that the body uses is an error. */
bool edit_sql_remove_parameter(struct str *text, const char *name, const char *function,
	const char *parameter, struct err *err) MUST_CHECK;
/* Removes the statement with the comments right above it. *empty: no statement is left. */
bool edit_sql_remove(struct str *text, const char *name, const char *function, bool *empty,
	struct err *err) MUST_CHECK;

/* Is the statement exactly one CREATE [OR REPLACE] FUNCTION of `function` (catalog.schema.name, all
 * three written), complete, in SQL, and nothing behind it but semicolons? Bytes that another
 * lexer could read otherwise (variables, dollar quotes, comments that may go on) are refused. */
bool edit_sql_only(const char *statement, const char *name, const char *function,
	struct err *err) MUST_CHECK;

/* What a statement says, for comparing. Texts are owned; free with sql_function_free. */
struct sql_function {
	char *statement; /* without the semicolon */
	char *name;      /* as written */
	char *returns;   /* the type behind RETURNS, for comparing, without column comments */
	char *comment;   /* NULL: none */
	char *body;      /* what stands behind RETURN */
	size_t line;     /* of CREATE, from 1 */
	size_t nparams;
	struct sql_function_param {
		char *name, *comment; /* comment NULL: none */
		char *type;           /* for comparing: lower case, aliases resolved */
		char *by_default;     /* likewise; NULL: none */
	} *params;
};
bool edit_sql_get(const struct str *text, const char *name, const char *function,
	struct sql_function *out, struct err *err) MUST_CHECK;
void sql_function_free(struct sql_function *function);

#endif
