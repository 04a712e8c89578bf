/* A query on a table-valued function: its arguments, then a ranking or nothing.
 *
 * How real Genie fails here is known (KGL-1): what the question does not say about
 * a parameter becomes the string 'NULL' or a literal date, unless a comment tells. The
 * comment of the parameter counts, and the line of the function's comment that
 * names the parameter. */
#include "planner_plan.h"

#include "mem.h"
#include "str.h"

#include <string.h>

struct call {
	struct plan *plan;
	uint64_t used; /* bit i: value i is an argument */
	bool limit_used;
	bool ended; /* a start date was given, the end comes next */
};

/* What comments say about the parameter. */
static const char *guidance(struct plan *plan, const struct field *param)
{
	const char *line = "", *p = plan->asset->comment;

	while (*p) {
		size_t n = strcspn(p, "\n;");
		const char *one = arena_strndup(plan->arena, p, n);

		if (text_has_name(one, param->name))
			line = arena_printf(plan->arena, "%s %s", line, one);
		p += n + (p[n] != '\0');
	}
	return arena_printf(plan->arena, "%s %s", param->comment, line);
}

static bool says(const char *text, const char *const *marks)
{
	for (; *marks; marks++)
		if (stristr(text, *marks))
			return true;
	return false;
}

static bool says_null(const char *text)
{
	static const char *const marks[] = { "null for", "null to", "pass null", "use null",
		"null means", "null =",
		"omit", "leave out", "null if", "or null", "null when", NULL };

	return says(text, marks);
}

static bool says_dynamic(const char *text)
{
	static const char *const marks[] = { "current_date", "dynamic date", "date_sub(",
		"date_add(", NULL };

	return says(text, marks);
}

static bool is_text(const struct field *param)
{
	return param->type == TYPE_TEXT || param->type == TYPE_OTHER;
}

/* A date, by type or, for a string, by its name or comment. */
static bool is_date_param(struct plan *plan, const struct field *param)
{
	struct words words;

	if (param->type == TYPE_DATE)
		return true;
	if (!is_text(param))
		return false;
	words_of_name(&words, param->name, plan->arena);
	for (size_t i = 0; i < words.n; i++)
		if (word_in(words.v[i].lower, " date dt day since until "))
			return true;
	return stristr(param->comment, "yyyy-mm-dd") != NULL;
}

static bool is_end(struct plan *plan, const struct field *param)
{
	struct words words;

	words_of_name(&words, param->name, plan->arena);
	for (size_t i = 0; i < words.n; i++)
		if (word_in(words.v[i].lower, " end to until stop last high upper thru through "))
			return true;
	return false;
}

static const char *date_argument(struct call *call, const struct field *param, const char *help)
{
	struct plan *plan = call->plan;
	bool dynamic = says_dynamic(help);
	struct bounds b = window_bounds(&plan->ask.window, dynamic, plan->today, plan->arena);
	const char *text = is_end(plan, param) || call->ended ? b.to : b.from;

	if (plan->ask.window.kind == WINDOW_NONE && param->value && (dynamic || says_null(help)))
		return NULL;
	call->ended = true;
	if (*text != '\'' && is_text(param))
		return arena_printf(plan->arena, "CAST(%s AS STRING)", text);
	return text;
}

static bool is_limit(const struct words *words)
{
	for (size_t i = 0; i < words->n; i++)
		if (word_in(words->v[i].lower,
			" min minimum threshold least above over max maximum most below under "
					       "floor cap cutoff "))
			return true;
	return false;
}

static const char *number_argument(struct call *call, const struct field *param)
{
	struct plan *plan = call->plan;
	struct words words;
	bool unit = false;

	words_of_name(&words, param->name, plan->arena);
	for (size_t i = 0; i < words.n; i++) {
		enum unit u = unit_of(words.v[i].lower);

		unit |= u && plan->ask.window.kind == WINDOW_LAST && plan->ask.window.unit == u;
	}
	if (unit)
		return arena_printf(plan->arena, "%ld", plan->ask.window.n);
	for (size_t i = 0; i < words.n; i++)
		if (plan->ask.limit && !call->limit_used &&
			word_in(words.v[i].lower, " top limit n count rows max ")) {
			call->limit_used = true;
			return arena_printf(plan->arena, "%ld", plan->ask.limit);
		}
	for (size_t i = 0; is_limit(&words) && i < plan->ask.nthresholds; i++)
		if (!plan->ask.thresholds[i].bound) {
			plan->ask.thresholds[i].bound = true;
			return plan->ask.thresholds[i].number;
		}
	return param->value ? NULL : "10";
}

