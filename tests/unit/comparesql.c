#include "comparesql.h"

#include "mem.h"
#include "str.h"
#include "table.h"

#include "check.h"

static struct arena arena;

static struct compare_context read_context(const char *sql, const char *question)
{
	struct compare_context context;
	compare_context_read(&arena, sql, question, NULL, &context);
	return context;
}

static void only_the_outermost_order_counts(void)
{
	struct compare_context c = read_context("SELECT a, SUM(b) AS s FROM t GROUP BY a ORDER BY s DESC, 1 LIMIT 3", "top 3");
	CHECK(c.gold_ordered && c.limited && c.asks_order);
	CHECK_INT(c.limit, 3);
	CHECK_INT(c.nkeys, 2);
	CHECK_STR(c.keys[0].column, "s");
	CHECK(c.keys[0].desc);
	CHECK_STR(c.keys[1].column, "a");
	c = read_context("SELECT x FROM (SELECT x FROM t ORDER BY x LIMIT 5) AS q", "list them");
	CHECK(!c.gold_ordered && !c.limited && !c.asks_order);
	c = read_context("SELECT 'order by x limit 3' AS text, ROW_NUMBER() OVER (ORDER BY y) FROM t", "");
	CHECK(!c.gold_ordered && !c.limited);
}

static void keys_outside_the_output_are_hidden(void)
{
	struct compare_context c = read_context("SELECT a FROM t GROUP BY a ORDER BY SUM(b) DESC", "");
	CHECK_INT(c.nkeys, 1);
	CHECK(c.keys[0].column == NULL);
	c = read_context("SELECT a, SUM(b) AS total FROM t GROUP BY a ORDER BY SUM(b) DESC", "");
	CHECK_STR(c.keys[0].column, "total");
}

static void a_limit_can_be_taken_off(void)
{
	char *sql = compare_without_limit(&arena, "SELECT a FROM t ORDER BY a LIMIT 3");
	CHECK(sql && !stristr(sql, "limit") && stristr(sql, "order by"));
	CHECK(!compare_without_limit(&arena, "SELECT a FROM t"));
	CHECK(!compare_without_limit(&arena, "SELECT a FROM t LIMIT 3 OFFSET 2"));
	sql = compare_without_limit(&arena, "SELECT a FROM (SELECT a FROM t LIMIT 9) q LIMIT 3");
	CHECK(sql && stristr(sql, "limit 9") && !stristr(sql, "limit 3"));
}

static void questions_ask_for_order_in_words(void)
{
	CHECK(question_asks_order("Top 5 regions"));
	CHECK(question_asks_order("which are ranked by cost?"));
	CHECK(!question_asks_order("cost by month"));
	CHECK(!question_asks_order("how many stops per border"));
	CHECK(!question_asks_order(NULL));
}

int main(void)
{
	RUN(only_the_outermost_order_counts);
	RUN(keys_outside_the_output_are_hidden);
	RUN(a_limit_can_be_taken_off);
	RUN(questions_ask_for_order_in_words);
	arena_free(&arena);
	return check_done();
}
