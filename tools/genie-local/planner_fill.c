/* Measure, dimensions, conditions and window of a query on a table or a metric view. */
#include "planner_plan.h"

#include "clock.h"
#include "mem.h"
#include "str.h"

#include <string.h>

void plan_add_condition(struct plan *plan, struct condition condition)
{
	if (plan->nconditions < PLAN_MAX_CONDITIONS)
		plan->conditions[plan->nconditions++] = condition;
}

/* ---- rules ---- */

/* The field of this asset whose name the SQL uses. */
static struct field *field_used(struct asset *asset, const char *sql)
{
	for (size_t i = 0; i < asset->nfields; i++)
		if (!asset->fields[i].sql && text_has_name(sql, asset->fields[i].name))
			return &asset->fields[i];
	return NULL;
}

/* The same for the asset of the query, or one that can be joined to it. */
static struct field *field_of_sql(struct plan *plan, const char *sql, const struct asset *only)
{
	const struct link *path[PLAN_MAX_HOPS];
	struct field *field = NULL;

	if (!only || only == plan->asset)
		field = field_used(plan->asset, sql);
	for (size_t a = 0; !field && plan->asset->kind == PLANNER_TABLE &&
		a < plan->model.nassets; a++) {
		struct asset *asset = &plan->model.assets[a];

		if ((!only || asset == only) && plan_path(plan, asset, path))
			field = field_used(asset, sql);
	}
	return field;
}

static bool is_about_time(const struct plan *plan, size_t from, size_t to)
{
	const struct window *w = &plan->ask.window;

	return w->kind != WINDOW_NONE && from < w->end && to > w->at;
}

void plan_rules(struct plan *plan)
{
	for (struct rule *r = plan->model.rules; r; r = r->next) {
		size_t from = 0, to = 0;
		struct field *field;

		if (r->kind != RULE_FILTER || r->always ||
			!plan_find(plan, &r->phrase, &from, &to))
			continue;
		field = field_of_sql(plan, r->sql, r->asset);
		if (!field)
			continue;
		plan_need(plan, field);
		plan_add_condition(plan, (struct condition){ CONDITION_RAW, field, r->sql, false });
		if (is_about_time(plan, from, to))
			plan->ask.window.kind = WINDOW_NONE;
		for (size_t i = from; i < to; i++)
			plan->ask.words.v[i].taken = true;
	}
}

static bool reads_from(const struct plan *plan, const struct asset *asset)
{
	bool reads = asset == plan->asset;

	for (size_t i = 0; i < plan->njoins; i++)
		reads |= plan->joins[i]->a == asset || plan->joins[i]->b == asset;
	return reads;
}

/* What always holds for a table holds where the table is read, and gives way to what the question
 * says of the same column. It brings no table into a query. */
static void standing_rules(struct plan *plan)
{
	size_t said = plan->nconditions;

	for (struct rule *r = plan->model.rules; r; r = r->next) {
		struct field *field = r->kind == RULE_FILTER && r->always ?
			field_of_sql(plan, r->sql, r->asset) : NULL;
		bool free = field && reads_from(plan, field->asset);

		for (size_t i = 0; i < said; i++)
			free = free && plan->conditions[i].field != field;
		if (free)
			plan_add_condition(plan,
				(struct condition){ CONDITION_RAW, field, r->sql, false });
	}
}

static void default_window(struct plan *plan)
{
	if (plan->ask.window.kind != WINDOW_NONE)
		return;
	for (size_t i = 0; i < plan->nconditions; i++)
		if (plan->conditions[i].field && plan->conditions[i].field->type == TYPE_DATE)
			return;
	for (struct rule *r = plan->model.rules; r; r = r->next)
		if (r->kind == RULE_WINDOW && plan->ask.window.kind == WINDOW_NONE)
			window_find(&plan->ask.window, &r->phrase, plan->today);
}

/* ---- roles ---- */

