/* Sentences that follow from the data, and what to do next. */
#include "data.h"
#include "document.h"
#include "format.h"
#include "paired.h"
#include "sections.h"

#include "json.h"
#include "score.h"
#include "str.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define MANY_CORRECTIONS 3

static bool names(const struct json *list, const char *text)
{
	for (const struct json *one = json_first(list); one; one = json_next(one))
		if (streq(json_text(one), text))
			return true;
	return false;
}

/* ---- which kind of patch the fixed questions had ---- */
struct tally {
	struct strlist types; /* in the order first seen */
	size_t *n;            /* fixed questions that a patch of the type names */
	size_t cap, fixed, unnamed;
};

static size_t type_index(struct tally *t, const char *type)
{
	for (size_t i = 0; i < t->types.n; i++)
		if (streq(t->types.v[i], type))
			return i;
	strlist_add(&t->types, type);
	GROW(t->n, t->cap, t->types.n);
	t->n[t->types.n - 1] = 0;
	return t->types.n - 1;
}

/* One question counts once for each type of patch that names it. */
static void tally_question(struct tally *t, const struct iteration *it, const char *id)
{
	struct strlist seen = { 0 };
	for (const struct json *p = json_first(json_get(it->patches, "patches")); p;
	     p = json_next(p)) {
		const char *type = json_str_or(p, "type", "patch"),
			   *status = data_patch_status(it, p);
		if (streq(status, "queued") || streq(status, "refused") ||
		    !names(json_get(p, "questions"), id))
			continue;
		if (!strlist_add_new(&seen, type))
			continue;
		size_t index = type_index(t, type); /* first: it may move t->n */
		t->n[index]++;
	}
	t->fixed++;
	t->unnamed += seen.n == 0;
	strlist_free(&seen);
}

static void tell_types(struct doc *doc, const struct data *data)
{
	struct tally t = { 0 };
	for (size_t i = 1; i < data->n; i++) {
		const struct json *fixed =
			json_get(json_get(data->v[i].decision, "evidence"), "fixed");
		for (const struct json *f = json_first(fixed); f && data->v[i].kept;
		     f = json_next(f))
			tally_question(&t, &data->v[i], json_text(f));
	}
	for (size_t i = 0; i < t.types.n; i++) {
		doc_point(doc,
			  "%s questions that kept changes fixed were named by a patch of type ",
			  fmt_share(t.n[i], t.fixed).s);
		doc_code(doc, t.types.v[i]);
		doc_add(doc, ".");
	}
	if (t.unnamed)
		doc_point(doc,
			  "%s questions that kept changes fixed were named by no patch of their "
			  "iteration: a side effect, or noise.",
			  fmt_share(t.unnamed, t.fixed).s);
	strlist_free(&t.types);
	free(t.n);
}

/* ---- what the evidence can carry ---- */
struct kept {
	size_t kept, undecidable, rolled_back;
	double power;  /* least of the kept ones; NAN: not known */
	double effect; /* points that the power is about */
};

static struct kept count_kept(const struct data *data)
{
	struct kept k = { .power = NAN };
	for (size_t i = 1; i < data->n; i++) {
		const struct json *decision = data->v[i].decision,
				  *evidence = json_get(decision, "evidence");
		double power = fmt_member(evidence, "power");
		k.kept += data->v[i].kept;
		k.rolled_back += !data->v[i].kept;
		if (!data->v[i].kept || !streq(evidence_verdict(decision), "undecidable"))
			continue;
		k.undecidable++;
		if (!isnan(power) && !(power >= k.power)) {
			k.power = power;
			k.effect = json_num_or(evidence, "power_effect_points", 10);
		}
	}
	return k;
}

static void tell_evidence(struct doc *doc, const struct kept *k)
{
	if (k->kept + k->rolled_back)
		doc_point(doc, "%s changes were kept, %zu rolled back.",
			  fmt_share(k->kept, k->kept + k->rolled_back).s, k->rolled_back);
	if (!k->undecidable)
		return;
	doc_point(doc, "%s kept changes are undecidable", fmt_share(k->undecidable, k->kept).s);
	if (!isnan(k->power))
		doc_add(doc,
			": a benchmark of this size shows a true gain of %.0f points with a "
			"probability of %s",
			k->effect, fmt_percent(100 * k->power).s);
	doc_add(doc, ".");
}

/* ---- questions over the iterations ---- */
struct history {
	size_t never, always, wavering, asked;
};

static void add_history(const struct data *data, const char *id, struct history *h)
{
	size_t measured = 0, passed = 0, turns = 0;
	enum score_outcome last = SCORE_ABSENT;
	for (size_t i = 0; i < data->n; i++) {
		enum score_outcome now =
			data->v[i].rows ? score_of(data->v[i].rows, id) : SCORE_ABSENT;
		if (now != SCORE_PASS && now != SCORE_FAIL)
			continue;
		measured++;
		passed += now == SCORE_PASS;
		turns += last != SCORE_ABSENT && last != now;
		last = now;
	}
	if (!measured)
		return;
	h->asked++;
	h->never += passed == 0;
	h->always += passed == measured;
	h->wavering += turns > 1;
}

static void tell_questions(struct doc *doc, const struct data *data)
{
	struct history h = { 0 };
	for (const struct json *q = json_first(data->questions); q; q = json_next(q))
		add_history(data, json_str_or(q, "question_id", ""), &h);
	if (!h.asked || data->n < 2)
		return;
	doc_point(doc, "%s questions passed in every evaluation, %zu in none.",
		  fmt_share(h.always, h.asked).s, h.never);
	if (h.wavering)
		doc_point(
			doc,
			"%s questions changed sides more than once: their answers are not stable.",
			fmt_share(h.wavering, h.asked).s);
}

