#include "compare.h"

#include "json.h"
#include "str.h"
#include "table.h"

#include <stdlib.h>
#include "check.h"

/* "name:TYPE,..|cell,cell|..": "~" is NULL. */
static void fill(struct table *table, const char *text)
{
	char *copy = strdup(text), *line = copy;
	const char *cells[8];
	for (bool head = true; line; head = false) {
		char *end = strchr(line, '|'), *cell = line;
		size_t n = 0;
		if (end)
			*end = '\0';
		for (; cell && n < 8; n++) {
			char *comma = strchr(cell, ',');
			if (comma)
				*comma = '\0';
			cells[n] = streq(cell, "~") ? NULL : cell;
			cell = comma ? comma + 1 : NULL;
		}
		for (size_t i = 0; head && i < n; i++) {
			char *type = strchr(cells[i], ':');
			*type = '\0';
			table_add_column(table, cells[i], type + 1);
		}
		if (!head && n == table->ncolumns)
			table_add_row(table, cells);
		line = end ? end + 1 : NULL;
	}
	free(copy);
}

static struct compare_context context;

static struct compare_result run(const char *gold, const char *pred)
{
	struct table g = { 0 }, p = { 0 };
	struct compare_result result;
	fill(&g, gold);
	fill(&p, pred);
	compare_tables(&(struct compare_side){ .table = &g }, &(struct compare_side){ .table = &p },
		       &context, &result);
	table_free(&g);
	table_free(&p);
	return result;
}

static void check(const char *gold, const char *pred, const char *verdict, bool match)
{
	struct compare_result r = run(gold, pred);
	CHECK_STR(compare_verdict_name(r.verdict), verdict);
	CHECK_INT(compare_match(&r, COMPARE_SEED), match);
	compare_free(&r);
}

static void equal_results_match(void)
{
	check("a:STRING,n:BIGINT|x,1|y,2", "a:STRING,n:BIGINT|x,1|y,2", "identical", true);
	check("a:STRING,n:BIGINT|x,1|y,2", "A:STRING,N:INT|y,2|x,1", "equal_reordered", true);
	check("a:STRING,n:BIGINT|x,1|y,2", "n:BIGINT,a:STRING|2,y|1,x", "equal_column_permuted", true);
	check("s:DOUBLE|0.30000000000000004", "s:DOUBLE|0.3", "equal_within_tolerance", true);
	check("s:DOUBLE|123456789012.123457", "s:DOUBLE|1.23456789012123459E11", "equal_within_tolerance", true);
	check("t:TIMESTAMP|2024-01-01T10:00:00Z", "t:TIMESTAMP|2024-01-01T12:00:00+02:00", "identical", true);
	check("a:STRING|Paris", "a:STRING|Paris ", "value_mismatch", true); /* texts are trimmed */
}

static void other_values_never_match(void)
{
	check("total:DOUBLE|100.0", "total:DOUBLE|250.0", "value_mismatch", false); /* equal signature */
	check("v:BIGINT|1234567", "v:BIGINT|1234999", "equal_within_tolerance", false);
	check("c:STRING|A|A|B", "c:STRING|A|B", "missing_rows", false);
	check("c:STRING,n:INT|A,1|B,2", "c:STRING,n:INT|A,2|B,1", "value_mismatch", false);
	check("lo:INT,hi:INT|1,9", "lo:INT,hi:INT|9,1", "value_mismatch", false);
	check("lo:INT,hi:INT|1,9", "hi:INT,lo:INT|1,9", "identical", false); /* names say the opposite */
	check("lo:INT,hi:INT|1,9", "x:INT,y:INT|9,1", "equal_column_permuted", false);
	check("v:STRING|~", "v:STRING|", "value_mismatch", false);
	check("v:DOUBLE|~", "v:DOUBLE|~", "identical", false); /* NULL alone proves nothing */
	check("v:INT", "v:INT", "both_empty", false);
	check("v:INT|5", "v:INT", "pred_empty", false);
	check("a:INT|5", "a:INT,b:INT|5,7", "superset_columns", false);
	check("a:STRING|007", "a:BIGINT|7", "value_mismatch", false);
}

static void errors_come_before_values(void)
{
	struct table t = { 0 };
	struct compare_result r;
	struct compare_side good = { .table = &t }, bad = { .error = "[UNRESOLVED_COLUMN] x" };
	fill(&t, "a:INT|1");
	compare_tables(&bad, &bad, &context, &r);
	CHECK_INT(r.verdict, COMPARE_ERROR_GOLD);
	compare_free(&r);
	compare_tables(&good, &bad, &context, &r);
	CHECK_INT(r.verdict, COMPARE_ERROR_PRED);
	CHECK(!compare_match(&r, COMPARE_SEED));
	CHECK(strstr(r.diff, "UNRESOLVED_COLUMN") != NULL);
	compare_free(&r);
	table_free(&t);
}

