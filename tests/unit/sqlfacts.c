#include "check.h"
#include "mem.h"
#include "sqlfacts.h"
#include "str.h"

static struct arena arena;
static struct sqlfacts facts;

static void of(const char *sql)
{
	sqlfacts(&facts, &arena, sql, NULL);
}

static bool has_column(const char *table, const char *column, enum sqlfact_clause clause)
{
	for (size_t i = 0; i < facts.ncolumns; i++)
		if (streq(facts.column[i].table, table) && streq(facts.column[i].column, column)
			&& facts.column[i].clause == clause)
			return true;
	return false;
}

static void tables_without_cte_names(void)
{
	of("WITH recent AS (SELECT * FROM Main.sales.`Orders` o WHERE o.d > '2026-01-01') "
	   "SELECT r.id, c.name FROM recent r JOIN sales.customers c ON c.id = r.customer_id");
	CHECK_INT(facts.kind, SQL_WITH_SELECT);
	CHECK_INT(facts.problems, 0);
	CHECK_INT(facts.ntables, 2);
	CHECK_STR(facts.table[0].name, "main.sales.orders");
	CHECK(!facts.table[0].outermost);
	CHECK_STR(facts.table[1].name, "sales.customers");
	CHECK_STR(facts.table[1].alias, "c");
	CHECK_INT(facts.ctes.n, 1);
	CHECK(sqlfacts_uses(&facts, "orders") && !sqlfacts_uses(&facts, "recent"));
	CHECK(has_column("sales.customers", "name", SQLFC_SELECT));
	CHECK(has_column("", "id", SQLFC_SELECT));
	CHECK(has_column("main.sales.orders", "d", SQLFC_WHERE));
}

static void functions_with_arguments(void)
{
	of("SELECT * FROM ${catalog}.g.top_customers(DATE '2026-01-01', n => 10) t WHERE t.x = :who");
	CHECK_INT(facts.ncalls, 1);
	CHECK_STR(facts.call[0].name, "${catalog}.g.top_customers");
	CHECK_INT(facts.call[0].n, 2);
	CHECK_STR(facts.call[0].arg[0].text, "DATE '2026-01-01'");
	CHECK_STR(facts.call[0].arg[1].name, "n");
	CHECK_STR(facts.call[0].arg[1].text, "10");
	CHECK(facts.table[0].function && facts.star);
	CHECK_INT(facts.parameters.n, 2);
}

static void joins_of_every_spelling(void)
{
	of("SELECT 1 FROM orders o LEFT JOIN customers c ON o.cid = c.id AND c.x = 1");
	CHECK_INT(facts.njoins, 1);
	CHECK_STR(facts.join[0].kind, "LEFT");
	CHECK_STR(facts.join[0].left, "orders");
	CHECK_STR(facts.join[0].right, "customers");
	CHECK_STR(facts.join[0].condition, "orders.cid = customers.id AND customers.x = 1");
	of("SELECT 1 FROM orders o, customers c WHERE o.cid = c.id AND o.x = 1");
	CHECK_INT(facts.njoins, 1);
	CHECK_STR(facts.join[0].condition, "orders.cid = customers.id");
	of("SELECT 1 FROM orders JOIN customers USING (id)");
	CHECK_STR(facts.join[0].condition, "orders.id = customers.id");
}

static void filters_are_conjuncts(void)
{
	of("SELECT region, SUM(amount) AS total FROM sales.orders WHERE status = 'OPEN' AND d >= CURRENT_DATE() - INTERVAL 30 DAYS "
	   "AND region IN ('EU', 'US') GROUP BY 1 HAVING total > 5");
	CHECK_INT(facts.nfilters, 4);
	CHECK_STR(facts.filter[0].text, "orders.status = 'OPEN'");
	CHECK_STR(facts.filter[0].table, "sales.orders");
	CHECK_STR(facts.filter[0].column, "status");
	CHECK_STR(facts.filter[0].op, "=");
	CHECK_STR(facts.filter[0].value, "'OPEN'");
	CHECK(!facts.filter[0].temporal && facts.filter[1].temporal);
	CHECK_STR(facts.filter[2].op, "IN");
	CHECK_STR(facts.filter[2].value, "'EU', 'US'");
	CHECK_INT(facts.filter[3].clause, SQLFC_HAVING);
	CHECK_STR(facts.filter[3].text, "SUM(orders.amount) > 5");
	CHECK_STR(facts.group_by.v[0], "orders.region");
	CHECK_STR(facts.output.v[1], "total");
}

static void aggregates(void)
{
	of("SELECT MEASURE(`Total Revenue`), COUNT(DISTINCT customer_id), count(*), SUM(x) OVER (PARTITION BY y) FROM mv "
	   "GROUP BY ALL ORDER BY 1 DESC LIMIT 10");
	CHECK_INT(facts.naggregates, 4);
	CHECK(facts.aggregate[0].measure);
	CHECK_STR(facts.aggregate[0].column, "total revenue");
	CHECK(facts.aggregate[1].distinct);
	CHECK_STR(facts.aggregate[2].function, "COUNT");
	CHECK_STR(facts.aggregate[2].argument, "*");
	CHECK(facts.aggregate[3].window);
	CHECK_INT(facts.windows.n, 1);
	CHECK_STR(facts.limit, "10");
	CHECK(facts.norders == 1 && facts.order[0].desc);
	CHECK_STR(facts.order[0].text, "MEASURE(mv.`total revenue`)");
}

static void subqueries_and_set_operations(void)
{
	of("SELECT a FROM t WHERE EXISTS (SELECT 1 FROM u WHERE u.k = t.k) UNION ALL SELECT b FROM v");
	CHECK_INT(facts.ntables, 3);
	CHECK_STR(facts.set_operations.v[0], "UNION ALL");
	CHECK(has_column("t", "k", SQLFC_WHERE));
	CHECK(has_column("u", "k", SQLFC_WHERE));
}

static int orders_only(void *context, const char *table, const char *column)
{
	(void)context;
	if (strcmp(table, "orders") != 0)
		return strcmp(table, "customers") == 0 ? strcmp(column, "name") == 0 : -1;
	return strcmp(column, "region") == 0 || strcmp(column, "id") == 0;
}

static void a_catalogue_places_and_refuses(void)
{
	const struct sqlcatalog catalog = { NULL, orders_only };
	sqlfacts(&facts, &arena,
		"SELECT region, name, sales_region FROM orders JOIN customers ON TRUE", &catalog);
	CHECK(has_column("orders", "region", SQLFC_SELECT));
	CHECK(has_column("customers", "name", SQLFC_SELECT));
	CHECK_INT(facts.unresolved.n, 1);
	CHECK_STR(facts.unresolved.v[0], "sales_region");
}

static void other_statements(void)
{
	of("DROP TABLE x");
	CHECK_INT(facts.kind, SQL_DROP);
	CHECK_INT(facts.ntables, 0);
	of("");
	CHECK_INT(facts.kind, SQL_EMPTY);
	of("SELECT a FROM t GROUP BY");
	CHECK(facts.problems > 0);
	CHECK_INT(facts.ntables, 1);
}

int main(void)
{
	RUN(tables_without_cte_names);
	RUN(functions_with_arguments);
	RUN(joins_of_every_spelling);
	RUN(filters_are_conjuncts);
	RUN(aggregates);
	RUN(subqueries_and_set_operations);
	RUN(a_catalogue_places_and_refuses);
	RUN(other_statements);
	arena_free(&arena);
	return check_done();
}
