/* gepa_int.h - what the files of the engine share; gepa.h says what it is.
 *
 * gepapool.c keeps candidates and fronts, gepapick.c draws parents from them, gepabatch.c draws
 * minibatches, gepaask.c asks and counts, gepamerge.c combines two candidates, gepaiter.c makes and
 * judges proposals, gepa.c is the loop. Layer: data.
 */
#ifndef GENIE_GEPA_INT_H
#define GENIE_GEPA_INT_H

#include "gepa.h"

/* What a candidate answered to a train question, over its replicates. */
struct gepa_known {
	int n;
	long sum;
	struct gepa_answer last;
};

/* Who holds the best score so far, in ascending order. */
struct gepa_front {
	long best;
	int *who, n;
	size_t cap;
};

struct gepa_set {
	const int *who;
	int n;
};

/* Whom a draw may give, and with which weight; kept until the pool changes. */
struct gepa_picks {
	int *who, n;
	long *weight, total;
	bool fresh;
};

struct gepa_sampler {
	int *list, n;
	size_t cap;
	long epoch, iteration;
	int calls;
};

/* Text (its hash), question and what came of it: the answers that compat mode caches. */
struct gepa_cached {
	uint64_t text;
	int split, id; /* id -1: an empty slot */
	struct gepa_answer answer;
};
struct gepa_cache {
	struct gepa_cached *slot;
	size_t n, size; /* size is a power of two, or 0 */
};

struct gepa_triple {
	int first, second, ancestor;
};
struct gepa_merging {
	long due, accepted;
	bool fresh; /* the iteration before admitted a candidate */
	struct gepa_triple *done;
	size_t ndone, done_cap;
	char **used; /* "first second sources" of merges made */
	size_t nused, used_cap;
};

struct gepa {
	const struct gepa_settings *set;
	const struct gepa_task *task;
	struct draws *draws;
	struct err *err;
	struct gepa_candidate *pool;
	size_t cap;
	int n;
	struct gepa_front *instance, *objective, *cartesian;
	struct gepa_picks picks;
	struct gepa_sampler sampler;
	struct gepa_cache cache;
	struct gepa_merging merging;
	uint64_t *seen; /* hashes of texts that were proposed (default rules), a hash set */
	size_t nseen, seen_size;
	char *rejections; /* GEPA_REJECTIONS reasons for each candidate */
	size_t rejections_cap;
	long iteration, calls, full;
	int failures; /* of the proposer, in a row */
	bool enough;  /* it may not be asked any more */
	struct err failure;
	bool failed;  /* evaluate() failed, err is set */
	bool spent;   /* default rules: a request did not fit into the calls that are left */
	bool dead;    /* compat: zero weights */
};

/* ---- gepapool.c ---- */
/* Takes `text`; copies val answers. `discovered`: the calls before its validation. */
int gepa_add(struct gepa *gepa, char **text, const int *parents, int nparents,
	     const struct gepa_answer *val, long discovered);
int gepa_best(const struct gepa *gepa); /* highest sum, lowest index */
/* The fronts that the frontier setting asks for, in order; yours to free. */
struct gepa_set *gepa_mapping(const struct gepa *gepa, int *n);
void gepa_pool_free(struct gepa *gepa);
char **gepa_text_dup(char *const *text, int n);
void gepa_text_free(char **text, int n);
bool gepa_text_same(char *const *a, char *const *b, int n);
uint64_t gepa_text_hash(char *const *text, int n);

/* ---- gepapick.c ---- */
/* Marks whom the fronts can do without: removed[0..n-1]. Returns how many are left, listed in
 * left[] in order of first appearance. */
int gepa_prune(const struct gepa *gepa, const struct gepa_set *fronts, int nfronts, bool *removed,
	       int *left);
int gepa_pick_parent(struct gepa *gepa);
void gepa_picks_free(struct gepa_picks *picks);

/* ---- gepabatch.c ---- */
/* Fills ids with the next minibatch for this parent; returns how many. */
int gepa_minibatch(struct gepa *gepa, int parent, int *ids);
void gepa_sampler_free(struct gepa_sampler *sampler);

/* ---- gepaask.c ---- */
long gepa_left(const struct gepa *gepa); /* calls; LONG_MAX in compat mode, whose loop stops late */
/* Asks and counts. false: evaluate failed or (default rules) the calls do not suffice. */
bool gepa_ask(struct gepa *gepa, const struct gepa_request *request, struct gepa_answer *answers);
/* The parent's answers to a minibatch: afresh in compat mode; else stored ones where there are
 * any, which `reused` says. */
bool gepa_ask_parent(struct gepa *gepa, int parent, const int *ids, int n,
		     struct gepa_answer *out, bool *reused);
/* A stored answer is asked for once more; *out becomes the mean. */
bool gepa_ask_again(struct gepa *gepa, int parent, int id, struct gepa_answer *out);
void gepa_remember(struct gepa *gepa, int candidate, const int *ids, int n,
		   const struct gepa_answer *answers);
/* Asks the val questions that answers[0..val-1] does not have measured. `rival` is the candidate
 * to reach. GEPA_ADMITTED when all are measured; GEPA_SKIPPED when asking failed. */
enum gepa_fate gepa_validate(struct gepa *gepa, char *const *text, int rival,
			     struct gepa_answer *answers);
/* Answers of any val questions, cached ones where the setting says so. */
bool gepa_ask_val(struct gepa *gepa, char *const *text, const int *ids, int n,
		  struct gepa_answer *answers);

/* ---- gepamerge.c ---- */
/* Whether a merge was tried, which ends the iteration; fills `merge`. */
bool gepa_merge(struct gepa *gepa, struct gepa_merge *merge);
void gepa_merging_free(struct gepa_merging *merging);

/* ---- gepaiter.c ---- */
/* Makes and judges the proposals of one iteration; *n of them, for gepa_proposals_free. */
struct gepa_proposal *gepa_propose(struct gepa *gepa, int *n);
void gepa_proposals_free(const struct gepa *gepa, struct gepa_proposal *list, int n);
/* Whether the texts were proposed before (default rules); notes them. */
bool gepa_known_text(struct gepa *gepa, char *const *text);

#endif
