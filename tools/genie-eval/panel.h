/* panel.h - the model as a judge of rows: which verdicts are asked for, kept, shown beside.
 *
 * Code judges every row first; it costs nothing. In mode `llm` the model's verdicts then take the
 * place of those five that it can give (judgellm.h), in mode `both` they stand beside them as
 * `judges.<judge>.llm` with `agree`. What was paid for is kept: a verdict of a model that a row
 * has is not asked for again, nor is a row that code judged, unless `rejudge`; a prompt that the
 * journal knows is not sent again. The four structural judges are asked at once, then, only on
 * disagreement, the arbiter.
 */
#ifndef GENIE_EVAL_PANEL_H
#define GENIE_EVAL_PANEL_H

#include "base.h"
#include "err.h"

struct dbx;
struct http;
struct item;
struct json;
struct panel;

enum judge_mode { JUDGES_CODE, JUDGES_LLM, JUDGES_BOTH };

struct panel_options {
	enum judge_mode mode;
	bool rejudge;
	const char *model;  /* endpoint or model; borrowed */
	const char *url, *key; /* NULL url: an endpoint of the workspace */
	const char *prompts; /* folder; NULL: found (prompttool.h) */
	int concurrency;
	int64_t budget_ms;
};
/* Loads and checks the prompts. dbx or http by url. */
struct panel *panel_open(const struct panel_options *options, struct dbx *dbx, struct http *http,
	struct err *err) MUST_CHECK;
void panel_stop(struct panel *panel); /* before the loop is freed; NULL is fine */
void panel_free(struct panel *panel); /* after it; NULL is fine */

/* After code has judged the item's row: brings back the verdicts of models in `before`
 * (the row's judges until now; NULL: none), as the mode wants them. */
void panel_keep(enum judge_mode mode, struct json *row, const struct json *before);
/* Asks what is lacking, then settles the item's outcome and calls item_conclude, perhaps at
 * once. */
void panel_judge(struct panel *panel, struct item *item, const struct json *before);

#endif
