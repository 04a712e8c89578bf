#include "panel.h"

#include "digest.h"
#include "journal.h"
#include "json.h"
#include "judgellm.h"
#include "llm.h"
#include "mem.h"
#include "prompt.h"
#include "prompttool.h"
#include "rows.h"
#include "work.h"

#include <stdlib.h>
#include <string.h>

struct panel {
	struct panel_options options;
	char *source; /* "llm:MODEL" */
	struct llm *llm;
	struct prompt prompt[JUDGELLM_N];
};

struct hearing;
/* One judge's question to the model. */
struct seat {
	struct hearing *hearing;
	size_t judge;
	bool asked;           /* of the model or the journal */
	char key[SHA256_HEX];
	struct json *verdict; /* {value, rationale, asi?} */
	char *fault;          /* no answer got through */
};

struct hearing {
	struct panel *panel;
	struct item *item;
	struct judgellm *evidence;
	struct seat seat[JUDGELLM_N];
	bool settled[JUDGELLM_N]; /* by verdicts that the row had before */
	size_t pending;
	bool arbiter;         /* its turn has come */
};

/* ---- opening ------------------------------------------------------------------ */

/* Renders with nothing in it: a name without value shows before anything is paid for. */
static bool check_prompt(const struct prompt *prompt, const char *judge, struct err *err)
{
	struct json *row = json_new_object();
	struct judgellm_input input = { .row = row };
	struct judgellm *evidence = judgellm_new(&input);
	struct json *request = judgellm_request(evidence, judge, prompt, err);
	bool ok = request != NULL;
	json_free(request);
	judgellm_free(evidence);
	json_free(row);
	return ok;
}

static bool load_prompts(struct panel *panel, struct err *err)
{
	char *dir = prompttool_dir(panel->options.prompts, err);
	bool ok = dir != NULL;
	for (size_t i = 0; ok && i < JUDGELLM_N; i++)
		ok = prompt_load(&panel->prompt[i], dir, judgellm_judges[i], err)
			&& check_prompt(&panel->prompt[i], judgellm_judges[i], err);
	free(dir);
	return ok;
}

struct panel *panel_open(const struct panel_options *options, struct dbx *dbx, struct http *http,
			 struct err *err)
{
	struct panel *panel = xcalloc(1, sizeof *panel);
	struct llm_options llm = { .name = options->model, .dbx = options->url ? NULL : dbx,
		.http = http, .url = options->url, .key = options->key,
		.concurrency = options->concurrency, .budget_ms = options->budget_ms };
	panel->options = *options;
	panel->source = xasprintf("llm:%s", options->model);
	if (load_prompts(panel, err) && (panel->llm = llm_open(&llm, err)) != NULL)
		return panel;
	panel_free(panel);
	return NULL;
}

void panel_stop(struct panel *panel)
{
	if (panel)
		llm_stop(panel->llm);
}

void panel_free(struct panel *panel)
{
	if (!panel)
		return;
	if (panel->llm && llm_sent(panel->llm))
		log_info("%s: %zu requests", panel->source, llm_sent(panel->llm));
	llm_free(panel->llm);
	for (size_t i = 0; i < JUDGELLM_N; i++)
		prompt_free(&panel->prompt[i]);
	free(panel->source);
	free(panel);
}

/* ---- verdicts of a row --------------------------------------------------------- */

static bool by_model(const struct json *verdict)
{
	return starts_with(json_str_or(verdict, "source", ""), "llm:");
}

/* The verdict of a model that the row had, wherever it stood. NULL: none, or one that
 * never came. */
static const struct json *known_verdict(const struct json *before, const char *judge)
{
	const struct json *verdict = json_get(before, judge);
	if (verdict && !by_model(verdict))
		verdict = json_get(verdict, "llm");
	return by_model(verdict) && !json_get(verdict, "fault") ? verdict : NULL;
}

static void set_beside(struct json *judges, const char *judge, struct json *verdict)
{
	struct json *own = json_get(judges, judge);
	json_remove(verdict, "llm");
	json_remove(verdict, "agree");
	if (!json_get(verdict, "fault"))
		json_set_bool(own, "agree", streq(json_str_or(own, "value", ""),
			json_str_or(verdict, "value", "")));
	json_set(own, "llm", verdict);
}

