/* Which candidates answer a val question best: a small matrix. */
#include "document.h"
#include "figures.h"
#include "format.h"
#include "markup.h"
#include "searched.h"

#include "json.h"
#include "mem.h"
#include "str.h"

#include <stdlib.h>

#define MOST_COLUMNS 24 /* candidates; the others are in the last column */

/* How much it matters that a candidate has a column. */
static size_t weight(const struct searched *s, size_t i)
{
	const struct candidate *c = &s->v[i];
	size_t asked = i == 0 || c->chosen || c->shipped ? 2 : c->finalist;
	return asked * (s->val + 1) + c->best_at;
}

/* Those that have a column, in their order; true in `shown`. */
static size_t choose_columns(const struct searched *s, bool *shown)
{
	size_t n = 0;
	for (; n < s->n && n < MOST_COLUMNS; n++) {
		size_t most = s->n;
		for (size_t i = 0; i < s->n; i++)
			if (!shown[i] && (most == s->n || weight(s, i) > weight(s, most)))
				most = i;
		shown[most] = true;
	}
	return n;
}

static void add_cell(struct str *out, double score, double best)
{
	bool front = best > 0 && score >= best;
	const char *class = front ? "p" : score > 0 ? "x" : "f";
	str_addf(out, "<td class=\"%s\">", class);
	if (score > 0 && score < 1)
		markup_text(out, fmt_number(score).s);
	else
		str_add(out, score > 0 ? "\xE2\x9C\x93" : "\xE2\x9C\x95");
}

static void add_row(struct str *out, const struct searched *s, const bool *shown,
		    const char *question)
{
	double best = searched_best(s, question);
	struct str winners = STR_INIT;
	if (best <= 0)
		return;
	str_add(out, "<tr><th scope=\"row\">");
	markup_text(out, question);
	str_add(out, "</th>");
	for (size_t i = 0; i < s->n; i++)
		if (shown[i])
			add_cell(out, json_num_or(s->v[i].val, question, 0), best);
	searched_winners(s, question, &winners);
	str_add(out, "<td class=\"text\">");
	markup_text(out, str_text(&winners));
	str_add(out, "</tr>\n");
	str_free(&winners);
}

static void add_head(struct str *out, const struct searched *s, const bool *shown)
{
	str_addf(out, "<div class=\"wide tall\" role=\"group\" tabindex=\"0\" "
		      "aria-label=\"Val questions of search %zu\">"
		      "<table class=\"matrix fronts\"><thead><tr>"
		      "<th scope=\"col\">Val question</th>",
		 s->place);
	for (size_t i = 0; i < s->n; i++)
		if (shown[i])
			str_addf(out, "<th scope=\"col\" class=\"it\">%zu</th>", i);
	str_add(out, "<th scope=\"col\" class=\"mid\">Answered best by</th></tr></thead><tbody>\n");
}

void figure_fronts(struct doc *doc, const struct searched *s)
{
	struct str out = STR_INIT;
	bool *shown = xcalloc(s->n, sizeof *shown);
	size_t n = choose_columns(s, shown);
	add_head(&out, s, shown);
	for (const struct json *q = json_first(s->v[0].val); q; q = json_next(q))
		add_row(&out, s, shown, json_key(q));
	str_add(&out, "</tbody></table></div>\n<p class=\"key legend\">"
		      "<span class=\"p\">\xE2\x9C\x93</span> passes "
		      "<span class=\"f\">\xE2\x9C\x95</span> fails; columns are candidates");
	if (n < s->n)
		str_addf(&out, " (the %zu that say most, of %zu)", n, s->n);
	str_add(&out, ".</p>\n");
	doc_markup(doc, str_text(&out));
	free(shown);
	str_free(&out);
}
