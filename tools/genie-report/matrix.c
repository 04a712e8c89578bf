#include "matrix.h"

#include "cells.h"
#include "data.h"
#include "document.h"
#include "format.h"
#include "markup.h"

#include "json.h"
#include "mem.h"
#include "score.h"
#include "str.h"

#include <stdlib.h>

/* What a question came to over the iterations: what the filter asks for. */
struct course {
	bool asked, changed, passed;
	enum score_outcome now; /* of the live configuration */
};

static enum score_outcome outcome(const struct score *rows, const char *id)
{
	return rows ? score_of(rows, id) : SCORE_ABSENT;
}

static struct course course_of(const struct data *data, const char *id)
{
	struct course c = { .now = outcome(data_live(data)->rows, id) };
	enum score_outcome last = SCORE_ABSENT;
	for (size_t i = 0; i < data_evaluations(data); i++) {
		enum score_outcome now = outcome(data_rows(data, i), id);
		c.asked = c.asked || now != SCORE_ABSENT;
		if (now != SCORE_PASS && now != SCORE_FAIL)
			continue;
		c.changed = c.changed || (last != SCORE_ABSENT && last != now);
		c.passed = c.passed || now == SCORE_PASS;
		last = now;
	}
	return c;
}

static void add_cell(struct str *out, enum score_outcome outcome)
{
	static const struct {
		const char *class, *sign;
	} known[] = {
		[SCORE_ABSENT] = { "a", "\xC2\xB7" },       /* middle dot */
		[SCORE_PASS] = { "p", "\xE2\x9C\x93" },     /* check mark */
		[SCORE_FAIL] = { "f", "\xE2\x9C\x95" },     /* cross */
		[SCORE_EXCLUDED] = { "x", "\xE2\x80\x93" }, /* dash */
	};
	str_addf(out, "<td class=\"%s\">%s", known[outcome].class, known[outcome].sign);
}

static void add_words(struct str *out, const struct json *question)
{
	static const char *const members[] = { "question", "category", "priority", "split" };
	for (size_t i = 0; i < countof(members); i++) {
		str_add(out, i ? "<td>" : "<td class=\"text\">");
		markup_text(out, json_str_or(question, members[i], ""));
	}
}

static bool add_row(struct str *out, const struct data *data, const struct json *question)
{
	const char *id = json_str_or(question, "question_id", "");
	struct course c = course_of(data, id);
	size_t number = 0;
	if (!c.asked || !cells_number(data->cells, id, &number))
		return false;
	str_addf(out, "<tr data-q=\"%zu\" data-is=\"%s%s%s\"><th scope=\"row\">", number,
		 c.now == SCORE_FAIL ? "failing " : "", c.changed ? "changed " : "",
		 c.passed ? "" : "never");
	markup_text(out, id);
	str_add(out, "</th>");
	for (size_t i = 0; i < data_evaluations(data); i++)
		add_cell(out, outcome(data_rows(data, i), id));
	add_words(out, question);
	str_add(out, "</tr>\n");
	return true;
}

static void add_controls(struct str *out)
{
	str_add(out, "<form class=\"controls\" id=\"controls\" hidden>"
		     "<label>Find <input type=\"search\" id=\"find\" autocomplete=\"off\"></label>"
		     "<label>Show <select id=\"show\"><option value=\"\">all questions</option>"
		     "<option value=\"failing\">those that fail now</option>"
		     "<option value=\"changed\">those whose outcome changed</option>"
		     "<option value=\"never\">those that never passed</option></select></label>"
		     "<output id=\"shown\" for=\"find show\"></output></form>\n");
}

/* The outcomes stand beside the names, so that a narrow screen shows both. */
static void add_head(struct str *out, const struct data *data)
{
	str_add(out, "<div class=\"wide tall\" role=\"group\" aria-label=\"Question by question\" "
		     "tabindex=\"0\">"
		     "<table id=\"matrix\" class=\"matrix\"><thead><tr><th scope=\"col\">"
		     "Question</th>");
	for (size_t i = 0; i < data->n; i++)
		str_addf(out, "<th scope=\"col\" class=\"it\">%d%s</th>", data->v[i].number,
			 data->v[i].kept ? "" : " <small>undone</small>");
	if (data->post_rows)
		str_add(out, "<th scope=\"col\" class=\"it\">deployed</th>");
	str_add(out, "<th scope=\"col\" class=\"long\">Text</th><th scope=\"col\">Category</th>"
		     "<th scope=\"col\">Priority</th><th scope=\"col\">Split</th></tr></thead>"
		     "<tbody>\n");
}

void matrix_add(struct doc *doc, const struct data *data)
{
	struct str out = STR_INIT;
	if (!data->cells)
		return;
	add_controls(&out);
	add_head(&out, data);
	for (const struct json *q = json_first(data->questions); q; q = json_next(q))
		add_row(&out, data, q);
	str_add(&out, "</tbody></table></div>\n");
	str_add(&out, "<p class=\"key legend\"><span class=\"p\">\xE2\x9C\x93</span> passes "
		      "<span class=\"f\">\xE2\x9C\x95</span> fails "
		      "<span class=\"x\">\xE2\x80\x93</span> not measured "
		      "<span class=\"a\">\xC2\xB7</span> not asked, because a gate had failed; "
		      "undone: rolled back");
	if (data->post_rows)
		str_add(&out, "; deployed: asked again after the deployment");
	str_add(&out, ". <span class=\"script\" hidden>Click a cell, or "
		      "go there with Tab and the arrow keys and press Enter: it shows both SQL "
		      "texts and what the judges say.</span></p>\n");
	doc_markup(doc, str_text(&out));
	str_free(&out);
}

static const char dialog[] = "<dialog id=\"cell\" aria-labelledby=\"cell-title\"><div "
			     "class=\"bar\"><h2 id=\"cell-title\"></h2>"
			     "<button type=\"button\" id=\"cell-before\">Iteration before</button>"
			     "<button type=\"button\" id=\"cell-after\">Iteration after</button>"
			     "<button type=\"button\" id=\"cell-close\">Close</button></div>"
			     "<div id=\"cell-body\" tabindex=\"0\" role=\"group\" "
			     "aria-label=\"Details\"></div></dialog>\n";

void matrix_data(const struct data *data, struct str *out)
{
	if (!data->cells || !data->n)
		return;
	size_t n = data_evaluations(data);
	char **names = xcalloc(n, sizeof *names);
	for (size_t i = 0; i < data->n; i++)
		names[i] = data->v[i].number == 0 ?
				   xstrdup("the baseline") :
				   xasprintf("iteration %d, lever %d (%s)%s", data->v[i].number,
					     data->v[i].lever, lever_name(data->v[i].lever),
					     data->v[i].kept ? "" : ", rolled back");
	if (n > data->n)
		names[data->n] = xstrdup("after the deployment");
	str_add(out, dialog);
	str_add(out, "<script type=\"application/json\" id=\"cells\">");
	cells_write(data->cells, (const char *const *)names, n, out);
	str_add(out, "</script>\n");
	for (size_t i = 0; i < n; i++)
		free(names[i]);
	free(names);
}
