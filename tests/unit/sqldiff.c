#include "check.h"
#include "json.h"
#include "jsonl.h"
#include "mem.h"
#include "sqldiff.h"
#include "str.h"

#include <stdlib.h>

static struct arena arena;
static struct sqldiff diff;

/* The tables that the shared pairs are about. */
static int column(void *context, const char *table, const char *name)
{
	static const char *const tables[][2] = {
		{ "orders",
		" order_id customer_id order_date order_ts amount discount status region quantity " },
		{ "returns", " return_id amount region " },
		{ "customers", " customer_id name segment country signup_date " },
		{ "order_items", " order_id line_no product_id qty price " },
		{ "sales_mv", " region total_revenue order_count " },
	};
	const char *point = strrchr(table, '.');
	char key[100];
	(void)context;
	snprintf(key, sizeof(key), " %s ", name);
	for (size_t i = 0; i < countof(tables); i++)
		if (strcmp(point ? point + 1 : table, tables[i][0]) == 0)
			return strstr(tables[i][1], key) ? SQLCOL_EXISTS : 0;
	return -1;
}
static const struct sqlcatalog catalog = { NULL, column };

static const char *primary(const char *gold, const char *other)
{
	sqldiff(&diff, &arena, gold, other, NULL, 0);
	return diff.equal ? "equal" : diff.n ? sqldiff_class_text(diff.item[0].class) : "none";
}

static void the_same_in_other_words(void)
{
	static const char *const pairs[][2] = {
		{ "SELECT x FROM t WHERE d >= DATE_TRUNC('MONTH', ADD_MONTHS(CURRENT_DATE(), -1))",
		"SELECT x FROM t WHERE ADD_MONTHS(DATE_TRUNC('MONTH', CURRENT_DATE()), -1) <= d" },
		{ "SELECT a.x FROM t a, u b WHERE a.k = b.k AND b.y = 1",
		"SELECT t.x FROM u JOIN t ON u.k = t.k WHERE 1 = u.y" },
		{ "WITH c AS (SELECT k, SUM(v) AS s FROM t GROUP BY k) SELECT k FROM c WHERE s > 5",
		"SELECT k FROM t GROUP BY 1 HAVING SUM(v) > 5" },
		{ "SELECT x FROM a.b.t", "SELECT q.x FROM t q" },
		{ "SELECT COUNT(1), NVL(a, 0) FROM t WHERE b IN (2, 1)",
		"select count(*), coalesce(a, 0) from t where b = 1 or b = 2" },
		{ "SELECT x FROM t WHERE d BETWEEN DATE '2026-01-01' AND DATE '2026-01-31'",
		"SELECT x FROM t WHERE d <= to_date('2026-01-31') AND d >= CAST('2026-01-01' AS DATE)" },
		{ "SELECT r, x FROM t", "SELECT r, x FROM t ORDER BY x" },
	};
	for (size_t i = 0; i < countof(pairs); i++) {
		CHECK_STR(primary(pairs[i][0], pairs[i][1]), "equal");
		if (!diff.equal)
			printf("# %s\n# %s\n", diff.gold, diff.other);
	}
}

/* Looks alike, means something else. */
static void not_the_same(void)
{
	CHECK_STR(primary("SELECT x FROM s1.t", "SELECT x FROM s2.t"), "table_wrong");
	CHECK(strcmp(primary("SELECT x FROM t WHERE d > DATE_TRUNC('QUARTER', ADD_MONTHS(e, -1))",
			     "SELECT x FROM t WHERE d > ADD_MONTHS(DATE_TRUNC('QUARTER', e), -1)"),
		     "equal") != 0);
	CHECK_STR(primary("SELECT x FROM t WHERE EXISTS (SELECT 1 FROM t u WHERE u.k = t.k)",
			  "SELECT x FROM t WHERE EXISTS (SELECT 1 FROM t u WHERE u.k = u.k)"),
			"filter_column");
	CHECK_STR(primary("SELECT SUM(v) / COUNT(v) FROM t", "SELECT AVG(DISTINCT v) FROM t"),
		"aggregation_distinct");
	CHECK(strcmp(primary("SELECT x FROM (SELECT x FROM t ORDER BY x LIMIT 5) s WHERE x > 1",
			     "SELECT x FROM t WHERE x > 1 ORDER BY x LIMIT 5"), "equal") != 0);
	CHECK_STR(primary("SELECT x, y FROM t", "SELECT y, x FROM t"), "none");
	CHECK(diff.permuted && !diff.equal);
}

static void blame_names_the_object(void)
{
	CHECK_STR(primary("SELECT o.region, SUM(o.amount) FROM main.sales.orders o WHERE o.status = 'OPEN' GROUP BY 1",
			  "SELECT region, SUM(amount) FROM orders GROUP BY region"),
			"filter_missing");
	CHECK_INT(diff.n, 1);
	CHECK_STR(diff.item[0].blame, "main.sales.orders.status");
	CHECK_STR(diff.item[0].gold, "orders.status = 'OPEN'");
	CHECK_STR(diff.item[0].clause, "WHERE");
	CHECK_STR(sqldiff_failure_type(diff.item[0].class), "missing_filter");
	CHECK_INT(sqldiff_lever(diff.item[0].class), 3);
}

