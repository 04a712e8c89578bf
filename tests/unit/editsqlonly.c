#include "check.h"
#include "editsql.h"

static struct err err;

static bool only(const char *statement)
{
	err_clear(&err);
	return edit_sql_only(statement, "r.json", "main.gold.f", &err);
}

static void one_function_of_that_name(void)
{
	CHECK(only("CREATE OR REPLACE FUNCTION main.gold.f() RETURNS INT RETURN 1"));
	CHECK(only("CREATE FUNCTION `main`.`gold`.`f`(a STRING COMMENT 'x; DROP TABLE t')\n"
		"RETURNS TABLE (b INT) LANGUAGE SQL COMMENT 'costs $$; it\\'s'\n"
		"RETURN /* ; */ SELECT 1 AS b -- ; DROP\r\n;;\n"));
	CHECK(only("CREATE FUNCTION MAIN.Gold.f(a STRING) RETURNS INT RETURN a:x.y + 1"));
	CHECK(only("CREATE FUNCTION main.gold.f() RETURNS INT RETURN SELECT /*+ COALESCE(1) */ 1"));
}

static void nothing_else(void)
{
	CHECK(!only("DROP TABLE main.gold.t"));
	CHECK_STR(err.text, "r.json: no CREATE FUNCTION ");
	CHECK(!only("CREATE OR REPLACE FUNCTION main.gold.f() RETURNS INT RETURN 1; "
		"DROP TABLE main.gold.t"));
	CHECK_STR(err.text, "r.json:1: expected one statement");
	CHECK(!only("DROP TABLE t; CREATE OR REPLACE FUNCTION main.gold.f() RETURNS INT RETURN 1"));
	CHECK_STR(err.text, "r.json:1: expected one CREATE OR REPLACE FUNCTION");
	CHECK(!only("CREATE OR REPLACE FUNCTION main.gold.g() RETURNS INT RETURN 1"));
	CHECK_STR(err.text, "r.json: makes main.gold.g, not main.gold.f");
	CHECK(!only("CREATE OR REPLACE FUNCTION f() RETURNS INT RETURN 1"));
	CHECK(!only("CREATE OR REPLACE TEMPORARY FUNCTION main.gold.f() RETURNS INT RETURN 1"));
	CHECK(!only("CREATE FUNCTION IF NOT EXISTS main.gold.f() RETURNS INT RETURN 1"));
	CHECK(!only("CREATE FUNCTION main.gold.f() RETURNS INT LANGUAGE PYTHON "
		"AS $$ x $$ RETURN 1"));
	CHECK(!only("CREATE FUNCTION main.gold.f() RETURNS INT LANGUAGE PYTHON RETURN 1"));
	CHECK(!only(""));
}

static void nothing_that_another_lexer_reads_otherwise(void)
{
#define F "CREATE OR REPLACE FUNCTION main.gold.f() RETURNS INT RETURN 1 "
	CHECK(!only(F "'"));
	CHECK(!only(F "/* open"));
	CHECK(!only(F "-- \\\n'\n; DROP TABLE t --'"));
	CHECK_STR(err.text, "r.json:1: what begins at column 63 may not be in a function");
	CHECK(!only(F "-- x\r; DROP TABLE t"));
	CHECK(!only(F "/*+ ' */ ; DROP TABLE t --'"));
	CHECK(!only(F "+ $x$ ; DROP TABLE t; $x$"));
	CHECK(!only(F "+ ${x}"));
}

int main(void)
{
	RUN(one_function_of_that_name);
	RUN(nothing_else);
	RUN(nothing_that_another_lexer_reads_otherwise);
	return check_done();
}