bool plan_is_number(const struct field *f)
{
	return f->kind == FIELD_MEASURE || (f->type == TYPE_NUMBER && !f->key);
}

/* The noun that is ranked or asked for: "top 5 X", "which X". */
static bool is_subject(const struct plan *plan, const struct mention *m)
{
	const struct ask *ask = &plan->ask;

	if (ask->how_many && m->at > ask->agg_at && m->at <= ask->agg_at + 3)
		return false; /* what is counted */
	if (ask->rank && m->at > ask->rank_at && m->at <= ask->rank_at + 3)
		return true;
	for (size_t i = m->at, steps = 0; i-- > 0 && steps < 3; steps++) {
		if (word_in(ask->words.v[i].lower, " which what who whose "))
			return true;
		if (word_is_function(ask->words.v[i].lower))
			return false;
	}
	return false;
}

static struct word *opposite_of(struct plan *plan, const struct field *field)
{
	static const char *const prefixes[] = { "in", "un", "non" };

	for (const struct phrase *p = field->phrases; p; p = p->next)
		for (size_t k = 0; k < p->words.n; k++)
			for (size_t i = 0; i < plan->ask.words.n; i++)
				for (size_t x = 0; x < sizeof prefixes / sizeof *prefixes; x++) {
					struct word *w = &plan->ask.words.v[i];

					if (!p->words.v[k].known &&
						starts_with(w->stem, prefixes[x]) &&
						streq(w->stem + strlen(prefixes[x]),
						p->words.v[k].stem))
						return w;
				}
	return NULL;
}

/* "inactive" says that is_active is false. */
static void opposites(struct plan *plan)
{
	for (size_t f = 0; f < plan->asset->nfields; f++) {
		struct field *field = &plan->asset->fields[f];
		const struct word *said = field->type == TYPE_BOOL ? opposite_of(plan, field)
			: NULL;

		if (said)
			plan_add_condition(plan,
				(struct condition){ CONDITION_FIELD, field, "= FALSE", false });
	}
}

bool plan_has_condition(const struct plan *plan, const struct field *field)
{
	for (size_t i = 0; i < plan->nconditions; i++)
		if (plan->conditions[i].field == field)
			return true;
	return false;
}

static void add_dimension(struct plan *plan, struct field *field, enum unit unit)
{
	for (size_t i = 0; i < plan->ndims; i++)
		if (plan->dims[i].field == field)
			return;
	if (plan->ndims == PLAN_MAX_DIMENSIONS)
		return;
	plan_need(plan, field);
	plan->dims[plan->ndims++] = (struct dimension){ field, unit };
}

static bool negated(const struct plan *plan, size_t at)
{
	for (size_t i = at, steps = 0; i-- > 0 && steps < 2; steps++)
		if (word_in(plan->ask.words.v[i].lower, " not non no without isn aren excluding "))
			return true;
	return false;
}

/* "names of the top 3 X" is about the name, not about the key too. */
static bool label_is_named(struct plan *plan, const struct asset *asset)
{
	for (size_t i = 0; i < plan->nmentions; i++)
		if (plan->mentions[i].field->asset == asset &&
			plan_is_label(plan, plan->mentions[i].field))
			return true;
	return false;
}

static void place_mention(struct plan *plan, const struct mention *m)
{
	struct field *f = m->field;
	bool grouped = ask_groups_at(&plan->ask, m->at);

	if (plan_is_number(f) || f->type == TYPE_DATE) {
		if (f->type == TYPE_DATE && grouped && !plan->ask.grain)
			add_dimension(plan, f, UNIT_NONE);
		return;
	}
	if (f->type == TYPE_BOOL && plan_has_condition(plan, f))
		return;
	if (f->type == TYPE_BOOL && !grouped) {
		plan_need(plan, f);
		plan_add_condition(plan, (struct condition){ CONDITION_FIELD, f,
			negated(plan, m->at) ? "= FALSE" : "= TRUE", false });
		return;
	}
	if (f->key && !m->whole && label_is_named(plan, f->asset))
		return;
	if (grouped || is_subject(plan, m))
		add_dimension(plan, f, UNIT_NONE);
	else if (plan->ask.list && !plan_has_condition(plan, f) && m->score > 0.2)
		add_dimension(plan, f, UNIT_NONE);
}