/* Takes verdict. */
static void put(enum judge_mode mode, struct json *row, const char *judge, struct json *verdict)
{
	struct json *judges = json_get(row, "judges");
	if (mode == JUDGES_BOTH)
		set_beside(judges, judge, verdict);
	else
		json_set(judges, judge, verdict);
}

void panel_keep(enum judge_mode mode, struct json *row, const struct json *before)
{
	for (size_t i = 0; i < JUDGELLM_N; i++) {
		const char *judge = judgellm_judges[i];
		const struct json *known = known_verdict(before, judge);
		bool beside = known && known != json_get(before, judge);
		if (!known || !row_judge(row, judge))
			continue;
		/* with code alone, what was the row's verdict stays that, what stood beside too */
		put(mode == JUDGES_CODE && beside ? JUDGES_BOTH : mode, row, judge,
			json_dup(known));
	}
	json_set_str(row, "outcome", row_passes(row) ? "pass" : "fail");
}

/* ---- the hearing ---------------------------------------------------------------- */

static void go_on(struct hearing *h);

static void hearing_free(struct hearing *h)
{
	for (size_t i = 0; i < JUDGELLM_N; i++) {
		json_free(h->seat[i].verdict);
		free(h->seat[i].fault);
	}
	judgellm_free(h->evidence);
	free(h);
}

static bool heard(void *ctx, const char *content, struct err *why)
{
	struct seat *seat = ctx;
	json_free(seat->verdict);
	seat->verdict = judgellm_read(judgellm_judges[seat->judge], content, why);
	return seat->verdict != NULL;
}

static bool remember(const struct seat *seat, struct err *err)
{
	const struct hearing *h = seat->hearing;
	struct json *entry = json_new_object();
	json_set_str(entry, "question_id", row_id(h->item->row));
	json_set_str(entry, "judge", judgellm_judges[seat->judge]);
	json_set_str(entry, "source", h->panel->source);
	json_set_str(entry, "prompt", h->panel->prompt[seat->judge].version);
	json_set(entry, "verdict", json_dup(seat->verdict));
	return journal_put_key(h->item->work->journal, "genie/verdict/1", seat->key, entry, err);
}

static void done(void *ctx, enum llm_outcome outcome, const struct err *err)
{
	struct seat *seat = ctx;
	struct hearing *h = seat->hearing;
	struct work *work = h->item->work;
	struct err problem = { 0 };
	if (outcome == LLM_ANSWERED) {
		if (!work->stop && !remember(seat, &problem))
			work_stop(work, &problem);
	} else if (outcome == LLM_FAULT) {
		seat->fault = xstrdup(err->text);
	} else if (outcome == LLM_DENIED) {
		problem = *err;
		problem.code = ERR_UNAVAILABLE;
		err_wrap(&problem, "judge %s", judgellm_judges[seat->judge]);
		if (!work->stop)
			work_stop(work, &problem);
	} else {
		const char *what = outcome == LLM_REFUSED ? "the model refuses the prompt"
			: "no answer was of use";
		char *why = xasprintf("%s: %s", what, err->text);
		json_free(seat->verdict);
		seat->verdict = judgellm_unknown(why);
		free(why);
	}
	if (--h->pending == 0)
		go_on(h);
}

/* Asks the journal, then the model. */
static void ask(struct hearing *h, size_t judge)
{
	struct work *work = h->item->work;
	struct seat *seat = &h->seat[judge];
	struct err err = { 0 };
	struct json *request = judgellm_request(h->evidence, judgellm_judges[judge],
		&h->panel->prompt[judge], &err);
	*seat = (struct seat){ .hearing = h, .judge = judge, .asked = true };
	if (!request) {
		work_stop(work, &err);
		return;
	}
	llm_key(h->panel->source, request, seat->key);
	const struct json *known = json_get(journal_find_key(work->journal, seat->key), "verdict");
	if (known) {
		seat->verdict = json_dup(known);
	} else {
		h->pending++;
		llm_ask(h->panel->llm, request, heard, done, seat);
	}
	json_free(request);
}

