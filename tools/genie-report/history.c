#include "data.h"
#include "document.h"
#include "figures.h"
#include "format.h"
#include "paired.h"
#include "sections.h"
#include "texts.h"

#include "json.h"
#include "score.h"
#include "str.h"

static const struct doc_column history_columns[] = {
	{ "Iteration", true }, { "Lever", false },    { "Scope", false },
	{ "Right", true },     { "Accuracy", true },  { "95 % interval", false },
	{ "Fixed", true },     { "Broken", true },    { "p", true },
	{ "Evidence", false }, { "Decision", false }, { "Reasons", false },
};

static void lever_cell(struct doc *doc, const struct iteration *it)
{
	const struct json *levers = json_get(it->decision, "levers");
	if (it->lever)
		doc_cell(doc, "%d %s", it->lever, lever_name(it->lever));
	else
		doc_cell(doc, it->number ? "none" : "baseline");
	for (const struct json *l = json_at(levers, 1); l; l = json_next(l)) {
		int64_t lever = 0;
		if (json_as_int(l, &lever))
			doc_add(doc, ", %d %s", (int)lever, lever_name((int)lever));
	}
	if (it->retry_of)
		doc_add(doc, " (a part of iteration %d, alone)", it->retry_of);
}

static void evidence_cells(struct doc *doc, const struct json *evidence)
{
	if (!json_is(evidence, JSON_OBJECT)) {
		for (int i = 0; i < 4; i++)
			doc_cell(doc, NULL);
		return;
	}
	doc_cell(doc, "%zu", json_len(json_get(evidence, "fixed")));
	doc_cell(doc, "%zu", json_len(json_get(evidence, "broken")));
	doc_cell(doc, "%s", fmt_p(fmt_member(evidence, "p_value")).s);
	doc_cell(doc, "%s", json_str_or(evidence, "verdict", ""));
}

static void add_reasons(struct doc *doc, const struct json *decision)
{
	texts_add(doc, json_get(decision, "reasons"), "; ");
}

static void history_row(struct doc *doc, const struct iteration *it)
{
	const struct json *eval = it->eval;
	doc_cell(doc, "%d", it->number);
	lever_cell(doc, it);
	doc_cell(doc, "%s", json_str_or(eval, "scope", "full"));
	doc_cell(doc, "%s", fmt_right(eval).s);
	doc_cell(doc, "%s", fmt_percent(fmt_member(eval, "overall_accuracy")).s);
	doc_cell(doc, "%s", fmt_interval_of(eval, "accuracy_ci95").s);
	evidence_cells(doc, json_get(it->decision, "evidence"));
	doc_cell(doc, "%s", json_str_or(it->decision, "decision", ""));
	doc_cell(doc, NULL);
	add_reasons(doc, it->decision);
}

void section_history(struct doc *doc, const struct data *data)
{
	doc_heading(doc, 2, "Iterations");
	doc_say(doc, "Accuracies are comparable between rows of the same scope only. Fixed and "
		     "broken count questions against the last kept iteration (a question passes "
		     "when its result is right or the arbiter decides for Genie); p is that of the "
		     "exact paired test.");
	DOC_TABLE_OF(doc, history_columns);
	for (size_t i = 0; i < data->n; i++)
		history_row(doc, &data->v[i]);
}

/* ---- what was rolled back ---- */
static void add_patches(struct doc *doc, const struct iteration *it)
{
	size_t n = 0;
	for (const struct json *p = json_first(json_get(it->patches, "patches")); p;
	     p = json_next(p)) {
		const char *target = json_str_or(p, "target", ""),
			   *column = json_str_or(p, "column", "");
		doc_add(doc, "%s%s", n++ ? "; " : "", json_str_or(p, "type", "patch"));
		if (*target) {
			doc_add(doc, " on %s", target);
			doc_add(doc, *column ? ".%s" : "%s", column);
		}
	}
	if (!n)
		doc_add(doc, "no patch is recorded");
}

static void tell_broken(struct doc *doc, const struct iteration *it)
{
	static const char *const gates[] = { "slice", "p0", "full" };
	for (size_t i = 0; i < countof(gates); i++) {
		const struct json *gate = json_get(json_get(it->decision, "gates"), gates[i]);
		const struct json *failures = json_get(gate, "failures");
		if (json_bool_or(gate, "passed", true) || !json_len(failures))
			continue;
		doc_add(doc, " Broken, by the %s gate: ", gates[i]);
		texts_add(doc, failures, ", ");
		doc_add(doc, ".");
	}
}

