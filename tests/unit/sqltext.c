#include "check.h"
#include "mem.h"
#include "sqltext.h"
#include "str.h"

static struct arena arena;

static void first_statement_only(void)
{
	size_t n;
	CHECK_STR(sql_first_statement(&arena, "SELECT ';' AS a; DROP TABLE t;", &n),
		"SELECT ';' AS a");
	CHECK_INT(n, 2);
	CHECK_STR(sql_first_statement(&arena, "-- a; b\n;; select 1 /* x; */ + 2 ;; -- end", &n),
		  "select 1   + 2");
	CHECK_INT(n, 1);
	CHECK_STR(sql_first_statement(&arena, "SELECT /*+ BROADCAST(a) */ 1", NULL),
		  "SELECT /*+ BROADCAST(a) */ 1");
	CHECK_STR(sql_first_statement(&arena, " -- nothing", &n), "");
	CHECK_INT(n, 0);
	CHECK_STR(sql_first_statement(&arena, "SELECT '--' , `a;b`;", &n), "SELECT '--' , `a;b`");
}

static void kinds(void)
{
	CHECK_INT(sql_statement_kind("/* x */ select 1"), SQL_SELECT);
	CHECK_INT(sql_statement_kind("((SELECT 1) UNION (SELECT 2))"), SQL_SELECT);
	CHECK_INT(sql_statement_kind("with a as (select 1) select * from a"), SQL_WITH_SELECT);
	CHECK_INT(sql_statement_kind("WITH a(x) AS (VALUES (1)), b AS (SELECT 2) (SELECT 3)"),
		SQL_WITH_SELECT);
	CHECK_INT(sql_statement_kind("WITH insert AS (SELECT 1) SELECT * FROM insert"),
		SQL_WITH_SELECT);
	CHECK_INT(sql_statement_kind("WITH a AS (SELECT 1) INSERT INTO t SELECT * FROM a"),
		SQL_INSERT);
	CHECK_INT(sql_statement_kind("FROM t INSERT INTO u SELECT *"), SQL_INSERT);
	CHECK_INT(sql_statement_kind("DESC t"), SQL_DESCRIBE);
	CHECK_INT(sql_statement_kind("BEGIN SELECT 1; END"), SQL_OTHER);
	CHECK_INT(sql_statement_kind(";"), SQL_EMPTY);
	CHECK_STR(sql_kind_text(SQL_WITH_SELECT), "WITH SELECT");
	CHECK_STR(sql_kind_text(SQL_DESCRIBE), "DESCRIBE");
}

static void only_reading_passes_the_gate(void)
{
	static const char *const yes[] = {
		"SELECT 1", "select 'DELETE FROM t';", "WITH a AS (SELECT 1) SELECT 1",
			"VALUES (1)",
		"SHOW TABLES", "DESCRIBE EXTENDED t", "EXPLAIN SELECT 1",
			"EXPLAIN FORMATTED WITH a AS (SELECT 1) SELECT 1",
		"SELECT insert('abc', 1, 1, 'x') FROM t", "SELECT update FROM t",
			"-- DROP\nSELECT 1",
		"SELECT 1 /* ; DROP TABLE t */", "FROM t SELECT a", "TABLE t",
	};
	static const char *const no[] = {
		"", ";", "DROP TABLE t", "SELECT 1; DROP TABLE t", "INSERT INTO t VALUES (1)",
		"WITH a AS (SELECT 1) DELETE FROM t", "EXPLAIN DELETE FROM t", "SET x = 1",
			"USE c.s",
		"SELECT 'open", "SELECT 1 /* open", "CALL p()",
			"WITH a AS (DELETE FROM t RETURNING x) SELECT 1",
		"FROM t INSERT OVERWRITE u SELECT *", "SELECT ''; DROP TABLE t --'",
			"COMMENT ON TABLE t IS 'x'",
		"(SELECT 1); (SELECT 2)", "EXECUTE IMMEDIATE 'DROP TABLE t'", "OPTIMIZE t",
			"EXPLAIN",
	};
	for (size_t i = 0; i < countof(yes); i++) {
		CHECK(sql_is_read_only(yes[i]));
		if (!sql_is_read_only(yes[i]))
			printf("# %s\n", yes[i]);
	}
	for (size_t i = 0; i < countof(no); i++) {
		CHECK(!sql_is_read_only(no[i]));
		if (sql_is_read_only(no[i]))
			printf("# %s\n", no[i]);
	}
}

