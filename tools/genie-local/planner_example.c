/* An example question close to the one asked lends its SQL. What differs between the two
 * is replaced where that is safe: the N of a top N and of "last N days", quoted and
 * capitalised values. When another window or another number cannot be put in, the
 * example is not used. */
#include "planner_plan.h"

#include "json.h"
#include "mem.h"
#include "str.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>

#define LIKE_ENOUGH 0.62

static bool is_value(const struct word *w)
{
	return w->kind != WORD_TEXT || (w->capital && !w->first && !w->known);
}

static bool compares(const struct word *w)
{
	return !is_value(w) && !word_is_function(w->lower);
}

static double weight_of(const struct plan *plan, const struct word *w)
{
	double df = 0;

	if (w->known)
		return 0.5;
	for (size_t i = 0; i < plan->model.nassets; i++)
		df += bag_weight(&plan->model.assets[i].words, w->stem) > 0;
	return df > 0 && df < (double)plan->model.nassets ? 1.2 : 1;
}

static bool has(const struct words *words, const struct word *w)
{
	for (size_t i = 0; i < words->n; i++)
		if (compares(&words->v[i]) && streq(words->v[i].stem, w->stem))
			return true;
	return false;
}

double example_likeness(const struct plan *plan, const struct example *example)
{
	const struct words *q = &plan->ask.words, *e = &example->words;
	double both = 0, all = 0;

	for (size_t i = 0; i < q->n; i++)
		if (compares(&q->v[i])) {
			double w = weight_of(plan, &q->v[i]);

			all += w;
			both += has(e, &q->v[i]) ? w : 0;
		}
	for (size_t i = 0; i < e->n; i++)
		if (compares(&e->v[i]) && !has(q, &e->v[i]))
			all += weight_of(plan, &e->v[i]);
	return all > 0 ? both / all : 0;
}

/* ---- replacing in SQL ---- */

static bool word_char(char c)
{
	return isalnum((unsigned char)c) || c == '_' || c == '.';
}

/* The only place of the number in sql; NULL: none, or several. */
static const char *number_place(const char *sql, const char *number)
{
	const char *found = NULL;
	size_t n = strlen(number);

	for (const char *p = strstr(sql, number); p; p = strstr(p + 1, number))
		if ((p == sql || !word_char(p[-1])) && !word_char(p[n])) {
			if (found)
				return NULL;
			found = p;
		}
	return found;
}

static bool replace_number(struct str *sql, long from, long to)
{
	char old[32], new[32];
	const char *at;

	if (from == to)
		return true;
	snprintf(old, sizeof old, "%ld", from);
	snprintf(new, sizeof new, "%ld", to);
	at = number_place(str_text(sql), old);
	if (!at)
		return false;
	str_splice(sql, (size_t)(at - sql->s), strlen(old), new, strlen(new));
	return true;
}

static bool replace_limit(struct str *sql, const struct ask *q, const struct ask *e)
{
	if (q->limit == e->limit || q->limit == 0)
		return true;
	if (e->limit)
		return replace_number(sql, e->limit, q->limit);
	if (stristr(str_text(sql), "limit "))
		return false;
	str_addf(sql, "\nLIMIT %ld", q->limit);
	return true;
}

static bool replace_window(struct str *sql, const struct window *q, const struct window *e)
{
	if (q->kind == e->kind && q->unit == e->unit && q->n == e->n &&
	    (q->kind != WINDOW_RANGE || (q->from == e->from && q->to == e->to)))
		return true;
	if (q->kind == WINDOW_LAST && e->kind == WINDOW_LAST && q->unit == e->unit)
		return replace_number(sql, e->n, q->n);
	return false;
}

