/* Single errors put into real golds, and the same golds in other words: the evaluator (the
 * verdict on the results and the judges in code) must flag the former and leave the latter
 * alone. An error is real when the results differ in some state of the database. */
#include "compare.h"
#include "comparesql.h"
#include "db.h"
#include "defog.h"
#include "instances.h"
#include "json.h"
#include "judge.h"
#include "judgecat.h"
#include "mem.h"
#include "mutate.h"
#include "report.h"
#include "rows.h"
#include "sqlast.h"
#include "str.h"
#include "table.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct count {
	long real, real_flagged;     /* errors shown by some state */
	long silent, silent_flagged; /* errors that no state shows */
	long same, same_flagged;     /* other words for the same */
	long unfit;                  /* rewrites whose results differ: no rewrites */
	long golds, left_out;
};

static struct count by_kind[MUTATIONS + REWRITINGS];

struct bench {
	struct report *report;
	struct instances instances;
	struct judge_catalog *catalog;
	struct count count;
};

struct gold {
	const struct json *question;
	struct sqlnode *query;
	const char *text;              /* as the evaluator sees it */
	struct table table[INSTANCES];
	bool ran[INSTANCES];
	struct compare_context context;
};

/* ---- texts ---- */

/* SQLite doubles quotes; Databricks escapes them. */
static bool sqlite_strings(void *context, struct sqlnode *node)
{
	struct arena *arena = context;
	if (node->kind == SQLN_STRING && strpbrk(node->text, "'\\")) {
		struct str text = STR_INIT;
		db_quote_text(&text, node->text);
		node->kind = SQLN_OPAQUE;
		node->text = arena_strdup(arena, str_text(&text));
		str_free(&text);
	}
	return true;
}

static char *sqlite_text(struct arena *arena, const struct sqlnode *query)
{
	struct sqlnode *copy = sqlnode_copy(arena, query);
	sqlnode_walk(copy, sqlite_strings, arena);
	return sqlnode_text(arena, copy);
}

/* ---- is it another answer? ---- */

static bool same_answer(const struct gold *gold, size_t state, const struct table *other)
{
	struct compare_context context = gold->context;
	struct compare_side g = { .table = &gold->table[state] }, p = { .table = other };
	struct compare_result r;
	compare_tables(&g, &p, &context, &r);
	bool same = r.outcome[COMPARE_STRICT] == COMPARE_GOOD || r.verdict == COMPARE_BOTH_EMPTY
		|| (r.verdict == COMPARE_TIE && !r.wrong_order)
		|| (r.verdict <= COMPARE_REORDERED && !r.wrong_order)
		|| (r.verdict == COMPARE_PERMUTED && !r.wrong_order);
	compare_free(&r);
	return same;
}

/* Runs it in all states. 1: it differs somewhere; 0: nowhere. */
static bool differs(struct bench *b, const struct gold *gold, const char *sql)
{
	for (size_t i = 0; i < INSTANCES; i++) {
		struct table table = { 0 };
		char why[200];
		bool ran = gold->ran[i] && defog_run(b->instances.db[i], sql, &table, why);
		bool same = !gold->ran[i] || (ran && same_answer(gold, i, &table));
		table_free(&table);
		if (!same)
			return true;
	}
	return false;
}

/* ---- what the evaluator says ---- */

static bool flagged(struct bench *b, const struct gold *gold, const char *sql,
		    const char *sqlite)
{
	struct table table = { 0 };
	struct compare_result result;
	struct json *row = json_new_object();
	char why[200];
	bool ran = defog_run(b->instances.db[0], sqlite, &table, why), no = false;
	struct compare_side g = { .table = &gold->table[0] };
	struct compare_side p = { .table = ran ? &table : NULL, .error = ran ? NULL : why };
	compare_tables(&g, &p, &gold->context, &result);
	json_set_str(row, "question_id", json_str_or(gold->question, "id", "?"));
	json_set_str(row, "question", json_str_or(gold->question, "question", ""));
	json_set_str(row, "status", "COMPLETED");
	json_set_str(row, "genie_sql", sql);
	json_set(row, "comparison", compare_to_json(&result, COMPARE_SEED, &g, &p, 5));
	judge_row(&(struct judge_input){ .row = row, .gold_sql = gold->text,
		.catalog = b->catalog });
	for (size_t i = 0; row_judges[i]; i++)
		if (!streq(row_judges[i], "arbiter"))
			no |= row_fails(row, row_judges[i]);
	compare_free(&result);
	table_free(&table);
	json_free(row);
	return no;
}

