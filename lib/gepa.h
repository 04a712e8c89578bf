/* gepa.h - reflective, Pareto-guided search for better texts (GEPA, L. A. Agrawal et al.,
 * arXiv 2507.19457), as a pure function.
 *
 * A candidate is one text for each component. The engine picks a candidate that is best at some
 * question, has new texts proposed from how it answered a few train questions (a minibatch),
 * keeps the child when it does better on the same few, and then asks it every val question.
 * What it decides depends on the settings, the draws and the answers alone: with the same three a
 * run repeats exactly. Whoever keeps the answers (a journal) can therefore kill it anywhere
 * and run it again without paying twice.
 *
 * Two sets of rules share the code. `compat` takes every decision of gepa 0.1.4 with all sets in
 * ascending order. The default differs where answers cost money and time and where they vary:
 *   - a parent's answers are asked once and reused; those on which a narrow gate rests, and one
 *     of a minibatch that the parent passes whole, are asked once more;
 *   - minibatches prefer questions that the parent is likely to fail, without repeats;
 *   - a child that is already known, or that the caller refuses, costs no call, and the reason is
 *     told to the next proposal from the same parent;
 *   - validation ends as soon as a child can no longer reach its parent, unless it passes a
 *     question that nobody else passes;
 *   - an answer that could not be had is no answer: never a zero;
 *   - the cap of calls holds at every call, and iterations and failures to propose are
 *     counted too;
 *   - a merge must be better than both its parents, and ancestors that fail everything are drawn
 *     evenly (the reference stops with an exception).
 *
 * Scores are integers in millionths, so that sums do not depend on their order.
 * Layer: data.
 */
#ifndef GENIE_GEPA_H
#define GENIE_GEPA_H

#include "base.h"
#include "draws.h"
#include "err.h"

#define GEPA_ONE 1000000L /* a score of 1 */
#define GEPA_OBJECTIVES 4 /* at most */
#define GEPA_REJECTIONS 3 /* proposals of the same parent that are remembered */
#define GEPA_REASON 240   /* bytes of a reason, with the NUL */

enum gepa_split { GEPA_TRAIN, GEPA_VAL };
enum gepa_selector { GEPA_PARETO, GEPA_CURRENT_BEST, GEPA_EPSILON_GREEDY, GEPA_TOP_K_PARETO };
/* What a front is kept for: each val question, each objective, both, or each pair of the two. */
enum gepa_frontier { GEPA_INSTANCE, GEPA_OBJECTIVE, GEPA_HYBRID, GEPA_CARTESIAN };
/* Parents and minibatches of one iteration: one of each; one parent, n minibatches; n times one
 * of each; p parents with n minibatches each. */
enum gepa_sampling { GEPA_SINGLE, GEPA_SAME_PARENT, GEPA_INDEPENDENT, GEPA_PXN };
/* Which of the children that pass the gate are kept: all, the one with the largest gain, the k. */
enum gepa_selection { GEPA_ALL, GEPA_BEST, GEPA_TOP_K };

struct gepa_settings {
	bool compat;
	int components, train, val;      /* how many; questions are numbered from 0 */
	int objectives;                  /* 0 .. GEPA_OBJECTIVES; most frontiers need some */
	bool shared;                     /* train question i is val question i */
	int minibatch;                   /* questions, 1 or more */
	long max_calls;                  /* a call is one candidate and one question */
	long max_iterations;             /* 0: no limit (compat only) */
	int max_failures;                /* proposals in a row that fail before the search ends */
	int block;                       /* default rules: val questions asked between two looks */
	enum gepa_selector selector;
	enum gepa_frontier frontier;
	enum gepa_sampling sampling;
	enum gepa_selection selection;
	int parents, proposals, keep;    /* p, n and k of sampling and selection */
	bool all_components;             /* else one after the other, per candidate */
	bool or_equal;                   /* the gate passes an equal child */
	bool skip_perfect;               /* no proposal from a minibatch without a fault */
	bool merge;
	int max_merges;
	bool cache;                      /* compat: val answers of a known text are reused */
};
/* The reference's defaults with one component and no questions; compat is off. */
struct gepa_settings gepa_defaults(void);

struct gepa_answer {
	bool measured; /* false: could not be had; the rest means nothing */
	long score;    /* 0 .. GEPA_ONE */
	long objective[GEPA_OBJECTIVES];
};

/* One candidate and the questions to ask it. */
struct gepa_request {
	char *const *text; /* of each component */
	enum gepa_split split;
	const int *ids;
	int n;
	bool traces;   /* a proposal will be made from the answers */
	int replicate; /* how often this candidate was asked these questions before */
};

