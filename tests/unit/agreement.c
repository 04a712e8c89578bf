#include "agreement.h"

#include "json.h"

#include "check.h"

static void add(struct agreement *a, int times, const char *first, const char *second)
{
	while (times-- > 0)
		agreement_add(a, first, second);
}

/* The worked example of Cohen's kappa with 20, 5, 10 and 15 of 50: p_o 0.7, p_e 0.5. */
static void kappa_is_cohens(void)
{
	struct agreement a = { .n = 0 };
	add(&a, 20, "yes", "yes");
	add(&a, 5, "yes", "no");
	add(&a, 10, "no", "yes");
	add(&a, 15, "no", "no");
	CHECK(fabs(agreement_kappa(&a) - 0.4) < 1e-12);
	struct json *json = agreement_json(&a);
	CHECK_INT(json_int_or(json, "n", 0), 50);
	CHECK(json_num_or(json, "agree", 0) == 0.7);
	CHECK(json_num_or(json, "kappa", 0) == 0.4);
	json_free(json);
	agreement_free(&a);
}

static void only_rows_that_both_decided_count(void)
{
	struct agreement a = { .n = 0 };
	add(&a, 3, "yes", "unknown");
	add(&a, 3, "skipped", "yes");
	add(&a, 3, NULL, "yes");
	CHECK_INT(a.n, 0);
	CHECK(isnan(agreement_kappa(&a)));
	add(&a, 2, "genie_correct", "neither_correct");
	CHECK(agreement_kappa(&a) == 0);
	agreement_free(&a);
}

static void agreement_by_one_verdict_alone_says_nothing(void)
{
	struct agreement a = { .n = 0 };
	add(&a, 9, "yes", "yes");
	CHECK(isnan(agreement_kappa(&a)));
	struct json *json = agreement_json(&a);
	CHECK(json_num_or(json, "agree", 0) == 1);
	CHECK(json_is(json_get(json, "kappa"), JSON_NULL));
	json_free(json);
	agreement_free(&a);
}

int main(void)
{
	RUN(kappa_is_cohens);
	RUN(only_rows_that_both_decided_count);
	RUN(agreement_by_one_verdict_alone_says_nothing);
	return check_done();
}
