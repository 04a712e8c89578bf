/* sections.h - the parts of the report, each from the data alone.
 *
 * A section whose artifacts are not there says so in one line. An improvement that the
 * evidence calls undecidable is called so wherever it is named.
 */
#ifndef GENIE_REPORT_SECTIONS_H
#define GENIE_REPORT_SECTIONS_H

struct data;
struct doc;
struct json;

/* summary.c */
void section_head(struct doc *doc, const struct data *data);
void section_summary(struct doc *doc, const struct data *data);
/* history.c */
void section_history(struct doc *doc, const struct data *data);
void section_rolled_back(struct doc *doc, const struct data *data);
void section_pareto(struct doc *doc, const struct data *data);
/* escalation.c */
void section_escalation(struct doc *doc, const struct data *data);
/* A deployment's, below the heading that is there. */
void tell_escalation(struct doc *doc, const struct json *escalation);
/* deployment.c */
void section_deployment(struct doc *doc, const struct data *data);
/* experiment.c */
void section_experiment(struct doc *doc, const struct data *data);
/* predictions.c */
void section_predictions(struct doc *doc, const struct data *data);
/* repeatability.c */
void section_repeatability(struct doc *doc, const struct data *data);
/* searches.c: nothing without searches */
void section_searches(struct doc *doc, const struct data *data);
/* changes.c */
void section_changes(struct doc *doc, const struct data *data);
void section_persistence(struct doc *doc, const struct data *data);
/* failures.c */
void section_clusters(struct doc *doc, const struct data *data);
void section_issues(struct doc *doc, const struct data *data);
/* questions.c */
void section_questions(struct doc *doc, const struct data *data);
void section_excluded(struct doc *doc, const struct data *data);
void section_splits(struct doc *doc, const struct data *data); /* nothing without splits */
void section_held_out(struct doc *doc, const struct data *data);
/* benchmark.c */
void section_arbiter(struct doc *doc, const struct data *data);
void section_warnings(struct doc *doc, const struct data *data);
/* levers.c */
void section_levers(struct doc *doc, const struct data *data);
/* learnings.c */
void section_learnings(struct doc *doc, const struct data *data);
void section_next_steps(struct doc *doc, const struct data *data);

#endif
