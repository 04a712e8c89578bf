/* The result comparator: every written case has its verdict and its outcomes; every result
 * that Spider 2.0 accepts for a question is accepted in the spider2 profile; large results
 * take time and memory in proportion to their size. */
#include "report.h"

#include "compare.h"
#include "json.h"
#include "mem.h"
#include "str.h"
#include "table.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

#define MAX_KEYS 8
#define MAX_COLUMNS 64
#define MAX_GOLDS 16
/* Results that Spider 2.0's evaluator takes by another one of the item. The comparator refuses
 * what that one gets wrong (rows re-associated, NULL as 0), which none of these needs. */
#define BY_SIBLING 192

/* ---- comparator-cases.jsonl ---- */

static bool read_side(const struct json *json, struct table *table, struct compare_side *side)
{
	struct err err = { 0 };
	side->table = table;
	side->error = json_str_or(json, "error", NULL);
	return table_from_json(table, json, &err);
}

static void read_context(const struct json *json, struct compare_key *keys,
			 struct compare_context *out)
{
	const struct json *list = json_get(json, "order_keys");
	out->gold_ordered = json_bool_or(json, "gold_sql_has_outer_order_by", false);
	out->asks_order = json_bool_or(json, "question_asks_order", false);
	out->limit = json_int_or(json, "limit", -1);
	out->limited = out->limit >= 0;
	out->keys = keys;
	for (const struct json *k = json_first(list); k && out->nkeys < MAX_KEYS; k = json_next(k)) {
		keys[out->nkeys].column = json_str_or(k, "column", NULL);
		keys[out->nkeys++].desc = json_bool_or(k, "desc", false);
	}
}

/* The gold's table with the rows that it has without its LIMIT. */
static bool unlimited(const struct json *json, struct table *out)
{
	struct err err = { 0 };
	const struct json *rows = json_dig(json, "context.gold_rows_without_limit");
	if (!json_is(rows, JSON_ARRAY))
		return false;
	struct json *whole = json_dup(json_get(json, "gold"));
	json_set(whole, "rows", json_dup(rows));
	bool ok = table_from_json(out, whole, &err);
	json_free(whole);
	return ok;
}

static void written_case(struct report *report, const struct json *json)
{
	struct table gold = { 0 }, pred = { 0 }, whole = { 0 };
	struct compare_side g, p;
	struct compare_key keys[MAX_KEYS] = { { 0 } };
	struct compare_context context = { 0 };
	struct compare_result result;
	bool read = read_side(json_get(json, "gold"), &gold, &g)
		&& read_side(json_get(json, "pred"), &pred, &p);
	read_context(json_get(json, "context"), keys, &context);
	if (unlimited(json, &whole))
		context.gold_unlimited = &whole;
	if (read) {
		compare_tables(&g, &p, &context, &result);
		const char *verdict = compare_verdict_name(result.verdict);
		const char *native = compare_outcome_name(result.outcome[COMPARE_NATIVE]);
		const char *strict = compare_outcome_name(result.outcome[COMPARE_STRICT]);
		const char *want = json_str_or(json, "verdict", "");
		const char *want_native = json_str_or(json_get(json, "profiles"), "genie-native", "");
		const char *want_strict = json_str_or(json_get(json, "profiles"), "strict", "");
		report_case(report, streq(verdict, want) && streq(native, want_native)
			    && streq(strict, want_strict), "%s: %s %s %s, labelled %s %s %s",
			    json_str_or(json, "id", "?"), verdict, native, strict, want, want_native,
			    want_strict);
		compare_free(&result);
	}
	table_free(&gold);
	table_free(&pred);
	table_free(&whole);
}

static void written_cases(struct report *report)
{
	long before;
	struct json *cases = data_lines(report, "comparator-cases.jsonl");
	if (!cases)
		return;
	before = report->passed;
	for (const struct json *c = json_first(cases); c; c = json_next(c))
		written_case(report, c);
	report_rate("comparator cases as labelled", report->passed - before, (long)json_len(cases));
	json_free(cases);
}

/* ---- spider2 ---- */

struct item {
	const struct json *json;
	const char *id;
	size_t n;
	struct table table[MAX_GOLDS];
	bool read[MAX_GOLDS];
	bool paired; /* there is a list of columns for each gold */
};

/* Columns of gold i that are compared. */
static size_t columns_of(const struct item *item, size_t i, size_t *columns)
{
	const struct json *list = json_get(item->json, "condition_cols");
	size_t n = 0;
	int64_t value;
	if (json_is(json_first(list), JSON_ARRAY))
		list = json_at(list, i);
	for (const struct json *c = json_first(list); c && n < MAX_COLUMNS; c = json_next(c))
		if (json_as_int(c, &value) && value >= 0)
			columns[n++] = (size_t)value;
	return n;
}

static bool accepts(const struct item *item, size_t gold, size_t pred)
{
	size_t columns[MAX_COLUMNS];
	struct compare_context context = { .columns = columns };
	struct compare_side g = { .table = &item->table[gold] }, p = { .table = &item->table[pred] };
	struct compare_result result;
	context.ncolumns = columns_of(item, gold, columns);
	context.tolerance = json_num_or(item->json, "toleration", 0);
	compare_tables(&g, &p, &context, &result);
	bool ok = compare_match(&result, COMPARE_SPIDER2);
	compare_free(&result);
	return ok;
}

