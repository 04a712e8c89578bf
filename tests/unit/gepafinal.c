#include "gepafinal.h"

#include "check.h"
#include "mem.h"

#include <stdlib.h>

#define VAL 10

/* The seed passes questions below 4, the other candidates as many as their text says; of question
 * 9 no answer can be had. */
struct service {
	long asked;
	int lowest; /* replicate */
	int last;   /* question */
	long of[VAL]; /* askings of each question */
	bool apart; /* a question was not asked of both in a row */
	bool down;
};

static bool evaluate(void *ctx, const struct gepa_request *request, struct gepa_answer *answers,
		     struct err *err)
{
	struct service *service = ctx;
	if (service->down)
		return err_set(err, ERR_TEMP, "down");
	CHECK_INT(request->n, 1);
	if (request->replicate < service->lowest)
		service->lowest = request->replicate;
	if (service->asked % 2 && service->last != request->ids[0])
		service->apart = true;
	service->last = request->ids[0];
	service->asked++;
	service->of[request->ids[0]]++;
	answers[0].measured = request->ids[0] != 9;
	answers[0].score = request->ids[0] < strtol(request->text[0], NULL, 10) ? GEPA_ONE : 0;
	return true;
}

static bool finish(struct service *service, const char *const *texts, int n, long reserve,
		   struct gepa_final *final)
{
	char *text[4];
	struct gepa_candidate pool[4] = { { 0 } };
	struct gepa_settings set = gepa_defaults();
	struct gepa_task task = { .ctx = service, .evaluate = evaluate };
	struct gepa_result result = { .pool = pool, .n = n };
	struct err err = { 0 };
	*service = (struct service){ .lowest = 1 << 20, .down = service->down };
	set.train = set.val = VAL;
	for (int i = 0; i < n; i++) {
		text[i] = xstrdup(texts[i]);
		pool[i].text = &text[i];
		pool[i].sum = strtol(texts[i], NULL, 10) * GEPA_ONE;
	}
	bool ok = gepa_final(&set, &task, &result, reserve, final, &err);
	for (int i = 0; i < n; i++)
		free(text[i]);
	return ok;
}

static void a_true_gain_is_called_better(void)
{
	struct service service = { 0 };
	struct gepa_final final;
	const char *const texts[] = { "4", "9" };
	CHECK(finish(&service, texts, 2, 45, &final));
	CHECK_INT(final.verdict, GEPA_BETTER);
	CHECK_INT(final.chosen, 1);
	CHECK_INT(final.rounds, 1);
	CHECK_INT(final.calls, 44);
	CHECK_INT(service.asked, 44);
	CHECK_INT(final.pairs, 9);
	CHECK_INT(final.unmeasured, 1);
	CHECK_INT(final.fixed, 5);
	CHECK(final.p_value == 1.0 / 32);
	CHECK(final.gain.low > 0.1 && final.gain.high < 0.9);
	CHECK(!service.apart);
	CHECK(service.lowest >= GEPA_FRESH);
}

/* The questions that the seed fails and the candidate passes are 4 to 8. */
static void what_always_agrees_is_asked_in_half_of_the_calls_alone(void)
{
	struct service service = { 0 };
	struct gepa_final final;
	const char *const texts[] = { "4", "9" };
	CHECK(finish(&service, texts, 2, 80, &final));
	CHECK_INT(final.rounds, 2);
	CHECK_INT(final.pairs, 18);
	CHECK_INT(final.again, 5);
	CHECK_INT(final.further, 20);
	CHECK_INT(final.calls, 80);
	for (int q = 0; q < VAL; q++)
		CHECK_INT(service.of[q], q >= 4 && q < 9 ? 12 : 4);
	CHECK(!service.apart);
}

/* What the search took for better may be worse when it is looked at again. */
static void a_loss_is_called_worse(void)
{
	struct service service = { 0 };
	struct gepa_final final;
	const char *const texts[] = { "9", "0" };
	struct gepa_candidate pool[2] = { { .sum = 1 }, { .sum = 2 } };
	char nine[] = "9", none[] = "0", *seed[] = { nine }, *child[] = { none };
	struct gepa_settings set = gepa_defaults();
	struct gepa_task task = { .ctx = &service, .evaluate = evaluate };
	struct gepa_result result = { .pool = pool, .n = 2 };
	struct err err = { 0 };
	pool[0].text = seed;
	pool[1].text = child;
	set.train = set.val = VAL;
	CHECK(gepa_final(&set, &task, &result, 20, &final, &err));
	CHECK_INT(final.verdict, GEPA_WORSE);
	/* but by their own account the child is behind: nobody to compare, no call */
	CHECK(finish(&service, texts, 2, 100, &final));
	CHECK_INT(final.chosen, -1);
	CHECK_INT(final.verdict, GEPA_NOT_SHOWN);
	CHECK_INT(service.asked, 0);
}

static void a_little_is_not_shown(void)
{
	struct service service = { 0 };
	struct gepa_final final;
	const char *const texts[] = { "4", "6" };
	CHECK(finish(&service, texts, 2, 60, &final));
	CHECK_INT(final.verdict, GEPA_NOT_SHOWN);
	CHECK(final.p_value == 0.25); /* two questions show nothing, however often asked */
	CHECK_INT(final.again, 2);
	CHECK_INT(final.further, 0);
	CHECK_INT(service.asked, 20);
	CHECK(final.detectable > 0.1);
}

/* The test takes five questions on one side for the least: three of thirty are never shown. */
static void no_number_of_askings_shows_what_few_questions_gain(void)
{
	CHECK(gepa_detectable(30, 1000, 0.1) == 5.0 / 30);
	CHECK(gepa_detectable(100, 1000, 0) == 0.05);
	CHECK(gepa_detectable(30, 30, 0.3) > 5.0 / 30);
	CHECK(gepa_detectable(4, 1000, 0) == 1);
	CHECK(gepa_detectable(0, 0, 1) == 1);
}

static void a_first_round_chooses_and_does_not_count(void)
{
	struct service service = { 0 };
	struct gepa_final final;
	const char *const texts[] = { "4", "9", "5", "6" };
	CHECK(finish(&service, texts, 4, 70, &final));
	CHECK_INT(final.nfinalists, 3);
	CHECK_INT(final.finalists[0], 1);
	CHECK_INT(final.finalists[1], 3);
	CHECK_INT(final.first_round[0], 9);
	CHECK_INT(final.chosen, 1);
	CHECK_INT(final.rounds, 1);
	CHECK_INT(final.calls, 70);
}

static void the_reserve_is_a_quarter_or_a_round(void)
{
	struct gepa_settings set = gepa_defaults();
	set.val = 30;
	CHECK_INT(gepa_reserve(&set, 600), 150);
	CHECK_INT(gepa_reserve(&set, 100), 60);
	CHECK_INT(gepa_reserve(&set, 50), 0);
	CHECK_INT(gepa_reserve(&set, 0), 0);
}

static void an_outage_is_an_error(void)
{
	struct service service = { .down = true };
	struct gepa_final final;
	const char *const texts[] = { "4", "9" };
	CHECK(!finish(&service, texts, 2, 45, &final));
}

int main(void)
{
	RUN(a_true_gain_is_called_better);
	RUN(what_always_agrees_is_asked_in_half_of_the_calls_alone);
	RUN(a_loss_is_called_worse);
	RUN(a_little_is_not_shown);
	RUN(no_number_of_askings_shows_what_few_questions_gain);
	RUN(a_first_round_chooses_and_does_not_count);
	RUN(the_reserve_is_a_quarter_or_a_round);
	RUN(an_outage_is_an_error);
	return check_done();
}
