#include "check.h"
#include "editsql.h"
#include "str.h"
#include <stdlib.h>

#define F "CREATE FUNCTION f"

static struct err err;
static struct str text = STR_INIT;

static void start(const char *s)
{
	str_reset(&text);
	str_add(&text, s);
	err_clear(&err);
}

static const char *add(const char *s, const char *declaration)
{
	start(s);
	return edit_sql_add_parameter(&text, "f.sql", "f", declaration, &err) ? str_text(&text) :
		err.text;
}

static const char *del(const char *s, const char *parameter)
{
	start(s);
	return edit_sql_remove_parameter(&text, "f.sql", "f", parameter, &err) ? str_text(&text) :
		err.text;
}

static void test_added(void)
{
	CHECK_STR(add(F "(a INT) RETURNS INT RETURN a", "b INT DEFAULT 1"),
		F "(a INT, b INT DEFAULT 1) RETURNS INT RETURN a");
	CHECK_STR(add(F "() RETURNS INT RETURN 1", "b INT"),
		F "(b INT) RETURNS INT RETURN 1");
	/* with a default: last; without: before the first that has one */
	CHECK_STR(add(F "(a INT, c INT DEFAULT 2) RETURNS INT RETURN a", "b INT"),
		F "(a INT, b INT, c INT DEFAULT 2) RETURNS INT RETURN a");
	/* a remark stays on its line; indentation and line ends are those of the neighbours */
	CHECK_STR(add(F "(\r\n\ta DECIMAL(18,2) -- it's (a,\r\n)\r\nRETURNS INT RETURN 1;\r\n",
		"b STRING DEFAULT ',' COMMENT 'B'"),
		F "(\r\n\ta DECIMAL(18,2), -- it's (a,\r\n\tb STRING DEFAULT ',' COMMENT 'B'\r\n"
		")\r\n"
		"RETURNS INT RETURN 1;\r\n");
	CHECK_STR(add(F "(\n  a INT DEFAULT 1 /* one */\n) RETURNS INT RETURN 1", "b ARRAY<INT>"),
		F "(\n  b ARRAY<INT>,\n  a INT DEFAULT 1 /* one */\n) RETURNS INT RETURN 1");
	/* there as declared: nothing changes, however types are spelled */
	CHECK_STR(add(F "(a INT) RETURNS INT RETURN a", "A integer"),
		F "(a INT) RETURNS INT RETURN a");
	CHECK_STR(add("\nCREATE FUNCTION f(a INT) RETURNS INT RETURN a", "a STRING"),
		"f.sql:2: parameter a is there already, declared otherwise");
	CHECK_STR(add(F "() RETURNS INT RETURN 1", "a INT, b INT"),
		"a INT, b INT: not the declaration of a parameter");
	CHECK_STR(add(F "() RETURNS INT RETURN 1", "a INT) RETURNS INT RETURN 2 --"),
		"a INT) RETURNS INT RETURN 2 --: not the declaration of a parameter");
}

static void test_removed(void)
{
	static const char three[] = F "(a INT, b INT, c INT DEFAULT 1) RETURNS INT RETURN 1";
	CHECK_STR(del(three, "a"), F "(b INT, c INT DEFAULT 1) RETURNS INT RETURN 1");
	CHECK_STR(del(three, "B"), F "(a INT, c INT DEFAULT 1) RETURNS INT RETURN 1");
	CHECK_STR(del(three, "c"), F "(a INT, b INT) RETURNS INT RETURN 1");
	CHECK_STR(del(three, "d"), three);
	CHECK_STR(del(F "(\r\n  a INT, -- first\r\n  b INT -- last\r\n)\r\n"
		"RETURNS INT RETURN 1", "b"),
		F "(\r\n  a INT -- first\r\n)\r\nRETURNS INT RETURN 1");
	CHECK_STR(del(F "(\n  a INT, -- first\n  b INT -- last\n) RETURNS INT RETURN 1", "a"),
		F "(\n  b INT -- last\n) RETURNS INT RETURN 1");
	CHECK_STR(del(F "(a INT)\nRETURNS INT RETURN\nSELECT a", "a"),
		"f.sql:3: the body uses parameter a: rewrite the function (update_tvf_sql)");
	/* columns, functions, aliases, texts and remarks of that name are something else */
	CHECK_STR(del(F "(a INT) RETURNS INT RETURN SELECT t.a, a(1), 'a' AS a /* a */ FROM t",
		"a"),
		F "() RETURNS INT RETURN SELECT t.a, a(1), 'a' AS a /* a */ FROM t");
}

