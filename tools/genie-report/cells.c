#include "cells.h"

#include "format.h"
#include "markup.h"

#include "digest.h"
#include "json.h"
#include "mem.h"
#include "rows.h"
#include "str.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define MAX_JUDGES 32

/* Texts by number, in the order first seen. */
struct texts {
	char **v;
	size_t n, cap;
	size_t *slots; /* number + 1; 0: free */
	size_t nslots; /* a power of two, or 0 */
};

struct cell {
	size_t question, place;
	char *json; /* its members, as the page reads them */
};

struct cells {
	struct texts texts, ids, judges;
	size_t *questions; /* text of each id */
	size_t nquestions, questions_cap;
	struct cell *v;
	size_t n, cap;
};

struct cells *cells_new(void)
{
	return xcalloc(1, sizeof(struct cells));
}

static void texts_free(struct texts *t)
{
	for (size_t i = 0; i < t->n; i++)
		free(t->v[i]);
	free(t->v);
	free(t->slots);
}

void cells_free(struct cells *cells)
{
	if (!cells)
		return;
	texts_free(&cells->texts);
	texts_free(&cells->ids);
	texts_free(&cells->judges);
	for (size_t i = 0; i < cells->n; i++)
		free(cells->v[i].json);
	free(cells->questions);
	free(cells->v);
	free(cells);
}

/* The slot of the text, or the free one where it belongs. */
static size_t *slot_of(const struct texts *t, const char *text)
{
	size_t at = (size_t)fnv1a(text, strlen(text)) & (t->nslots - 1);
	while (t->slots[at] && !streq(t->v[t->slots[at] - 1], text))
		at = (at + 1) & (t->nslots - 1);
	return &t->slots[at];
}

static void make_room(struct texts *t)
{
	if (t->nslots && t->n * 2 < t->nslots)
		return;
	t->nslots = t->nslots ? t->nslots * 2 : 64;
	free(t->slots);
	t->slots = xcalloc(t->nslots, sizeof *t->slots);
	for (size_t i = 0; i < t->n; i++)
		*slot_of(t, t->v[i]) = i + 1;
}

static size_t number_of(struct texts *t, const char *text)
{
	make_room(t);
	size_t *slot = slot_of(t, text);
	if (!*slot) {
		GROW(t->v, t->cap, t->n + 1);
		t->v[t->n++] = xstrdup(text);
		*slot = t->n;
	}
	return *slot - 1;
}

static size_t cut_text(struct cells *cells, const char *text, size_t max)
{
	if (strlen(text) <= max)
		return number_of(&cells->texts, text);
	char *part = xasprintf("%.*s...", (int)utf8_fit(text, max), text);
	size_t number = number_of(&cells->texts, part);
	free(part);
	return number;
}

/* A member that holds the number of a text; nothing for an empty one. */
static void add_text(struct cells *cells, struct str *out, const char *key, const char *text)
{
	size_t max = streq(key, "s") || streq(key, "e") ? CELLS_MAX_SQL : CELLS_MAX_RATIONALE;
	if (text && *text)
		str_addf(out, ",\"%s\":%zu", key, cut_text(cells, text, max));
}

/* The SQL that is right, or all that are, one below the other. */
static void add_expected(struct cells *cells, struct str *out, const struct json *row)
{
	const struct json *expected = json_get(row, "expected_sql");
	struct str all = STR_INIT;
	for (const struct json *one = json_first(expected); one; one = json_next(one))
		str_addf(&all, "%s%s", all.n ? "\n-- or\n" : "",
			 json_text(one) ? json_text(one) : "");
	add_text(cells, out, "e", json_text(expected) ? json_text(expected) : str_text(&all));
	str_free(&all);
}

/* Verdicts: [judge, verdict, rationale, failure type] as numbers of texts, -1: none. */
static void add_verdicts(struct cells *cells, struct str *out, const struct json *row)
{
	struct strlist names = { 0 };
	row_judge_names(row, &names);
	str_add(out, ",\"v\":[");
	for (size_t i = 0; i < names.n && i < MAX_JUDGES; i++) {
		const char *judge = names.v[i], *value = row_value(row, judge);
		const char *rationale = row_rationale(row, judge);
		const char *type = json_str_or(row_asi(row, judge), "failure_type", "");
		str_addf(out, "%s[%zu,%zu,", i ? "," : "", number_of(&cells->judges, judge),
			 number_of(&cells->texts, value ? value : "unknown"));
		if (*rationale)
			str_addf(out, "%zu", cut_text(cells, rationale, CELLS_MAX_RATIONALE));
		else
			str_add(out, "-1");
		if (*type)
			str_addf(out, ",%zu", number_of(&cells->texts, type));
		str_addc(out, ']');
	}
	str_addc(out, ']');
	strlist_free(&names);
}

