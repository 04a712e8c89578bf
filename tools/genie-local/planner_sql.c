/* The query as Databricks SQL. */
#include "planner_plan.h"

#include "mem.h"
#include "str.h"

#include <ctype.h>
#include <string.h>

#define DEFAULT_LIMIT 10

static bool plain_name(const char *name)
{
	static const char reserved[] =
		" select from where group order by having limit join on and or not in is "
		"null case when then else end as with union all distinct table date "
				       "timestamp user values between like ";
	char lower[160];

	if (strlen(name) >= sizeof lower)
		return false;
	if (!isalpha((unsigned char)*name) && *name != '_')
		return false;
	for (const char *p = name; *p; p++)
		if (!isalnum((unsigned char)*p) && *p != '_')
			return false;
	memcpy(lower, name, strlen(name) + 1);
	lower_ascii(lower);
	return !word_in(lower, reserved);
}

const char *sql_name(struct arena *arena, const char *name)
{
	char *out, *p;

	if (plain_name(name))
		return name;
	p = out = arena_alloc(arena, 2 * strlen(name) + 3);
	*p++ = '`';
	for (; *name; name++) {
		if (*name == '`')
			*p++ = '`';
		*p++ = *name;
	}
	*p++ = '`';
	*p = '\0';
	return out;
}

const char *sql_full_name(struct arena *arena, const char *full)
{
	const char *out = NULL;

	while (*full) {
		size_t n = strcspn(full, ".");
		const char *part = sql_name(arena, arena_strndup(arena, full, n));

		out = out ? arena_printf(arena, "%s.%s", out, part) : part;
		full += n + (full[n] == '.');
	}
	return out ? out : "";
}

/* A name for a table inside the query is needed with joins, and for snippets,
 * which are written with one. */
static bool qualified(const struct plan *plan)
{
	bool snippet = plan->measure && plan->measure->sql;

	for (size_t i = 0; i < plan->ndims; i++)
		snippet |= plan->dims[i].field->sql != NULL;
	for (size_t i = 0; i < plan->nconditions; i++)
		snippet |= plan->conditions[i].kind == CONDITION_RAW &&
			strchr(plan->conditions[i].text, '.');
	return plan->njoins > 0 || snippet;
}

static const char *column(struct plan *plan, const struct field *f)
{
	const char *name = sql_name(plan->arena, f->name);

	if (f->sql)
		return f->sql;
	if (!qualified(plan) || f->asset->kind != PLANNER_TABLE)
		return name;
	return arena_printf(plan->arena, "%s.%s", sql_name(plan->arena, f->asset->name), name);
}

static const char *dimension_sql(struct plan *plan, const struct dimension *d)
{
	const char *name = column(plan, d->field);

	return d->unit ? arena_printf(plan->arena, "DATE_TRUNC('%s', %s)", unit_name(d->unit), name)
		: name;
}

static const char *dimension_alias(struct plan *plan, const struct dimension *d)
{
	char *lower;

	if (!d->unit)
		return sql_name(plan->arena, d->field->name);
	lower = arena_strdup(plan->arena, unit_name(d->unit));
	lower_ascii(lower);
	return lower;
}

static const char *const agg_names[] = { "", "SUM", "AVG", "COUNT", "MAX", "MIN" };
static const char *const agg_prefixes[] = { "", "total", "avg", "count", "max", "min" };

static const char *measure_sql(struct plan *plan)
{
	const struct field *f = plan->measure;

	if (!f)
		return "COUNT(*)";
	if (f->kind == FIELD_MEASURE)
		return f->sql ? f->sql : arena_printf(plan->arena, "MEASURE(%s)",
			sql_name(plan->arena, f->name));
	if (!plan->aggregate)
		return column(plan, f);
	return arena_printf(plan->arena, plan->distinct ? "%s(DISTINCT %s)" : "%s(%s)",
		agg_names[plan->agg],
			    column(plan, f));
}