static void test_statements(void)
{
	bool empty;
	start("-- licence\n\n-- about g\nCREATE FUNCTION g() RETURNS INT RETURN 1; -- of g\n"
	      "/* about f,\n   two lines; /* nested ; */ */\n"
		"CREATE FUNCTION f() RETURNS STRING RETURN ';';\n\n"
	      "CREATE FUNCTION h() RETURNS INT RETURN 2;\n");
	CHECK(edit_sql_remove(&text, "f.sql", "main.gold.f", &empty, &err));
	CHECK_STR(str_text(&text), "-- licence\n\n-- about g\n"
		"CREATE FUNCTION g() RETURNS INT RETURN 1; -- of g\n"
		"CREATE FUNCTION h() RETURNS INT RETURN 2;\n");
	CHECK(!empty);
	CHECK(edit_sql_remove(&text, "f.sql", "g", &empty, &err) && !empty);
	CHECK(edit_sql_remove(&text, "f.sql", "h", &empty, &err) && empty);
	CHECK(!edit_sql_remove(&text, "f.sql", "h", &empty, &err));
	CHECK_STR(err.text, "f.sql: no CREATE FUNCTION h");
}

/* What stands in texts and remarks is no statement; quotes come doubled or escaped. */
static void test_nasty_texts(void)
{
	start("/* a /* CREATE FUNCTION f() */ b */\n"
		"CREATE FUNCTION `f`(a STRING DEFAULT 'x'';' COMMENT \"say \\\"a\\\"\")\n"
	      "RETURNS STRING RETURN $$;CREATE FUNCTION f()$$;\n"
		"CREATE FUNCTION g() RETURNS INT RETURN 1");
	CHECK(edit_sql_comment(&text, "f.sql", "f", "It's", &err));
	CHECK(edit_sql_parameter(&text, "f.sql", "f", "a", "new", &err));
	CHECK_STR(str_text(&text), "/* a /* CREATE FUNCTION f() */ b */\n"
		"CREATE FUNCTION `f`(a STRING DEFAULT 'x'';' COMMENT 'new')\n"
		"RETURNS STRING COMMENT 'It\\'s'\nRETURN $$;CREATE FUNCTION f()$$;\n"
		"CREATE FUNCTION g() RETURNS INT RETURN 1");
}

static void test_types(void)
{
	struct sql_function f;
	start("CREATE FUNCTION m.g.f(a DECIMAL( 18, 2 ) DEFAULT 1.5 COMMENT 'A', b STRUCT<X: "
		"Integer>)\n"
	      "RETURNS TABLE (x LONG COMMENT 'X', y DATE) LANGUAGE SQL COMMENT 'c' RETURN SELECT "
		"1");
	CHECK(edit_sql_get(&text, "f.sql", "f", &f, &err));
	CHECK_STR(f.name, "m.g.f");
	CHECK_STR(f.params[0].type, "decimal(18,2)");
	CHECK_STR(f.params[0].by_default, "1.5");
	CHECK_STR(f.params[1].type, "struct<x:int>");
	CHECK(!f.params[1].by_default);
	CHECK_STR(f.returns, "table(x bigint,y date)");
	sql_function_free(&f);
}

int main(void)
{
	RUN(test_added);
	RUN(test_removed);
	RUN(test_statements);
	RUN(test_nasty_texts);
	RUN(test_types);
	str_free(&text);
	return check_done();
}