static void tell_cause(struct doc *doc, const struct data *data)
{
	const struct json *most = NULL;
	for (const struct json *c = json_first(json_get(data->clusters, "clusters")); c;
	     c = json_next(c))
		if (json_len(json_get(c, "question_ids")) >
		    json_len(json_get(most, "question_ids")))
			most = c;
	if (most)
		doc_point(doc, "The most frequent cause of what still fails is %s (%s).",
			  json_str_or(most, "root_cause", "other"),
			  fmt_count(json_len(json_get(most, "question_ids")), "question").s);
}

void section_learnings(struct doc *doc, const struct data *data)
{
	doc_heading(doc, 2, "Learnings");
	size_t before = doc->n;
	struct kept k = count_kept(data);
	tell_types(doc, data);
	tell_evidence(doc, &k);
	tell_questions(doc, data);
	tell_cause(doc, data);
	if (doc->n == before)
		doc_say(doc, "A baseline alone teaches nothing about changes.");
}

/* ---- next steps ---- */
static size_t count_queued(const struct data *data)
{
	size_t n = 0;
	for (size_t i = 1; i < data->n; i++)
		for (const struct json *p = json_first(json_get(data->v[i].apply, "patches")); p;
		     p = json_next(p))
			n += streq(json_str_or(p, "status", ""), "queued");
	return n;
}

static void step_loop(struct doc *doc, const struct data *data)
{
	const char *status = json_str_or(data->progress, "status", "");
	int64_t wanted = json_int_or(data->progress, "max_iterations", 0);
	if (data->n == 1 && !streq(status, "converged"))
		doc_point(doc, "Optimize: make optimize tries the first change.");
	else if (streq(status, "in_progress"))
		doc_point(doc, "Go on: make optimize resumes where the loop stopped.");
	else if (streq(status, "max_iterations") && !data->stopped)
		doc_point(doc, "Go on, if it is worth it: make ITER=%lld optimize adds iterations.",
			  (long long)wanted + 1);
	else if (streq(status, "stalled") || streq(status, "escalated"))
		doc_point(doc,
			  "Look at the remaining issues by hand: the loop finds nothing more.");
}

static void step_benchmark(struct doc *doc, const struct data *data)
{
	const struct json *eval = data_live(data)->eval;
	size_t corrections = 0, excluded = json_len(json_get(eval, "excluded"));
	for (const struct json *a = json_first(json_get(eval, "arbiter_actions")); a;
	     a = json_next(a))
		corrections += streq(json_str_or(a, "verdict", ""), "genie_correct");
	if (corrections >= MANY_CORRECTIONS)
		doc_point(doc, "Correct the gold SQL of %zu questions (see the arbiter).",
			  corrections);
	if (excluded)
		doc_point(doc, "Repair what kept %s from being measured.",
			  fmt_count(excluded, "question").s);
	if (json_len(data->warnings))
		doc_point(doc, "Look at the %s.",
			  fmt_count(json_len(data->warnings), "benchmark warning").s);
	if (count_kept(data).undecidable)
		doc_point(doc, "Add benchmark questions: the kept changes that are undecidable "
			       "stay so until more questions tell.");
}

/* Sets that the loop laid aside, because all their changes are of high risk. */
static void step_queued(struct doc *doc, const struct data *data)
{
	for (const struct json *set = json_first(data->queued); set; set = json_next(set)) {
		int lever = (int)json_int_or(set, "lever", 0);
		doc_point(doc,
			  "Decide about the set of lever %d (%s) that waits for a person, ", lever,
			  lever_name(lever));
		doc_add(doc, "%s of high risk: ",
			fmt_count(json_len(json_get(set, "patches")), "change").s);
		doc_code(doc, arena_printf(&doc->arena, "queued/lever-%d.json", lever));
		doc_add(doc, " (make ALLOW_HIGH=1 optimize tries it).");
	}
	if (data->remediation) {
		doc_point(doc, "Review the expected SQL of the questions in ");
		doc_code(doc, "gt_remediation_queue.yaml");
		doc_add(doc, ": neither answer was right.");
	}
}

static void step_deploy(struct doc *doc, const struct data *data)
{
	const char *status = json_str_or(data->deploy, "status", "");
	if (data->deploy && !streq(status, "SUCCESS"))
		doc_point(doc, "See to the deployment: %s (see Deployment).", status);
}

static void step_rest(struct doc *doc, const struct data *data)
{
	size_t queued = count_queued(data),
	       failing = json_len(json_get(data_live(data)->eval, "failures"));
	if (queued)
		doc_point(doc,
			  "Decide about the %zu proposed %s of high risk that a person has to "
			  "approve (status queued; ALLOW_HIGH=1 applies them).",
			  queued, queued == 1 ? "change" : "changes");
	if (failing)
		doc_point(doc, "Take up the remaining issues, the largest cluster first (%s).",
			  fmt_count(failing, "failing question").s);
	if (data_live(data)->number && !data->deploy)
		doc_point(doc, "Review and commit the repository files named above, so that a "
			       "deployment keeps them.");
}

void section_next_steps(struct doc *doc, const struct data *data)
{
	doc_heading(doc, 2, "Next steps");
	size_t before = doc->n;
	step_loop(doc, data);
	step_deploy(doc, data);
	step_benchmark(doc, data);
	step_queued(doc, data);
	step_rest(doc, data);
	if (doc->n == before)
		doc_say(doc, "None follow from the data.");
}
