/* What a search did, as a document; and what it found, as patches. */
#include "search.h"

#include "json.h"
#include "jsonw.h"
#include "log.h"
#include "mem.h"
#include "patch.h"
#include "rows.h"
#include "tool.h"

#include <stdio.h>
#include <stdlib.h>

static const char *fate_text(enum gepa_fate fate)
{
	static const char *const texts[] = { "skipped", "no_proposal", "refused", "rejected",
		"not_kept", "curtailed", "unmeasured", "admitted" };
	return texts[fate];
}

/* Share of 1, or null. */
static void set_score(struct json *object, const char *key, const struct gepa_answer *answer)
{
	if (answer->measured)
		json_set_num(object, key, (double)answer->score / GEPA_ONE);
	else
		json_set(object, key, json_new_null());
}

static void add_event(struct search *s, const struct gepa_iteration *iteration,
	const struct gepa_proposal *p)
{
	struct json *event = json_push(s->events, json_new_object());
	json_set_int(event, "iteration", iteration->number);
	json_set_int(event, "parent", p->parent);
	json_set_str(event, "fate", fate_text(p->fate));
	json_set_str(event, "reason", p->reason);
	if (p->admitted >= 0)
		json_set_int(event, "candidate", p->admitted);
	else
		json_set(event, "candidate", json_new_null());
	struct json *questions = json_set(event, "questions", json_new_array());
	for (int i = 0; i < p->n; i++) {
		struct json *one = json_push(questions, json_new_object());
		json_set_str(one, "question_id", row_id(s->split[GEPA_TRAIN].row[p->ids[i]]));
		set_score(one, "before", &p->before[i]);
		if (p->after)
			set_score(one, "after", &p->after[i]);
	}
	json_set(event, "patches", p->child ? search_patches(s, p->child) : json_new_array());
	json_set_int(event, "calls", iteration->calls);
}

void search_watch(void *ctx, const struct gepa_iteration *iteration)
{
	struct search *s = ctx;
	for (int i = 0; i < iteration->n; i++)
		add_event(s, iteration, &iteration->proposals[i]);
	long left = s->o->calls - iteration->calls;
	if (!iteration->n)
		return;
	const struct gepa_proposal *p = &iteration->proposals[iteration->n - 1];
	log_info("iteration %ld: %s%s%s; %ld calls left (%ld of them for the comparison)",
		iteration->number + 1, fate_text(p->fate), *p->reason ? ": " : "", p->reason, left,
		s->reserve);
	if (s->o->qpm > 0)
		log_info("at most %.0f minutes to go", (double)left / s->o->qpm);
}

/* ---- the record ---- */

static struct json *candidate_json(const struct search *s, const struct gepa_candidate *c)
{
	struct json *out = json_new_object(), *list = json_set(out, "parents", json_new_array());
	const struct search_split *val = &s->split[GEPA_VAL];
	struct err ignored = { 0 };
	char hash[SHA256_HEX];
	for (int i = 0; i < c->nparents; i++)
		json_push(list, json_new_int(c->parents[i]));
	struct json *config = search_config(s, c->text, &ignored);
	json_set_str(out, "config_hash", config ? search_hash(s, config, hash) : NULL);
	json_free(config);
	json_set_num(out, "score", (double)c->sum / GEPA_ONE / val->n);
	struct json *scores = json_set(out, "val", json_new_object());
	for (int i = 0; i < val->n; i++)
		json_set_num(scores, row_id(val->row[i]), (double)c->val[i] / GEPA_ONE);
	json_set_int(out, "discovered", c->discovered);
	json_set(out, "patches", search_patches(s, c->text));
	return out;
}

static struct json *interval_json(const struct interval *interval)
{
	struct json *out = json_new_array();
	json_push(out, json_new_num(interval->low));
	json_push(out, json_new_num(interval->high));
	return out;
}

static struct json *final_json(const struct gepa_final *f)
{
	struct json *out = json_new_object(), *list = json_set(out, "finalists", json_new_array());
	json_set_str(out, "verdict", gepa_verdict_text(f->verdict));
	for (int i = 0; i < f->nfinalists; i++) {
		struct json *one = json_push(list, json_new_object());
		json_set_int(one, "candidate", f->finalists[i]);
		json_set_int(one, "first_round", f->first_round[i]);
	}
	json_set(out, "chosen", f->chosen < 0 ? json_new_null() : json_new_int(f->chosen));
	const struct { const char *key; long value; } counts[] = { { "rounds", f->rounds },
		{ "again", f->again }, { "further", f->further },
		{ "calls", f->calls }, { "pairs", f->pairs }, { "unmeasured", f->unmeasured },
		{ "both", f->both }, { "fixed", f->fixed }, { "broken", f->broken },
		{ "neither", f->neither } };
	for (size_t i = 0; i < countof(counts); i++)
		json_set_int(out, counts[i].key, counts[i].value);
	json_set_num(out, "p_value", f->p_value);
	json_set(out, "gain_ci95", interval_json(&f->gain));
	json_set_num(out, "detectable", f->detectable);
	return out;
}

/* Whether the candidate that was compared becomes patches. */
static bool ships(const struct search *s, const struct gepa_final *final)
{
	return final->chosen > 0 && (final->verdict == GEPA_BETTER || s->o->ship_any);
}

