#include "check.h"
#include "mem.h"
#include "sqlast.h"
#include "str.h"

#include <stdio.h>
#include <stdlib.h>

static struct arena arena;

/* Parses without problems, prints, and reads back to the same text. */
static const char *round_trip(const char *sql)
{
	struct sqlparse parse, again;
	const char *text;
	sqlparse(&parse, &arena, sql, 0);
	if (parse.problems)
		return arena_printf(&arena, "%s at %zu: %s", parse.problem, parse.problem_at, sql);
	text = sqlnode_text(&arena, parse.root);
	sqlparse(&again, &arena, text, 0);
	if (again.problems || strcmp(sqlnode_text(&arena, again.root), text) != 0)
		return arena_printf(&arena, "not stable: %s", sqlnode_text(&arena, again.root));
	return text;
}

static const char *expr(const char *sql)
{
	struct sqlparse parse;
	sqlparse_expr(&parse, &arena, sql, 0);
	return parse.problems ? parse.problem : sqlnode_text(&arena, parse.root);
}

/* These come back as they are. */
static void queries_come_back(void)
{
	static const char *const same[] = {
		"SELECT 1",
		"SELECT DISTINCT a, b AS c, t.*, * EXCEPT (x, y) FROM main.s.t AS t WHERE a = 1 AND b <> 'x'",
		"WITH a(x) AS (SELECT 1), b AS (SELECT 2) SELECT * FROM a JOIN b ON a.x = b.x",
		"SELECT * FROM a LEFT JOIN b USING (k) FULL JOIN c ON TRUE CROSS JOIN d",
		"SELECT * FROM a LEFT ANTI JOIN b ON a.k = b.k NATURAL JOIN c",
		"SELECT * FROM a, LATERAL (SELECT 1) AS x, f(1, n => 2) AS g(p, q)",
		"SELECT * FROM a JOIN (b JOIN c ON b.k = c.k) ON a.k = b.k",
		"SELECT * FROM t LATERAL VIEW OUTER explode(xs) e AS x",
		"SELECT * FROM VALUES (1, 'a'), (2, 'b') AS v(n, s)",
		"SELECT a, COUNT(*) FROM t GROUP BY ALL HAVING COUNT(*) > 1 ORDER BY 2 DESC NULLS LAST, a LIMIT 5 OFFSET 2",
		"SELECT a FROM t GROUP BY ROLLUP(a, b)",
		"SELECT a FROM t GROUP BY a, b WITH CUBE",
		"SELECT a FROM t UNION ALL SELECT b FROM u INTERSECT SELECT c FROM v ORDER BY 1",
		"(SELECT a FROM t LIMIT 1) UNION (SELECT b FROM u)",
		"SELECT a FROM t QUALIFY ROW_NUMBER() OVER (PARTITION BY b ORDER BY c DESC ROWS BETWEEN 1 PRECEDING AND CURRENT ROW) = 1",
		"SELECT SUM(a) OVER w FROM t WINDOW w AS (PARTITION BY b)",
		"SELECT * FROM `my cat`.s.`t-1` TABLESAMPLE (10 PERCENT) AS x",
		"SELECT * FROM ${catalog}.${schema}_x.t",
		"SELECT a, (SELECT MAX(b) FROM u WHERE u.k = t.k) AS m FROM t WHERE EXISTS (SELECT 1 FROM v)",
		"SELECT MEASURE(total) FROM mv WHERE d >= DATE '2026-01-01'",
		"TABLE t", "VALUES (1, 2), (3, 4)",
	};
	for (size_t i = 0; i < countof(same); i++)
		CHECK_STR(round_trip(same[i]), same[i]);
}

static void spellings_become_one(void)
{
	CHECK_STR(round_trip("select a x from t as y inner join u z on y.k==z.k where a!=1;"),
		  "SELECT a AS x FROM t AS y JOIN u AS z ON y.k = z.k WHERE a <> 1");
	CHECK_STR(round_trip("FROM t SELECT a MINUS SELECT b"), "SELECT a FROM t EXCEPT SELECT b");
	CHECK_STR(round_trip("SELECT * FROM TABLE(f(1)) t"), "SELECT * FROM f(1) AS t");
	CHECK_STR(round_trip("SELECT a FROM t LEFT OUTER JOIN u ON (a = b)"),
		"SELECT a FROM t LEFT JOIN u ON a = b");
	CHECK_STR(round_trip("SELECT a, b, FROM t"), "SELECT a, b FROM t");
	CHECK_STR(round_trip("EXPLAIN SELECT 1"), "EXPLAIN SELECT 1");
	CHECK_STR(round_trip("CREATE TABLE x AS SELECT a FROM t"),
		"CREATE TABLE x AS SELECT a FROM t");
}

