#include "judge.h"

#include "compare.h"
#include "comparesql.h"
#include "json.h"
#include "judgediff.h"
#include "judgefix.h"
#include "rows.h"
#include "str.h"

#include <stdlib.h>
#include <string.h>

struct judging {
	const struct judge_input *in;
	struct json *row, *judges;
	struct arena arena;
	struct fix_context fix;
	struct sqlfacts gold, genie;
	struct fault_list faults;
	bool have_gold, have_sql;
	bool comparable;      /* both texts are understood as queries */
	bool match;           /* the results are the same answer */
	const char *verdict;  /* of the comparison, or "" */
};

#define BIT(kind) (1u << (kind))
static const unsigned schema_faults = BIT(FAULT_TABLE) | BIT(FAULT_JOIN) | BIT(FAULT_COLUMN);
static const unsigned logic_faults = BIT(FAULT_AGGREGATE) | BIT(FAULT_MEASURE) | BIT(FAULT_GROUP)
	| BIT(FAULT_FILTER) | BIT(FAULT_TEMPORAL) | BIT(FAULT_EXTRA_FILTER) | BIT(FAULT_CALL)
	| BIT(FAULT_LIMIT) | BIT(FAULT_ORDER);
static const unsigned meaning_faults = BIT(FAULT_TABLE) | BIT(FAULT_MEASURE) | BIT(FAULT_AGGREGATE)
	| BIT(FAULT_GROUP) | BIT(FAULT_FILTER) | BIT(FAULT_TEMPORAL) | BIT(FAULT_EXTRA_FILTER)
	| BIT(FAULT_CALL);
static const unsigned missing_faults = BIT(FAULT_OUTPUT);

static void give(struct judging *j, const char *judge, const char *value, const char *rationale,
		 struct json *asi)
{
	struct json *verdict = json_set(j->judges, judge, json_new_object());
	json_set_str(verdict, "value", value);
	json_set_str(verdict, "rationale", rationale);
	json_set_str(verdict, "source", "code");
	if (asi)
		json_set(verdict, "asi", asi);
}

static const char *describe(struct judging *j, const struct fault *f)
{
	if (*f->expected && *f->actual)
		return arena_printf(&j->arena, "%s: expected %s, Genie wrote %s", f->clause,
				    f->expected, f->actual);
	if (*f->expected)
		return arena_printf(&j->arena, "%s: expected %s is missing", f->clause, f->expected);
	return arena_printf(&j->arena, "%s: Genie added %s", f->clause, f->actual);
}

/* A fault counts when the results differ; when they agree, only if it is more than
 * another way to write the same. */
static const struct fault *first_fault(const struct judging *j, unsigned kinds)
{
	const struct fault *soft = NULL;
	for (size_t i = 0; i < j->faults.n; i++) {
		const struct fault *f = &j->faults.v[i];
		if (!(kinds & BIT(f->kind)))
			continue;
		if (!f->soft)
			return f;
		soft = soft ? soft : f;
	}
	return j->match ? NULL : soft;
}

static double confidence(const struct judging *j, const struct fault *f)
{
	if (j->gold.problems || j->genie.problems)
		return 0.4;
	return f->soft ? 0.4 : j->match ? 0.5 : 0.85;
}

static struct json *unknown_asi(struct judging *j, const char *why)
{
	return asi_plain(&j->fix, "other", "info", 0.0, NULL, NULL, NULL, why);
}

static void structural(struct judging *j, const char *judge, unsigned kinds, const char *fine)
{
	if (!j->have_gold) {
		give(j, judge, "unknown", "there is no expected SQL to compare with",
		     unknown_asi(j, "the benchmark needs an expected SQL for this question"));
		return;
	}
	if (!j->comparable) {
		give(j, judge, "unknown", "one of the queries is not understood in full",
		     unknown_asi(j, "compare the two texts by hand"));
		return;
	}
	const struct fault *f = first_fault(j, kinds);
	/* over the wrong table nothing else can be right, though nothing else is blamed */
	if (!f && !j->match)
		f = first_fault(j, BIT(FAULT_TABLE));
	if (f)
		give(j, judge, "no", describe(j, f), asi_of_fault(&j->fix, f, confidence(j, f)));
	else
		give(j, judge, "yes", fine, NULL);
}

/* ---- syntax ---- */

