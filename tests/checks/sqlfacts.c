/* SQL facts on texts from outside. Without operands: no text of the shared data, and no part of
 * one, makes the SQL modules crash, hang or grow without bound. `dump` and `time` serve
 * sqlfacts.py, which compares with another parser: JSON Lines {"id","sql"} in, facts or the
 * seconds of CPU out. */
#include "report.h"

#include "io.h"
#include "json.h"
#include "jsonl.h"
#include "mem.h"
#include "sqlast.h"
#include "sqldiff.h"
#include "sqlfacts.h"
#include "str.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define MOST_SECONDS 1.0 /* for one text of at most a few thousand bytes */

static struct arena arena;

static double seconds(void)
{
	struct timespec t;
	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

/* All that is asked of a query somewhere in the toolkit. */
static void everything(const char *sql)
{
	struct sqlfacts facts;
	struct sqldiff diff;
	sqlfacts(&facts, &arena, sql, NULL);
	sqldiff(&diff, &arena, sql, "SELECT a, COUNT(*) FROM t WHERE b = 1 GROUP BY a", NULL, 0);
	sqldiff(&diff, &arena, sql, sql, NULL, SQLDIFF_DOUBLE_IDENT);
	sql_normalize(&arena, sql);
	sql_is_read_only(sql);
	arena_reset(&arena);
}

/* The text, and what is left when it ends or starts somewhere else. */
static void survives(struct report *report, const char *id, const char *sql)
{
	size_t n = strlen(sql), step = n / 40 + 1;
	double from = seconds();
	everything(sql);
	for (size_t i = 0; i < n; i += step) {
		char *part = xstrndup(sql, i);
		everything(part);
		everything(sql + i);
		free(part);
	}
	double took = seconds() - from;
	report_case(report, took < MOST_SECONDS * 80, "%s: %.1f s", id, took);
}

static void records(struct report *report, const char *name, const char *const *keys)
{
	struct json *all = data_lines(report, name);
	for (const struct json *r = json_first(all); r; r = json_next(r))
		for (const char *const *key = keys; *key; key++)
			survives(report, json_str_or(r, "id", name), json_str_or(r, *key, ""));
	json_free(all);
}

static void statements(struct report *report, const char *name)
{
	struct str text = STR_INIT;
	struct err err = { 0 };
	if (access(data_path(name), R_OK) != 0 || !io_read_file(data_path(name), &text, &err)) {
		report_skip(report, "no shared data: %s", name);
		return;
	}
	for (const char *at = str_text(&text); *at;) {
		size_t n = strcspn(at, "\n");
		char *sql = xstrndup(at, n);
		survives(report, name, sql);
		free(sql);
		at += n + (at[n] == '\n');
	}
	str_free(&text);
}

/* ---- for sqlfacts.py ---- */

static struct json *facts_of(const char *sql)
{
	struct sqlfacts facts;
	struct json *out = json_new_object(), *tables, *columns;
	sqlfacts(&facts, &arena, sql, NULL);
	json_set_bool(out, "understood", facts.problems == 0);
	json_set_str(out, "problem", facts.problem);
	json_set_str(out, "kind", sql_kind_text(facts.kind));
	tables = json_set(out, "tables", json_new_array());
	for (size_t i = 0; i < facts.ntables; i++)
		if (!facts.table[i].function)
			json_push_str(tables, facts.table[i].name);
	columns = json_set(out, "columns", json_new_array());
	for (size_t i = 0; i < facts.ncolumns; i++)
		json_push_str(columns, facts.column[i].column);
	return out;
}

static int dump(void)
{
	struct jsonl in;
	struct json *line = NULL;
	struct err err = { 0 };
	struct str out = STR_INIT;
	jsonl_init(&in, stdin, "standard input");
	while (jsonl_next(&in, &line, &err) == JSONL_RECORD) {
		struct json *facts = facts_of(json_str_or(line, "sql", ""));
		json_set_str(facts, "id", json_str_or(line, "id", ""));
		str_reset(&out);
		json_print(facts, &out);
		puts(str_text(&out));
		json_free(facts);
		arena_reset(&arena);
		json_free(line);
	}
	jsonl_close(&in);
	str_free(&out);
	arena_free(&arena);
	return err.code;
}

static double timed(struct json *const *all, size_t n, bool facts)
{
	double from = seconds();
	for (size_t i = 0; i < n; i++) {
		struct sqlfacts out;
		struct sqlparse parse;
		if (facts)
			sqlfacts(&out, &arena, json_text(all[i]), NULL);
		else
			sqlparse(&parse, &arena, json_text(all[i]), 0);
		arena_reset(&arena);
	}
	return seconds() - from;
}

/* "PARSE FACTS": the least CPU seconds of five rounds over all statements. */
static int time_all(void)
{
	struct jsonl in;
	struct json *line = NULL, **all = NULL;
	struct err err = { 0 };
	size_t n = 0, cap = 0;
	double best[2] = { 1e9, 1e9 };
	jsonl_init(&in, stdin, "standard input");
	while (jsonl_next(&in, &line, &err) == JSONL_RECORD) {
		GROW(all, cap, n + 1);
		all[n++] = json_detach(json_get(line, "sql"));
		json_free(line);
	}
	for (int round = 0; round < 5; round++)
		for (int facts = 0; facts < 2; facts++) {
			double took = timed(all, n, facts);
			best[facts] = took < best[facts] ? took : best[facts];
		}
	printf("%.6f %.6f\n", best[0], best[1]);
	for (size_t i = 0; i < n; i++)
		json_free(all[i]);
	free(all);
	jsonl_close(&in);
	arena_free(&arena);
	return err.code;
}

int main(int argc, char **argv)
{
	static const char *const sql[] = { "sql", NULL },
		*const pair[] = { "gold", "predicted", NULL },
		*const ab[] = { "a", "b", NULL };
	struct report report = { .loud = getenv("LOUD") };
	if (argc > 1)
		return streq(argv[1], "time") ? time_all() : dump();
	statements(&report, "sqlglot/identity.sql");
	records(&report, "sqlglot/databricks.jsonl", sql);
	records(&report, "predictions/pairs.jsonl", pair);
	records(&report, "sql-equivalence.jsonl", ab);
	arena_free(&arena);
	return report_done(&report);
}