static void tell_undone(struct doc *doc, const struct iteration *it)
{
	if (streq(json_str_or(it->rollback, "status", ""), "rolled_back"))
		doc_add(doc, " Undone on both sides and read back.");
	else
		doc_add(doc, " There is no record of the undoing.");
}

void section_rolled_back(struct doc *doc, const struct data *data)
{
	size_t n = 0;
	doc_heading(doc, 2, "Rolled back");
	for (size_t i = 0; i < data->n; i++) {
		const struct iteration *it = &data->v[i];
		if (it->kept || !it->number)
			continue;
		n++;
		doc_point(doc, "Iteration %d, lever %d (%s)", it->number, it->lever,
			  lever_name(it->lever));
		if (it->retry_of)
			doc_add(doc, ", a part of iteration %d tried alone", it->retry_of);
		doc_add(doc, ": ");
		add_patches(doc, it);
		doc_add(doc, ". Why: ");
		add_reasons(doc, it->decision);
		doc_add(doc, ".");
		tell_broken(doc, it);
		tell_undone(doc, it);
	}
	if (!n)
		doc_say(doc, "Nothing was rolled back.");
}

/* ---- Pareto frontier ---- */
static const struct doc_column pareto_columns[] = {
	{ "Iteration", true },   { "Correctness", true }, { "Repeatability", true },
	{ "Regressions", true }, { "Patch cost", true },  { "Evidence", false },
};

static const struct iteration *numbered(const struct data *data, int64_t number)
{
	return number >= 0 && (size_t)number < data->n ? &data->v[number] : NULL;
}

static void tell_iteration_name(struct doc *doc, const struct data *data, int64_t number)
{
	const struct iteration *it = numbered(data, number);
	doc_add(doc, "iteration %lld (%s)", (long long)number,
		fmt_percent(fmt_member(it ? it->eval : NULL, "overall_accuracy")).s);
}

/* What MATURITY=L3 made of it. */
static void tell_choice(struct doc *doc, const struct data *data)
{
	const struct json *choice = json_get(data->progress, "choice");
	const struct json *undone = json_get(choice, "taken_back");
	int64_t chosen = json_int_or(choice, "iteration", -1);
	int64_t last = json_int_or(choice, "instead_of", chosen);
	if (chosen < 0)
		return;
	doc_say(doc, "Preferred by ");
	texts_add(doc, json_get(choice, "prefer"), ", ");
	doc_add(doc, ", and live: ");
	tell_iteration_name(doc, data, chosen);
	doc_add(doc, "%s", chosen == last ? ", the last that was accepted." : ", not ");
	if (chosen != last) {
		tell_iteration_name(doc, data, last);
		doc_add(doc, ", the last that was accepted.");
	}
	for (const struct json *n = json_first(undone); n; n = json_next(n)) {
		int64_t number = 0;
		if (json_as_int(n, &number))
			doc_point(doc, "Iteration %lld was accepted and is not live any more.",
				  (long long)number);
	}
	for (const struct json *r = json_first(json_get(choice, "reasons")); r; r = json_next(r))
		doc_point(doc, "Why: %s.", json_text(r));
}

void section_pareto(struct doc *doc, const struct data *data)
{
	const struct json *frontier = json_get(data->progress, "pareto_frontier");
	doc_heading(doc, 2, "Pareto frontier");
	if (!json_len(frontier)) {
		doc_say(doc, "Not known: optimization-progress.json has none.");
		return;
	}
	doc_say(doc, "Iterations that no other one beats in all respects. Patch cost is what had "
		     "been changed by then: 1 for a patch of low risk, 2 medium, 3 high.");
	figure_pareto(doc, data);
	DOC_TABLE_OF(doc, pareto_columns);
	for (const struct json *p = json_first(frontier); p; p = json_next(p)) {
		int64_t number = json_int_or(p, "iteration", 0);
		const struct iteration *it = numbered(data, number);
		doc_cell(doc, "%lld", (long long)number);
		doc_cell(doc, "%s", fmt_percent(fmt_member(p, "correctness")).s);
		doc_cell(doc, "%s", fmt_percent(fmt_member(p, "repeatability")).s);
		doc_cell(doc, "%.0f", json_num_or(p, "regressions", 0));
		doc_cell(doc, "%.0f", json_num_or(p, "patch_cost", 0));
		doc_cell(doc, "%s", it ? evidence_verdict(it->decision) : "");
	}
	tell_choice(doc, data);
}