/* The verdict as a row has it: its members in one order. */
static struct json *verdict_of(const struct hearing *h, const struct seat *seat)
{
	struct json *out = json_new_object();
	const struct json *asi = json_get(seat->verdict, "asi");
	json_set_str(out, "value", json_str_or(seat->verdict, "value", "unknown"));
	json_set_str(out, "rationale", json_str_or(seat->verdict, "rationale", seat->fault));
	json_set_str(out, "source", h->panel->source);
	json_set_str(out, "prompt", h->panel->prompt[seat->judge].version);
	if (seat->fault)
		json_set_str(out, "fault", seat->fault);
	if (asi)
		json_set(out, "asi", json_dup(asi));
	return out;
}

/* Puts what was heard into the row. */
static void write_down(struct hearing *h)
{
	enum judge_mode mode = h->panel->options.mode;
	for (size_t i = 0; i < JUDGELLM_N; i++) {
		struct seat *seat = &h->seat[i];
		const char *judge = judgellm_judges[i];
		if (!seat->asked)
			continue;
		seat->asked = false;
		if (seat->fault && mode == JUDGES_LLM)
			item_exclude(h->item, xasprintf("not measured: judge %s: %s", judge,
				seat->fault));
		else
			put(mode, h->item->row, judge, verdict_of(h, seat));
		if (seat->fault)
			log_warn("%s: judge %s was not asked: %s", row_id(h->item->row), judge,
				 seat->fault);
	}
}

/* Only one of the two implementations may see the disagreement. */
static bool model_objects(const struct json *row)
{
	for (size_t i = 0; i < JUDGELLM_ARBITER; i++) {
		const struct json *beside = json_get(row_judge(row, judgellm_judges[i]), "llm");
		if (streq(json_str_or(beside, "value", ""), "no"))
			return true;
	}
	return false;
}

static void turn_of_arbiter(struct hearing *h)
{
	const char *judge = judgellm_judges[JUDGELLM_ARBITER];
	struct json *row = h->item->row;
	h->arbiter = true;
	if (h->settled[JUDGELLM_ARBITER] || h->item->excluded)
		return;
	if (judgellm_useful(h->evidence, judge) || model_objects(row)) {
		ask(h, JUDGELLM_ARBITER);
	} else if (h->panel->options.mode == JUDGES_LLM && !judgellm_disagreement(row)) {
		struct json *verdict = json_set(json_get(row, "judges"), judge, json_new_object());
		json_set_str(verdict, "value", "skipped");
		json_set_str(verdict, "rationale", "no disagreement");
		json_set_str(verdict, "source", "code");
	}
}

static void go_on(struct hearing *h)
{
	struct item *item = h->item;
	if (!item->work->stop)
		write_down(h);
	if (!item->work->stop && !h->arbiter) {
		turn_of_arbiter(h);
		if (h->pending)
			return;
		if (!item->work->stop)
			write_down(h);
	}
	hearing_free(h);
	if (item->work->stop)
		return;
	json_set_str(item->row, "outcome", row_passes(item->row) ? "pass" : "fail");
	item_conclude(item);
}

void panel_judge(struct panel *panel, struct item *item, const struct json *before)
{
	struct hearing *h = xcalloc(1, sizeof *h);
	struct judgellm_input input = { .row = item->row, .gold_sql = item_gold(item),
		.catalog = item->work->catalog };
	bool both = panel->options.mode == JUDGES_BOTH;
	*h = (struct hearing){ .panel = panel, .item = item, .evidence = judgellm_new(&input) };
	for (size_t i = 0; i < JUDGELLM_N && !panel->options.rejudge; i++) {
		const char *judge = judgellm_judges[i];
		h->settled[i] = known_verdict(before, judge)
			|| (!both && json_get(json_get(before, judge), "value"));
	}
	h->pending = 1; /* answers of the journal must not end it before all are asked */
	for (size_t i = 0; i < JUDGELLM_ARBITER; i++)
		if (!h->settled[i] && judgellm_useful(h->evidence, judgellm_judges[i]))
			ask(h, i);
	if (--h->pending == 0)
		go_on(h);
}
