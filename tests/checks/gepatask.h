/* gepatask.h - a task for the search engine that needs no model and no network, and the trace
 * of its decisions.
 *
 * A candidate has C components, each a list of integers ("tokens", written `5,0,11`); a question
 * wants some tokens in some components and minds others. The proposer appends the first token that
 * a question of the minibatch wants and the parent lacks. It is the synthetic task of the decision
 * traces in the shared data (gepa-traces/README.md), so that both can be compared line by line.
 */
#ifndef CHECKS_GEPATASK_H
#define CHECKS_GEPATASK_H

#include "gepa.h"
#include "str.h"

struct gepatask {
	struct gepa_settings set;
	uint64_t seed;
	long world, cap, tokens;
	long proposals;        /* made so far */
	long asked;            /* calls of evaluate, counted here */
	struct str trace;      /* a line an iteration, then those of gepatask_close */
	bool quiet;            /* keep no trace */
	bool dead;             /* every proposal fails */
	/* 0: never. Else every `unmeasured`th answer cannot be had. */
	long unmeasured;
	/* Answers given so far, by (texts, split, question, replicate); NULL: none are kept. */
	struct gepajournal *journal;
	long stop_after;       /* -1: never. Else evaluate fails after so many paid calls. */
};

/* Reads `key=value` settings (the text of an .args file) over the defaults of the traces. false
 * names the key in `why`. Free with gepatask_free. */
bool gepatask_read(struct gepatask *task, const char *args, char why[200]);
void gepatask_free(struct gepatask *task);

/* Searches from empty lists with these draws. false: evaluate failed. */
bool gepatask_run(struct gepatask *task, struct draws *draws, struct gepa_result *result);
/* Appends the candidates and the last line to the trace. */
void gepatask_close(struct gepatask *task, const struct gepa_result *result,
		    const struct draws *draws);

/* Answers that survive a run, as a journal does. */
struct gepajournal {
	uint64_t *key; /* a hash set; 0: empty */
	size_t n, size;
};
void gepajournal_free(struct gepajournal *journal);

#endif