static void precedence(void)
{
	CHECK_STR(expr("a OR b AND NOT c = 1 + 2 * -3"), "a OR b AND NOT c = 1 + 2 * -3");
	CHECK_STR(expr("(a or b) and c"), "(a OR b) AND c");
	CHECK_STR(expr("(a - b) - c"), "a - b - c");
	CHECK_STR(expr("a - (b - c)"), "a - (b - c)");
	CHECK_STR(expr("a between 1 and 2 and b"), "a BETWEEN 1 AND 2 AND b");
	CHECK_STR(expr("not a in (1, 2)"), "NOT a IN (1, 2)");
	CHECK_STR(expr("a || b = c"), "a || b = c");
	CHECK_STR(expr("-a::int + 1"), "-CAST(a AS INT) + 1");
	CHECK_STR(expr("((select 1) + 1)"), "(SELECT 1) + 1");
}

static void expressions(void)
{
	CHECK_STR(expr("case x when 1 then 'a' else 'b' end"),
		"CASE x WHEN 1 THEN 'a' ELSE 'b' END");
	CHECK_STR(expr("cast(a as decimal(10,2))"), "CAST(a AS DECIMAL(10, 2))");
	CHECK_STR(expr("a::array<map<string,int>>"), "CAST(a AS ARRAY<MAP<STRING, INT>>)");
	CHECK_STR(expr("try_cast(a as date)"), "TRY_CAST(a AS DATE)");
	CHECK_STR(expr("extract(year from d)"), "extract(year, d)");
	CHECK_STR(expr("interval 3 days + interval '1-2' year to month"),
		"INTERVAL 3 DAYS + INTERVAL '1-2' YEAR TO MONTH");
	CHECK_STR(expr("a not like 'x%' escape '!'"), "a NOT LIKE 'x%' ESCAPE '!'");
	CHECK_STR(expr("a ilike any ('x', 'y')"), "a ILIKE ANY ('x', 'y')");
	CHECK_STR(expr("a is not distinct from b"), "a <=> b");
	CHECK_STR(expr("a is not null"), "a IS NOT NULL");
	CHECK_STR(expr("count(distinct a, b) filter (where c)"),
		"count(DISTINCT a, b) FILTER (WHERE c)");
	CHECK_STR(expr("filter(xs, x -> x > 1)"), "filter(xs, x -> x > 1)");
	CHECK_STR(expr("aggregate(xs, 0, (a, x) -> a + x)"), "aggregate(xs, 0, (a, x) -> a + x)");
	CHECK_STR(expr("raw:items[0].price::double"), "CAST(raw:items[0].price AS DOUBLE)");
	CHECK_STR(expr("(a, b) in (select c, d from t)"), "(a, b) IN (SELECT c, d FROM t)");
	CHECK_STR(expr("left(a, 2) = right(b, 2)"), "left(a, 2) = right(b, 2)");
	CHECK_STR(expr(":p + ?"), ":p + ?");
	CHECK_STR(expr("current_date - interval"), "current_date - interval");
	CHECK_STR(expr("percentile_cont(0.5) within group (order by x desc)"),
		"percentile_cont(0.5) WITHIN GROUP (ORDER BY x DESC)");
	CHECK_STR(expr("lag(a) ignore nulls over (order by b)"),
		"lag(a) IGNORE NULLS OVER (ORDER BY b)");
}