static const struct { const char *sign, *type; } error_types[] = {
	{ "TABLE_OR_VIEW_NOT_FOUND", "wrong_table" }, { "UNRESOLVED_COLUMN", "wrong_column" },
	{ "UNRESOLVED_FIELD", "wrong_column" }, { "AMBIGUOUS_REFERENCE", "wrong_column" },
	{ "UNRESOLVED_ROUTINE", "wrong_table" },
	{ "UNRESOLVABLE_TABLE_VALUED_FUNCTION", "wrong_table" },
	{ "WRONG_NUM_ARGS", "tvf_parameter_error" },
	{ "REQUIRED_PARAMETER_NOT_FOUND", "tvf_parameter_error" },
	{ "UNRECOGNIZED_PARAMETER_NAME", "tvf_parameter_error" },
	{ "CAST_INVALID_INPUT", "tvf_parameter_error" },
	{ "MISSING_AGGREGATION", "wrong_aggregation" }, { "MISSING_GROUP_BY", "wrong_aggregation" },
	{ "METRIC_VIEW", "wrong_measure" }, { "INSUFFICIENT_PERMISSIONS", "compliance_violation" },
	{ "not a single read-only", "compliance_violation" },
};

static const char *error_type(const char *error)
{
	for (size_t i = 0; i < countof(error_types); i++)
		if (stristr(error, error_types[i].sign))
			return error_types[i].type;
	return "other";
}

/* The first `quoted`.`name` of a message, bare; "" when there is none. */
static const char *blamed_name(struct judging *j, const char *error)
{
	const char *start = strchr(error, '`'), *end = start ? strchr(start + 1, '`') : NULL;
	while (end && end[1] == '.' && end[2] == '`') {
		start = end + 2;
		end = strchr(start + 1, '`');
	}
	return end ? arena_strndup(&j->arena, start + 1, (size_t)(end - start - 1)) : "";
}

static void syntax(struct judging *j)
{
	const struct json *explain = json_get(j->row, "explain");
	const char *error = json_str_or(explain, "error", NULL);
	if (!error && streq(j->verdict, "error_pred"))
		error = json_str_or(json_get(j->row, "comparison"), "error", "the SQL failed");
	if (error) {
		const char *type = error_type(error), *name = blamed_name(j, error);
		give(j, "syntax_validity", "no", error, asi_plain(&j->fix, type, "critical", 0.95, name,
			NULL, error, arena_printf(&j->arena, "metadata should name what exists instead of %s: %s",
			*name ? name : "what Genie wrote", error)));
	} else if (explain || *j->verdict) {
		give(j, "syntax_validity", "yes", "the warehouse accepts the SQL", NULL);
	} else {
		give(j, "syntax_validity", "unknown", "the SQL was not explained or run",
		     unknown_asi(j, "run the evaluation up to stage run"));
	}
}

/* ---- asset routing ---- */

static enum asset asset_of(const struct judging *j, const struct sqlfacts *facts, const char **name)
{
	enum asset best = ASSET_NONE;
	for (size_t i = 0; i < facts->ntables; i++) {
		const struct sqlfact_table *t = &facts->table[i];
		enum asset kind = judge_catalog_kind(j->in->catalog, t->name);
		if (kind == ASSET_NONE)
			kind = asset_by_convention(t->name, t->function);
		/* A query over a view joined with a table is routed to the view. */
		if (kind > best) {
			best = kind;
			*name = t->name;
		}
	}
	return best;
}

static void routing(struct judging *j)
{
	const char *gold_name = NULL, *name = NULL;
	enum asset expected = asset_find(json_str_or(j->row, "expected_asset", NULL));
	enum asset gold = j->have_gold ? asset_of(j, &j->gold, &gold_name) : ASSET_NONE;
	enum asset actual = asset_of(j, &j->genie, &name);
	json_set_str(j->row, "asset", asset_name(actual));
	expected = expected ? expected : gold;
	if (expected == ASSET_NONE) {
		give(j, "asset_routing", "unknown", "no kind of asset is expected",
		     unknown_asi(j, "the benchmark should name the expected_asset"));
		return;
	}
	const char *text = arena_printf(&j->arena, "expected %s%s%s, Genie used %s %s",
		asset_name(expected), gold_name ? " " : "",
		gold_name ? bare_name(gold_name) : "", asset_name(actual),
		name ? bare_name(name) : "");
	if (expected == actual) {
		give(j, "asset_routing", "yes", text, NULL);
		return;
	}
	struct fault f = { .kind = FAULT_TABLE, .type = "asset_routing_error", .clause = "FROM",
		.expected = gold_name ? bare_name(gold_name) : asset_name(expected),
		.actual = name ? bare_name(name) : asset_name(actual),
		.table = gold_name, .other_table = name };
	give(j, "asset_routing", "no", text, asi_of_fault(&j->fix, &f, 0.9));
}

