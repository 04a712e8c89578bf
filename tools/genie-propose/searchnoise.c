/* What a search would cost, and what it could show, before it is begun. */
#include "search.h"

#include "json.h"
#include "log.h"
#include "mem.h"
#include "rows.h"
#include "tool.h"

#include <stdlib.h>

#define ASKINGS 3
#define ACCEPTED 5     /* of so many proposals one is taken, in the budget */
#define MAX_ROUNDS 50

static struct json *begin(struct tool *tool, const struct search *s, const char *mode)
{
	struct json *out = tool_document(tool, "search");
	json_set_str(out, "mode", mode);
	json_set_str(out, "space_id", s->live_id);
	json_set_str(out, "config_id", json_str_or(s->snapshot, "config_id", NULL));
	json_set_int(out, "train", s->split[GEPA_TRAIN].n);
	json_set_int(out, "val", s->split[GEPA_VAL].n);
	return out;
}

static void set_minutes(struct json *object, const struct search *s, long calls)
{
	if (s->o->qpm > 0)
		json_set_num(object, "minutes", (double)calls / s->o->qpm);
	else
		json_set(object, "minutes", json_new_null());
}

struct json *search_plan(struct tool *tool, const struct search *s,
	const struct gepa_settings *settings)
{
	struct json *out = begin(tool, s, "plan");
	long left = s->o->calls - s->reserve - settings->val;
	long rejected = 2L * settings->minibatch;
	json_set_int(out, "calls", s->o->calls);
	json_set_int(out, "minibatch", settings->minibatch);
	json_set_int(out, "seed_calls", settings->val);
	json_set_int(out, "reserve", s->reserve);
	json_set_int(out, "rounds", s->reserve / (2L * settings->val));
	json_set_int(out, "affordable_if_none_is_taken", left > 0 ? left / rejected : 0);
	json_set_int(out, "affordable", left > 0 ? left * ACCEPTED /
		(rejected * ACCEPTED + settings->val) : 0);
	json_set_num(out, "qpm", s->o->qpm);
	set_minutes(out, s, s->o->calls);
	return out;
}

/* ---- noise ---- */

struct noise {
	long questions, flaky, always, never, unmeasured, measured;
	double changed; /* sum of the chances that two askings differ */
	struct json *flaky_list, *repair;
};

static bool ask_seed(struct search *s, enum gepa_split split, int (*passed)[2], struct err *err)
{
	int n = s->split[split].n, *ids = xcalloc((size_t)n + 1, sizeof *ids);
	struct gepa_answer *answers = xcalloc((size_t)n + 1, sizeof *answers);
	bool ok = true;
	for (int i = 0; i < n; i++)
		ids[i] = i;
	for (int k = 0; ok && k < ASKINGS; k++) {
		struct gepa_request request = { .text = s->seed, .split = split, .ids = ids, .n = n,
			.replicate = k };
		ok = search_evaluate(s, &request, answers, err);
		for (int i = 0; ok && i < n; i++) {
			passed[i][0] += answers[i].measured;
			passed[i][1] += answers[i].measured && answers[i].score >= GEPA_ONE;
		}
	}
	free(answers);
	free(ids);
	return ok;
}

static void count(struct noise *noise, const struct json *question, int n, int passes)
{
	noise->questions++;
	noise->unmeasured += n < ASKINGS;
	noise->always += n > 0 && passes == n;
	noise->never += n > 0 && passes == 0;
	if (n < 2)
		return;
	noise->measured++;
	noise->changed += 2.0 * passes * (n - passes) / ((double)n * (n - 1));
	if (passes == 0 || passes == n)
		return;
	noise->flaky++;
	struct json *one = json_push(noise->flaky_list, json_new_object());
	json_set_str(one, "question_id", row_id(question));
	json_set_int(one, "asked", n);
	json_set_int(one, "passed", passes);
}

/* Rounds of the comparison that show a gain; 0: more than are reasonable. */
static long rounds_for(long val, double gain, double changed)
{
	for (long rounds = 1; rounds <= MAX_ROUNDS; rounds++)
		if (gepa_detectable(val, rounds * val, changed) <= gain + 1e-9)
			return rounds;
	return 0;
}

