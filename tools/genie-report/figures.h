/* figures.h - the pictures of the page, drawn from the same artifacts as the tables.
 *
 * Each adds a figure to the document, or nothing when it has nothing to show. What the evidence
 * calls undecidable is drawn and called so; each figure's numbers are in a table too.
 */
#ifndef GENIE_REPORT_FIGURES_H
#define GENIE_REPORT_FIGURES_H

struct data;
struct doc;

/* figures.c */
void figure_tiles(struct doc *doc, const struct data *data);  /* the figures of the summary */
void figure_judges(struct doc *doc, const struct data *data); /* a small picture a judge */
/* figure_accuracy.c: accuracy with its intervals, and the gates below */
void figure_accuracy(struct doc *doc, const struct data *data);
/* figure_levers.c: what each iteration added to the share of questions that pass */
void figure_levers(struct doc *doc, const struct data *data);
/* figure_pareto.c: correctness against the cost of the patches */
void figure_pareto(struct doc *doc, const struct data *data);

#endif
