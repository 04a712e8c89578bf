/* What each lever brought, and why those that were not pulled were not. */
#include "data.h"
#include "document.h"
#include "format.h"
#include "paired.h"
#include "sections.h"

#include "json.h"
#include "str.h"

#include <math.h>
#include <stdio.h>

#define LEVERS 6

static const struct doc_column columns[] = {
	{ "Lever", false },    { "Attempted", false },
	{ "Proposed", true },  { "Applied", true },
	{ "Before", true },    { "After", true },
	{ "Change", true },    { "Kept", false },
	{ "Evidence", false }, { "Not pulled because", false },
};

/* The impact is that of the lever's last iteration; a part of a set counts when it stayed. */
static const struct iteration *last_with(const struct data *data, int lever)
{
	for (size_t i = data->n; i-- > 0;)
		if (data->v[i].lever == lever && (data->v[i].kept || !data->v[i].retry_of))
			return &data->v[i];
	return NULL;
}

/* Levers are pulled in order: those behind the last one have not had their turn. */
static bool not_reached(const struct data *data, int lever)
{
	for (size_t i = 0; i < data->n; i++)
		if (data->v[i].lever >= lever)
			return false;
	return !data->stopped;
}

static const char *skip_reason(const struct data *data, int lever, const struct json *audit)
{
	const char *reason = json_str_or(audit, "skip_reason", "");
	if (json_bool_or(audit, "attempted", false))
		return "";
	if (streq(reason, "no_proposals_generated"))
		return "it had nothing to propose";
	if (*reason)
		return reason;
	return not_reached(data, lever) ? "its turn has not come" : "no reason is recorded";
}

static void lever_row(struct doc *doc, const struct data *data, int lever)
{
	char key[8];
	snprintf(key, sizeof key, "%d", lever);
	const struct json *audit = json_get(json_get(data->progress, "lever_audit"), key);
	const struct json *impact = json_get(json_get(data->progress, "lever_impacts"), key);
	const struct iteration *last = last_with(data, lever);
	double delta = fmt_member(impact, "delta");
	doc_cell(doc, "%d %s", lever, lever_name(lever));
	doc_cell(doc, json_bool_or(audit, "attempted", false) ? "yes" : "no");
	doc_cell(doc, "%lld", (long long)json_int_or(audit, "proposals_generated", 0));
	doc_cell(doc, "%lld", (long long)json_int_or(audit, "proposals_applied", 0));
	doc_cell(doc, "%s", impact ? fmt_percent(fmt_member(impact, "before")).s : "");
	doc_cell(doc, "%s", impact ? fmt_percent(fmt_member(impact, "after")).s : "");
	doc_cell(doc, "%s", isnan(delta) ? "" : fmt_points(delta).s);
	doc_cell(doc, !impact ? "" : json_bool_or(impact, "kept", false) ? "yes" : "no");
	doc_cell(doc, "%s", last ? evidence_verdict(last->decision) : "");
	doc_cell(doc, "%s", skip_reason(data, lever, audit));
}

void section_levers(struct doc *doc, const struct data *data)
{
	doc_heading(doc, 2, "Levers");
	if (!data->progress) {
		doc_say(doc, "Not known: there is no optimization-progress.json.");
		return;
	}
	doc_say(doc, "Before, after and evidence are those of the lever's last iteration; before "
		     "and after count the questions that pass, the arbiter's decisions for Genie "
		     "among them.");
	DOC_TABLE_OF(doc, columns);
	for (int lever = 1; lever <= LEVERS; lever++)
		lever_row(doc, data, lever);
}