static void show(const struct bench *b, const struct gold *gold, const char *kind,
		 const char *what, const char *sql)
{
	if (b->report->loud)
		printf("# %s %s: %s\n#   %s\n#   %s\n", json_str_or(gold->question, "id", "?"), what,
		       kind, gold->text, sql);
}

static void one_error(struct bench *b, const struct gold *gold, enum mutation kind,
		      const char *sql, const char *sqlite)
{
	bool real = differs(b, gold, sqlite), seen = flagged(b, gold, sql, sqlite);
	struct count *counts[] = { &b->count, &by_kind[kind] };
	for (size_t i = 0; i < countof(counts); i++) {
		counts[i]->real += real;
		counts[i]->real_flagged += real && seen;
		counts[i]->silent += !real;
		counts[i]->silent_flagged += !real && seen;
	}
	if (real && !seen)
		show(b, gold, mutation_names[kind], "not flagged", sql);
}

static void one_rewrite(struct bench *b, const struct gold *gold, enum rewriting kind,
			const char *sql, const char *sqlite)
{
	bool unfit = differs(b, gold, sqlite), seen = !unfit && flagged(b, gold, sql, sqlite);
	struct count *counts[] = { &b->count, &by_kind[MUTATIONS + kind] };
	for (size_t i = 0; i < countof(counts); i++) {
		counts[i]->unfit += unfit;
		counts[i]->same += !unfit;
		counts[i]->same_flagged += seen;
	}
	if (seen || unfit)
		show(b, gold, rewriting_names[kind], unfit ? "is no rewrite" : "flagged", sql);
}

static void all_variants(struct bench *b, const struct gold *gold)
{
	struct arena arena = { 0 };
	for (enum mutation kind = 0; kind < MUTATIONS; kind++) {
		struct sqlnode *tree;
		for (size_t site = 0; (tree = mutate(&arena, gold->query, kind, site)); site++)
			one_error(b, gold, kind, sqlnode_text(&arena, tree), sqlite_text(&arena, tree));
	}
	for (enum rewriting kind = 0; kind < REWRITINGS; kind++) {
		struct sqlnode *tree = rewrite(&arena, gold->query, kind);
		if (tree)
			one_rewrite(b, gold, kind, sqlnode_text(&arena, tree),
				    sqlite_text(&arena, tree));
	}
	arena_free(&arena);
}

/* ---- golds ---- */

/* Runs the gold in all states; false when its printed form is not what was written. */
static bool run_gold(struct bench *b, struct gold *gold, const char *written, const char *sqlite)
{
	struct table table = { 0 };
	char why[200];
	bool ok;
	for (size_t i = 0; i < INSTANCES; i++) {
		gold->ran[i] = defog_run(b->instances.db[i], sqlite, &gold->table[i], why);
		if (!gold->ran[i] && i == 0)
			return false;
	}
	ok = defog_run(b->instances.db[0], written, &table, why) && same_answer(gold, 0, &table);
	table_free(&table);
	return ok;
}

static void one_gold(struct bench *b, const struct json *question, const char *text)
{
	struct arena arena = { 0 };
	struct sqlparse parse;
	struct gold gold = { .question = question };
	const char *written = defog_frozen(&arena, text);
	sqlparse(&parse, &arena, written, 0);
	b->count.golds++;
	if (parse.query && !parse.problems) {
		gold.query = parse.query;
		gold.text = sqlnode_text(&arena, parse.query);
		instances_plant(&b->instances, parse.query);
		compare_context_read(&arena, gold.text, json_str_or(question, "question", ""), NULL,
				     &gold.context);
		if (run_gold(b, &gold, written, sqlite_text(&arena, parse.query))) {
			compare_context_read(&arena, gold.text, json_str_or(question, "question", ""),
					     &gold.table[0], &gold.context);
			all_variants(b, &gold);
		} else {
			b->count.left_out++;
			show(b, &gold, "printed otherwise", "left out", written);
		}
		instances_restore(&b->instances);
	} else {
		b->count.left_out++;
		if (b->report->loud)
			printf("# left out, %s: %s\n", parse.problem ? parse.problem : "", text);
	}
	for (size_t i = 0; i < INSTANCES; i++)
		table_free(&gold.table[i]);
	arena_free(&arena);
}