static const char *measure_alias(struct plan *plan)
{
	const struct field *f = plan->measure;

	if (!f)
		return "row_count";
	if (f->kind == FIELD_MEASURE || !plan->aggregate)
		return sql_name(plan->arena, f->name);
	if (starts_withi(f->name, agg_prefixes[plan->agg]))
		return sql_name(plan->arena, f->name);
	return sql_name(plan->arena, arena_printf(plan->arena, "%s_%s", agg_prefixes[plan->agg],
		f->name));
}

static bool has_measure(const struct plan *plan)
{
	return plan->aggregate && (plan->measure || plan->asset->kind == PLANNER_TABLE);
}

static void add_item(struct str *out, const char *expr, const char *alias)
{
	str_addf(out, "%s%s", out->n ? ",\n  " : "", expr);
	if (!streq(expr, alias))
		str_addf(out, " AS %s", alias);
}

/* ---- SELECT ---- */

static void select_all(struct plan *plan, struct str *items)
{
	for (size_t i = 0; i < plan->asset->nfields; i++)
		if (!plan->asset->fields[i].sql)
			add_item(items, column(plan, &plan->asset->fields[i]),
				 sql_name(plan->arena, plan->asset->fields[i].name));
	if (!items->n)
		str_add(items, "*");
}

static bool is_filtered(const struct plan *plan, const struct field *f)
{
	for (size_t i = 0; i < plan->nconditions; i++)
		if (plan->conditions[i].field == f)
			return true;
	return false;
}

/* A ranking of rows shows what names them, also when only their numbers were asked for. */
static void add_label(struct plan *plan, struct str *items)
{
	for (size_t i = 0; i < plan->nmentions; i++)
		if (plan->mentions[i].field->type == TYPE_TEXT &&
			!is_filtered(plan, plan->mentions[i].field))
			return;
	for (size_t i = 0; plan->ask.rank && i < plan->asset->nfields; i++)
		if (plan_is_label(plan, &plan->asset->fields[i])) {
			add_item(items, column(plan, &plan->asset->fields[i]),
				 sql_name(plan->arena, plan->asset->fields[i].name));
			return;
		}
}

/* A weak match is no wish to see the column, in a joined table least of all. */
static bool is_shown(const struct plan *plan, const struct mention *m)
{
	if (is_filtered(plan, m->field))
		return false;
	if (m->field == plan->measure)
		return true;
	return m->score > 0.2 && (m->field->asset == plan->asset || m->whole || m->score > 0.5);
}

/* Rows: the columns that the question names, the label of the asset first; all when it names
 * none but those it filters by. */
static void select_rows(struct plan *plan, struct str *items)
{
	size_t named = 0;

	for (size_t i = 0; i < plan->nmentions; i++)
		named += is_shown(plan, &plan->mentions[i]);
	if (!named) {
		select_all(plan, items);
		return;
	}
	add_label(plan, items);
	for (size_t k = 0; k < PLAN_MAX_WORDS; k++)
		for (size_t i = 0; i < plan->nmentions; i++) {
			const struct mention *m = &plan->mentions[i];

			if (m->at == k && is_shown(plan, m))
				add_item(items, column(plan, m->field),
					sql_name(plan->arena, m->field->name));
		}
}

static void need_rows(struct plan *plan)
{
	for (size_t i = 0; i < plan->nmentions; i++)
		if (is_shown(plan, &plan->mentions[i]))
			plan_need(plan, plan->mentions[i].field);
}

/* Rows that may come twice: through joins, or when only groups of events were asked for. */
static bool repeats(struct plan *plan)
{
	bool text = false;

	for (size_t i = 0; i < plan->nmentions; i++) {
		const struct mention *m = &plan->mentions[i];

		if (m->field->type == TYPE_NUMBER || m->field->type == TYPE_DATE ||
			plan_is_label(plan, m->field))
			return plan->njoins > 0 || plan->ask.distinct;
		text |= is_shown(plan, m);
	}
	return plan->njoins > 0 || plan->ask.distinct || text;
}