static bool value_fits(const struct field *param, const struct value *value)
{
	for (const struct phrase *p = param->phrases; p; p = p->next)
		for (const struct phrase *q = value->field->phrases; q; q = q->next)
			for (size_t i = 0; i < p->words.n; i++)
				for (size_t k = 0; k < q->words.n; k++)
					if (!p->words.v[i].known &&
						streq(p->words.v[i].stem, q->words.v[k].stem))
						return true;
	return false;
}

static bool is_said(struct plan *plan, const char *text)
{
	struct words words;
	size_t from, to;

	words_plain(&words, text, plan->arena);
	return words.n && plan_find(plan, &words, &from, &to);
}

static const char *text_argument(struct call *call, const struct field *param, const char *help)
{
	struct plan *plan = call->plan;

	for (size_t i = 0; param->values && i < param->values->n; i++) {
		const char *value, *meaning;

		plan_value_parts(plan, param, param->values->v[i], &value, &meaning);
		if (is_said(plan, value) || is_said(plan, meaning))
			return plan_quote(plan, value);
	}
	for (size_t i = 0; i < plan->nvalues; i++)
		if (value_fits(param, &plan->values[i]) ||
			(plan->nvalues == 1 && plan->asset->nparams == 1)) {
			call->used |= (uint64_t)1 << i;
			return plan_quote(plan, plan->values[i].text);
		}
	if (param->value && says_null(help))
		return NULL;
	if (says_null(help))
		return "NULL";
	return "'NULL'";
}

static const char *argument(struct call *call, const struct field *param)
{
	const char *help = guidance(call->plan, param);

	if (is_date_param(call->plan, param))
		return date_argument(call, param, help);
	if (param->type == TYPE_NUMBER)
		return number_argument(call, param);
	if (param->type == TYPE_BOOL)
		return param->value ? NULL : "TRUE";
	return text_argument(call, param, help);
}

/* Arguments in order; those left out at the end stay out, in between the default stands. */
static void add_arguments(struct call *call, struct str *sql)
{
	const struct asset *f = call->plan->asset;
	const char **args = arena_alloc(call->plan->arena, (f->nparams + 1) * sizeof *args);
	size_t n = 0;

	for (size_t i = 0; i < f->nparams; i++) {
		args[i] = argument(call, &f->params[i]);
		if (args[i])
			n = i + 1;
	}
	for (size_t i = 0; i < n; i++)
		str_addf(sql, "%s%s", i ? ", " : "", args[i] ? args[i] : f->params[i].value);
}

static const struct field *ranked_column(const struct plan *plan)
{
	for (size_t i = 0; i < plan->nmentions; i++)
		if (plan->mentions[i].field->type == TYPE_NUMBER && !plan->mentions[i].field->key)
			return plan->mentions[i].field;
	return NULL;
}

/* What no parameter takes is a condition on the columns that come back. */
static void add_where(struct call *call, struct str *sql, const struct field *number)
{
	struct plan *plan = call->plan;
	const char *word = "WHERE";

	for (size_t i = 0; i < plan->nvalues; i++) {
		const struct field *f = plan->values[i].field;

		if (call->used >> i & 1 || f->asset != plan->asset || f->kind == FIELD_PARAM)
			continue;
		str_addf(sql, "\n%s %s = %s", word, sql_name(plan->arena, f->name),
			 plan_quote(plan, plan->values[i].text));
		word = "  AND";
	}
	for (size_t i = 0; number && i < plan->ask.nthresholds; i++) {
		const struct threshold *t = &plan->ask.thresholds[i];

		if (t->bound)
			continue;
		str_addf(sql, "\n%s %s %s %s", word, sql_name(plan->arena, number->name), t->op,
			t->number);
		if (t->high)
			str_addf(sql, " AND %s", t->high);
		word = "  AND";
	}
}

const char *plan_call(struct plan *plan)
{
	struct call call = { plan, 0, false, false };
	struct str sql = STR_INIT;
	const struct field *number = ranked_column(plan), *rank = plan->ask.rank ? number : NULL;
	const char *out;

	str_addf(&sql, "SELECT *\nFROM %s(", sql_full_name(plan->arena, plan->asset->full_name));
	add_arguments(&call, &sql);
	str_addc(&sql, ')');
	add_where(&call, &sql, number);
	if (rank)
		str_addf(&sql, "\nORDER BY %s %s", sql_name(plan->arena, rank->name),
			 plan->ask.rank == RANK_TOP ? "DESC" : "ASC");
	if (plan->ask.rank && plan->ask.limit && !call.limit_used)
		str_addf(&sql, "\nLIMIT %ld", plan->ask.limit);
	out = arena_strdup(plan->arena, str_text(&sql));
	str_free(&sql);
	return out;
}