/* The snapshot that genie-fetch would have of such a schema. */
static struct judge_catalog *catalog_of(const struct json *schema)
{
	struct json *snapshot = json_new_object(), *uc, *columns;
	uc = json_set(snapshot, "uc", json_new_object());
	columns = json_set(uc, "columns", json_new_array());
	for (const struct json *t = json_first(json_get(schema, "tables")); t; t = json_next(t))
		for (const struct json *c = json_first(json_get(t, "columns")); c; c = json_next(c)) {
			struct json *row = json_push(columns, json_new_object());
			json_set_str(row, "table_name", json_key(t));
			json_set_str(row, "column_name", json_str_or(c, "name", ""));
			json_set_str(row, "comment", json_str_or(c, "description", NULL));
		}
	struct judge_catalog *catalog = judge_catalog_new(snapshot);
	json_free(snapshot);
	return catalog;
}

static void add(struct count *sum, const struct count *c)
{
	sum->real += c->real;
	sum->real_flagged += c->real_flagged;
	sum->silent += c->silent;
	sum->silent_flagged += c->silent_flagged;
	sum->same += c->same;
	sum->same_flagged += c->same_flagged;
	sum->unfit += c->unfit;
	sum->golds += c->golds;
	sum->left_out += c->left_out;
}

static void line(const char *what, const struct count *c)
{
	printf("%-26s %5ld %5ld %6.1f %% %6ld %5ld %7ld %5ld %6.1f %% %5ld\n", what, c->real,
	       c->real_flagged, c->real ? 100.0 * (double)c->real_flagged / (double)c->real : 0.0,
	       c->silent, c->silent_flagged, c->same, c->same_flagged,
	       c->same ? 100.0 * (double)c->same_flagged / (double)c->same : 0.0, c->unfit);
}

static void database(struct report *report, const struct json *questions, const char *name,
		     struct count *sum)
{
	struct bench b = { .report = report };
	if (instances_open(report, name, &b.instances)) {
		b.catalog = catalog_of(b.instances.schema);
		for (const struct json *q = json_first(questions); q; q = json_next(q))
			for (const struct json *g = json_first(json_get(q, "gold_sqlite"));
			     g && streq(json_str_or(q, "db", ""), name); g = json_next(g))
				one_gold(&b, q, json_text(g));
		judge_catalog_free(b.catalog);
	}
	instances_close(&b.instances);
	line(name, &b.count);
	add(sum, &b.count);
}

int main(void)
{
	struct report report = { .loud = getenv("LOUD") };
	struct count sum = { 0 };
	struct json *questions = data_lines(&report, "defog/questions.jsonl");
	if (!questions)
		return report_done(&report);
	printf("%-26s %5s %5s %8s %6s %5s %7s %5s %8s %5s\n", "", "real", "seen", "", "silent",
	       "seen", "rewrite", "seen", "", "unfit");
	for (size_t i = 0; defog_names[i]; i++)
		database(&report, questions, defog_names[i], &sum);
	line("all", &sum);
	for (size_t i = 0; i < MUTATIONS + REWRITINGS; i++)
		line(i < MUTATIONS ? mutation_names[i] : rewriting_names[i - MUTATIONS], &by_kind[i]);
	report_rate("golds left out (not understood, or printed otherwise)", sum.left_out, sum.golds);
	report_least(&report, "real errors flagged", sum.real_flagged, sum.real, 95);
	report_most(&report, "rewrites flagged", sum.same_flagged, sum.same, 2);
	report_most(&report, "rewrites that are none", sum.unfit, sum.same + sum.unfit, 2);
	json_free(questions);
	return report_done(&report);
}