/* The smallest budget whose last quarter shows the gain; null: none that is reasonable. */
static struct json *budget_for(const struct search *s, double gain, double changed)
{
	struct json *one = json_new_object();
	long val = s->split[GEPA_VAL].n, rounds = rounds_for(val, gain, changed);
	json_set_num(one, "gain", gain);
	if (rounds) {
		json_set_int(one, "calls", 8 * rounds * val);
		set_minutes(one, s, 8 * rounds * val);
	} else {
		json_set(one, "calls", json_new_null());
		json_set(one, "minutes", json_new_null());
	}
	return one;
}

static void write_budgets(const struct search *s, double changed, struct json *out)
{
	struct json *table = json_set(out, "budgets", json_new_array());
	long val = s->split[GEPA_VAL].n;
	for (long r = 1; r <= 16; r *= 2) {
		struct json *one = json_push(table, json_new_object());
		json_set_int(one, "calls", 8 * r * val);
		json_set_int(one, "rounds", r);
		json_set_num(one, "detectable", gepa_detectable(val, r * val, changed));
		set_minutes(one, s, 8 * r * val);
	}
}

/* Said before anything is spent on a search. */
static void warn_of_small(const struct search *s, double shown, const struct json *wanted)
{
	long calls = (long)json_int_or(wanted, "calls", 0);
	if (shown <= s->o->gain + 1e-9)
		return;
	if (calls)
		log_warn("%ld calls show gains from %.0f points on, not the %.0f that are wanted "
			"(--gain): those take %ld calls", s->o->calls, 100 * shown,
			100 * s->o->gain, calls);
	else
		log_warn("%ld calls show gains from %.0f points on; the %.0f that are wanted "
			"(--gain) no reasonable number of calls shows, only more val questions do",
			s->o->calls, 100 * shown, 100 * s->o->gain);
}

static void recommend(const struct search *s, const struct noise *noise, struct json *out)
{
	static const double gains[] = { 0.05, 0.1, 0.2, 0.3 };
	double changed = noise->measured ? noise->changed / (double)noise->measured : 1;
	long val = s->split[GEPA_VAL].n, rounds = s->reserve / (2 * val);
	double shown = rounds ? gepa_detectable(val, rounds * val, changed) : 1;
	json_set_num(out, "changed_by_chance", changed);
	json_set_num(out, "detectable", gepa_detectable(val, val, changed));
	write_budgets(s, changed, out);
	struct json *table = json_set(out, "gains", json_new_array());
	for (size_t i = 0; i < countof(gains); i++)
		json_push(table, budget_for(s, gains[i], changed));
	struct json *wanted = json_set(out, "recommended", budget_for(s, s->o->gain, changed));
	json_set_int(out, "calls", s->o->calls);
	json_set_num(out, "calls_show", shown);
	warn_of_small(s, shown, wanted);
}

static bool measure(struct search *s, enum gepa_split split, struct noise *noise, struct err *err)
{
	int (*passed)[2] = xcalloc((size_t)s->split[split].n + 1, sizeof *passed);
	bool ok = ask_seed(s, split, passed, err);
	for (int i = 0; ok && i < s->split[split].n; i++)
		count(noise, s->split[split].row[i], passed[i][0], passed[i][1]);
	free(passed);
	return ok;
}

struct json *search_noise(struct tool *tool, struct search *s, struct err *err)
{
	struct json *out = begin(tool, s, "noise");
	struct noise noise = { .flaky_list = json_new_array(), .repair = json_new_array() };
	bool ok = measure(s, GEPA_TRAIN, &noise, err) && measure(s, GEPA_VAL, &noise, err);
	json_set_int(out, "askings", ASKINGS);
	json_set_int(out, "questions", noise.questions);
	json_set_int(out, "asked", (int64_t)s->asked);
	json_set_int(out, "always_pass", noise.always);
	json_set_int(out, "never_pass", noise.never);
	json_set_int(out, "incomplete", noise.unmeasured);
	json_set_num(out, "flaky_share", noise.measured ?
		(double)noise.flaky / (double)noise.measured : 0);
	json_set(out, "flaky", noise.flaky_list);
	for (size_t i = 0; i < s->unmeasured.n; i++)
		json_push_str(noise.repair, s->unmeasured.v[i]);
	json_set(out, "repair", noise.repair);
	if (ok) {
		recommend(s, &noise, out);
		return out;
	}
	json_free(out);
	return NULL;
}
