/* Queries that mean the same: how many become one, that no others do, and how often the
 * primary class of a difference is right. */
#include "report.h"

#include "compare.h"
#include "db.h"
#include "defog.h"
#include "io.h"
#include "json.h"
#include "mem.h"
#include "sqldiff.h"
#include "str.h"
#include "table.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static struct arena arena;

/* ---- the written pairs ---- */

/* The schema of sql-equivalence.md; "!" is NOT NULL, "*" a key by itself. */
static const char *const tables[][2] = {
	{ "orders", " order_id!* customer_id order_date! order_ts! amount discount status region "
	  "quantity " },
	{ "returns", " return_id!* amount region " },
	{ "customers", " customer_id!* name! segment country signup_date! " },
	{ "order_items", " order_id! line_no! product_id qty! price! " },
	{ "sales_mv", " region total_revenue order_count " },
};

static int column(void *context, const char *table, const char *name)
{
	const char *point = strrchr(table, '.');
	size_t n = strlen(name);
	(void)context;
	for (size_t i = 0; i < countof(tables); i++) {
		if (!streq(point ? point + 1 : table, tables[i][0]))
			continue;
		for (const char *at = tables[i][1]; (at = strstr(at, name)); at++) {
			if (at[-1] != ' ' || !strchr(" !", at[n]))
				continue;
			return SQLCOL_EXISTS | (at[n] == '!' ? SQLCOL_NOT_NULL : 0)
				| (at[n] == '!' && at[n + 1] == '*' ? SQLCOL_UNIQUE : 0);
		}
		return 0;
	}
	return -1;
}

static const struct sqlcatalog catalog = { NULL, column };

/* Of sqlglot's pairs. */
static int fixture_column(void *context, const char *table, const char *name)
{
	const char *columns = streq(table, "x") ? "ab" : streq(table, "y") || streq(table, "z")
		? "bc" : NULL;
	(void)context;
	if (!columns)
		return -1;
	return strlen(name) == 1 && strchr(columns, *name) ? SQLCOL_EXISTS : 0;
}

static const struct sqlcatalog fixture_catalog = { NULL, fixture_column };

struct rates {
	long equal, unified, different, falsely, class_right;
};

static void one_pair(struct report *report, const struct json *pair, struct rates *r)
{
	struct sqldiff diff;
	bool same = json_true(json_get(pair, "equivalent"));
	const char *want = json_text(json_at(json_get(pair, "classes"), 0)), *got;
	sqldiff(&diff, &arena, json_str_or(pair, "a", ""), json_str_or(pair, "b", ""), &catalog, 0);
	got = diff.equal ? "equal" : diff.n ? sqldiff_class_text(diff.item[0].class) : "none";
	r->equal += same;
	r->different += !same;
	r->unified += same && diff.equal;
	r->class_right += !same && streq(want, got);
	if (!same)
		report_case(report, !diff.equal, "%s: another query, taken for the same",
			    json_str_or(pair, "id", "?"));
	if (report->loud && !streq(got, same ? "equal" : want))
		printf("# %s: %s, labelled %s\n#   %s\n#   %s\n", json_str_or(pair, "id", "?"), got,
		       same ? "equal" : want, diff.gold, diff.other);
}

static void written_pairs(struct report *report)
{
	struct rates r = { 0 };
	struct json *pairs = data_lines(report, "sql-equivalence.jsonl");
	if (!pairs)
		return;
	for (const struct json *p = json_first(pairs); p; p = json_next(p))
		one_pair(report, p, &r);
	report_least(report, "equivalent pairs that become one", r.unified, r.equal, 95);
	report_least(report, "primary class of the others right", r.class_right, r.different, 85);
	json_free(pairs);
	arena_reset(&arena);
}

/* ---- sqlglot's pairs ---- */

/* The text up to the next semicolon without comments and settings; NULL at the end. */
static char *statement(const char **at)
{
	struct str out = STR_INIT;
	const char *end = strchr(*at, ';');
	if (!end)
		return NULL;
	for (const char *line = *at; line < end;) {
		size_t n = strcspn(line, "\n");
		if (line + n > end)
			n = (size_t)(end - line);
		if (n && *line != '#' && strncmp(line, "--", 2) != 0) {
			str_addn(&out, line, n);
			str_addc(&out, '\n');
		}
		line += n + (line + n < end);
	}
	*at = end + 1;
	char *text = str_take(&out);
	return text ? text : xstrdup("");
}

static char *as_query(const char *text)
{
	char *copy = xstrdup(text), *from = trim(copy), *out;
	const char *word = from + strspn(from, "( \n");
	bool query = starts_withi(word, "select") || starts_withi(word, "with");
	out = query ? xstrdup(from) : xasprintf("SELECT 1 FROM x WHERE %s", from);
	free(copy);
	return out;
}

