#include "gepanoise.h"

#include "report.h"

#include "gepa.h"
#include "gepafinal.h"
#include "mem.h"
#include "str.h"

#include <stdlib.h>
#include <string.h>

#define TRAIN 20
#define VAL 30
#define CALLS 600

/* Of the 30 validation questions 8 are flaky, 6 wait to be repaired, 8 never pass. */
struct world {
	struct draws draws; /* for answers and for proposals: not the engine's */
	bool real;          /* proposals may repair what waits for it */
	long written;
	char kind[TRAIN + VAL]; /* always 'p'asses, 'n'ever, '?': every other time, 'w'aits */
	long asked;
};

static void make_world(struct world *world, uint64_t seed, bool real)
{
	*world = (struct world){ .real = real };
	draws_seed(&world->draws, seed);
	for (int q = 0; q < TRAIN + VAL; q++) {
		int k = q % 20;
		world->kind[q] = k < 4 ? '?' : k < 7 ? 'w' : k < 12 ? 'n' : 'p';
	}
}

static bool repairs(const char *text)
{
	return starts_with(text, "repaired");
}

static bool evaluate(void *ctx, const struct gepa_request *request, struct gepa_answer *answers,
		     struct err *err UNUSED)
{
	struct world *world = ctx;
	for (int k = 0; k < request->n; k++) {
		int q = request->split == GEPA_VAL ? TRAIN + request->ids[k] : request->ids[k];
		bool passed = world->kind[q] == 'p' ||
			      (world->kind[q] == '?' && draws_unit(&world->draws) < 0.5) ||
			      (world->kind[q] == 'w' && repairs(request->text[0]));
		answers[k] = (struct gepa_answer){ .measured = true,
						   .score = passed ? GEPA_ONE : 0 };
		world->asked++;
	}
	return true;
}

/* Every sixth proposal hits the mark, when there is one. */
static enum gepa_reply propose(void *ctx, const struct gepa_brief *brief, char **child,
			       struct err *err UNUSED)
{
	struct world *world = ctx;
	bool hit = world->real && draws_below(&world->draws, 6) == 0;
	child[0] = xasprintf("%s %ld", hit || repairs(brief->text[0]) ? "repaired" : "note",
			     ++world->written);
	return GEPA_PROPOSED;
}

static enum gepa_verdict search(uint64_t seed, bool real, struct report *report)
{
	struct world world;
	struct draws draws;
	struct gepa_result result;
	struct gepa_final final;
	struct err err = { 0 };
	char text[] = "note 0", *start[] = { text };
	struct gepa_settings set = gepa_defaults();
	struct gepa_task task = { .ctx = &world, .evaluate = evaluate, .propose = propose };
	set.train = TRAIN;
	set.val = VAL;
	long reserve = gepa_reserve(&set, CALLS);
	set.max_calls = CALLS - reserve;
	set.max_iterations = CALLS;
	make_world(&world, seed + 1000, real);
	draws_seed(&draws, seed);
	bool ok = gepa_run(&set, &task, start, &draws, &result, &err) &&
		  gepa_final(&set, &task, &result, reserve, &final, &err);
	report_case(report, ok && world.asked <= CALLS, "search %lu spent %ld of %d calls",
		    (unsigned long)seed, world.asked, CALLS);
	gepa_result_free(&result, set.components);
	return ok ? final.verdict : GEPA_NOT_SHOWN;
}

void check_noise(struct report *report)
{
	long idle = 0, found = 0, worse = 0;
	for (uint64_t k = 0; k < 30; k++)
		idle += search(k, false, report) == GEPA_BETTER;
	for (uint64_t k = 0; k < 10; k++) {
		enum gepa_verdict verdict = search(100 + k, true, report);
		found += verdict == GEPA_BETTER;
		worse += verdict == GEPA_WORSE;
	}
	report_rate("searches without substance that ship", idle, 30);
	report_rate("searches with something to find that ship", found, 10);
	report_case(report, idle <= 2, "%ld of 30 searches without substance ship", idle);
	report_case(report, found >= 8, "%ld of 10 searches with something to find ship", found);
	report_case(report, worse == 0, "%ld of 10 improvements are called worse", worse);
}
