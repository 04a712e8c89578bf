/* rows N [fail [IDS]]: N evaluation rows of about 3 kB each, as genie-eval writes them, for the
 * benchmarks; with `fail` all of them fail, with IDS they are askings of as many questions. The same
 * arguments make the same bytes. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static int all_fail;
static long ids;

static const char *const judges[] = { "syntax_validity", "schema_accuracy", "logical_accuracy",
	"semantic_equivalence", "completeness", "asset_routing", "result_correctness" };

static void sample(const char *name, long i)
{
	printf("\"%s\":{\"columns\":[{\"name\":\"region\",\"type\":\"STRING\"},{\"name\":\"total\","
	       "\"type\":\"DECIMAL(18,2)\"}],\"rows\":[", name);
	for (long row = 0; row < 5; row++)
		printf("%s[\"Regi\xc3\xb3n %ld\",\"%ld.%02ld\"]", row ? "," : "", row, i * 37 + row,
		       (i + row) % 100);
	fputs("],\"truncated\":false}", stdout);
}

static void verdict(const char *name, int no)
{
	printf("\"%s\":{\"value\":\"%s\",\"rationale\":\"%s\",\"source\":\"code\"", name,
	       no ? "no" : "yes", no ? "WHERE: expected orders.status = 'SHIPPED' is missing" :
	       "tables, columns and joins are the expected ones");
	if (no)
		fputs(",\"asi\":{\"failure_type\":\"missing_filter\",\"severity\":\"major\",\"confidence\":"
		      "0.85,\"wrong_clause\":\"WHERE\",\"blame_set\":[\"main.sales.orders.status\"],"
		      "\"quoted_metadata_text\":\"\",\"missing_metadata\":\"the description of orders."
		      "status should name \\\"SHIPPED\\\"\",\"ambiguity_detected\":false,"
		      "\"expected_value\":\"orders.status = 'SHIPPED'\",\"actual_value\":\"\","
		      "\"counterfactual_fix\":\"say in the comment of status which orders count\"}",
		      stdout);
	putchar('}');
}

static void row(long i)
{
	int wrong = all_fail || i % 7 == 0;
	printf("{\"question_id\":\"sales_%06ld\",\"question\":\"What were the total sales by region in "
	       "\\\"week %ld\\\"?\",\"expected_sql\":\"SELECT o.region, SUM(o.amount) AS total\\nFROM "
	       "${catalog}.${gold_schema}.orders o\\nJOIN ${catalog}.${gold_schema}.customers c ON "
	       "o.customer_id = c.customer_id\\nWHERE o.status = 'SHIPPED' AND o.week = %ld\\nGROUP BY "
	       "o.region\\nORDER BY total DESC\",\"expected_asset\":\"TABLE\",\"category\":"
	       "\"aggregation\",\"priority\":\"%s\",\"split\":\"train\",\"space_id\":"
	       "\"01f0aabbccddeeff0011223344556677\",\"config_id\":\"0123456789ab\",\"iteration\":2,"
	       "\"asked_at\":\"2026-11-20T10:00:00Z\",\"latency_ms\":%ld,\"attempts\":1,"
	       "\"conversation_id\":\"%032lx\",\"message_id\":\"%032lx\",\"status\":\"COMPLETED\",",
	       ids ? i % ids : i, i % 52, i % 52, i % 11 ? "P1" : "P0", 2000 + i % 3000, i, i * 3);
	printf("\"genie_text\":\"The total sales by region, highest first.\",\"genie_sql_raw\":\"SELECT "
	       "`o`.`region`, SUM(`o`.`amount`) AS `total` FROM `main`.`sales`.`orders` `o` WHERE "
	       "`o`.`week` = %ld GROUP BY ALL ORDER BY 2 DESC\",\"genie_sql\":\"SELECT `o`.`region`, "
	       "SUM(`o`.`amount`) AS `total` FROM `main`.`sales`.`orders` `o` WHERE `o`.`week` = %ld "
	       "GROUP BY ALL ORDER BY 2 DESC\",\"asset\":\"TABLE\",\"sql_hash\":\"%08lx\","
	       "\"comparison\":{\"verdict\":\"%s\",\"match\":%s,\"profile\":\"seed\",\"gt_rows\":5,"
	       "\"genie_rows\":5,\"gt_hash\":\"%08lx\",\"genie_hash\":\"%08lx\",", i % 52, i % 52,
	       (i * 2654435761) & 0xffffffff, wrong ? "value_mismatch" : "identical",
	       wrong ? "false" : "true", i, i + wrong);
	sample("gt_sample", i);
	putchar(',');
	sample("genie_sample", i + wrong);
	fputs(",\"diff\":null,\"error\":null},\"judges\":{", stdout);
	for (int j = 0; j < 7; j++) {
		verdict(judges[j], wrong && (j == 2 || j == 6));
		putchar(',');
	}
	printf("\"arbiter\":{\"value\":\"%s\",\"rationale\":\"\",\"source\":\"code\"}},\"outcome\":\"%s\"}\n",
	       wrong ? "ground_truth_correct" : "skipped", wrong ? "fail" : "pass");
}

int main(int argc, char **argv)
{
	long n = argc > 1 ? strtol(argv[1], NULL, 10) : 100000;
	all_fail = argc > 2 && strcmp(argv[2], "fail") == 0;
	ids = argc > 3 ? strtol(argv[3], NULL, 10) : 0;
	for (long i = 1; i <= n; i++)
		row(i);
	return fflush(stdout) == 0 ? 0 : 1;
}