/* ---- time ---- */

static double date_score(const struct plan *plan, const struct field *f)
{
	double score = 0;

	for (size_t i = 0; i < plan->nmentions; i++)
		if (plan->mentions[i].field == f)
			score += 2 * plan->mentions[i].score;
	if (stristr(f->comment, "time filter") || stristr(f->comment, "date filter") ||
	    stristr(f->comment, "primary date") || stristr(f->comment, "default date") ||
	    stristr(f->comment, "last n days") || stristr(f->comment, "filter by date") ||
	    stristr(f->comment, "CURRENT_DATE"))
		score += 1;
	return score;
}

static bool is_date(const struct field *f)
{
	if (f->type == TYPE_DATE)
		return true;
	/* without a type, a dimension's name and comment have to tell */
	return f->kind == FIELD_DIMENSION && f->type == TYPE_OTHER && !*f->type_name && !f->sql &&
	(stristr(f->name, "date") || stristr(f->name, "timestamp") || ends_with(f->name, "_dt") ||
	ends_with(f->name, "_ts") || ends_with(f->name, "_at") || ends_with(f->name, "_on") ||
	ends_with(f->name, "_day"));
}

static bool is_truncated(const struct field *f)
{
	return f->expr && stristr(f->expr, "date_trunc");
}

static struct field *choose_date(struct plan *plan)
{
	struct field *best = NULL;
	double most = -1;
	const struct link *path[PLAN_MAX_HOPS];

	for (size_t i = 0; i < plan->asset->nfields; i++) {
		struct field *f = &plan->asset->fields[i];
		double score = is_date(f) && !is_truncated(f) ? date_score(plan, f) : -1;

		if (score > most) {
			most = score;
			best = f;
		}
	}
	for (size_t a = 0; !best && plan->asset->kind == PLANNER_TABLE &&
		a < plan->model.nassets; a++)
		for (size_t i = 0; !best && i < plan->model.assets[a].nfields; i++)
			if (is_date(&plan->model.assets[a].fields[i]) &&
				plan_path(plan, &plan->model.assets[a], path))
				best = &plan->model.assets[a].fields[i];
	return best;
}

/* A dimension that is the unit itself: "usage_month". */
static struct field *unit_dimension(struct plan *plan, enum unit unit)
{
	for (size_t i = 0; i < plan->asset->nfields; i++) {
		struct field *f = &plan->asset->fields[i];
		struct words words;

		words_of_name(&words, f->name, plan->arena);
		if (words.n == 0 || unit_of(words.v[words.n - 1].lower) != unit ||
			f->type == TYPE_DATE ||
		    ends_with(words.v[words.n - 1].lower, "s"))
			continue;
		if (f->kind == FIELD_DIMENSION ? is_truncated(f) || !plan->date
			: f->kind == FIELD_COLUMN && words.n == 1)
			return f;
	}
	return NULL;
}

static enum unit trend_unit(const struct window *w)
{
	bool longer = w->kind == WINDOW_NONE || w->unit == UNIT_YEAR || w->unit == UNIT_QUARTER ||
		      (w->kind == WINDOW_LAST && w->unit == UNIT_MONTH && w->n > 2) ||
		      (w->kind == WINDOW_LAST && w->unit == UNIT_DAY && w->n > 92);

	return longer ? UNIT_MONTH : UNIT_DAY;
}