static void add_select(struct plan *plan, struct str *sql)
{
	struct str items = STR_INIT;

	if (!plan->aggregate)
		select_rows(plan, &items);
	for (size_t i = 0; plan->aggregate && i < plan->ndims; i++)
		add_item(&items, dimension_sql(plan, &plan->dims[i]),
			dimension_alias(plan, &plan->dims[i]));
	if (has_measure(plan))
		add_item(&items, measure_sql(plan), measure_alias(plan));
	str_addf(sql, "SELECT%s\n  %s", !plan->aggregate && repeats(plan) ? " DISTINCT" : "",
		 str_text(&items));
	str_free(&items);
}

/* ---- FROM ---- */

static void add_table(struct plan *plan, struct str *sql, const struct asset *asset)
{
	str_add(sql, sql_full_name(plan->arena, asset->full_name));
	if (qualified(plan))
		str_addf(sql, " AS %s", sql_name(plan->arena, asset->name));
}

static void add_join(struct plan *plan, struct str *sql, const struct link *l,
	const struct asset *target)
{
	str_add(sql, "\nJOIN ");
	add_table(plan, sql, target);
	for (size_t i = 0; i < l->ncols; i++)
		str_addf(sql, "%s%s.%s = %s.%s", i ? " AND " : " ON ",
			sql_name(plan->arena, l->a->name),
			 sql_name(plan->arena, l->a_cols[i]), sql_name(plan->arena, l->b->name),
			 sql_name(plan->arena, l->b_cols[i]));
}

static void add_from(struct plan *plan, struct str *sql)
{
	const struct asset *in[PLAN_MAX_JOINS + 1] = { plan->asset };
	size_t n = 1;

	str_add(sql, "\nFROM ");
	add_table(plan, sql, plan->asset);
	for (size_t i = 0; i < plan->njoins; i++) {
		const struct link *l = plan->joins[i];
		bool a = false, b = false;

		for (size_t k = 0; k < n; k++) {
			a |= in[k] == l->a;
			b |= in[k] == l->b;
		}
		if (a == b)
			continue;
		add_join(plan, sql, l, a ? l->b : l->a);
		in[n++] = a ? l->b : l->a;
	}
}

/* ---- WHERE, GROUP BY, HAVING, ORDER BY, LIMIT ---- */

/* A condition may read a table of the space by its bare name; a query names it in full. */
static const char *tables_in_full(struct plan *plan, const char *text)
{
	static const char from[] = " from ";
	const char *at = stristr(text, from), *name = at ? at + sizeof from - 1 : NULL;
	size_t n = name ? strcspn(name, " )\n") : 0;

	for (size_t i = 0; n && i < plan->model.nassets; i++) {
		const struct asset *asset = &plan->model.assets[i];

		if (strlen(asset->name) == n && strnieq(asset->name, name, n))
			return arena_printf(plan->arena, "%.*s%s%s", (int)(name - text), text,
				sql_full_name(plan->arena, asset->full_name), name + n);
	}
	return text;
}

static const char *condition_sql(struct plan *plan, const struct condition *c)
{
	if (c->kind == CONDITION_RAW) {
		const char *text = tables_in_full(plan, c->text);

		return stristr(text, " or ") ? arena_printf(plan->arena, "(%s)", text) : text;
	}
	if (c->kind == CONDITION_WINDOW)
		return window_condition(&plan->ask.window, column(plan, c->field), plan->arena);
	return arena_printf(plan->arena, "%s %s", c->measured || !c->field ? measure_sql(plan)
		: column(plan, c->field),
			    c->text);
}

static void add_conditions(struct plan *plan, struct str *sql, bool measured)
{
	bool any = false;

	for (size_t i = 0; i < plan->nconditions; i++) {
		const struct condition *c = &plan->conditions[i];
		const char *text;

		if (c->measured != measured || (!c->field && !measured && !plan->aggregate))
			continue;
		text = condition_sql(plan, c);
		if (!*text)
			continue;
		str_addf(sql, "%s%s", any ? "\n  AND " : measured ? "\nHAVING " : "\nWHERE ", text);
		any = true;
	}
}

