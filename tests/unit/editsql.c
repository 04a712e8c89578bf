#include "check.h"
#include "editsql.h"
#include "str.h"
#include <stdlib.h>
#include <string.h>

static struct err err;
static struct str text = STR_INIT;

static const char FN[] =
	"-- CREATE FUNCTION f is described here; not this one\n"
	"CREATE OR REPLACE FUNCTION ${catalog}.${gold_schema}.f(\n"
	"  a STRING COMMENT 'A; (x)',\n"
	"  b DECIMAL(18,2) DEFAULT 0,\n"
	"  c ARRAY<STRUCT<x: INT, y: INT>> COMMENT 'C'\n"
	")\n"
	"RETURNS TABLE (x INT COMMENT 'not me', y DATE)\n"
	"COMMENT 'Old. Don\\'t ; RETURN'\n"
	"RETURN\n"
	"SELECT 1 AS x, 'COMMENT ''z''' AS y;\n"
	"/* tail */\n";

static void start(const char *s)
{
	str_reset(&text);
	str_add(&text, s);
	err_clear(&err);
}

static const char *comment(const char *s, const char *function, const char *value)
{
	start(s);
	return edit_sql_comment(&text, "f.sql", function, value, &err) ? str_text(&text) : err.text;
}

/* The file with `from` replaced by `to`, once. */
static char *with(const char *from, const char *to)
{
	static char out[2048];
	const char *at = strstr(FN, from);
	snprintf(out, sizeof out, "%.*s%s%s", (int)(at - FN), FN, to, at + strlen(from));
	return out;
}

static void test_comment(void)
{
	CHECK_STR(comment(FN, "main.gold.F", "It's \\ new\nline"),
		with("'Old. Don\\'t ; RETURN'", "'It\\'s \\\\ new\nline'"));
	CHECK_STR(comment(FN, "f", "Old. Don't ; RETURN"), FN);
	CHECK_STR(comment("CREATE FUNCTION f() RETURNS INT RETURN 1", "f", "x"),
		"CREATE FUNCTION f() RETURNS INT COMMENT 'x'\nRETURN 1");
	CHECK_STR(comment("CREATE FUNCTION g() RETURNS INT RETURN 1;\nCREATE FUNCTION `f`() RETURNS INT\n"
			  "COMMENT 'a' RETURN 2;", "`f`", "b"),
		"CREATE FUNCTION g() RETURNS INT RETURN 1;\nCREATE FUNCTION `f`() RETURNS INT\n"
		"COMMENT 'b' RETURN 2;");
	CHECK_STR(comment(FN, "main.gold.g", "x"), "f.sql: no CREATE FUNCTION g");
	CHECK_STR(comment("CREATE FUNCTION (a INT) RETURN a", "", "x"), "f.sql: no CREATE FUNCTION ");
	CHECK_STR(comment("CREATE FUNCTION f(\n, a INT) RETURN a", "f", "x"), "f.sql:2: expected a parameter");
	CHECK_STR(comment("\nCREATE FUNCTION f() RETURNS INT", "f", "x"), "f.sql:2: a function without RETURN");
}

static const char *parameter(const char *p, const char *value)
{
	start(FN);
	return edit_sql_parameter(&text, "f.sql", "f", p, value, &err) ? str_text(&text) : err.text;
}

static void test_parameters(void)
{
	CHECK_STR(parameter("a", "new"), with("'A; (x)'", "'new'"));
	CHECK_STR(parameter("b", "new"), with("DEFAULT 0", "DEFAULT 0 COMMENT 'new'"));
	CHECK_STR(parameter("C", "new"), with("COMMENT 'C'", "COMMENT 'new'"));
	CHECK_STR(parameter("x", "new"), "f.sql:2: f has no parameter x");
}

static void test_statement(void)
{
	start("-- head\nCREATE FUNCTION f() RETURNS INT RETURN 1; -- tail\n");
	CHECK(edit_sql_statement(&text, "f.sql", "f",
		"  CREATE OR REPLACE FUNCTION m.g.f() RETURNS INT RETURN 2 ;", &err));
	CHECK_STR(str_text(&text), "-- head\nCREATE OR REPLACE FUNCTION m.g.f() RETURNS INT RETURN 2; -- tail\n");
	CHECK(!edit_sql_statement(&text, "f.sql", "f", "DROP FUNCTION f", &err));
	CHECK_STR(err.text, "the new statement: no CREATE FUNCTION f");
	CHECK(!edit_sql_statement(&text, "f.sql", "f",
		"CREATE OR REPLACE FUNCTION f() RETURNS INT RETURN 1; DROP TABLE x", &err));
	CHECK_STR(err.text, "the new statement:1: expected one statement");
	CHECK(!edit_sql_statement(&text, "f.sql", "f",
		"DROP TABLE x; CREATE OR REPLACE FUNCTION f() RETURNS INT RETURN 1", &err));
}

static void test_facts(void)
{
	struct sql_function f;
	start(FN);
	CHECK(edit_sql_get(&text, "f.sql", "f", &f, &err));
	CHECK_STR(f.comment, "Old. Don't ; RETURN");
	CHECK_INT(f.nparams, 3);
	CHECK_STR(f.params[0].comment, "A; (x)");
	CHECK(f.params[1].comment == NULL);
	CHECK_STR(f.params[2].name, "c");
	CHECK_STR(f.body, "SELECT 1 AS x, 'COMMENT ''z''' AS y");
	CHECK_INT(f.line, 2);
	sql_function_free(&f);
}

static void test_crlf(void)
{
	static const char crlf[] = "CREATE OR REPLACE FUNCTION f(a INT COMMENT 'x')\r\nRETURNS INT\r\nCOMMENT 'old'\r\nRETURN a;\r\n";
	CHECK_STR(comment(crlf, "f", "one\ntwo\r\nthree"), "CREATE OR REPLACE FUNCTION f(a INT COMMENT 'x')\r\n"
		"RETURNS INT\r\nCOMMENT 'one\r\ntwo\r\nthree'\r\nRETURN a;\r\n");
	struct sql_function f;
	CHECK(edit_sql_get(&text, "f.sql", "f", &f, &err));
	CHECK_STR(f.comment, "one\ntwo\nthree");
	sql_function_free(&f);
	CHECK(edit_sql_parameter(&text, "f.sql", "f", "a", "p\nq", &err));
	CHECK(strstr(str_text(&text), "a INT COMMENT 'p\r\nq')"));
	CHECK(edit_sql_statement(&text, "f.sql", "f",
		"CREATE OR REPLACE FUNCTION f()\nRETURNS INT\nRETURN 1", &err));
	CHECK_STR(str_text(&text), "CREATE OR REPLACE FUNCTION f()\r\nRETURNS INT\r\nRETURN 1;\r\n");
}

int main(void)
{
	RUN(test_crlf);
	RUN(test_comment);
	RUN(test_parameters);
	RUN(test_statement);
	RUN(test_facts);
	str_free(&text);
	return check_done();
}
