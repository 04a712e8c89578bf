#include "gepa.h"

#include "check.h"
#include "gepa_int.h"
#include "mem.h"
#include "str.h"

#include <stdlib.h>

/* ---- pieces ---- */

/* tests/test_gepa_utils.py of the reference: the second holds both fronts. */
static void who_is_not_needed_is_not_picked(void)
{
	struct gepa_settings set = gepa_defaults();
	struct gepa_candidate pool[2] = { { .sum = 300 }, { .sum = 600 } };
	struct gepa gepa = { .set = &set, .pool = pool, .n = 2 };
	const int both[] = { 0, 1 }, second[] = { 1 };
	const struct gepa_set fronts[] = { { both, 2 }, { second, 1 } };
	bool removed[2];
	int left[2];
	CHECK_INT(gepa_prune(&gepa, fronts, 2, removed, left), 1);
	CHECK_INT(left[0], 1);
	CHECK(removed[0] && !removed[1]);
}

/* A broad candidate goes when others share each of its fronts; a sole holder never does. */
static void a_sole_holder_stays(void)
{
	struct gepa_settings set = gepa_defaults();
	struct gepa_candidate pool[3] = { { .sum = 5 }, { .sum = 1 }, { .sum = 6 } };
	struct gepa gepa = { .set = &set, .pool = pool, .n = 3 };
	const int a[] = { 0, 2 }, b[] = { 1 }, c[] = { 0, 2 };
	const struct gepa_set fronts[] = { { a, 2 }, { b, 1 }, { c, 2 } };
	bool removed[3];
	int left[3];
	CHECK_INT(gepa_prune(&gepa, fronts, 3, removed, left), 2);
	CHECK(removed[0] && !removed[1] && !removed[2]);
}

static void minibatches(int train, long iterations, const char *want)
{
	struct gepa_settings set = gepa_defaults();
	struct draws draws;
	struct gepa gepa = { .set = &set, .draws = &draws, .sampler.epoch = -1 };
	struct str got = STR_INIT;
	int ids[3];
	set.compat = true;
	set.train = train;
	draws_seed(&draws, 0);
	for (; gepa.iteration < iterations; gepa.iteration++) {
		gepa_minibatch(&gepa, 0, ids);
		str_addf(&got, "%s%d %d %d", got.n ? " | " : "", ids[0], ids[1], ids[2]);
	}
	CHECK_STR(got.s, want);
	str_free(&got);
	gepa_sampler_free(&gepa.sampler);
}

/* The reference's sampler with its own Random(0). */
static void epochs_are_padded_with_the_rarest(void)
{
	minibatches(10, 6, "7 8 1 | 5 3 4 | 2 0 9 | 6 6 9 | 9 4 8 | 6 0 1");
	minibatches(8, 6, "4 1 5 | 2 0 3 | 7 6 6 | 1 0 4 | 5 3 2 | 7 6 6");
	minibatches(2, 3, "0 1 1 | 0 1 1 | 1 0 0");
}

/* ---- searches ---- */

/* A question passes when its digit is in the text; a proposal adds one digit. */
struct game {
	int asked, proposed, refused;
	int most;              /* questions in one request */
	bool stubborn;         /* proposes the same digit every time */
	const char *forbidden; /* a text that is refused */
	char told[GEPA_REASON];
	enum gepa_fate fate[64];
	int nfate;
};

static bool evaluate(void *ctx, const struct gepa_request *request, struct gepa_answer *answers,
		     struct err *err UNUSED)
{
	struct game *game = ctx;
	game->asked += request->n;
	if (request->n > game->most)
		game->most = request->n;
	for (int k = 0; k < request->n; k++) {
		char digit = (char)('0' + request->ids[k]);
		answers[k].measured = true;
		answers[k].score = strchr(request->text[0], digit) ? GEPA_ONE : 0;
	}
	return true;
}

static enum gepa_reply propose(void *ctx, const struct gepa_brief *brief, char **child,
			       struct err *err UNUSED)
{
	struct game *game = ctx;
	int digit = game->stubborn ? 0 : game->proposed % 10;
	if (brief->nrejections)
		snprintf(game->told, sizeof(game->told), "%s",
			 brief->rejections[brief->nrejections - 1]);
	game->proposed++;
	child[0] = xasprintf("%s%d", brief->text[0], digit);
	return GEPA_PROPOSED;
}

static bool refuse(void *ctx, char *const *child, int parent UNUSED, char reason[GEPA_REASON])
{
	struct game *game = ctx;
	if (!game->forbidden || !streq(child[0], game->forbidden))
		return false;
	game->refused++;
	snprintf(reason, GEPA_REASON, "%s is forbidden", child[0]);
	return true;
}

