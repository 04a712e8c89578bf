#include "opinion.h"

#include "json.h"
#include "repeat.h"
#include "rows.h"
#include "score.h"
#include "str.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

void opinions_free(struct opinions *opinions)
{
	free(opinions->v);
	arena_free(&opinions->arena);
	*opinions = (struct opinions){ 0 };
}

static int order(const void *a, const void *b)
{
	const struct opinion *x = a, *y = b;
	int by_id = strcmp(x->id, y->id);
	return by_id ? by_id : (x->replicate > y->replicate) - (x->replicate < y->replicate);
}

static int yes_or_no(const char *value, const char *yes, const char *no)
{
	return streq(value, yes) ? 1 : streq(value, no) ? 0 : -1;
}

static int own_verdict(const struct json *row)
{
	const struct json *match = json_dig(row, "comparison.match");
	return json_is(match, JSON_BOOL) ? json_true(match) : -1;
}

static void add(struct opinions *opinions, const struct json *row)
{
	struct arena *arena = &opinions->arena;
	const char *config = json_str_or(row, "config_id", NULL);
	if (!opinions->config_id)
		opinions->config_id = arena_strdup(arena, config);
	if (streq(row_outcome(row), "excluded"))
		return;
	GROW(opinions->v, opinions->cap, opinions->n + 1);
	opinions->v[opinions->n++] = (struct opinion){
		.id = arena_strdup(arena, row_id(row)),
		.answer = arena_strdup(arena, repeat_sql_of(row)),
		.source = arena_strdup(arena, json_str_or(row_judge(row, "result_correctness"), "source", NULL)),
		.replicate = json_int_or(row, "replicate", 0),
		.verdict = yes_or_no(row_value(row, "result_correctness"), "yes", "no"),
		.own = own_verdict(row),
		.native = yes_or_no(json_str_or(json_get(row, "native"), "assessment", NULL), "GOOD", "BAD"),
	};
}

bool opinions_load(struct opinions *opinions, const char *path, struct err *err)
{
	struct rows *rows = rows_open(path, err);
	enum rows_result result = rows ? ROWS_ROW : ROWS_FAILED;
	struct json *row;
	while (rows && (result = rows_next(rows, &row, err)) == ROWS_ROW) {
		add(opinions, row);
		json_free(row);
	}
	rows_close(rows);
	if (opinions->n)
		qsort(opinions->v, opinions->n, sizeof *opinions->v, order);
	return result == ROWS_END;
}

/* ---- agreement ---- */

struct matrix {
	long yes_yes, yes_no, no_yes, no_no;
	struct json *ids; /* of those that differ */
};

static void count(struct matrix *m, const char *id, int a, int b)
{
	if (a < 0 || b < 0)
		return;
	m->yes_yes += a && b;
	m->yes_no += a && !b;
	m->no_yes += !a && b;
	m->no_no += !a && !b;
	if (a != b)
		json_push_str(m->ids, id);
}

/* Cohen's kappa (Educ. Psychol. Meas. 20 (1960) 37-46): agreement beyond what the two
 * shares of "yes" would give by chance. NAN when chance alone explains all of it. */
static double kappa(const struct matrix *m)
{
	double n = (double)(m->yes_yes + m->yes_no + m->no_yes + m->no_no);
	double observed = (double)(m->yes_yes + m->no_no) / n;
	double a = (double)(m->yes_yes + m->yes_no) / n, b = (double)(m->yes_yes + m->no_yes) / n;
	double chance = a * b + (1 - a) * (1 - b);
	return chance < 1 ? (observed - chance) / (1 - chance) : NAN;
}

/* Takes what is in m. */
static struct json *as_json(struct matrix *m, const char *a, const char *b)
{
	long n = m->yes_yes + m->yes_no + m->no_yes + m->no_no;
	if (!n) {
		json_free(m->ids);
		return json_new_null();
	}
	struct json *out = json_new_object();
	struct json *graders = json_set(out, "graders", json_new_array());
	json_push_str(graders, a ? a : "unknown");
	json_push_str(graders, b ? b : "unknown");
	json_set_int(out, "answers", n);
	struct json *confusion = json_set(out, "confusion", json_new_object());
	json_set_int(confusion, "yes_yes", m->yes_yes);
	json_set_int(confusion, "yes_no", m->yes_no);
	json_set_int(confusion, "no_yes", m->no_yes);
	json_set_int(confusion, "no_no", m->no_no);
	json_set(out, "agreement_pct", json_percent(percent_of(m->yes_yes + m->no_no, n)));
	json_set(out, "kappa", json_percent(kappa(m)));
	json_set(out, "disagreements", m->ids);
	return out;
}

struct json *agreement_across(const struct opinions *a, const struct opinions *b)
{
	struct matrix m = { .ids = json_new_array() };
	const char *source_a = NULL, *source_b = NULL;
	for (size_t i = 0, k = 0; i < a->n && k < b->n;) {
		const struct opinion *x = &a->v[i], *y = &b->v[k];
		int which = order(x, y);
		i += which <= 0;
		k += which >= 0;
		if (which || !streq(x->answer, y->answer))
			continue;
		source_a = source_a ? source_a : x->source;
		source_b = source_b ? source_b : y->source;
		count(&m, x->id, x->verdict, y->verdict);
	}
	return as_json(&m, source_a, source_b);
}

struct json *agreement_within(const struct opinions *opinions)
{
	struct matrix m = { .ids = json_new_array() };
	for (size_t i = 0; i < opinions->n; i++)
		count(&m, opinions->v[i].id, opinions->v[i].own, opinions->v[i].native);
	return as_json(&m, "own", "native");
}
