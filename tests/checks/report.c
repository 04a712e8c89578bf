#include "report.h"

#include "csv.h"
#include "io.h"
#include "json.h"
#include "jsonl.h"
#include "str.h"
#include "table.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

bool report_case(struct report *report, bool ok, const char *format, ...)
{
	va_list ap;
	report->passed += ok;
	report->failed += !ok;
	if (ok)
		return true;
	va_start(ap, format);
	fputs("not ok - ", stdout);
	vprintf(format, ap);
	putchar('\n');
	va_end(ap);
	return false;
}

void report_skip(struct report *report, const char *format, ...)
{
	va_list ap;
	report->skipped++;
	va_start(ap, format);
	fputs("skip - ", stdout);
	vprintf(format, ap);
	putchar('\n');
	va_end(ap);
}

static double percent(long got, long of)
{
	return of ? 100.0 * (double)got / (double)of : 0.0;
}

void report_rate(const char *what, long got, long of)
{
	printf("%s: %ld of %ld (%.2f %%)\n", what, got, of, percent(got, of));
}

void report_least(struct report *report, const char *what, long got, long of, double least)
{
	bool ok = of > 0 && percent(got, of) >= least;
	printf("%s: %ld of %ld (%.2f %%), at least %.4g %%\n", what, got, of, percent(got, of),
	       least);
	report_case(report, ok, "%s is below %.4g %%", what, least);
}

void report_most(struct report *report, const char *what, long got, long of, double most)
{
	bool ok = of > 0 && percent(got, of) <= most;
	printf("%s: %ld of %ld (%.2f %%), at most %.4g %%\n", what, got, of, percent(got, of), most);
	report_case(report, ok, "%s is above %.4g %%", what, most);
}

int report_done(const struct report *report)
{
	printf("%ld passed, %ld failed, %ld skipped\n", report->passed, report->failed,
	       report->skipped);
	return fflush(stdout) == 0 && report->failed == 0 ? 0 : 1;
}

/* ---- data ---- */

const char *data_path(const char *name)
{
	static char path[4][512];
	static int next;
	const char *dir = getenv("SHARED_DATA");
	next = (next + 1) % 4;
	snprintf(path[next], sizeof path[next], "%s/%s", dir ? dir : "../shared/data", name);
	return path[next];
}

struct json *data_lines(struct report *report, const char *name)
{
	struct err err = { 0 };
	struct jsonl in;
	struct json *line = NULL, *all;
	enum jsonl_result result;
	if (access(data_path(name), R_OK) != 0 || !jsonl_open(&in, data_path(name), &err)) {
		report_skip(report, "no shared data: %s", name);
		return NULL;
	}
	all = json_new_array();
	while ((result = jsonl_next(&in, &line, &err)) == JSONL_RECORD)
		json_push(all, line);
	report_case(report, result == JSONL_END, "%s", err.text);
	jsonl_close(&in);
	return all;
}

enum sort { SORT_NONE, SORT_INT, SORT_REAL, SORT_TEXT };

static enum sort sort_of(const char *text)
{
	char *end;
	if (!text)
		return SORT_NONE;
	if (strspn(text + (*text == '-'), "0123456789") == strlen(text) - (*text == '-'))
		return text[*text == '-'] ? SORT_INT : SORT_TEXT;
	if (strspn(text, "0123456789+-.eE") != strlen(text))
		return SORT_TEXT;
	strtod(text, &end);
	return *end ? SORT_TEXT : SORT_REAL;
}

static void add_rows(struct table *table, const struct strlist *names, char *const *cells,
		     const bool *null, size_t nrows)
{
	static const char *const types[] = { "VOID", "BIGINT", "DOUBLE", "STRING" };
	const char *row[CSV_MAX_FIELDS];
	for (size_t c = 0; c < names->n; c++) {
		enum sort sort = SORT_NONE;
		for (size_t r = 0; r < nrows; r++) {
			size_t at = r * names->n + c;
			enum sort one = sort_of(null[at] ? NULL : cells[at]);
			sort = one > sort ? one : sort;
		}
		table_add_column(table, names->v[c], types[sort]);
	}
	for (size_t r = 0; r < nrows; r++) {
		for (size_t c = 0; c < names->n; c++)
			row[c] = null[r * names->n + c] ? NULL : cells[r * names->n + c];
		table_add_row(table, row);
	}
}

bool data_csv(const char *path, struct table *table, char why[200])
{
	struct str text = STR_INIT;
	struct strlist names = { 0 }, cells = { 0 };
	struct err err = { 0 };
	struct csv csv = { 0 };
	enum csv_result result = CSV_ERROR;
	bool *null = NULL;
	size_t nnull = 0, cap = 0;
	if (io_read_file(path, &text, &err)) {
		csv_open(&csv, str_text(&text), text.n, path);
		while ((result = csv_next(&csv, &err)) == CSV_RECORD)
			for (size_t i = 0; i < csv.n; i++) {
				if (csv.line == 1) {
					strlist_add(&names, csv.field[i].s ? csv.field[i].s : "");
					continue;
				}
				GROW(null, cap, nnull + 1);
				null[nnull++] = !csv.field[i].s;
				strlist_add(&cells, csv.field[i].s ? csv.field[i].s : "");
			}
		csv_close(&csv);
	}
	if (result == CSV_END)
		add_rows(table, &names, cells.v, null, names.n ? cells.n / names.n : 0);
	snprintf(why, 200, "%.199s", err.text);
	strlist_free(&names);
	strlist_free(&cells);
	free(null);
	str_free(&text);
	return result == CSV_END;
}