static void tables_come_first(void)
{
	CHECK_STR(primary("SELECT c.country, SUM(o.amount) FROM orders o JOIN customers c ON o.cid = c.id GROUP BY 1",
			  "SELECT o.region, SUM(o.amount) FROM orders o GROUP BY 1"),
			"table_missing");
	CHECK(diff.n > 1 && !diff.item[0].consequence);
	for (size_t i = 1; i < diff.n; i++)
		CHECK(diff.item[i].consequence);
}

/* Only k of t is a key. */
static int keyed(void *context, const char *table, const char *name)
{
	(void)context;
	return strcmp(table, "t") == 0 && strcmp(name, "k") == 0
		? SQLCOL_EXISTS | SQLCOL_NOT_NULL | SQLCOL_UNIQUE : SQLCOL_EXISTS;
}

static bool unify(const char *gold, const char *other)
{
	const struct sqlcatalog known = { NULL, keyed };
	sqldiff(&diff, &arena, gold, other, &known, 0);
	return diff.equal;
}

static void keys_decide(void)
{
	CHECK(unify("SELECT DISTINCT t.k, t.x FROM t", "SELECT t.k, t.x FROM t"));
	CHECK(!unify("SELECT DISTINCT t.x FROM t", "SELECT t.x FROM t"));
	CHECK(!unify("SELECT DISTINCT t.k FROM t, u", "SELECT t.k FROM t, u"));
	CHECK(unify("SELECT u.x FROM u LEFT JOIN t ON t.k = u.k AND t.y = 1", "SELECT u.x FROM u"));
	CHECK(!unify("SELECT u.x FROM u LEFT JOIN t ON t.y = u.k", "SELECT u.x FROM u"));
	CHECK(!unify("SELECT u.x, t.y FROM u LEFT JOIN t ON t.k = u.k", "SELECT u.x FROM u"));
	CHECK(!unify("SELECT u.x FROM u JOIN t ON t.k = u.k", "SELECT u.x FROM u"));
	CHECK(unify("SELECT u.x FROM u LEFT JOIN t ON t.y = u.k WHERE t.k IS NULL",
		    "SELECT u.x FROM u WHERE NOT EXISTS (SELECT t.z FROM t WHERE t.y = u.k)"));
	CHECK(!unify("SELECT u.x FROM u LEFT JOIN t ON t.y = u.k WHERE t.z IS NULL",
		     "SELECT u.x FROM u WHERE NOT EXISTS (SELECT 1 FROM t WHERE t.y = u.k)"));
	CHECK(unify("SELECT x FROM t UNION SELECT y FROM u",
		    "SELECT DISTINCT q.x FROM (SELECT x FROM t UNION ALL SELECT y FROM u) q"));
	CHECK(!unify("SELECT x, z FROM t UNION SELECT y, z FROM u",
		     "SELECT DISTINCT q.x FROM (SELECT x, z FROM t UNION ALL SELECT y, z FROM u) q"));
	/* a subquery merged beside an outer join leaves that join as it is */
	CHECK(unify("SELECT s.x, t.y FROM (SELECT u.x, u.j FROM u) s LEFT JOIN t ON t.y = s.j",
		    "SELECT u.x, t.y FROM u LEFT JOIN t ON t.y = u.j"));
}

static void broken_queries(void)
{
	CHECK_STR(primary("SELECT a FROM t GROUP BY a", "SELECT a FROM t GROUP BY"), "syntax");
	CHECK(!diff.comparable);
	CHECK_STR(primary("SELECT a FROM t", ""), "syntax");
	sqldiff(&diff, &arena, "SELECT region FROM orders", "SELECT area FROM orders", &catalog, 0);
	CHECK_STR(sqldiff_class_text(diff.item[0].class), "unresolved_name");
	CHECK_STR(diff.item[0].blame, "area");
}

static bool open_data(struct jsonl *in, const char *name)
{
	const char *dir = getenv("SHARED_DATA");
	struct err err = { 0 };
	char *path = xasprintf("%s/%s", dir ? dir : "../shared/data", name);
	bool ok = jsonl_open(in, path, &err);
	free(path);
	if (!ok)
		printf("# skip: no shared data: %s\n", name);
	return ok;
}

static void real_predictions(void)
{
	int total = 0, equal = 0, classless = 0, permuted = 0, unparsed = 0;
	struct jsonl in;
	struct json *pair = NULL;
	struct err err = { 0 };
	if (!open_data(&in, "predictions/pairs.jsonl"))
		return;
	while (jsonl_next(&in, &pair, &err) == JSONL_RECORD) {
		sqldiff(&diff, &arena, json_str_or(pair, "gold", ""), json_str_or(pair, "predicted",
			""), NULL, 0);
		total++;
		equal += diff.equal;
		unparsed += !diff.comparable;
		permuted += diff.permuted;
		classless += !diff.equal && !diff.permuted && diff.n == 0;
		if (getenv("SHOW") && !diff.equal && diff.n == 0)
			printf("# %s no class\n#   %s\n#   %s\n", json_str_or(pair, "id", ""),
				diff.gold, diff.other);
		json_free(pair);
	}
	jsonl_close(&in);
	printf("# predictions: %d pairs, %d equal, %d in another column order, %d different without a class, %d not understood\n",
	       total, equal, permuted, classless, unparsed);
	CHECK(unparsed * 50 < total);
}

int main(void)
{
	RUN(the_same_in_other_words);
	RUN(not_the_same);
	RUN(blame_names_the_object);
	RUN(tables_come_first);
	RUN(broken_queries);
	RUN(keys_decide);
	RUN(real_predictions);
	arena_free(&arena);
	return check_done();
}
