/* --check: does an evaluation reach what is asked of it? One line a threshold, and JUnit for
 * the CI that draws it. */
#include "deploy.h"

#include "artifact.h"
#include "io.h"
#include "json.h"
#include "str.h"
#include "tool.h"

#include <stdio.h>

enum verdict { PASSED, FAILED, BELOW, SKIPPED }; /* BELOW: not reached, and not part of the gate */

struct line {
	const char *name;
	double score, target;
	enum verdict verdict;
};

static void escape(struct str *out, const char *text)
{
	for (; *text; text++) {
		if (*text == '&')
			str_add(out, "&amp;");
		else if (*text == '<')
			str_add(out, "&lt;");
		else if (*text == '>')
			str_add(out, "&gt;");
		else if (*text == '"')
			str_add(out, "&quot;");
		else if ((unsigned char)*text >= ' ' || *text == '\t')
			str_addc(out, *text);
	}
}

static void tell(const struct line *line, FILE *out, struct str *cases)
{
	static const char *const word[] = { "ok", "not ok", "below", "skipped" };
	fprintf(out, "%s %s: ", word[line->verdict], line->name);
	str_add(cases, "  <testcase classname=\"genie\" name=\"");
	escape(cases, line->name);
	if (line->verdict == SKIPPED) {
		fprintf(out, "no verdict (target %.4g)\n", line->target);
		str_add(cases, "\"><skipped message=\"no verdict\"/></testcase>\n");
		return;
	}
	fprintf(out, "%.4g, target %.4g\n", line->score, line->target);
	if (line->verdict == PASSED)
		str_add(cases, "\"/>\n");
	else if (line->verdict == BELOW)
		str_addf(cases, "\"><skipped message=\"%.4g is below %.4g, which is not asked "
			"for\"/>"
			"</testcase>\n", line->score, line->target);
	else
		str_addf(cases, "\"><failure message=\"%.4g is below %.4g\"/></testcase>\n",
			line->score,
			line->target);
}

struct counts {
	size_t n, failed, skipped;
};

static void count(struct counts *counts, const struct line *line)
{
	counts->n++;
	counts->failed += line->verdict == FAILED;
	counts->skipped += line->verdict == SKIPPED || line->verdict == BELOW;
}

/* The judges' targets, as the evaluation carries them. */
static void tell_judges(const struct json *eval, bool strict, FILE *out, struct str *cases,
	struct counts *counts)
{
	enum verdict missed = strict ? FAILED : BELOW;
	for (const struct json *t = json_first(json_get(eval, "thresholds")); t; t = json_next(t)) {
		const struct json *met = json_get(t, "met");
		const struct json *score = json_get(json_get(eval, "scores"), json_key(t));
		struct line line = { json_key(t), 0, json_num_or(t, "target", 0),
			json_is(met, JSON_BOOL) ? json_true(met) ? PASSED : missed : SKIPPED };
		if (line.verdict != SKIPPED && !json_as_num(score, &line.score))
			line.verdict = SKIPPED;
		tell(&line, out, cases);
		count(counts, &line);
	}
}

static bool put_junit(const char *path, const struct str *cases, const struct counts *counts,
	struct err *err)
{
	struct str text = STR_INIT;
	if (!path)
		return true;
	str_addf(&text, "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites>\n<testsuite "
		"name=\"genie-deploy --check\" tests=\"%zu\" failures=\"%zu\" errors=\"0\" "
		"skipped=\"%zu\">\n%s</testsuite>\n</testsuites>\n", counts->n, counts->failed,
		counts->skipped, str_text(cases));
	bool ok = io_write_file(path, str_text(&text), text.n, err);
	str_free(&text);
	return ok;
}

bool run_gate(struct tool *tool, const struct options *o, struct err *err)
{
	struct json *eval = artifact_load(tool->noperands ? tool->operands[0] : "-", "eval", err);
	struct str cases = STR_INIT;
	struct counts counts = { 0 };
	struct line accuracy = { .name = "overall_accuracy", .target = o->min_accuracy };
	if (!eval)
		return false;
	bool measured = json_as_num(json_get(eval, "overall_accuracy"), &accuracy.score);
	accuracy.verdict = measured && accuracy.score >= accuracy.target ? PASSED : FAILED;
	tell(&accuracy, tool->out, &cases);
	count(&counts, &accuracy);
	tell_judges(eval, o->strict, tool->out, &cases, &counts);
	bool ok = put_junit(o->junit, &cases, &counts, err);
	str_free(&cases);
	json_free(eval);
	if (ok && !measured)
		return err_set(err, ERR_NO, "no question was measured");
	return ok && (!counts.failed || err_set(err, ERR_NO, "%zu of %zu thresholds are not "
		"reached",
		counts.failed, counts.n));
}