static void watch(void *ctx, const struct gepa_iteration *iteration)
{
	struct game *game = ctx;
	if (game->nfate < (int)countof(game->fate))
		game->fate[game->nfate++] = iteration->proposals[0].fate;
}

static struct gepa_result play(struct game *game, const char *seed, long calls, long iterations)
{
	char *text[] = { xstrdup(seed) };
	struct gepa_settings set = gepa_defaults();
	struct gepa_task task = { game, evaluate, propose, refuse, watch };
	struct gepa_result result;
	struct draws draws;
	struct err err = { 0 };
	set.train = set.val = 10;
	set.max_calls = calls;
	set.max_iterations = iterations;
	draws_seed(&draws, 4);
	CHECK(gepa_run(&set, &task, text, &draws, &result, &err));
	free(text[0]);
	return result;
}

static void a_search_finds_what_there_is(void)
{
	struct game game = { 0 };
	struct gepa_result result = play(&game, "", 2000, 1000);
	CHECK_INT(result.end, GEPA_END_PERFECT);
	CHECK_INT(result.pool[result.best].sum, 10 * GEPA_ONE);
	CHECK_INT(result.calls, game.asked);
	CHECK_INT(result.pool[0].sum, 0);
	CHECK_INT(result.pool[0].nparents, 0);
	CHECK(result.pool[result.best].discovered < result.calls);
	gepa_result_free(&result, 1);
}

/* The same text again costs nothing, and the proposer hears why. */
static void a_known_text_costs_no_call(void)
{
	struct game game = { .stubborn = true, .forbidden = "90" };
	struct gepa_result result = play(&game, "9", 500, 20);
	CHECK_INT(result.end, GEPA_END_ITERATIONS);
	CHECK_INT(result.n, 1);
	CHECK_INT(game.refused, 1);
	CHECK_STR(game.told, "the same texts were tried before");
	CHECK(game.asked <= 10 + 10 + 20); /* val, each train question once, repeats */
	gepa_result_free(&result, 1);
}

/* A child that breaks much is dropped before all of val is asked. */
static void validation_ends_when_all_is_lost(void)
{
	struct gepa_settings set = gepa_defaults();
	struct game game = { 0 };
	struct gepa_task task = { .ctx = &game, .evaluate = evaluate };
	struct gepa gepa = { .set = &set, .task = &task };
	struct gepa_answer val[10] = { { 0 } };
	char texts[][9] = { "01234567", "8", "12" };
	char *good[] = { texts[0] }, *bad[] = { texts[1] }, *other[] = { texts[2] };
	set.train = set.val = 10;
	set.block = 2;
	set.max_calls = 100;
	CHECK_INT(gepa_validate(&gepa, good, -1, val), GEPA_ADMITTED);
	gepa_add(&gepa, gepa_text_dup(good, 1), NULL, 0, val, 0);
	game.asked = 0;
	memset(val, 0, sizeof(val));
	CHECK_INT(gepa_validate(&gepa, other, 0, val), GEPA_CURTAILED);
	CHECK_INT(game.asked, 4); /* 8 and 9, which the rival fails too; 0 is one too many */
	memset(val, 0, sizeof(val));
	CHECK_INT(gepa_validate(&gepa, bad, 0, val), GEPA_ADMITTED); /* alone in passing 8 */
	gepa_text_free(gepa.pool[0].text, 1);
	free(gepa.pool[0].val);
	free(gepa.pool[0].train);
	free(gepa.pool);
	gepa_pool_free(&gepa);
}

static void settings_without_sense_are_refused(void)
{
	struct gepa_settings set = gepa_defaults();
	struct gepa_task task = { .evaluate = evaluate };
	struct gepa_result result;
	struct draws draws;
	struct err err = { 0 };
	char text[] = "", *seed[] = { text };
	draws_seed(&draws, 0);
	CHECK(!gepa_run(&set, &task, seed, &draws, &result, &err));
	CHECK_INT(err.code, ERR_USAGE);
	set.train = set.val = 1;
	CHECK(!gepa_run(&set, &task, seed, &draws, &result, &err));
	CHECK(strstr(err.text, "limit of iterations") != NULL);
	set.compat = true;
	set.frontier = GEPA_OBJECTIVE;
	CHECK(!gepa_run(&set, &task, seed, &draws, &result, &err));
	CHECK(strstr(err.text, "objective") != NULL);
}

int main(void)
{
	RUN(who_is_not_needed_is_not_picked);
	RUN(a_sole_holder_stays);
	RUN(epochs_are_padded_with_the_rarest);
	RUN(a_search_finds_what_there_is);
	RUN(a_known_text_costs_no_call);
	RUN(validation_ends_when_all_is_lost);
	RUN(settings_without_sense_are_refused);
	return check_done();
}
