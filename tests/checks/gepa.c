/* The search engine: every decision of the reference is taken again from its recorded draws and
 * from our own generator; the default rules keep within any cap, end cleanly where the reference
 * dies, go on after a stop as if there had been none, and claim little of noise. */
#include "report.h"

#include "gepanoise.h"
#include "gepatask.h"
#include "io.h"
#include "mem.h"

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

/* ---- the reference's traces ---- */

struct recorded {
	struct draw *list;
	size_t n, cap;
};

static bool read_draws(const char *text, struct recorded *out)
{
	*out = (struct recorded){ 0 };
	for (const char *p = text; *p;) {
		char kind;
		struct draw draw;
		int used = 0;
		if (sscanf(p, "D %c %ld %lf\n%n", &kind, &draw.n, &draw.value, &used) != 3 || !used)
			return false;
		GROW(out->list, out->cap, out->n + 1);
		out->list[out->n++] = draw;
		p += used;
	}
	return true;
}

struct listening {
	const struct recorded *want;
	size_t at;
	bool same;
};

static void listen(void *ctx, const struct draw *draw)
{
	struct listening *ear = ctx;
	const struct draw *want = ear->at < ear->want->n ? &ear->want->list[ear->at] : NULL;
	ear->same = ear->same && want && want->n == draw->n && want->value == draw->value;
	ear->at++;
}

/* The line of two texts that differs first, from 1. */
static long first_difference(const char *a, const char *b)
{
	long line = 1;
	while (*a && *a == *b)
		line += *a++ == '\n', b++;
	return line;
}

static void check_run(struct report *report, const char *name, const char *args, const char *want,
		      const struct recorded *draws, bool replay)
{
	struct gepatask task;
	struct gepa_result result;
	struct draws source;
	struct listening ear = { draws, 0, true };
	char why[200];
	if (!report_case(report, gepatask_read(&task, args, why), "%s: %s", name, why))
		return;
	draws_seed(&source, task.seed);
	if (replay)
		draws_replay(&source, draws->list, draws->n);
	draws_watch(&source, listen, &ear);
	bool ok = gepatask_run(&task, &source, &result);
	gepatask_close(&task, &result, &source);
	const char *got = str_text(&task.trace), *how = replay ? "recorded draws" : "own draws";
	report_case(report, ok && !strcmp(got, want), "%s: %s: the trace differs in line %ld", name,
		    how, first_difference(got, want));
	if (result.end != GEPA_END_WEIGHTS)
		report_case(report, ear.same && ear.at == draws->n && !source.strayed,
			    "%s: %s: %zu draws, the record has %zu or others", name, how, ear.at,
			    draws->n);
	gepa_result_free(&result, task.set.components);
	gepatask_free(&task);
}

static char *trace_file(const char *name, const char *ending)
{
	struct err err = { 0 };
	struct str text = STR_INIT;
	char path[200];
	snprintf(path, sizeof(path), "gepa-traces/%s.%s", name, ending);
	if (!io_read_file(data_path(path), &text, &err)) {
		str_free(&text);
		return NULL;
	}
	return text.s ? str_take(&text) : xstrdup("");
}

static void check_trace(struct report *report, const char *name)
{
	char *args = trace_file(name, "args"), *want = trace_file(name, "trace");
	char *text = trace_file(name, "draws");
	struct recorded draws = { 0 };
	if (!args || !want || !text)
		report_skip(report, "%s is not there", name);
	else if (report_case(report, read_draws(text, &draws), "%s: not a list of draws", name)) {
		if (draws.n) /* a run that died left none */
			check_run(report, name, args, want, &draws, true);
		check_run(report, name, args, want, &draws, false);
	}
	free(draws.list);
	free(args);
	free(want);
	free(text);
}

static const char *const traces[] = {
	"01-default", "02-padding-dup", "03-tiny-train", "04-shared-cache", "05-distinct-cache",
	"06-merge", "07-merge-ties", "08-merge-zero-weight-crash", "09-current-best",
	"10-epsilon-greedy", "11-top-k-pareto", "12-frontier-objective", "13-frontier-hybrid",
	"14-frontier-cartesian", "15-all-components", "16-improvement-or-equal", "17-pxn-topk",
	"18-same-parent-best", "19-one-component-merge",
};

/* ---- the default rules ---- */

#define TASK "seed=5 world=8 ntrain=12 nval=9 mb=3"

static struct gepa_result run_default(struct gepatask *task, const char *args, long seed,
				      struct draws *draws, bool *ok)
{
	struct gepa_result result;
	char why[200];
	struct gepatask given = *task;
	if (!gepatask_read(task, args, why))
		BUG("%s", why);
	task->set.compat = false;
	task->set.max_calls = given.set.max_calls;
	task->set.max_iterations = given.set.max_iterations;
	task->dead = given.dead;
	task->unmeasured = given.unmeasured;
	task->journal = given.journal;
	task->stop_after = given.stop_after;
	draws_seed(draws, (uint64_t)seed);
	*ok = gepatask_run(task, draws, &result);
	if (*ok)
		gepatask_close(task, &result, draws);
	return result;
}

