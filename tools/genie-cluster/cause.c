#include "cause.h"

#include "json.h"
#include "mem.h"
#include "rows.h"

#include <stdlib.h>
#include <string.h>

/* Types that explain others come first; what is not here ranks last. */
static const char *const explains[] = { "asset_routing_error", "wrong_table", "tvf_parameter_error",
	"wrong_join", "wrong_measure", "wrong_column", "wrong_aggregation", "missing_temporal_filter",
	"missing_filter", "wrong_filter", "missing_synonym", "description_mismatch",
	"repeatability_issue", "missing_instruction", "ambiguous_question" };

/* Words of a rationale that name a type, for verdicts without ASI. */
static const struct {
	const char *words, *failure_type;
} readings[] = {
	{ "metric view instead|tvf instead|table instead|routing|wrong asset", "asset_routing_error" },
	{ "wrong table|incorrect table|different table", "wrong_table" },
	{ "parameter|argument", "tvf_parameter_error" },
	{ "missing join|wrong join|join condition|incorrect join", "wrong_join" },
	{ "wrong measure|different measure", "wrong_measure" },
	{ "wrong column|incorrect column|different column", "wrong_column" },
	{ "aggregat|sum instead|count instead|average instead", "wrong_aggregation" },
	{ "time window|date range|time period|date filter|temporal", "missing_temporal_filter" },
	{ "missing filter|no filter|without the filter|lacks a filter|missing where", "missing_filter" },
	{ "wrong filter|filter value|incorrect filter", "wrong_filter" },
	{ "synonym|unknown term", "missing_synonym" },
	{ "ambiguous|unclear", "ambiguous_question" },
	{ "stale", "stale_data" },
};

static const char *const generic_starts[] = { "review", "check", "verify", "consider", "ensure",
	"investigate", "look at", "improve", "make sure", "validate" };

static int explaining_rank(const char *type)
{
	for (size_t i = 0; i < countof(explains); i++)
		if (streq(explains[i], type))
			return (int)i;
	return (int)countof(explains) + streq(type, "other");
}

static bool has_any(const char *text, const char *words)
{
	char word[64];
	for (const char *p = words; *p; p += *p == '|') {
		size_t n = strcspn(p, "|");
		memcpy(word, p, n);
		word[n] = '\0';
		if (stristr(text, word))
			return true;
		p += n;
	}
	return false;
}

static const char *read_type(const char *rationale)
{
	for (size_t i = 0; i < countof(readings); i++)
		if (has_any(rationale, readings[i].words))
			return readings[i].failure_type;
	return "other";
}

bool fix_is_generic(const char *fix)
{
	for (size_t i = 0; i < countof(generic_starts); i++)
		if (starts_withi(fix, generic_starts[i]))
			return true;
	return !*fix;
}

static bool blames_time(const struct json *asi)
{
	const char *clause = json_str_or(asi, "wrong_clause", "");
	const char *fix = json_str_or(asi, "counterfactual_fix", "");
	return has_any(clause, "date|month|year|week|day|interval|quarter|_dt|_ts") ||
	       has_any(fix, "time window|date range|temporal");
}

int cause_lever(const char *failure_type, const struct json *asi, const char *asset)
{
	const struct failure_type *type = failure_type_find(failure_type);
	if (streq(failure_type, "missing_filter") && streq(asset, "MV") && blames_time(asi))
		return 2;
	if (streq(failure_type, "repeatability_issue"))
		return streq(asset, "TVF") ? 6 : 1;
	return type ? type->lever : 6;
}

struct verdict {
	const char *judge, *type;
	const struct json *asi;
	double confidence;
	int severity;
};

static struct verdict read_verdict(const struct json *row, const char *judge)
{
	struct verdict v = { .judge = judge, .asi = row_asi(row, judge) };
	const char *given = json_str_or(v.asi, "failure_type", NULL);
	const struct failure_type *type = given ? failure_type_find(given) : NULL;
	if (!type)
		type = failure_type_find(read_type(row_rationale(row, judge)));
	v.type = type->name;
	v.confidence = json_num_or(v.asi, "confidence", v.asi ? 0.5 : 0.3);
	v.severity = severity_rank(json_str_or(v.asi, "severity", type->severity));
	return v;
}

/* Does a explain more than b? Ties go to the judge that is listed first. */
static bool explains_more(const struct verdict *a, const struct verdict *b)
{
	int x = explaining_rank(a->type), y = explaining_rank(b->type);
	if (x != y)
		return x < y;
	if (a->severity != b->severity)
		return a->severity > b->severity;
	return a->confidence > b->confidence;
}

static char *first_blame(const struct json *asi)
{
	const struct json *set = json_get(asi, "blame_set");
	const char *text = json_text(json_at(set, 0));
	char *blame = xstrlower(text ? text : "");
	size_t to = 0;
	for (size_t i = 0; blame[i]; i++)
		if (blame[i] != '`')
			blame[to++] = blame[i];
	blame[to] = '\0';
	return blame;
}

bool cause_find(struct cause *cause, const struct json *row)
{
	struct verdict best = { 0 };
	struct strlist names = { 0 };
	*cause = (struct cause){ 0 };
	row_judge_names(row, &names);
	for (size_t i = 0; i < names.n; i++) {
		if (!row_fails(row, names.v[i]))
			continue;
		strlist_add(&cause->judges, names.v[i]);
		struct verdict v = read_verdict(row, names.v[i]);
		if (!best.type || explains_more(&v, &best))
			best = v;
	}
	if (best.type) {
		cause->failure_type = best.type;
		cause->asi = best.asi;
		for (size_t i = 0; i < cause->judges.n; i++)
			if (streq(cause->judges.v[i], best.judge))
				cause->judge = cause->judges.v[i];
		cause->blame = first_blame(best.asi);
		cause->confidence = best.confidence;
		cause->severity = best.severity;
		cause->lever = cause_lever(best.type, best.asi, json_str_or(row, "asset", "NONE"));
	}
	strlist_free(&names);
	return best.type != NULL;
}

void cause_free(struct cause *cause)
{
	free(cause->blame);
	strlist_free(&cause->judges);
}
