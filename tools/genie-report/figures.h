/* figures.h - the pictures of the page, drawn from the same artifacts as the tables.
 *
 * Each adds a figure to the document, or nothing when it has nothing to show. What the evidence
 * calls undecidable is drawn and called so; each figure's numbers are in a table too.
 */
#ifndef GENIE_REPORT_FIGURES_H
#define GENIE_REPORT_FIGURES_H

struct data;
struct doc;
struct searched;

/* figures.c */
void figure_tiles(struct doc *doc, const struct data *data);  /* the figures of the summary */
void figure_judges(struct doc *doc, const struct data *data); /* a small picture a judge */
/* figure_accuracy.c: accuracy with its intervals, and the gates below */
void figure_accuracy(struct doc *doc, const struct data *data);
/* figure_levers.c: what each iteration added to the share of questions that pass */
void figure_levers(struct doc *doc, const struct data *data);
/* figure_pareto.c: correctness against the cost of the patches */
void figure_pareto(struct doc *doc, const struct data *data);
/* figure_tree.c: the candidates of a search below those they were made from */
void figure_tree(struct doc *doc, const struct searched *search);
/* figure_fronts.c: val questions and the candidates that answer them best */
void figure_fronts(struct doc *doc, const struct searched *search);
/* figure_calls.c: where the calls of a search went, and what they found */
void figure_calls(struct doc *doc, const struct searched *search);
/* figure_fresh.c: what was asked anew at its end, and what that shows */
void figure_fresh(struct doc *doc, const struct searched *search);

#endif