static void add_groups(struct plan *plan, struct str *sql)
{
	for (size_t i = 0; plan->aggregate && i < plan->ndims; i++)
		str_addf(sql, "%s%s", i ? ", " : "\nGROUP BY ",
			dimension_sql(plan, &plan->dims[i]));
}

static bool over_time(const struct plan *plan)
{
	for (size_t i = 0; i < plan->ndims; i++)
		if (plan->dims[i].unit || plan->dims[i].field == plan->date ||
		    plan->dims[i].field->type == TYPE_DATE ||
		    (plan->dims[i].field->expr && stristr(plan->dims[i].field->expr, "date_trunc")))
			return true;
	return false;
}

/* "which X has": one; "which X have", "the X with": some. */
static bool singular(const struct plan *plan)
{
	const struct words *w = &plan->ask.words;

	for (size_t i = 0; i + 1 < w->n && i < 8; i++) {
		if (!word_in(w->v[i].lower, " which what who "))
			continue;
		if (word_in(w->v[i + 1].lower, " is was has had "))
			return true;
		for (size_t j = i + 1; j < w->n && j < i + 6; j++) {
			if (word_in(w->v[j].lower, " has had is was does "))
				return true;
			if (word_in(w->v[j].lower, " have are were do "))
				return false;
		}
		return !ends_with(w->v[i + 1].lower, "s");
	}
	return false;
}

/* "ordered by X": the column X of the result. */
static const char *sort_column(struct plan *plan)
{
	for (size_t i = 0; plan->ask.sort_at && i < plan->nmentions; i++) {
		const struct mention *m = &plan->mentions[i];

		if (m->at <= plan->ask.sort_at || m->at > plan->ask.sort_at + 5 ||
			m->field == plan->measure)
			continue;
		if (!plan->aggregate)
			return column(plan, m->field);
		for (size_t d = 0; d < plan->ndims; d++)
			if (plan->dims[d].field == m->field)
				return dimension_alias(plan, &plan->dims[d]);
	}
	return NULL;
}

static void add_order(struct plan *plan, struct str *sql)
{
	const struct ask *ask = &plan->ask;
	bool one = !ask->limit && singular(plan);
	const char *sort = sort_column(plan);

	if (sort && !ask->limit) {
		str_addf(sql, "\nORDER BY %s%s", sort, ask->rank == RANK_TOP ? " DESC" : "");
		return;
	}

	if (ask->recent && plan->date && !plan->aggregate) {
		str_addf(sql, "\nORDER BY %s DESC\nLIMIT %ld", column(plan, plan->date),
			 ask->limit ? ask->limit : one ? 1 : DEFAULT_LIMIT);
		return;
	}
	if (ask->rank && (plan->aggregate ? plan->ndims > 0 : plan->measure != NULL)) {
		str_addf(sql, "\nORDER BY %s %s", plan->aggregate ? measure_alias(plan)
			: column(plan, plan->measure),
			 ask->rank == RANK_TOP ? "DESC" : "ASC");
		if (!ask->sort_only || ask->limit)
			str_addf(sql, "\nLIMIT %ld", ask->limit ? ask->limit : one ? 1
				: DEFAULT_LIMIT);
		return;
	}
	if (plan->aggregate && over_time(plan))
		for (size_t i = 0; i < plan->ndims; i++)
			str_addf(sql, "%s%s", i ? ", " : "\nORDER BY ",
				dimension_alias(plan, &plan->dims[i]));
	else if (plan->aggregate && plan->ndims)
		str_addf(sql, "\nORDER BY %s DESC", measure_alias(plan));
}

const char *plan_sql(struct plan *plan)
{
	struct str sql = STR_INIT;
	const char *out;

	if (!plan->aggregate)
		need_rows(plan);
	add_select(plan, &sql);
	add_from(plan, &sql);
	add_conditions(plan, &sql, false);
	add_groups(plan, &sql);
	add_conditions(plan, &sql, true);
	add_order(plan, &sql);
	out = arena_strdup(plan->arena, str_text(&sql));
	str_free(&sql);
	return out;
}