static void read_item(struct report *report, struct item *item, const struct json *json)
{
	const struct json *lists = json_get(json, "condition_cols");
	*item = (struct item){ .json = json, .id = json_str_or(json, "instance_id", "?") };
	for (const struct json *g = json_first(json_get(json, "golds")); g && item->n < MAX_GOLDS;
	     g = json_next(g)) {
		char path[300], why[200];
		snprintf(path, sizeof path, "spider2/gold/%s", json_text(g));
		item->read[item->n] = data_csv(data_path(path), &item->table[item->n], why);
		if (!item->read[item->n])
			report_skip(report, "%s is refused: %s", json_text(g), strrchr(why, '/')
				    ? strrchr(why, '/') + 1 : why);
		item->n++;
	}
	item->paired = !json_is(json_first(lists), JSON_ARRAY) || json_len(lists) == item->n;
}

struct siblings {
	long results, by_sibling;
};

static void check_item(struct report *report, struct item *item, struct siblings *count)
{
	if (!item->paired)
		report_skip(report, "%s: its lists of columns do not go with its results: only with "
			    "themselves", item->id);
	for (size_t i = 0; i < item->n; i++) {
		bool self = item->read[i] && accepts(item, i, i), sibling = false;
		if (!item->read[i])
			continue;
		for (size_t k = 0; item->paired && k < item->n && !sibling; k++)
			sibling = k != i && item->read[k] && accepts(item, k, i);
		if (item->paired && item->n > 1) {
			count->results++;
			count->by_sibling += sibling;
			if (report->loud && !sibling)
				printf("# %s: result %zu by no sibling\n", item->id, i);
		}
		report_case(report, self || sibling, "%s: accepted result %zu is refused", item->id, i);
	}
}

static void accepted_results(struct report *report)
{
	struct siblings count = { 0, 0 };
	long before;
	struct json *items = data_lines(report, "spider2/eval.jsonl");
	long failed = report->failed;
	if (!items)
		return;
	before = report->passed;
	for (const struct json *j = json_first(items); j; j = json_next(j)) {
		struct item item;
		read_item(report, &item, j);
		check_item(report, &item, &count);
		for (size_t i = 0; i < item.n; i++)
			table_free(&item.table[i]);
	}
	report_rate("spider2 results accepted among the item's results", report->passed - before,
		    report->passed - before + report->failed - failed);
	report_rate("spider2 results accepted by another result of the item alone",
		    count.by_sibling, count.results);
	report_case(report, count.by_sibling >= BY_SIBLING, "fewer than the source's own rule takes");
	json_free(items);
}

/* ---- size ---- */

static double seconds(void)
{
	struct timespec t;
	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

/* Rows of texts, integers and reals; `turn` moves rows and columns, `wrong` spoils one cell. */
static void fill(struct table *table, size_t rows, size_t columns, bool turn, bool wrong)
{
	static const char *const types[] = { "STRING", "BIGINT", "DOUBLE" };
	char text[50][32];
	const char *cells[50];
	for (size_t c = 0; c < columns; c++) {
		size_t at = turn ? columns - 1 - c : c;
		snprintf(text[c], sizeof text[c], "%s%zu", turn ? "x" : "c", at);
		table_add_column(table, text[c], types[at % 3]);
	}
	for (size_t r = 0; r < rows; r++) {
		size_t row = turn ? rows - 1 - r : r;
		for (size_t c = 0; c < columns; c++) {
			size_t at = turn ? columns - 1 - c : c, value = (row * 7919 + at * 31) % 1009;
			snprintf(text[c], sizeof text[c], at % 3 == 2 ? "%zu.%zu" : "%zu%zu", value,
				 row % 97 + (wrong && r == rows / 2 && c == (turn ? 1u : 0u)));
			cells[c] = text[c];
		}
		table_add_row(table, cells);
	}
}

static enum compare_verdict compare_filled(size_t rows, size_t columns, bool turn, bool wrong,
					   double *took)
{
	struct table a = { 0 }, b = { 0 };
	struct compare_context context = { 0 };
	struct compare_side g = { .table = &a }, p = { .table = &b };
	struct compare_result result;
	fill(&a, rows, columns, false, false);
	fill(&b, rows, columns, turn, wrong);
	double from = seconds();
	compare_tables(&g, &p, &context, &result);
	*took = seconds() - from;
	enum compare_verdict verdict = result.verdict;
	compare_free(&result);
	table_free(&a);
	table_free(&b);
	return verdict;
}

static void large_results(struct report *report)
{
	static const struct {
		const char *what;
		bool turn, wrong;
		enum compare_verdict want;
	} shapes[] = {
		{ "equal", false, false, COMPARE_IDENTICAL },
		{ "one cell wrong", false, true, COMPARE_MISMATCH },
		{ "rows and columns turned", true, false, COMPARE_PERMUTED },
		{ "turned, one cell wrong", true, true, COMPARE_MISMATCH },
	};
	for (size_t i = 0; i < countof(shapes); i++) {
		double small, large;
		compare_filled(500, 50, shapes[i].turn, shapes[i].wrong, &small);
		enum compare_verdict got = compare_filled(5000, 50, shapes[i].turn, shapes[i].wrong,
							  &large);
		report_case(report, got == shapes[i].want, "5,000 x 50, %s: %s", shapes[i].what,
			    compare_verdict_name(got));
		printf("5,000 x 50 against 500 x 50, %s: ratio %.2f, at most 20\n", shapes[i].what,
		       large / small);
		report_case(report, large <= 20 * small, "5,000 x 50, %s: %.2f times the time of 500 x "
			    "50", shapes[i].what, large / small);
	}
	struct rusage usage;
	getrusage(RUSAGE_SELF, &usage);
	printf("memory at the end: %ld MiB, at most 256\n", usage.ru_maxrss / 1024);
	report_case(report, usage.ru_maxrss < 256 * 1024, "%ld MiB", usage.ru_maxrss / 1024);
}

int main(void)
{
	struct report report = { .loud = getenv("LOUD") };
	written_cases(&report);
	accepted_results(&report);
	large_results(&report);
	return report_done(&report);
}