static const char *lookup(void *context, const char *name)
{
	(void)context;
	return strcmp(name, "catalog") == 0 ? "main" : strcmp(name, "day") == 0 ? "2026-01-01"
		: NULL;
}

static void variables(void)
{
	struct err err = { 0 };
	CHECK_STR(sql_resolve(&arena,
		"SELECT '${day}' FROM ${catalog}.`${catalog}_x`.t -- ${other}\n", lookup, NULL,
		&err),
		  "SELECT '2026-01-01' FROM main.`main_x`.t -- ${other}\n");
	CHECK(sql_resolve(&arena, "SELECT ${gold_schema}", lookup, NULL, &err) == NULL);
	CHECK_INT(err.code, ERR_DATA);
	CHECK(strstr(err.text, "gold_schema") != NULL);
	CHECK_STR(sql_resolve(&arena, "SELECT '${' , $$ x $$", lookup, NULL, &err),
		"SELECT '${' , $$ x $$");
}

static void normal_form(void)
{
	char a[SQL_HASH_SIZE], b[SQL_HASH_SIZE];
	CHECK_STR(sql_normalize(&arena,
		"SELECT  `Region`,COUNT(*)\nFROM Orders -- x\nWHERE s='A b';"),
		  "select region , count ( * ) from orders where s = 'A b'");
	CHECK_STR(sql_normalize(&arena, "SELECT `a b`"), "select `a b`");
	CHECK_STR(sql_hash("SELECT 1", a), sql_hash("select  1 ;", b));
	CHECK(strcmp(sql_hash("SELECT 'a'", a), sql_hash("SELECT 'A'", b)) != 0);
	CHECK_INT(strlen(a), 8);
}

static void quoting(void)
{
	CHECK_STR(sql_quote_ident(&arena, "a`b"), "`a``b`");
	CHECK_STR(sql_quote_string(&arena, "it's a \\ b"), "'it\\'s a \\\\ b'");
	CHECK_STR(sql_ident(&arena, "plain_1"), "plain_1");
	CHECK_STR(sql_ident(&arena, "1x"), "`1x`");
	CHECK_STR(sql_ident(&arena, ""), "``");
}

static void names(void)
{
	const char *parts[SQL_NAME_PARTS];
	CHECK_INT(sql_split_name(&arena, "`my cat`.`a``.b`. c ", parts), 3);
	CHECK_STR(parts[0], "my cat");
	CHECK_STR(parts[1], "a`.b");
	CHECK_STR(parts[2], "c");
	CHECK_INT(sql_split_name(&arena, "my-cat.s.t", parts), 3);
	CHECK_INT(sql_split_name(&arena, "a..b", parts), 0);
	CHECK_INT(sql_split_name(&arena, "`open", parts), 0);
	CHECK_INT(sql_split_name(&arena, "a.b.c.d.e", parts), 0);
	CHECK_INT(sql_split_name(&arena, "", parts), 0);
	CHECK_STR(sql_quote_name(&arena, "main.sales.`t x`"), "`main`.`sales`.`t x`");
	CHECK(sql_same_name("`Main`.sales.T", "sales.t"));
	CHECK(!sql_same_name("main.sales.t", "other.sales.t"));
}

int main(void)
{
	RUN(first_statement_only);
	RUN(kinds);
	RUN(only_reading_passes_the_gate);
	RUN(variables);
	RUN(normal_form);
	RUN(quoting);
	RUN(names);
	arena_free(&arena);
	return check_done();
}