/* ---- results ---- */

static struct json *result_asi(struct judging *j, const char *diff, double sure)
{
	const struct fault *f = first_fault(j, ~0u);
	if (f)
		return asi_of_fault(&j->fix, f, sure);
	if (streq(j->verdict, "error_pred"))
		return asi_plain(&j->fix, error_type(diff), "critical", sure, blamed_name(j, diff),
				 NULL, diff, diff);
	return asi_plain(&j->fix, "other", "minor", 0.3, NULL, NULL, NULL, diff);
}

static bool undecided(const char *verdict)
{
	static const char *const names[] = { "both_empty", "gold_empty", "truncated_unknown",
					     "tie_ambiguous" };
	for (size_t i = 0; i < countof(names); i++)
		if (streq(verdict, names[i]))
			return true;
	return false;
}

static void results(struct judging *j)
{
	const struct json *c = json_get(j->row, "comparison");
	const char *diff = json_str_or(c, "diff", ""), *profile = json_str_or(c, "profile", "");
	bool review = streq(json_str_or(json_get(c, "outcomes"), profile, NULL), "NEEDS_REVIEW");
	const char *text = *diff ? diff : j->verdict;
	if (!*j->verdict)
		give(j, "result_correctness", "unknown", "the results were not compared",
		     unknown_asi(j, "run the evaluation up to stage run"));
	else if (j->match)
		give(j, "result_correctness", "yes", text, NULL);
	else if (review && (undecided(j->verdict) || streq(j->verdict, "identical")
			    || streq(j->verdict, "equal_reordered")))
		give(j, "result_correctness", "unknown", text, result_asi(j, text, 0.3));
	else
		give(j, "result_correctness", "no", text, result_asi(j, text, 0.9));
}

/* ---- arbiter ---- */

struct evidence {
	int gold, genie, hard;
};

static struct evidence weigh(const struct judging *j)
{
	struct evidence e = { 0, 0, 0 };
	for (size_t i = 0; i < j->faults.n; i++) {
		const struct fault *f = &j->faults.v[i];
		e.gold += f->gold_in_question;
		e.genie += f->genie_in_question;
		e.hard += !f->soft;
	}
	return e;
}

/* Results and facts decide; where they do not, nobody is guessed to be right. */
static const char *arbitrate(const struct judging *j, const char **why)
{
	const char *result = row_value(j->row, "result_correctness");
	struct evidence e = weigh(j);
	if (streq(result, "yes")) {
		*why = "the results agree, the SQL is written in another way";
		return "both_correct";
	}
	if (streq(j->verdict, "error_pred")) {
		*why = "Genie's SQL fails, the expected SQL runs";
		return "ground_truth_correct";
	}
	if (!j->have_gold || streq(j->verdict, "gold_empty") || !*j->verdict) {
		*why = "the expected SQL gives no result to arbitrate with";
		return "unknown";
	}
	if (streq(j->verdict, "superset_columns") || streq(j->verdict, "type_only")) {
		*why = "every expected value is there; the results differ in form only";
		return "both_correct";
	}
	if (j->comparable && e.hard == 0 && undecided(j->verdict)) {
		*why = "both queries ask for the same; their results differ in form only";
		return "both_correct";
	}
	/* people say California, the data CA: the words of the question prove little then */
	if (e.genie && !e.gold && streq(j->verdict, "pred_empty")) {
		*why = "the question names the value that Genie used, but no row has it";
		return "unknown";
	}
	if (e.genie && !e.gold && e.hard <= e.genie) {
		*why = "the question names the value that Genie used and not the expected one";
		return "genie_correct";
	}
	if (e.hard && !e.genie) {
		*why = e.gold ? "the question names the value that the expected SQL uses"
			: "Genie's SQL lacks or replaces what the expected SQL has";
		return "ground_truth_correct";
	}
	*why = "neither the results nor the question tell who is right";
	return "unknown";
}

static bool disagreement(const struct judging *j)
{
	static const char *const structure[] = { "schema_accuracy", "logical_accuracy",
						 "semantic_equivalence", "completeness" };
	if (!streq(row_value(j->row, "result_correctness"), "yes"))
		return true;
	for (size_t i = 0; i < countof(structure); i++)
		if (row_fails(j->row, structure[i]))
			return true;
	return false;
}