/* "average daily X" named in full is no grouping by day. */
static bool grain_is_named(const struct plan *plan)
{
	for (size_t i = 0; i < plan->nmentions; i++)
		if (plan->mentions[i].whole && plan->mentions[i].mask >> plan->ask.grain_at & 1 &&
		    plan->mentions[i].mask & (plan->mentions[i].mask - 1))
			return true;
	return false;
}

/* Without a date column, a whole year can still be a number. */
static void year_window(struct plan *plan)
{
	const struct window *w = &plan->ask.window;
	struct field *year = unit_dimension(plan, UNIT_YEAR);
	int y, m, d;

	if (w->kind != WINDOW_RANGE || !year || w->from == INT64_MIN || w->to - w->from < 365 ||
		w->to - w->from > 366)
		return;
	date_to_civil(w->from, &y, &m, &d);
	plan_add_condition(plan, (struct condition){ CONDITION_FIELD, year,
		arena_printf(plan->arena, "= %d", y), false });
}

static void fill_time(struct plan *plan)
{
	struct ask *ask = &plan->ask;
	enum unit unit = ask->grain && !grain_is_named(plan) ? ask->grain : UNIT_NONE;
	struct field *own;

	default_window(plan);
	plan->date = choose_date(plan);
	if (!unit && ask->trend)
		unit = trend_unit(&ask->window);
	if (!unit && ask->over_year)
		unit = UNIT_YEAR; /* KGL-3: nobody told how */
	own = unit ? unit_dimension(plan, unit) : NULL;
	if (own && (!plan->date || own->kind == FIELD_DIMENSION)) {
		add_dimension(plan, own, UNIT_NONE);
		unit = UNIT_NONE;
	}
	if (!plan->date) {
		year_window(plan);
		return;
	}
	if (ask->window.kind != WINDOW_NONE) {
		plan_need(plan, plan->date);
		plan_add_condition(plan, (struct condition){ CONDITION_WINDOW, plan->date, NULL,
			false });
	}
	if (unit)
		add_dimension(plan, plan->date, unit == UNIT_DAY &&
			!starts_withi(plan->date->type_name, "timestamp") ?
			      UNIT_NONE : unit);
}

/* ---- thresholds ---- */

static void fill_thresholds(struct plan *plan)
{
	for (size_t i = 0; i < plan->ask.nthresholds; i++) {
		const struct threshold *t = &plan->ask.thresholds[i];
		const struct mention *near = NULL;
		struct field *field;
		const char *text;

		for (size_t k = 0; k < plan->nmentions; k++) {
			const struct mention *m = &plan->mentions[k];
			size_t d = m->at > t->at ? m->at - t->at : t->at - m->at;
			size_t best = !near ? 100 : near->at > t->at ? near->at - t->at
				: t->at - near->at;

			if ((plan_is_number(m->field) || m->field->type == TYPE_NUMBER) && d < best)
				near = m;
		}
		field = near ? near->field : plan->measure;
		if (!field && !plan->aggregate)
			field = plan_first_number(plan);
		text = t->high ? arena_printf(plan->arena, "BETWEEN %s AND %s", t->number, t->high)
			       : arena_printf(plan->arena, "%s %s", t->op, t->number);
		plan_need(plan, field);
		plan_add_condition(plan, (struct condition){ CONDITION_FIELD, field, text,
		field == plan->measure && plan->aggregate &&
		(plan->ndims || !field || field->kind == FIELD_MEASURE) });
	}
}

/* ---- all together ---- */

bool plan_is_label(struct plan *plan, const struct field *field)
{
	static const char labels[] = " name title label ";
	struct words words, own;

	if (field->kind != FIELD_COLUMN || field->asset->kind != PLANNER_TABLE ||
		field->type != TYPE_TEXT)
		return false;
	words_of_name(&words, field->name, plan->arena);
	words_of_name(&own, field->asset->name, plan->arena);
	if (!words.n || !word_in(words.v[words.n - 1].lower, labels))
		return words.n == 1 && own.n == 1 && streq(words.v[0].stem, own.v[0].stem);
	for (size_t i = 0; i + 1 < words.n; i++) {
		bool found = false;

		for (size_t k = 0; k < own.n; k++)
			found |= streq(words.v[i].stem, own.v[k].stem);
		if (!found)
			return false;
	}
	return true;
}

