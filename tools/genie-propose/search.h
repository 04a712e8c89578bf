/* search.h - a search for better instructions and examples (lib/gepa.h) on a clone of the space.
 *
 * Two components: the instruction as text, and the examples as a JSON array. Their candidates are
 * written to a clone, never to the space itself, and asked there through genie-eval. All that was
 * measured stands in the journal, so that the same search started again asks nothing twice and
 * decides the same. What is found is written as patches of lever 6. */
#ifndef GENIE_PROPOSE_SEARCH_H
#define GENIE_PROPOSE_SEARCH_H

#include "base.h"
#include "digest.h"
#include "err.h"
#include "gepa.h"
#include "gepafinal.h"
#include "str.h"

struct dbx;
struct dbxtool;
struct history;
struct journal;
struct json;
struct leak_guard;
struct model;
struct prompt;
struct tool;

enum search_component { SEARCH_INSTRUCTION, SEARCH_EXAMPLES, SEARCH_COMPONENTS };

struct search_options {
	const char *snapshot, *benchmarks, *journal, *warehouse;
	const char *record;        /* file for the search's record; NULL: none */
	bool ship_any, plan, noise;
	long calls, seed;
	long llm_calls;            /* questions to the model at the most; 0: no limit */
	double gain;               /* that --noise recommends a budget for, 0..1 */
	double qpm;
	const struct strlist *vars;
	const struct dbxtool *dbx;
	const char *llm, *llm_url, *llm_key, *prompts;
	const struct history *history;
};

/* A part of the benchmark; rows are owned. */
struct search_split {
	struct json **row;
	int n;
};

/* The clone that is asked. */
struct search_clone {
	char *id, *etag, *title;
	char hash[SHA256_HEX]; /* of the configuration that it has; "": none yet */
};

/* One search; fields are for its own parts. */
struct search {
	const struct search_options *o;
	const struct json *snapshot; /* of the live space; the model owns it */
	const struct json *config; /* of the snapshot */
	struct model *model;
	const char *live_id;
	char *seed[SEARCH_COMPONENTS];
	struct search_split split[2]; /* by enum gepa_split */
	struct leak_guard *guard;
	struct journal *journal;
	char *folder;              /* beside the journal: state of the clone, files for others */
	int lock, held;
	struct dbx *dbx;           /* NULL: not needed so far */
	char *warehouse;
	struct search_clone clone;
	struct strlist tried;      /* hashes of what rules proposed */
	struct strlist explained;  /* SQL that the workspace understands */
	struct prompt *prompt;     /* of the model; NULL: rules propose */
	size_t asked;              /* askings of this run that were not in the journal */
	struct strlist unmeasured; /* "id: reason" */
	struct json *events;       /* of the record: an array, one a proposal */
	long reserve;
	long reflections;          /* questions to the model, those in the journal too */
	int idle;                  /* proposals since the last one that was asked */
	struct err broken;         /* of a callback that cannot say so itself */
};

/* ---- search.c ---- */
/* Searches, or plans, or measures the noise, as the options say, and writes to tool->out. */
bool search_run(struct tool *tool, const struct search_options *options, struct err *err)
	MUST_CHECK;
/* The connection, made when first needed. NULL with err. */
struct dbx *search_dbx(struct search *s, struct err *err) MUST_CHECK;
/* A file in the search's folder; new string. */
char *search_file(const struct search *s, const char *name);

/* ---- searchtexts.c ---- */
/* The texts of a configuration; new strings. */
void search_texts(const struct json *config, char *text[SEARCH_COMPONENTS]);
/* The configuration of the space with other texts; yours. NULL when the examples are no list of
 * objects with question and sql: err says so. */
struct json *search_config(const struct search *s, char *const *text, struct err *err) MUST_CHECK;
/* What answers are kept under: the snapshot's own hash for the texts that it has, so that earlier
 * answers count, else one of configuration and snapshot. */
const char *search_hash(const struct search *s, const struct json *config, char out[SHA256_HEX]);
/* The snapshot with that configuration, its hash and a space's id; yours. Takes config. */
struct json *search_snapshot(const struct search *s, struct json *config, const char *space_id);
/* What leads from the seed to these texts: an array of patches, yours. */
struct json *search_patches(const struct search *s, char *const *text);

/* ---- searchclone.c ---- */
/* The clone that a killed run has left, to go on with; nothing when there is none. */
bool clone_find(struct search *s, struct err *err) MUST_CHECK;
/* Makes the clone when there is none, and gives it this configuration, read back. */
bool clone_put(struct search *s, const struct json *config, const char *hash, struct err *err)
	MUST_CHECK;
bool clone_end(struct search *s, struct err *err) MUST_CHECK;
/* After a failure: deletes it too, but not while questions are under way on it. */
void clone_abandon(struct search *s);

/* ---- searchmeasure.c ---- */
/* As gepa_task's evaluate; ctx is the search. */
bool search_evaluate(void *ctx, const struct gepa_request *request, struct gepa_answer *answers,
	struct err *err) MUST_CHECK;
/* Runs one of our programs (found beside this one, else in PATH) with these arguments. A status
 * other than 0 is its error, with the last line that it said. */
bool search_program(const char *name, const struct strlist *args, struct err *err) MUST_CHECK;
/* The newest row that the journal has of a question under these texts; NULL: none. Borrowed. */
const struct json *search_row(const struct search *s, char *const *text,
	const struct json *question);

/* ---- searchvet.c ---- */
/* As gepa_task's refuse: what would not be patched may not be asked. */
bool search_refuse(void *ctx, char *const *child, int parent, char reason[GEPA_REASON]);

/* ---- searchrules.c, searchmodel.c: as gepa_task's propose ---- */
enum gepa_reply search_by_rules(void *ctx, const struct gepa_brief *brief, char **child,
	struct err *err);
enum gepa_reply search_by_model(void *ctx, const struct gepa_brief *brief, char **child,
	struct err *err);

/* ---- searchrecord.c ---- */
/* As gepa_task's watch. */
void search_watch(void *ctx, const struct gepa_iteration *iteration);
/* {"schema":"genie/search/1","mode":"search",..}; yours. */
struct json *search_record(struct tool *tool, const struct search *s,
	const struct gepa_settings *settings, const struct gepa_result *result,
	const struct gepa_final *final);
/* The patches of the candidate that was compared, with their worth; yours. With one of high risk
 * all are: `warnings` says so. */
struct json *search_shipped(const struct search *s, const struct gepa_result *result,
	const struct gepa_final *final, struct json *warnings);

/* ---- searchnoise.c ---- */
struct json *search_plan(struct tool *tool, const struct search *s,
	const struct gepa_settings *settings);
/* Asks the seed. NULL with err. */
struct json *search_noise(struct tool *tool, struct search *s, struct err *err) MUST_CHECK;

#endif
