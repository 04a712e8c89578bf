/* What the proposals promised, beside what came of them. */
#include "data.h"
#include "document.h"
#include "format.h"
#include "paired.h"
#include "sections.h"
#include "texts.h"

#include "json.h"
#include "str.h"

#include <math.h>

static bool among(const struct json *list, const char *text)
{
	for (const struct json *one = json_first(list); one; one = json_next(one))
		if (streq(json_text(one), text))
			return true;
	return false;
}

static size_t both(const struct json *a, const struct json *b)
{
	size_t n = 0;
	for (const struct json *one = json_first(a); one; one = json_next(one))
		n += among(b, json_text(one));
	return n;
}

static bool applied(const struct iteration *it, const struct json *patch)
{
	const char *status = data_patch_status(it, patch);
	return streq(status, "applied") || streq(status, "already");
}

/* Of the patches that were applied; NAN when none says it. */
static double promised(const struct iteration *it)
{
	double sum = NAN;
	for (const struct json *p = json_first(json_get(it->patches, "patches")); p;
	     p = json_next(p)) {
		double impact = fmt_member(p, "net_impact");
		if (applied(it, p) && !isnan(impact))
			sum = isnan(sum) ? impact : sum + impact;
	}
	return sum;
}

static const struct doc_column set_columns[] = {
	{ "Iteration", true }, { "Lever", false },    { "Patches", true },
	{ "Predicted", true }, { "Fixed", true },     { "Broken", true },
	{ "Actual", true },    { "Evidence", false }, { "Kept", false },
};

static void set_row(struct doc *doc, const struct iteration *it)
{
	const struct json *evidence = json_get(it->decision, "evidence");
	size_t n = 0;
	for (const struct json *p = json_first(json_get(it->patches, "patches")); p;
	     p = json_next(p))
		n += applied(it, p);
	doc_cell(doc, "%d", it->number);
	doc_cell(doc, "%d %s", it->lever, lever_name(it->lever));
	doc_cell(doc, "%zu", n);
	doc_cell(doc, "%s", isnan(promised(it)) ? "" : fmt_change(promised(it)).s);
	if (json_is(evidence, JSON_OBJECT)) {
		long fixed = (long)json_len(json_get(evidence, "fixed"));
		long broken = (long)json_len(json_get(evidence, "broken"));
		doc_cell(doc, "%ld", fixed);
		doc_cell(doc, "%ld", broken);
		doc_cell(doc, "%s", fmt_gain((double)(fixed - broken)).s);
	} else {
		for (int i = 0; i < 3; i++)
			doc_cell(doc, "not measured");
	}
	doc_cell(doc, "%s", evidence_verdict(it->decision));
	doc_cell(doc, it->kept ? "yes" : "no");
}

static const struct doc_column patch_columns[] = {
	{ "Iteration", true }, { "Patch", false },          { "Type", false },
	{ "Predicted", true }, { "Named", true },           { "Of these fixed", true },
	{ "At risk", true },   { "Of these broken", true }, { "Cluster", false },
};

static void patch_row(struct doc *doc, const struct iteration *it, const struct json *patch)
{
	const struct json *evidence = json_get(it->decision, "evidence");
	const struct json *named = json_get(patch, "questions");
	const struct json *risk = json_get(patch, "questions_at_risk");
	double impact = fmt_member(patch, "net_impact");
	doc_cell(doc, "%d", it->number);
	doc_cell(doc, "%s", json_str_or(patch, "patch_id", ""));
	doc_cell(doc, "%s", json_str_or(patch, "type", ""));
	doc_cell(doc, "%s", isnan(impact) ? "" : fmt_change(impact).s);
	doc_cell(doc, "%zu", json_len(named));
	doc_cell(doc, "%zu", both(named, json_get(evidence, "fixed")));
	doc_cell(doc, "%zu", json_len(risk));
	doc_cell(doc, "%zu", both(risk, json_get(evidence, "broken")));
	doc_cell(doc, "%s", json_str_or(patch, "cluster_id", ""));
}

void section_predictions(struct doc *doc, const struct data *data)
{
	size_t n = 0;
	doc_heading(doc, 2, "Predicted and actual");
	for (size_t i = 1; i < data->n; i++)
		n += json_len(json_get(data->v[i].patches, "patches"));
	if (!n) {
		doc_say(doc, "Nothing was proposed.");
		return;
	}
	doc_say(doc, "Questions won, less those lost. Predicted is a proposal's net impact: "
		     "questions times confidence, less questions at risk times the probability "
		     "to break one. Of levers 1 to 5 the proposals of a set share what they "
		     "promise for a question; those of lever 6 do not, so their sum may promise "
		     "too much. What the evidence calls undecidable neither bears a prediction "
		     "out nor refutes it.");
	DOC_TABLE_OF(doc, set_columns);
	for (size_t i = 1; i < data->n; i++)
		if (data->v[i].patches)
			set_row(doc, &data->v[i]);
	doc_say(doc, "Patch by patch, of those that were applied:");
	DOC_TABLE_OF(doc, patch_columns);
	for (size_t i = 1; i < data->n; i++)
		for (const struct json *p = json_first(json_get(data->v[i].patches, "patches")); p;
		     p = json_next(p))
			if (applied(&data->v[i], p))
				patch_row(doc, &data->v[i], p);
}