static void arbiter(struct judging *j)
{
	const char *why = "";
	if (!disagreement(j)) {
		give(j, "arbiter", "skipped", "no disagreement", NULL);
		return;
	}
	const char *value = arbitrate(j, &why);
	bool settled = streq(value, "both_correct");
	double sure = streq(value, "unknown") ? 0.0 : 0.6;
	give(j, "arbiter", value, why, settled ? NULL : result_asi(j, why, sure));
}

/* ---- the whole ---- */

/* What Genie did instead of giving SQL. */
static const char *no_sql(struct arena *arena, const char *status, const char *said,
			  const char *error)
{
	bool done = streq(status, "COMPLETED");
	if (done && *said)
		return arena_printf(arena, "Genie answered in words, without SQL: \"%.*s\"",
			(int)utf8_fit(said, 200), said);
	if (done)
		return arena_printf(arena, "Genie finished without SQL and without text%s%s",
			*error ? ": " : "", error);
	return arena_printf(arena, "Genie gave no SQL%s%s%s%s", *status ? ": its message ended as " : "",
		status, *error ? ": " : "", error);
}

/* A question without SQL fails everywhere, as one fault. */
static void unanswered(struct judging *j)
{
	const char *said = json_str_or(j->row, "genie_text", "");
	const char *error = json_str_or(j->row, "error", "");
	const char *status = json_str_or(j->row, "status", "");
	const char *type = *said ? "ambiguous_question" : "other";
	const char *why = no_sql(&j->arena, status, said, error);
	const char *words = uncovered_words(&j->fix, NULL, NULL);
	const char *fix = arena_printf(&j->arena,
		"an example query should show the answer to \"%.*s\"%s%s",
		(int)utf8_fit(j->fix.question, 200), j->fix.question,
		*words ? "; no metadata mentions: " : "", words);
	bool known = j->have_gold && j->gold.ntables;
	const char *asset = known ? bare_name(j->gold.table[0].name) : NULL;
	for (size_t i = 0; row_judges[i] && !streq(row_judges[i], "repeatability"); i++) {
		const char *value = streq(row_judges[i], "arbiter") ? "ground_truth_correct" : "no";
		give(j, row_judges[i], value, why, asi_plain(&j->fix, type, "critical", 0.7, asset,
			j->in->gold_sql, *said ? said : error, fix));
	}
	json_set_str(j->row, "asset", asset_name(ASSET_NONE));
}

static void complete(struct judging *j)
{
	bool fewer = streq(j->verdict, "subset_columns") || streq(j->verdict, "missing_rows");
	if (!fewer || first_fault(j, missing_faults)) {
		structural(j, "completeness", missing_faults, "everything asked for is there");
		return;
	}
	const char *diff = json_str_or(json_get(j->row, "comparison"), "diff", j->verdict);
	give(j, "completeness", "no", diff, result_asi(j, diff, 0.8));
}

static void answered(struct judging *j)
{
	syntax(j);
	structural(j, "schema_accuracy", schema_faults, "tables, columns and joins are the expected ones");
	structural(j, "logical_accuracy", logic_faults, "aggregates, filters, grouping and order agree");
	structural(j, "semantic_equivalence", meaning_faults, "the same metric, grain and scope");
	complete(j);
	routing(j);
	results(j);
	arbiter(j);
}

void judge_row(const struct judge_input *in)
{
	struct judging j = { .in = in, .row = in->row };
	const struct json *c = json_get(in->row, "comparison");
	const char *sql = json_str_or(in->row, "genie_sql", "");
	j.judges = json_set(in->row, "judges", json_new_object());
	j.fix = (struct fix_context){ in->catalog, row_question(in->row), &j.arena };
	j.have_gold = in->gold_sql && *in->gold_sql;
	j.have_sql = *sql != '\0';
	j.verdict = json_str_or(c, "verdict", "");
	j.match = json_bool_or(c, "match", false);
	if (j.have_gold)
		sqlfacts(&j.gold, &j.arena, in->gold_sql, NULL);
	if (j.have_sql) {
		sqlfacts(&j.genie, &j.arena, sql, NULL);
		struct judge_sql texts = { in->gold_sql, sql, &j.gold, &j.genie };
		j.comparable = j.have_gold && judge_diff(&j.arena, &texts, in->catalog, j.fix.question,
			question_asks_order(j.fix.question), &j.faults);
		answered(&j);
	} else {
		unanswered(&j);
	}
	json_set_str(in->row, "outcome", row_passes(in->row) ? "pass" : "fail");
	free(j.faults.v);
	arena_free(&j.arena);
}