struct json *search_record(struct tool *tool, const struct search *s,
	const struct gepa_settings *settings, const struct gepa_result *result,
	const struct gepa_final *final)
{
	struct json *out = tool_document(tool, "search");
	json_set_str(out, "mode", "search");
	json_set_str(out, "space_id", s->live_id);
	json_set_str(out, "config_id", json_str_or(s->snapshot, "config_id", NULL));
	json_set_str(out, "proposer", s->o->llm ? "llm" : "rules");
	json_set_int(out, "seed", s->o->seed);
	json_set_int(out, "train", settings->train);
	json_set_int(out, "val", settings->val);
	json_set_int(out, "minibatch", settings->minibatch);
	struct json *budget = json_set(out, "budget", json_new_object());
	json_set_int(budget, "calls", s->o->calls);
	json_set_int(budget, "reserve", s->reserve);
	json_set_int(budget, "spent", result->calls + final->calls);
	json_set_int(budget, "asked", (int64_t)s->asked);
	json_set_int(budget, "llm_calls", s->reflections);
	json_set_int(out, "iterations", result->iterations);
	json_set_str(out, "end", gepa_end_text(result->end));
	json_set_str(out, "failure",
		result->end == GEPA_END_PROPOSER || result->end == GEPA_END_ENOUGH ?
		result->failure.text : NULL);
	json_set(out, "best", result->best < 0 ? json_new_null() : json_new_int(result->best));
	struct json *candidates = json_set(out, "candidates", json_new_array());
	for (int i = 0; i < result->n; i++)
		json_push(candidates, candidate_json(s, &result->pool[i]));
	json_set(out, "proposals", json_dup(s->events));
	json_set(out, "final", final_json(final));
	json_set(out, "shipped", ships(s, final) ? json_new_int(final->chosen) : json_new_null());
	struct json *unmeasured = json_set(out, "unmeasured", json_new_array());
	for (size_t i = 0; i < s->unmeasured.n; i++)
		json_push_str(unmeasured, s->unmeasured.v[i]);
	return out;
}

/* ---- patches ---- */

/* Questions on which the candidate passes more often than the seed, or less often, in all that was
 * measured of val. */
static void compare_questions(const struct search *s, const struct gepa_result *result, int chosen,
	struct strlist *fixed, struct strlist *broken)
{
	const struct search_split *val = &s->split[GEPA_VAL];
	for (int i = 0; i < val->n; i++) {
		long before = result->pool[0].val[i], after = result->pool[chosen].val[i];
		if (before != after)
			strlist_add_new(after > before ? fixed : broken, row_id(val->row[i]));
	}
}

struct worth {
	const struct strlist *fixed, *broken;
	const struct gepa_final *final;
	const char *drafted_by, *anyway; /* anyway: NULL when it is shown to be better */
	bool high;                       /* one of them is of high risk */
};

/* How much the search's own count is worth after the comparison. */
static double confidence_of(const struct gepa_final *final)
{
	return final->verdict == GEPA_BETTER ? 1 - final->p_value :
		final->verdict == GEPA_WORSE ? 0 : 0.5;
}

static void fill_patch(struct json *patch, size_t n, size_t of, const struct worth *worth)
{
	double confidence = confidence_of(worth->final);
	char id[24];
	snprintf(id, sizeof id, "P%03zu", n + 1);
	json_set_str(patch, "patch_id", id);
	json_set(patch, "grounded_in", json_new_array());
	patch_set_impact(patch, worth->fixed, worth->broken, confidence, 0.5, 1, of);
	json_set_str(patch, "drafted_by", worth->drafted_by);
	if (worth->anyway)
		json_set_str(patch, "anyway", worth->anyway);
	/* what was measured is all of them together, and so waits together for a person */
	if (worth->high)
		json_set_str(patch, "risk", patch_risk_text(PATCH_HIGH));
	snprintf(id, sizeof id, "P%03zu", n + 1 < of ? n + 2 : n);
	if (of > 1)
		json_set_str(patch, "pair", id);
}

/* True, with a warning, when a patch is of high risk. */
static bool warn_of_high(const struct json *patches, struct json *warnings)
{
	size_t n = 0;
	for (const struct json *p = json_first(patches); p; p = json_next(p)) {
		n++;
		if (!streq(json_str_or(p, "risk", NULL), patch_risk_text(PATCH_HIGH)))
			continue;
		char *text = xasprintf("P%03zu (%s) is of high risk, and all that was found was "
			"measured together, as one change: %s for a person: genie-patch "
			"--allow-high, or make ALLOW_HIGH=1 optimize", n,
			json_str_or(p, "type", "?"),
			json_len(patches) > 1 ? "all of the patches wait" : "it waits");
		struct json *warning = json_push(warnings, json_new_object());
		json_set_str(warning, "code", "high_risk");
		json_set_str(warning, "text", text);
		log_warn("%s", text);
		free(text);
		return true;
	}
	return false;
}

struct json *search_shipped(const struct search *s, const struct gepa_result *result,
	const struct gepa_final *final, struct json *warnings)
{
	struct strlist fixed = { 0 }, broken = { 0 };
	if (!ships(s, final))
		return json_new_array();
	struct json *patches = search_patches(s, result->pool[final->chosen].text);
	compare_questions(s, result, final->chosen, &fixed, &broken);
	size_t n = 0, of = json_len(patches);
	char *who = s->o->llm ? xasprintf("llm:%s", s->o->llm) : xstrdup("rules");
	char *anyway = final->verdict == GEPA_BETTER ? NULL :
		xasprintf("--ship any: the comparison says %s (p %.2g)",
			gepa_verdict_text(final->verdict), final->p_value);
	struct worth worth = { &fixed, &broken, final, who, anyway,
		warn_of_high(patches, warnings) };
	for (struct json *p = json_first(patches); p; p = json_next(p))
		fill_patch(p, n++, of, &worth);
	free(anyway);
	free(who);
	strlist_free(&fixed);
	strlist_free(&broken);
	return patches;
}
