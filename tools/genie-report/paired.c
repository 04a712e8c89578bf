#include "paired.h"

#include "document.h"
#include "format.h"

#include "json.h"
#include "score.h"
#include "str.h"

struct paired paired_of(const struct score *before, const struct score *after)
{
	struct paired p = { 0 };
	for (size_t i = 0; before && after && i < score_count(after); i++) {
		enum score_outcome now = score_at(after, i),
				   then = score_of(before, score_id(after, i));
		if (now == SCORE_EXCLUDED || (then != SCORE_PASS && then != SCORE_FAIL))
			continue;
		p.n++;
		p.both += then == SCORE_PASS && now == SCORE_PASS;
		p.fixed += then == SCORE_FAIL && now == SCORE_PASS;
		p.broken += then == SCORE_PASS && now == SCORE_FAIL;
	}
	p.p_value = stats_mcnemar_exact(p.fixed, p.broken);
	p.ci = stats_paired_difference(p.both, p.fixed, p.broken, p.n);
	return p;
}

const char *paired_verdict(const struct paired *p)
{
	if (p->p_value > STATS_LEVEL)
		return "undecidable";
	return p->fixed > p->broken ? "improved" : "worse";
}

void paired_tell(struct doc *doc, const struct paired *p)
{
	if (!p->fixed && !p->broken) {
		doc_add(doc, "%s had the same outcome in both (difference %s to %s at 95 %%).",
			p->n == 1 ? "The one question that both measured" :
				    "All questions that both measured",
			fmt_points(100 * p->ci.low).s, fmt_points(100 * p->ci.high).s);
		return;
	}
	doc_add(doc,
		"Over the %s that both measured, %ld %s fixed and %ld broken (difference %s to %s "
		"at 95 %%, exact paired test %s): ",
		fmt_count((size_t)p->n, "question").s, p->fixed, p->fixed == 1 ? "was" : "were",
		p->broken, fmt_points(100 * p->ci.low).s, fmt_points(100 * p->ci.high).s,
		fmt_p_is(p->p_value).s);
	doc_strong(doc, "%s", paired_verdict(p));
	if (streq(paired_verdict(p), "undecidable"))
		doc_add(doc, "; these questions cannot tell the difference from noise");
	doc_add(doc, ".");
}

const char *evidence_verdict(const struct json *decision)
{
	return json_str_or(json_get(decision, "evidence"), "verdict", "");
}

void evidence_caution(struct doc *doc, const struct json *decision)
{
	const struct json *evidence = json_get(decision, "evidence");
	if (!streq(evidence_verdict(decision), "undecidable"))
		return;
	doc_add(doc, " (undecidable: %s cannot tell it from noise, %s)",
		fmt_count((size_t)json_int_or(evidence, "questions", 0), "question").s,
		fmt_p_is(fmt_member(evidence, "p_value")).s);
}