static void order_counts_when_asked(void)
{
	struct compare_key key = { "n", true };
	context = (struct compare_context){ .gold_ordered = true, .asks_order = true, .keys = &key, .nkeys = 1 };
	struct compare_result r = run("a:STRING,n:INT|x,9|y,7|z,7", "a:STRING,n:INT|x,9|z,7|y,7");
	CHECK_INT(r.outcome[COMPARE_STRICT], COMPARE_GOOD);
	compare_free(&r);
	r = run("a:STRING,n:INT|x,9|y,7", "a:STRING,n:INT|y,7|x,9");
	CHECK_INT(r.outcome[COMPARE_STRICT], COMPARE_BAD);
	CHECK_INT(r.outcome[COMPARE_NATIVE], COMPARE_GOOD);
	CHECK(r.wrong_order);
	compare_free(&r);
	context = (struct compare_context){ 0 };
}

static void wide_results_end_soon(void)
{
	struct table g = { 0 }, p = { 0 };
	struct compare_result r;
	const char *cells[40];
	char names[2][40][16];
	for (int i = 0; i < 40; i++) {
		snprintf(names[0][i], 16, "g%d", i);
		snprintf(names[1][i], 16, "p%d", i);
		table_add_column(&g, names[0][i], "INT");
		table_add_column(&p, names[1][i], "INT");
		cells[i] = "7";
	}
	table_add_row(&g, cells);
	cells[3] = "8";
	table_add_row(&g, cells);
	cells[3] = "7";
	table_add_row(&p, cells);
	cells[20] = "8";
	table_add_row(&p, cells);
	compare_tables(&(struct compare_side){ .table = &g }, &(struct compare_side){ .table = &p },
		       &context, &r);
	CHECK_INT(r.verdict, COMPARE_PERMUTED);
	CHECK(!compare_match(&r, COMPARE_SEED));
	compare_free(&r);
	table_free(&g);
	table_free(&p);
}

static void hashes_name_results(void)
{
	struct compare_result a = run("a:STRING,n:DOUBLE|x,1.0|y,2.5", "N:DECIMAL,A:STRING|2.50,y|1.00,x");
	CHECK_STR(a.gold_hash, a.pred_hash);
	CHECK_STR(a.gold_signature, "a:STRING,n:DOUBLE;2");
	compare_free(&a);
	struct compare_result b = run("a:STRING|~", "a:STRING|");
	CHECK(strcmp(b.gold_hash, b.pred_hash) != 0);
	compare_free(&b);
}

static void differences_are_told(void)
{
	struct compare_result r = run("a:STRING,n:INT|x,1|y,2", "a:STRING,n:INT|x,1|y,3");
	CHECK_STR(r.diff, "value_mismatch: 2 rows, expected 2; 1 only expected, e.g. (y, 2);"
		" 1 only in Genie's, e.g. (y, 3)");
	compare_free(&r);
}

/* Condition columns and a tolerance, as Spider 2.0's items have them. */
static void chosen_columns_within_a_tolerance(void)
{
	static const size_t second = 1;
	context = (struct compare_context){ .columns = &second, .ncolumns = 1, .tolerance = 0.01 };
	struct compare_result r = run("a:STRING,n:DOUBLE|x,1.004|y,2", "k:DOUBLE,b:STRING|2.001,p|1,q");
	CHECK_INT(r.outcome[COMPARE_SPIDER2], COMPARE_GOOD);
	CHECK(r.outcome[COMPARE_STRICT] != COMPARE_GOOD);
	compare_free(&r);
	r = run("a:STRING,n:DOUBLE|x,1.004|y,2", "k:DOUBLE|2.001|1.5");
	CHECK_INT(r.outcome[COMPARE_SPIDER2], COMPARE_BAD);
	compare_free(&r);
	context = (struct compare_context){ .tolerance = 0 };
	/* columns that agree one by one, rows that do not */
	r = run("a:STRING,n:INT|US,10|UK,20", "a:STRING,n:INT|US,20|UK,10");
	CHECK_INT(r.outcome[COMPARE_SPIDER2], COMPARE_BAD);
	compare_free(&r);
	r = run("a:STRING,n:INT|US,10|UK,20", "z:INT,a:STRING,n:INT|0,UK,20|0,US,10");
	CHECK_INT(r.outcome[COMPARE_SPIDER2], COMPARE_GOOD);
	compare_free(&r);
}

int main(void)
{
	RUN(chosen_columns_within_a_tolerance);
	RUN(equal_results_match);
	RUN(other_values_never_match);
	RUN(errors_come_before_values);
	RUN(order_counts_when_asked);
	RUN(wide_results_end_soon);
	RUN(hashes_name_results);
	RUN(differences_are_told);
	return check_done();
}
