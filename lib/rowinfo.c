/* What a row says. */
#include "rows.h"

#include "json.h"

#include <string.h>

const char *const row_judges[] = {
	"syntax_validity", "schema_accuracy", "logical_accuracy", "semantic_equivalence",
	"completeness", "asset_routing", "result_correctness", "arbiter", "repeatability", NULL
};

bool row_is_judge(const char *name)
{
	for (size_t i = 0; row_judges[i]; i++)
		if (streq(row_judges[i], name))
			return true;
	return false;
}

/* Levers: patches.md, "Proposals". */
const struct failure_type failure_types[] = {
	{ "wrong_table", 1, "critical" },
	{ "wrong_column", 1, "major" },
	{ "wrong_join", 1, "major" },
	{ "missing_filter", 3, "major" },
	{ "missing_temporal_filter", 2, "major" },
	{ "wrong_filter", 3, "major" },
	{ "wrong_aggregation", 2, "major" },
	{ "wrong_measure", 2, "major" },
	{ "missing_instruction", 6, "minor" },
	{ "ambiguous_question", 6, "minor" },
	{ "asset_routing_error", 6, "major" },
	{ "tvf_parameter_error", 3, "major" },
	{ "compliance_violation", 1, "critical" },
	{ "performance_issue", 2, "minor" },
	{ "repeatability_issue", 1, "minor" },
	{ "missing_synonym", 1, "minor" },
	{ "description_mismatch", 1, "minor" },
	{ "monitoring_gap", 4, "minor" },
	{ "stale_data", 4, "minor" },
	{ "data_freshness", 4, "minor" },
	{ "ml_feature_missing", 5, "minor" },
	{ "model_scoring_error", 5, "major" },
	{ "feature_store_mismatch", 5, "minor" },
	{ "other", 6, "minor" },
	{ NULL, 0, NULL },
};

const struct failure_type *failure_type_find(const char *name)
{
	for (const struct failure_type *t = failure_types; t->name; t++)
		if (streq(t->name, name))
			return t;
	return NULL;
}

static const char *const severities[] = { "info", "minor", "major", "critical" };

int severity_rank(const char *severity)
{
	for (int i = 0; i < (int)countof(severities); i++)
		if (streq(severities[i], severity))
			return i;
	return -1;
}

const char *severity_name(int rank)
{
	return rank < 0 || rank >= (int)countof(severities) ? severities[0] : severities[rank];
}

const char *row_id(const struct json *row)
{
	return json_str_or(row, "question_id", "");
}

const char *row_question(const struct json *row)
{
	return json_str_or(row, "question", "");
}

const struct json *row_judge(const struct json *row, const char *judge)
{
	return json_get(json_get(row, "judges"), judge);
}

const char *row_value(const struct json *row, const char *judge)
{
	return json_str_or(row_judge(row, judge), "value", NULL);
}

const char *row_rationale(const struct json *row, const char *judge)
{
	return json_str_or(row_judge(row, judge), "rationale", "");
}

const struct json *row_asi(const struct json *row, const char *judge)
{
	const struct json *asi = json_get(row_judge(row, judge), "asi");
	return json_is(asi, JSON_OBJECT) ? asi : NULL;
}

bool row_fails(const struct json *row, const char *judge)
{
	const char *value = row_value(row, judge);
	return streq(value, "no") || streq(value, "ground_truth_correct")
		|| streq(value, "neither_correct");
}

bool row_passes(const struct json *row)
{
	const char *arbiter = row_value(row, "arbiter");
	return streq(row_value(row, "result_correctness"), "yes")
		|| streq(arbiter, "genie_correct") || streq(arbiter, "both_correct");
}

const char *row_outcome(const struct json *row)
{
	static const char *const outcomes[] = { "pass", "fail", "excluded" };
	const char *written = json_str_or(row, "outcome", NULL);
	for (size_t i = 0; i < countof(outcomes); i++)
		if (streq(written, outcomes[i]))
			return outcomes[i];
	return row_passes(row) ? "pass" : "fail";
}

bool row_is_right(const struct json *row)
{
	const char *result = row_value(row, "result_correctness");
	return result ? streq(result, "yes") : streq(row_outcome(row), "pass");
}

void row_judge_names(const struct json *row, struct strlist *names)
{
	struct strlist other = { 0 };
	const struct json *judges = json_get(row, "judges");
	for (size_t i = 0; row_judges[i]; i++)
		if (json_get(judges, row_judges[i]))
			strlist_add_new(names, row_judges[i]);
	for (const struct json *j = json_first(judges); j; j = json_next(j))
		if (!row_is_judge(json_key(j)))
			strlist_add(&other, json_key(j));
	strlist_sort(&other);
	for (size_t i = 0; i < other.n; i++)
		strlist_add_new(names, other.v[i]);
	strlist_free(&other);
}