/* What a proposal is to be made from. */
struct gepa_brief {
	int parent; /* index of the candidate */
	char *const *text;
	const int *components; /* those to write anew */
	int ncomponents;
	const int *ids; /* train questions, with the parent's answers */
	const struct gepa_answer *answers;
	int n;
	const char *const *rejections; /* why the last proposals from this parent were not taken */
	int nrejections;
};

enum gepa_reply {
	GEPA_PROPOSED, /* texts of the components are set */
	GEPA_NOTHING,  /* nothing to propose from this */
	GEPA_FAILED,   /* the proposer could not be reached or made no sense */
	GEPA_ENOUGH,   /* it may not be asked any more: the search ends */
};

/* What happened to one proposal. */
enum gepa_fate {
	GEPA_SKIPPED,     /* no fault in the minibatch, or nothing measured */
	GEPA_NO_PROPOSAL,
	GEPA_REFUSED,     /* known already, or refused by the caller: no call spent */
	GEPA_REJECTED,    /* did not pass the gate */
	GEPA_NOT_KEPT,    /* passed the gate, another one was kept instead */
	GEPA_CURTAILED,   /* could no longer reach its parent on val */
	GEPA_UNMEASURED,  /* a val answer could not be had */
	GEPA_ADMITTED,
};

struct gepa_proposal {
	int parent;
	int *ids;                            /* n train questions */
	int n;
	struct gepa_answer *before, *after;  /* after: NULL when no child was asked */
	enum gepa_fate fate;
	char reason[GEPA_REASON];            /* of a refusal; "" otherwise */
	int admitted;                        /* index of the new candidate, or -1 */
	char **child;                        /* the texts, while the iteration lasts; or NULL */
};

struct gepa_merge {
	int first, second, ancestor;
	int ids[5]; /* val questions */
	int n;
	struct gepa_answer answers[5];
	int admitted; /* index, or -1 */
};

/* One iteration, borrowed for the length of a call of `watch`. */
struct gepa_iteration {
	long number; /* from 0 */
	const struct gepa_merge *merge; /* or NULL */
	const struct gepa_proposal *proposals;
	int n;
	long calls; /* so far */
};

struct gepa_task {
	void *ctx;
	/* Fills answers[0..n-1]. Never called for more than the calls that are left (default
	 * rules). false with the error ends the search. */
	bool (*evaluate)(void *ctx, const struct gepa_request *request, struct gepa_answer *answers,
			 struct err *err);
	/* Sets child[c] to a new string for the components it writes anew; the others stay NULL. On
	 * GEPA_FAILED and GEPA_ENOUGH `err` says why. */
	enum gepa_reply (*propose)(void *ctx, const struct gepa_brief *brief, char **child,
				   struct err *err);
	/* Optional: true, with the reason, when a child must not be asked anything. */
	bool (*refuse)(void *ctx, char *const *child, int parent, char reason[GEPA_REASON]);
	/* Optional: after each iteration. */
	void (*watch)(void *ctx, const struct gepa_iteration *iteration);
};

/* A candidate of the pool. */
struct gepa_candidate {
	char **text;
	int parents[2], nparents; /* none for the seed, two for a merge */
	long discovered;          /* calls when it was admitted */
	long *val;                /* score of each val question */
	long sum;                 /* of them */
	long objective[GEPA_OBJECTIVES]; /* sums over val */
	int next;                 /* component whose turn it is */
	struct gepa_known *train; /* the engine's own */
};

enum gepa_end {
	GEPA_END_BUDGET,
	GEPA_END_ITERATIONS,
	GEPA_END_PERFECT,    /* default rules: a candidate passes every val question */
	GEPA_END_PROPOSER,   /* max_failures in a row; `failure` has the last */
	GEPA_END_ENOUGH,     /* the proposer said GEPA_ENOUGH; `failure` has why */
	GEPA_END_UNMEASURED, /* default rules: the seed could not be measured */
	GEPA_END_WEIGHTS,    /* compat: the reference dies of zero weights in a merge */
};
const char *gepa_end_text(enum gepa_end end);

struct gepa_result {
	struct gepa_candidate *pool; /* [0] is the seed; empty without its val scores */
	int n;
	int best;     /* highest sum, then the lowest index; -1 for an empty pool */
	long calls;   /* spent */
	long full;    /* candidates that were asked all of val */
	long iterations;
	enum gepa_end end;
	struct err failure; /* of the proposer, with GEPA_END_PROPOSER */
};

/* Searches from `seed` (one text for each component). false: `evaluate` failed, or the settings
 * make no sense (ERR_USAGE); then the result is empty. Free the result with gepa_result_free. */
MUST_CHECK bool gepa_run(const struct gepa_settings *settings, const struct gepa_task *task,
			 char *const *seed, struct draws *draws, struct gepa_result *result,
			 struct err *err);
void gepa_result_free(struct gepa_result *result, int components);

#endif