static void fixture(struct report *report, const char *name)
{
	char path[100], what[200];
	struct str text = STR_INIT, clean = STR_INIT;
	struct err err = { 0 };
	long n = 0, parsed = 0, unified = 0;
	snprintf(path, sizeof path, "sqlglot/%s.sql", name);
	if (access(data_path(path), R_OK) != 0 || !io_read_file(data_path(path), &text, &err)) {
		report_skip(report, "no shared data: %s", path);
		return;
	}
	for (const char *line = str_text(&text); *line; line += strcspn(line, "\n"), line += *line != 0)
		if (strncmp(line, "--", 2) != 0 && *line != '\n')
			str_addn(&clean, line, strcspn(line, "\n") + 1);
	const char *at = str_text(&clean);
	for (char *a, *b; (a = statement(&at)) && (b = statement(&at)); n++) {
		struct sqldiff diff;
		char *x = as_query(a), *y = as_query(b);
		sqldiff(&diff, &arena, x, y, &fixture_catalog, SQLDIFF_DOUBLE_IDENT);
		parsed += diff.comparable;
		unified += diff.comparable && diff.equal;
		if (report->loud && diff.comparable && !diff.equal && getenv("PAIRS"))
			printf("# %s\n#   %s\n#   %s\n", name, diff.gold, diff.other);
		free(x);
		free(y);
		free(a);
		free(b);
	}
	snprintf(what, sizeof what, "%s: pairs that become one, of %ld understood among %ld", name,
		 parsed, n);
	report_rate(what, unified, parsed);
	arena_reset(&arena);
	str_free(&text);
	str_free(&clean);
}

/* ---- real golds ---- */

struct gold {
	const char *id, *sql;
	struct table table;
};

static bool same_rows(const struct gold *a, const struct gold *b)
{
	struct compare_context context = { 0 };
	struct compare_result result;
	struct compare_side x = { .table = &a->table }, y = { .table = &b->table };
	compare_tables(&x, &y, &context, &result);
	bool same = result.verdict <= COMPARE_TYPE_ONLY || result.verdict == COMPARE_BOTH_EMPTY
		|| (result.verdict == COMPARE_PERMUTED && a->table.ncolumns == b->table.ncolumns);
	compare_free(&result);
	return same;
}

static void pairs_of(struct report *report, struct gold *golds, size_t n, long *unified)
{
	for (size_t i = 0; i < n; i++) {
		for (size_t k = i + 1; k < n; k++) {
			struct sqldiff diff;
			sqldiff(&diff, &arena, golds[i].sql, golds[k].sql, NULL, 0);
			if (diff.comparable && diff.equal) {
				++*unified;
				report_case(report, same_rows(&golds[i], &golds[k]),
					    "%s and %s are taken for the same but differ in their "
					    "results\n#   %s\n#   %s", golds[i].id, golds[k].id,
					    golds[i].sql, golds[k].sql);
			}
		}
		arena_reset(&arena);
	}
}

/* All golds of one database, against each other. */
static void database(struct report *report, const struct json *questions, const char *name,
		     long *unified)
{
	struct arena texts = { 0 };
	struct gold *golds = NULL;
	size_t n = 0, cap = 0;
	struct db *db = defog_open(report, name);
	for (const struct json *q = json_first(questions); db && q; q = json_next(q))
		for (const struct json *g = json_first(json_get(q, "gold_sqlite"));
		     g && streq(json_str_or(q, "db", ""), name); g = json_next(g)) {
			char why[200];
			struct gold gold = { .id = json_str_or(q, "id", "?") };
			gold.sql = defog_frozen(&texts, json_text(g));
			if (!report_case(report, defog_run(db, gold.sql, &gold.table, why),
					 "%s: %s", gold.id, why))
				continue;
			GROW(golds, cap, n + 1);
			golds[n++] = gold;
		}
	pairs_of(report, golds, n, unified);
	for (size_t i = 0; i < n; i++)
		table_free(&golds[i].table);
	free(golds);
	db_close(db);
	arena_free(&texts);
}

static void real_golds(struct report *report)
{
	long unified = 0;
	struct json *questions = data_lines(report, "defog/questions.jsonl");
	for (size_t i = 0; questions && defog_names[i]; i++)
		database(report, questions, defog_names[i], &unified);
	if (questions)
		printf("defog golds taken for the same as another of their database: %ld pairs\n",
		       unified);
	json_free(questions);
}

int main(void)
{
	static const char *const fixtures[] = { "canonicalize", "normalize", "merge_subqueries",
		"optimize_joins", "unnest_subqueries", "qualify_columns", "simplify" };
	struct report report = { .loud = getenv("LOUD") };
	written_pairs(&report);
	real_golds(&report);
	for (size_t i = 0; i < countof(fixtures); i++)
		fixture(&report, fixtures[i]);
	arena_free(&arena);
	return report_done(&report);
}
