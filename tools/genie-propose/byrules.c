#include "byrules.h"

#include "cases.h"
#include "drafts.h"
#include "rules.h"
#include "rules_space.h"

#include "json.h"
#include "str.h"

/* Causes that a name, a comment or a synonym can repair: the lever is the one of
 * the object that the question needs. */
static bool is_naming(const char *cause)
{
	static const char *const causes[] = { "wrong_table", "wrong_column", "wrong_join",
		"wrong_measure",
		"wrong_aggregation", "missing_synonym", "description_mismatch",
		"missing_temporal_filter",
		"repeatability_issue", "monitoring_gap", "stale_data", "data_freshness",
		"ml_feature_missing", "model_scoring_error", "feature_store_mismatch",
		"asset_routing_error",
		"missing_filter", "wrong_filter", "compliance_violation", "other" };
	for (size_t i = 0; i < countof(causes); i++)
		if (streq(causes[i], cause))
			return true;
	return false;
}

static void propose_for(struct proposal *p, const struct fact_case *c, const struct json *cluster)
{
	const char *cause = json_str_or(cluster, "root_cause", "");
	if (p->lever == 3)
		rules_calls(p, c, cluster);
	else if (p->lever == 6)
		rules_space(p, c, cluster);
	else if (is_naming(cause))
		rules_names(p, c, cluster);
	if (p->lever == 2)
		rules_views(p, c, cluster);
	if (p->lever != 6)
		rules_codes(&(struct asked){ p, c, cluster, cause });
}

static void propose_list(struct proposal *p, const struct json *list)
{
	for (const struct json *cluster = json_first(list); cluster; cluster = json_next(cluster)) {
		const struct json *ids = json_get(cluster, "question_ids");
		for (const struct json *id = json_first(ids); id; id = json_next(id)) {
			const struct fact_case *c = cases_find(p->cases, json_text(id));
			p->cluster = cluster;
			if (c && c->gold_sql)
				propose_for(p, c, cluster);
		}
	}
}

void draft_by_rules(struct proposal *p, const struct json *clusters, struct json *all)
{
	propose_list(p, json_get(clusters, "clusters"));
	propose_list(p, json_get(clusters, "long_tail"));
	if (p->lever == 6)
		rules_space_end(p);
	drafts_write(p, all);
}
