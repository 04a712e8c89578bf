#include "planner.h"

#include "planner_plan.h"

#include "clock.h"
#include "json.h"
#include "mem.h"
#include "str.h"

#include <stdlib.h>
#include <string.h>

static const char rephrase[] =
	"I could not find data in this space that answers the question. "
	"Please rephrase it, or name the table or the measure that you mean.";

/* The asset that an example's SQL reads. */
static void note_asset(struct plan *plan, const char *sql)
{
	struct asset *asset = model_asset_in(&plan->model, sql, NULL);

	if (asset)
		plan->asset = asset;
}

static const char *plan_query(struct plan *plan, const char *question)
{
	const char *sql = plan_example(plan);

	if (sql) {
		note_asset(plan, sql);
		return sql;
	}
	if (!plan_route(plan))
		return NULL;
	if (plan->asset->kind != PLANNER_FUNCTION)
		plan_rules(plan);
	plan_values(plan, question);
	plan_match(plan);
	if (plan->asset->kind == PLANNER_FUNCTION)
		return plan_call(plan);
	plan_fill(plan);
	return plan_sql(plan);
}

/* "Total X by Y, from Z." */
static char *describe(const struct plan *plan)
{
	struct str text = STR_INIT;
	const char *what = plan->aggregate ? "Number of rows" : "Rows";

	str_add(&text, plan->measure ? plan->measure->name : what);
	for (size_t i = 0; i < plan->ndims; i++)
		str_addf(&text, "%s%s", i ? ", " : " by ", plan->dims[i].field->name);
	if (plan->asset)
		str_addf(&text, " from %s", plan->asset->name);
	str_addc(&text, '.');
	return str_take(&text);
}

static void fill_answer(const struct plan *plan, const char *sql, struct planner_answer *out)
{
	if (!sql) {
		out->text = xstrdup(rephrase);
		return;
	}
	out->sql = xstrdup(sql);
	out->description = describe(plan);
	out->text = xstrdup(out->description);
	out->asset = plan->asset ? xstrdup(plan->asset->full_name) : NULL;
	out->kind = plan->asset ? plan->asset->kind : PLANNER_NONE;
	out->drawn = plan->drawn;
}

bool planner_answer(const struct planner_input *in, struct planner_answer *out, struct err *err)
{
	struct arena arena = { NULL, 0 };
	struct plan *plan;
	int64_t today;

	memset(out, 0, sizeof *out);
	if (strlen(in->question) > PLANNER_MAX_QUESTION)
		return err_set(err, ERR_DATA, "question: longer than %d bytes",
			PLANNER_MAX_QUESTION);
	if (!date_parse(in->today, &today))
		return err_set(err, ERR_DATA, "today: not a date: %s", in->today);
	plan = xcalloc(1, sizeof *plan);
	plan->arena = plan->model.arena = &arena;
	plan->today = today;
	plan->seed = in->seed;
	model_load(&plan->model, in->config, in->uc);
	ask_read(&plan->ask, in->question, today, &arena);
	fill_answer(plan, plan_query(plan, in->question), out);
	model_free(&plan->model);
	free(plan);
	arena_free(&arena);
	return true;
}

void planner_answer_free(struct planner_answer *answer)
{
	free(answer->sql);
	free(answer->description);
	free(answer->text);
	free(answer->asset);
	memset(answer, 0, sizeof *answer);
}
