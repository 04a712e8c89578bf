/* Where MLflow has it. */
#include "data.h"
#include "document.h"
#include "format.h"
#include "sections.h"

#include "json.h"
#include "mem.h"
#include "str.h"
#include "url.h"

static const struct doc_column model_columns[] = {
	{ "Iteration", true },     { "Logged model", false },    { "Model id", false },
	{ "Parent model", false }, { "Evaluation runs", false }, { "Status", false },
};

/* A run as a link below the experiment's page. */
static void add_run(struct doc *doc, const struct data *data, const char *run_id)
{
	const char *page = json_str_or(data->track, "experiment_url", "");
	if (starts_with(run_id, "spool:"))
		doc_add(doc, "waits in the spool");
	else if (*page && *run_id)
		doc_link(doc, arena_printf(&doc->arena, "%s/runs/%s", page, run_id), run_id);
	else
		doc_code(doc, run_id);
}

static void runs_cell(struct doc *doc, const struct data *data, const struct json *track)
{
	const struct json *evaluations = json_get(track, "evaluations");
	doc_cell(doc, NULL);
	for (const struct json *e = json_first(evaluations); e; e = json_next(e)) {
		doc_add(doc, "%s ", json_str_or(e, "scope", ""));
		add_run(doc, data, json_str_or(e, "run_id", ""));
		doc_add(doc, json_next(e) ? ", " : "");
	}
}

static void model_row(struct doc *doc, const struct data *data, const struct iteration *it)
{
	const char *promoted = json_str_or(data->final_track, "promoted_model_id", NULL);
	const char *model = json_str_or(it->track, "model_id", "");
	doc_cell(doc, "%d", it->number);
	doc_cell(doc, "%s", json_str_or(it->track, "model_name", ""));
	doc_add(doc, streq(promoted, model) ? " (promoted)" : "");
	doc_cell_code(doc, model);
	doc_cell_code(doc, json_str_or(it->track, "parent_model_id", ""));
	runs_cell(doc, data, it->track);
	doc_cell(doc, "%s", json_str_or(it->track, "status", ""));
}

static void tell_experiment(struct doc *doc, const struct data *data)
{
	const struct json *t = data->track;
	const char *url = json_str_or(t, "experiment_url", "");
	const char *name = json_str_or(t, "experiment_name", json_str_or(t, "experiment_id", ""));
	doc_point(doc, "Experiment: ");
	if (*url)
		doc_link(doc, url, name);
	else
		doc_code(doc, name);
	if (url_is_loopback(url))
		doc_add(doc, " (on the machine itself: the page is there while its server runs)");
	if (*json_str_or(t, "run_id", "")) {
		doc_point(doc, "Run over all others: ");
		add_run(doc, data, json_str_or(t, "run_id", ""));
	}
	if (*json_str_or(t, "dataset", "")) {
		doc_point(doc, "Evaluation dataset: ");
		doc_code(doc, json_str_or(t, "dataset", ""));
	}
	if (json_len(json_get(t, "prompts")))
		doc_point(doc, "Prompts of the judges: ");
	for (const struct json *p = json_first(json_get(t, "prompts")); p; p = json_next(p)) {
		doc_code(doc, json_str_or(p, "name", ""));
		doc_add(doc, " version %s%s", json_str_or(p, "version", "?"),
			json_next(p) ? ", " : "");
	}
}

static void tell_problems(struct doc *doc, const struct json *track)
{
	for (const struct json *p = json_first(json_get(track, "problems")); p; p = json_next(p))
		doc_point(doc, "Not logged: %s", json_text(p) ? json_text(p) : "");
}

void section_experiment(struct doc *doc, const struct data *data)
{
	bool any = false;
	doc_heading(doc, 2, "Experiment");
	if (!data->track) {
		doc_say(doc, "Nothing was logged to MLflow: there is no track.json.");
		return;
	}
	tell_experiment(doc, data);
	tell_problems(doc, data->track);
	for (size_t i = 0; i < data->n; i++)
		any = any || data->v[i].track;
	if (!any)
		return;
	for (size_t i = 0; i < data->n; i++)
		tell_problems(doc, data->v[i].track);
	DOC_TABLE_OF(doc, model_columns);
	for (size_t i = 0; i < data->n; i++)
		if (data->v[i].track)
			model_row(doc, data, &data->v[i]);
	if (!json_len(json_get(data->final_track, "evaluations")))
		return;
	doc_say(doc, "At the end: ");
	for (const struct json *e = json_first(json_get(data->final_track, "evaluations")); e;
	     e = json_next(e)) {
		doc_add(doc, "%s ", json_str_or(e, "scope", ""));
		add_run(doc, data, json_str_or(e, "run_id", ""));
		doc_add(doc, json_next(e) ? ", " : ".");
	}
}