static bool replace_thresholds(struct str *sql, const struct ask *q, const struct ask *e)
{
	if (q->nthresholds != e->nthresholds)
		return false;
	for (size_t i = 0; i < q->nthresholds; i++) {
		const char *at;

		if (!streq(q->thresholds[i].op, e->thresholds[i].op))
			return false;
		if (streq(q->thresholds[i].number, e->thresholds[i].number))
			continue;
		at = number_place(str_text(sql), e->thresholds[i].number);
		if (!at)
			return false;
		str_splice(sql, (size_t)(at - sql->s), strlen(e->thresholds[i].number),
			q->thresholds[i].number,
			   strlen(q->thresholds[i].number));
	}
	return true;
}

/* The k-th value word of a question; NULL when there are fewer. */
static const struct word *value_at(const struct words *words, size_t k)
{
	for (size_t i = 0; i < words->n; i++)
		if ((words->v[i].kind == WORD_VALUE ||
			(words->v[i].kind == WORD_TEXT && is_value(&words->v[i]))) &&
		    k-- == 0)
			return &words->v[i];
	return NULL;
}

static bool replace_values(struct plan *plan, struct str *sql, const struct words *q,
	const struct words *e)
{
	for (size_t k = 0; value_at(e, k) || value_at(q, k); k++) {
		const struct word *new = value_at(q, k), *old = value_at(e, k);
		const char *quoted, *at, *text;

		if (!new || !old)
			return false;
		if (strieq(new->text, old->text))
			continue;
		quoted = arena_printf(plan->arena, "'%s'", old->text);
		at = stristr(str_text(sql), quoted);
		if (!at)
			return false;
		text = plan_quote(plan, new->text);
		str_splice(sql, (size_t)(at - sql->s), strlen(quoted), text, strlen(text));
	}
	return true;
}

/* ":limit" takes the question's number or the default; other parameters their default. */
static bool fill_parameters(struct plan *plan, struct str *sql, const struct example *example)
{
	for (const struct json *p = json_first(example->parameters); p; p = json_next(p)) {
		const char *marker = arena_printf(plan->arena, ":%s", json_str_or(p, "name", "?"));
		const char *value = json_text(json_at(json_dig(p, "default_value.values"), 0)), *at;
		const char *text;
		const char *type = json_str_or(p, "type_hint", "STRING");
		bool number = stristr(type, "int") || stristr(type, "num") || stristr(type, "dec");

		at = strstr(str_text(sql), marker);
		if (!at)
			continue;
		if (number && plan->ask.limit)
			value = arena_printf(plan->arena, "%ld", plan->ask.limit);
		if (!value)
			return false;
		text = number ? value : plan_quote(plan, value);
		str_splice(sql, (size_t)(at - sql->s), strlen(marker), text, strlen(text));
	}
	return true;
}

static const char *adapt(struct plan *plan, const struct example *example)
{
	struct str sql = STR_INIT;
	struct ask ask;
	const char *out = NULL;

	ask_read(&ask, example->question, plan->today, plan->arena);
	str_add(&sql, example->sql);
	if (fill_parameters(plan, &sql, example) &&
		replace_window(&sql, &plan->ask.window, &ask.window) &&
	    replace_limit(&sql, &plan->ask, &ask) && replace_thresholds(&sql, &plan->ask, &ask) &&
	    replace_values(plan, &sql, &plan->ask.words, &ask.words)) {
		char *copy = arena_strdup(plan->arena, str_text(&sql)), *s = trim(copy);
		size_t n = strlen(s);

		while (n && (s[n - 1] == ';' || isspace((unsigned char)s[n - 1])))
			s[--n] = '\0';
		out = s;
	}
	str_free(&sql);
	return out;
}

const char *plan_example(struct plan *plan)
{
	const struct example *best = NULL;
	double most = LIKE_ENOUGH;

	for (const struct example *e = plan->model.examples; e; e = e->next) {
		double like = example_likeness(plan, e);

		if (like > most || (like >= most && !best)) {
			most = like;
			best = e;
		}
	}
	return best ? adapt(plan, best) : NULL;
}
