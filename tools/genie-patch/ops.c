#include "ops.h"

#include "bundle.h"
#include "json.h"
#include "live.h"

#include <stdlib.h>
#include <string.h>

void outcome_free(struct outcome *outcome)
{
	free(outcome->before);
	free(outcome->after);
	strlist_free(&outcome->files);
	strlist_free(&outcome->warnings);
	*outcome = (struct outcome){ 0 };
}

void ops_set(char **after, char *text)
{
	free(*after);
	*after = text;
}

bool ops_expect(const struct patch *patch, const char *now, const char *what, const char *wanted,
	struct err *err)
{
	const char *old = json_str_or(patch->json, "old_text", NULL);
	now = now ? now : "";
	if (!old || streq(now, old) || streq(now, wanted ? wanted : ""))
		return true;
	return err_set(err, ERR_TEMP, "refetch: %s changed: it is \"%.120s\", the patch expects \"%.120s\"",
		       what, now, old);
}

bool ops_to_file(struct state *state, const char *text, const char *like, struct str *out,
	struct err *err)
{
	if (strstr(text, "${"))
		return err_set(err, ERR_DATA, "a text with ${..} would be taken for a variable");
	bundle_template(state->bundle, text, like, out);
	return true;
}

/* A metric view is a view: its comments live in its YAML. */
static bool reroute(struct state *state, const struct patch *patch, struct outcome *outcome,
		    bool *mv, struct err *err)
{
	enum patch_kind kind = patch->type->kind;
	*mv = kind == PATCH_MV_MEASURE || kind == PATCH_MV_DIMENSION || kind == PATCH_MV_YAML ||
		kind == PATCH_ALIAS;
	if (kind != PATCH_TABLE_COMMENT && kind != PATCH_COLUMN_COMMENT)
		return true;
	if (!live_is_metric_view(state, patch->target, mv, err))
		return false;
	if (*mv)
		strlist_take(&outcome->warnings, xasprintf(
			"%s is a metric view: the comment goes into its YAML (lever 2)", patch->target));
	return true;
}

bool ops_apply(struct state *state, const struct patch *patch, struct outcome *outcome,
	struct err *err)
{
	bool mv;
	if (patch->type->scope == PATCH_GENIE)
		return ops_space(state, patch, outcome, err);
	if (!reroute(state, patch, outcome, &mv, err))
		return false;
	if (mv)
		return ops_mv(state, patch, outcome, err);
	if (patch->type->lever == 3)
		return ops_tvf(state, patch, outcome, err);
	return ops_uc(state, patch, outcome, err);
}
