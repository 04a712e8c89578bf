/* What is measured: which number, added up how. */
#include "planner_plan.h"

#include "str.h"

static bool rate_like(const struct field *f)
{
	static const char *const marks[] = { "rate", "ratio", "percent", "pct", "average", "avg",
		"price", "score" };

	for (size_t i = 0; i < sizeof marks / sizeof *marks; i++)
		if (stristr(f->name, marks[i]) || stristr(f->comment, marks[i]))
			return true;
	return false;
}

const struct mention *plan_best_number(const struct plan *plan)
{
	for (size_t i = 0; i < plan->nmentions; i++)
		if (plan_is_number(plan->mentions[i].field))
			return &plan->mentions[i];
	return NULL;
}

/* Counts are COUNT measures: by name, or the first whose expression counts. */
static struct field *counting_measure(struct plan *plan)
{
	struct field *best = NULL;
	double most = 0;

	for (size_t i = 0; i < plan->asset->nfields; i++) {
		struct field *f = &plan->asset->fields[i];
		double score = 0;

		if (f->kind != FIELD_MEASURE)
			continue;
		for (size_t w = plan->ask.agg_at + 1; w < plan->ask.words.n &&
			w < plan->ask.agg_at + 4; w++) {
			const struct word *word = &plan->ask.words.v[w];

			if (word->taken || word->known)
				continue;
			for (const struct phrase *p = f->phrases; p; p = p->next)
				for (size_t k = 0; k < p->words.n; k++)
					if (streq(p->words.v[k].stem, word->stem))
						score = 2;
			score += bag_weight(&f->words, word->stem);
		}
		if (f->expr && starts_withi(f->expr, "count"))
			score += score > 0 ? 1 : 0.1;
		if (score > most) {
			most = score;
			best = f;
		}
	}
	return best;
}

struct field *plan_first_number(struct plan *plan)
{
	for (size_t i = 0; i < plan->asset->nfields; i++)
		if (plan_is_number(&plan->asset->fields[i]) && !plan->asset->fields[i].sql)
			return &plan->asset->fields[i];
	return NULL;
}

static bool asset_is_subject(const struct plan *plan)
{
	size_t from, to;

	for (const struct phrase *p = plan->asset->phrases; p; p = p->next)
		if (plan_find(plan, &p->words, &from, &to) && from > plan->ask.agg_at &&
			from <= plan->ask.agg_at + 3)
			return true;
	return false;
}

static void count_rows(struct plan *plan)
{
	const struct mention *subject = NULL;

	plan->agg = AGG_COUNT;
	for (size_t i = 0; i < plan->nmentions; i++) {
		const struct mention *m = &plan->mentions[i];

		if (m->at > plan->ask.agg_at && m->at <= plan->ask.agg_at + 3 &&
			m->field->type != TYPE_BOOL &&
		    !plan_has_condition(plan, m->field) && (!subject || m->at < subject->at))
			subject = m;
	}
	if (!subject || (asset_is_subject(plan) && !plan->ask.distinct))
		return;
	plan->measure = subject->field;
	plan->distinct = !plan_is_number(subject->field);
	if (plan_is_number(subject->field)) {
		plan->agg = AGG_SUM;
		plan_need(plan, plan->measure);
		return;
	}
	for (size_t i = 0; i < plan->ndims; i++)
		if (plan->dims[i].field == subject->field)
			plan->measure = NULL;
	if (plan->measure)
		plan_need(plan, plan->measure);
	else
		plan->distinct = false;
}

void plan_table_measure(struct plan *plan)
{
	const struct mention *m = plan_best_number(plan);

	if (plan->ask.how_many) {
		count_rows(plan);
		return;
	}
	plan->measure = m ? m->field : NULL;
	if (!m && plan->ask.agg != AGG_NONE)
		plan->measure = plan_first_number(plan);
	if (!plan->measure) {
		plan->agg = AGG_COUNT;
		return;
	}
	plan_need(plan, plan->measure);
	plan->agg = plan->ask.agg != AGG_NONE ? plan->ask.agg : rate_like(plan->measure) ? AGG_AVG
		: AGG_SUM;
}

void plan_view_measure(struct plan *plan)
{
	const struct mention *m = NULL;

	for (size_t i = 0; i < plan->nmentions && !m; i++)
		if (plan->mentions[i].field->kind == FIELD_MEASURE)
			m = &plan->mentions[i];
	if (plan->ask.how_many && !(m && m->whole))
		plan->measure = counting_measure(plan);
	else
		plan->measure = m ? m->field : NULL;
	for (size_t i = 0; i < plan->asset->nfields && !plan->measure; i++)
		if (plan->asset->fields[i].kind == FIELD_MEASURE)
			plan->measure = &plan->asset->fields[i];
}
