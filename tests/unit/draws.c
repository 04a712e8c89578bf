#include "draws.h"

#include "check.h"

/* Python: r = random.Random(0); l = list(range(10)); r.shuffle(l); r.randrange(10); r.random();
 * r.sample(range(30), 2) */
static void draws_are_those_of_python(void)
{
	struct draws draws;
	int list[10], from[30], two[2];
	const int want[10] = { 7, 8, 1, 5, 3, 4, 2, 0, 9, 6 };
	for (int k = 0; k < 10; k++)
		list[k] = k;
	for (int k = 0; k < 30; k++)
		from[k] = k;
	draws_seed(&draws, 0);
	draws_shuffle(&draws, list, 10);
	CHECK(!memcmp(list, want, sizeof(want)));
	CHECK_INT(draws_below(&draws, 10), 5);
	CHECK(draws_unit(&draws) == 0.5833820394550312);
	draws_sample(&draws, from, 30, two, 2);
	CHECK_INT(two[0], 29);
	CHECK_INT(two[1], 6);
}

/* Python: random.Random(0).randrange(1 << 30), and three times below 1000. */
static void bits_are_taken_from_above(void)
{
	struct draws draws;
	draws_seed(&draws, 0);
	CHECK_INT(draws_below(&draws, 1L << 30), 827307999);
	draws_seed(&draws, 0);
	CHECK_INT(draws_below(&draws, 1000), 864);
	CHECK_INT(draws_below(&draws, 1000), 394);
	CHECK_INT(draws_below(&draws, 1000), 776);
}

/* Python: random.Random(7 | 1 << 32).random() */
static void a_seed_may_have_two_words(void)
{
	struct draws draws;
	draws_seed(&draws, 7 | (uint64_t)1 << 32);
	CHECK(draws_unit(&draws) == 0.22550888929893187);
}

static void weights_are_respected(void)
{
	struct draws draws;
	const double weight[] = { 0, 3, 0, 1 }, none[] = { 0, 0 };
	int count[4] = { 0 };
	draws_seed(&draws, 1);
	for (int k = 0; k < 4000; k++)
		count[draws_weighted(&draws, weight, 4)]++;
	CHECK(count[0] == 0 && count[2] == 0);
	CHECK(count[1] > 2900 && count[1] < 3100);
	long before = draws.count;
	CHECK_INT(draws_weighted(&draws, none, 2), -1);
	CHECK_INT(draws.count, before);
}

static void a_record_answers_and_tells_what_it_has_not(void)
{
	const struct draw record[] = { { 10, 4 }, { 0, 0.25 } };
	struct draws draws;
	draws_replay(&draws, record, 2);
	CHECK_INT(draws_below(&draws, 10), 4);
	CHECK(draws_unit(&draws) == 0.25 && !draws.strayed);
	CHECK_INT(draws_below(&draws, 3), 0);
	CHECK(draws.strayed);
	draws_replay(&draws, record, 2);
	CHECK_INT(draws_below(&draws, 11), 0);
	CHECK(draws.strayed);
}

int main(void)
{
	RUN(draws_are_those_of_python);
	RUN(bits_are_taken_from_above);
	RUN(a_seed_may_have_two_words);
	RUN(weights_are_respected);
	RUN(a_record_answers_and_tells_what_it_has_not);
	return check_done();
}