static void surprises_are_marked_and_passed(void)
{
	struct sqlparse parse;
	sqlparse(&parse, &arena, "SELECT a FROM t GROUP BY", 0);
	CHECK(parse.problems > 0);
	CHECK_STR(parse.problem, "expression expected");
	CHECK_INT(parse.problem_at, 24);
	sqlparse(&parse, &arena, "SELECT a b c d, e FROM t WHERE x = ; SELECT 2", 0);
	CHECK(parse.problems > 0);
	CHECK(parse.query != NULL);
	CHECK(sqlnode_child(sqlnode_body(parse.query), SQLN_FROM) != NULL);
	sqlparse(&parse, &arena, "", 0);
	CHECK(parse.root != NULL && parse.query == NULL && parse.problems == 1);
	sqlparse(&parse, &arena, "DROP TABLE x", 0);
	CHECK(parse.query == NULL && parse.problems == 0);
	sqlparse(&parse, &arena, "SELECT 'open", 0);
	CHECK(parse.problems == 1);
}

static void repeat(struct str *out, const char *what, int times)
{
	while (times-- > 0)
		str_add(out, what);
}

static void depth_and_length_are_bounded(void)
{
	static const char *const bits[][2] = {
		{ "(", "SELECT " }, { "NOT ", "SELECT " }, { "- ", "SELECT " }, { "1 + ",
		"SELECT " }, { "a.b:c[", "SELECT " },
		{ "CASE WHEN ", "SELECT " }, { "f(", "SELECT " }, { "(SELECT ", "" }, { "a AND ",
		"SELECT " },
		{ "SELECT 1 UNION ", "" }, { "x JOIN ", "SELECT * FROM " }, { "x -> ", "SELECT " },
		{ "WITH a AS (", "" },
		{ "FROM (", "" }, { "::int", "SELECT a" }, { "ARRAY<", "SELECT a::" },
		{ "EXTRACT(]", "SELECT " }, { "IS NULL ", "SELECT a " },
	};
	for (size_t i = 0; i < countof(bits); i++) {
		struct str sql = STR_INIT;
		struct sqlparse parse;
		struct arena own = { 0 };
		str_add(&sql, bits[i][1]);
		repeat(&sql, bits[i][0], 20000);
		sqlparse(&parse, &own, str_text(&sql), 0);
		CHECK(parse.root->height < 4000);
		CHECK(sqlnode_text(&own, parse.root) != NULL);
		arena_free(&own);
		str_free(&sql);
	}
}

/* The single statements of the shared fixtures: nothing may crash, and most are
 * understood. Constructs of other dialects are counted, not failed. */
static void fixtures_are_understood(void)
{
	const char *dir = getenv("SHARED_DATA");
	char *path = xasprintf("%s/sqlglot/identity.sql", dir ? dir : "../shared/data");
	FILE *file = fopen(path, "r");
	char line[8192];
	int total = 0, clean = 0, stable = 0;
	free(path);
	if (!file) {
		printf("# skip: no shared data\n");
		return;
	}
	while (fgets(line, sizeof(line), file)) {
		struct sqlparse parse, again;
		struct arena own = { 0 };
		const char *text;
		sqlparse(&parse, &own, line, SQLPARSE_DOUBLE_IDENT);
		if (!parse.query)
			sqlparse_expr(&parse, &own, line, SQLPARSE_DOUBLE_IDENT);
		text = sqlnode_text(&own, parse.root);
		if (parse.query)
			sqlparse(&again, &own, text, 0);
		else
			sqlparse_expr(&again, &own, text, 0);
		total++;
		clean += parse.problems == 0;
		stable += parse.problems == 0 && strcmp(sqlnode_text(&own, again.root), text) == 0;
		if (getenv("SHOW") && parse.problems)
			printf("# %s: %s", parse.problem, line);
		else if (getenv("SHOW") && strcmp(sqlnode_text(&own, again.root), text) != 0)
			printf("# unstable: %s#   %s\n#   %s\n", line, text, sqlnode_text(&own,
				again.root));
		arena_free(&own);
	}
	fclose(file);
	printf("# identity.sql: %d statements, %d understood, %d print stably\n", total, clean,
		stable);
	CHECK(clean * 100 >= total * 60);
	CHECK(stable * 100 >= clean * 97);
}

int main(void)
{
	RUN(queries_come_back);
	RUN(spellings_become_one);
	RUN(precedence);
	RUN(expressions);
	RUN(surprises_are_marked_and_passed);
	RUN(depth_and_length_are_bounded);
	RUN(fixtures_are_understood);
	arena_free(&arena);
	return check_done();
}