/* The rows themselves are ranked when the only group is what names them. */
static bool ranks_rows(struct plan *plan)
{
	const struct field *f = plan->dims[0].field;

	return plan->ndims == 1 && f->asset == plan->asset && plan_is_label(plan, f);
}

/* Tables whose rows have a name hold things; the others hold events and are added up. */
static bool has_label(struct plan *plan)
{
	for (size_t i = 0; i < plan->asset->nfields; i++)
		if (plan_is_label(plan, &plan->asset->fields[i]))
			return true;
	return false;
}

static bool wants_aggregate(struct plan *plan)
{
	const struct ask *ask = &plan->ask;

	if (plan->asset->kind == PLANNER_METRIC_VIEW)
		return true;
	if (ask->agg != AGG_NONE || ask->grain || ask->trend || ask->over_year)
		return true;
	for (size_t i = 0; i < plan->nmentions; i++)
		if (ask_groups_at(ask, plan->mentions[i].at) && !plan_is_number(plan->mentions[i].field))
			return true;
	for (size_t i = 0; i < plan->nmentions; i++)
		if (plan->mentions[i].field->kind == FIELD_MEASURE)
			return true;
	if (plan_best_number(plan) && !ask->list && !ask->rank && (ask->compare || !has_label(plan)))
		return true;
	return ask->rank && !ask->recent && plan->ndims > 0 && !ranks_rows(plan);
}

/* "top 5 X", "which X has the most": the X may be a table with a column that names it. */
static void subject_table(struct plan *plan)
{
	const struct ask *ask = &plan->ask;
	const struct link *path[PLAN_MAX_HOPS];

	if (plan->ndims || !(ask->rank || ask->how_many))
		return;
	for (size_t i = 0; i < plan->nmentions; i++)
		if (plan->mentions[i].field->asset != plan->asset &&
		plan_path(plan, plan->mentions[i].field->asset, path) &&
		is_subject(plan, &plan->mentions[i]) &&
		    !plan_is_number(plan->mentions[i].field))
			add_dimension(plan, plan->mentions[i].field, UNIT_NONE);
}

/* A bare superlative of one number: MAX or MIN. */
static void superlative(struct plan *plan)
{
	if (!plan->ask.rank || plan->ndims || plan->ask.limit || !plan->measure ||
		plan->ask.agg != AGG_NONE ||
	    plan->measure->kind == FIELD_MEASURE || plan->ask.sort_only)
		return;
	plan->aggregate = true;
	plan->agg = plan->ask.rank == RANK_TOP ? AGG_MAX : AGG_MIN;
}

static bool names_a_row(const struct plan *plan)
{
	for (size_t i = 0; i < plan->ask.words.n; i++)
		if (word_in(plan->ask.words.v[i].lower, " which who list show names are "))
			return true;
	return false;
}

void plan_fill(struct plan *plan)
{
	opposites(plan);
	for (size_t i = 0; i < plan->nmentions; i++)
		place_mention(plan, &plan->mentions[i]);
	subject_table(plan);
	plan->aggregate = wants_aggregate(plan);
	if (plan->asset->kind == PLANNER_METRIC_VIEW)
		plan_view_measure(plan);
	else if (plan->aggregate)
		plan_table_measure(plan);
	else if (plan_best_number(plan) && plan->ask.rank)
		plan->measure = plan_best_number(plan)->field;
	plan_need(plan, plan->measure);
	fill_time(plan);
	fill_thresholds(plan);
	standing_rules(plan);
	if (!plan->aggregate && !names_a_row(plan))
		superlative(plan);
}