/* Whatever the cap, the mode of sampling and the share of answers that cannot be had. */
static void check_caps(struct report *report)
{
	static const char *const modes[] = { TASK, TASK " share=1", TASK " merge=1",
					     TASK " sampling=pxn p=2 n=2 selection=topk k=2",
					     TASK " module=all frontier=cartesian merge=1" };
	long over = 0, runs = 0, miscounted = 0;
	for (size_t m = 0; m < countof(modes); m++)
		for (long cap = 0; cap <= 200; cap++) {
			struct gepatask task = { .set.max_calls = cap, .set.max_iterations = 500,
						 .unmeasured = cap % 3 ? 0 : 7, .stop_after = -1 };
			struct draws draws;
			bool ok;
			struct gepa_result result = run_default(&task, modes[m], cap, &draws, &ok);
			runs++;
			over += !ok || task.asked > cap;
			miscounted += task.asked != result.calls;
			gepa_result_free(&result, task.set.components);
			gepatask_free(&task);
		}
	report_case(report, !over, "%ld of %ld runs spent more calls than they had", over, runs);
	report_case(report, !miscounted, "%ld of %ld runs miscounted", miscounted, runs);
}

/* The reference spends everything on parents when nobody proposes. */
static void check_dead_proposer(struct report *report)
{
	struct gepatask task = { .set.max_calls = 2000, .set.max_iterations = 10000, .dead = true,
				 .stop_after = -1 };
	struct draws draws;
	bool ok;
	struct gepa_result result = run_default(&task, TASK " share=1", 1, &draws, &ok);
	report_case(report, ok && result.end == GEPA_END_PROPOSER,
		    "a dead proposer: ended because %s", gepa_end_text(result.end));
	report_case(report, result.calls == task.set.val,
		    "a dead proposer: %ld calls besides the seed's", result.calls - task.set.val);
	report_case(report, strstr(result.failure.text, "nobody there") != NULL,
		    "a dead proposer: its words are lost: %s", result.failure.text);
	gepa_result_free(&result, task.set.components);
	gepatask_free(&task);
}

/* Case 08: a seed that fails everything, and merges. */
static void check_zero_weights(struct report *report)
{
	struct gepatask task = { .set.max_calls = 300, .set.max_iterations = 1000,
				 .stop_after = -1 };
	struct draws draws;
	bool ok;
	struct gepa_result result = run_default(
		&task, "world=16 merge=1 ntrain=12 nval=5 ncomp=2 ntok=16", 449, &draws, &ok);
	report_case(report, ok && result.end != GEPA_END_WEIGHTS && result.n > 1,
		    "zero weights: ended because %s", gepa_end_text(result.end));
	gepa_result_free(&result, task.set.components);
	gepatask_free(&task);
}

/* Stopped after any number of paid calls and run again on the kept answers, the search takes the
 * decisions of a run that was not stopped, and pays for nothing twice. */
static void check_stops(struct report *report)
{
	const char *args = TASK " merge=1 sampling=pxn p=2 n=2";
	struct gepatask whole = { .set.max_calls = 400, .set.max_iterations = 300,
				  .stop_after = -1 };
	struct draws draws;
	bool ok;
	struct gepajournal undisturbed = { 0 };
	whole.journal = &undisturbed;
	struct gepa_result want = run_default(&whole, args, 3, &draws, &ok);
	for (long stop = 0; stop < 50; stop++) {
		struct gepajournal journal = { 0 };
		struct gepatask task = { .set.max_calls = 400, .set.max_iterations = 300,
					 .journal = &journal, .stop_after = stop * 8 + stop % 7 };
		struct gepa_result result = run_default(&task, args, 3, &draws, &ok);
		long paid = task.asked;
		report_case(report, !ok, "stop %ld: was not stopped", stop);
		gepa_result_free(&result, task.set.components);
		gepatask_free(&task);
		task = (struct gepatask){ .set.max_calls = 400, .set.max_iterations = 300,
					  .journal = &journal, .stop_after = -1 };
		result = run_default(&task, args, 3, &draws, &ok);
		report_case(report, ok && streq(str_text(&task.trace), str_text(&whole.trace)),
			    "stop %ld: other decisions, from line %ld on", stop,
			    first_difference(str_text(&task.trace), str_text(&whole.trace)));
		report_case(report, paid + task.asked == whole.asked,
			    "stop %ld: %ld calls paid, not %ld", stop, paid + task.asked,
			    whole.asked);
		gepa_result_free(&result, task.set.components);
		gepatask_free(&task);
		gepajournal_free(&journal);
	}
	gepa_result_free(&want, whole.set.components);
	gepatask_free(&whole);
	gepajournal_free(&undisturbed);
}

/* `gepa ITERATIONS`: runs the synthetic task so often, by the reference's rules, and says how many
 * iterations, microseconds of processor time for each, candidates and calls it took. */
static int measure(const char *iterations)
{
	struct gepatask task;
	struct gepa_result result;
	struct draws draws;
	char why[200];
	if (!gepatask_read(&task, "", why))
		BUG("%s", why);
	task.quiet = true;
	task.set.max_calls = LONG_MAX;
	task.set.max_iterations = strtol(iterations, NULL, 10);
	draws_seed(&draws, 0);
	clock_t begin = clock();
	bool ok = gepatask_run(&task, &draws, &result);
	double us = 1e6 * (double)(clock() - begin) / CLOCKS_PER_SEC;
	printf("%ld %.3f %d %ld\n", result.iterations, us / (double)result.iterations, result.n,
	       result.calls);
	gepa_result_free(&result, task.set.components);
	gepatask_free(&task);
	return ok ? 0 : 1;
}

int main(int argc, char **argv)
{
	if (argc > 1)
		return measure(argv[1]);
	struct report report = { 0 };
	for (size_t k = 0; k < countof(traces); k++)
		check_trace(&report, traces[k]);
	check_caps(&report);
	check_dead_proposer(&report);
	check_zero_weights(&report);
	check_stops(&report);
	check_noise(&report);
	return report_done(&report);
}