static void add_rows(struct cells *cells, struct str *out, const struct json *comparison)
{
	double expected = fmt_member(comparison, "gt_rows"),
	       got = fmt_member(comparison, "genie_rows");
	if (isnan(expected) || isnan(got) || expected < 0 || got < 0)
		return;
	char *text = xasprintf("%s expected, %s from Genie", fmt_count((size_t)expected, "row").s,
			       fmt_count((size_t)got, "row").s);
	add_text(cells, out, "n", text);
	free(text);
}

static void know_question(struct cells *cells, size_t number, const struct json *row)
{
	if (number < cells->nquestions)
		return;
	GROW(cells->questions, cells->questions_cap, number + 1);
	cells->questions[number] = cut_text(cells, row_question(row), CELLS_MAX_SQL);
	cells->nquestions = number + 1;
}

void cells_add(struct cells *cells, size_t place, const struct json *row)
{
	const struct json *comparison = json_get(row, "comparison");
	const char *sql = json_str_or(row, "genie_sql", json_str_or(row, "genie_sql_raw", ""));
	struct str out = STR_INIT;
	struct cell cell = { .question = number_of(&cells->ids, row_id(row)), .place = place };
	know_question(cells, cell.question, row);
	str_addf(&out, "\"o\":%zu", number_of(&cells->texts, row_outcome(row)));
	add_expected(cells, &out, row);
	add_text(cells, &out, "s", sql);
	add_text(cells, &out, "g", *sql ? "" : json_str_or(row, "genie_text", ""));
	add_text(cells, &out, "c", json_str_or(comparison, "verdict", ""));
	add_text(cells, &out, "d", json_str_or(comparison, "diff", ""));
	add_text(cells, &out, "x",
		 json_str_or(comparison, "error",
			     json_str_or(json_get(row, "exclusion"), "reason", "")));
	add_rows(cells, &out, comparison);
	double latency = fmt_member(row, "latency_ms");
	if (!isnan(latency))
		add_text(cells, &out, "t", fmt_seconds(latency / 1000).s);
	add_verdicts(cells, &out, row);
	cell.json = str_take(&out);
	GROW(cells->v, cells->cap, cells->n + 1);
	cells->v[cells->n++] = cell;
}

bool cells_number(const struct cells *cells, const char *id, size_t *number)
{
	if (!cells->ids.nslots)
		return false;
	size_t found = *slot_of(&cells->ids, id);
	*number = found ? found - 1 : 0;
	return found > 0;
}

static void write_list(struct str *out, const char *name, const char *const *texts, size_t n)
{
	str_addf(out, "\"%s\":[", name);
	for (size_t i = 0; i < n; i++) {
		str_add(out, i ? ",\n" : "");
		markup_json(out, texts[i]);
	}
	str_add(out, "],\n");
}

void cells_write(const struct cells *cells, const char *const *iterations, size_t n,
		 struct str *out)
{
	str_addc(out, '{');
	write_list(out, "iterations", iterations, n);
	write_list(out, "judges", (const char *const *)cells->judges.v, cells->judges.n);
	write_list(out, "ids", (const char *const *)cells->ids.v, cells->ids.n);
	write_list(out, "texts", (const char *const *)cells->texts.v, cells->texts.n);
	str_add(out, "\"questions\":[");
	for (size_t i = 0; i < cells->nquestions; i++)
		str_addf(out, "%s%zu", i ? "," : "", cells->questions[i]);
	str_add(out, "],\n\"cells\":[");
	for (size_t i = 0; i < cells->n; i++)
		str_addf(out, "%s[%zu,%zu,{%s}]", i ? ",\n" : "", cells->v[i].question,
			 cells->v[i].place, cells->v[i].json);
	str_add(out, "]}");
}
