#include "agreement.h"

#include "json.h"
#include "mem.h"
#include "str.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static bool decided(const char *verdict)
{
	return verdict && *verdict && !streq(verdict, "unknown") && !streq(verdict, "skipped");
}

static int index_of(struct agreement *a, const char *verdict)
{
	for (int i = 0; i < AGREEMENT_VERDICTS; i++) {
		if (!a->name[i])
			a->name[i] = xstrdup(verdict);
		if (streq(a->name[i], verdict))
			return i;
	}
	return -1;
}

void agreement_add(struct agreement *a, const char *first, const char *second)
{
	if (!decided(first) || !decided(second))
		return;
	int i = index_of(a, first), k = index_of(a, second);
	if (i < 0 || k < 0)
		return;
	a->first[i]++;
	a->second[k]++;
	a->n++;
	a->equal += i == k;
}

double agreement_kappa(const struct agreement *a)
{
	double n = (double)a->n, expected = 0;
	if (!a->n)
		return NAN;
	for (int i = 0; i < AGREEMENT_VERDICTS; i++)
		expected += (double)a->first[i] / n * ((double)a->second[i] / n);
	return expected >= 1 ? NAN : ((double)a->equal / n - expected) / (1 - expected);
}

static struct json *rounded(double value)
{
	return json_new_num(isnan(value) ? value : round(value * 10000) / 10000);
}

struct json *agreement_json(const struct agreement *a)
{
	struct json *out = json_new_object();
	json_set_int(out, "n", a->n);
	json_set(out, "agree", rounded(a->n ? (double)a->equal / (double)a->n : NAN));
	json_set(out, "kappa", rounded(agreement_kappa(a)));
	return out;
}

void agreement_free(struct agreement *a)
{
	for (int i = 0; i < AGREEMENT_VERDICTS; i++)
		free(a->name[i]);
	memset(a, 0, sizeof *a);
}
