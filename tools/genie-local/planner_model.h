/* planner_model.h - what the space knows: assets, fields, joins, rules, examples.
 *
 * Built once per question from the configuration and the Unity Catalog metadata;
 * all of it lives in one arena. Layer: tool.
 */
#ifndef GENIE_PLANNER_MODEL_H
#define GENIE_PLANNER_MODEL_H

#include "planner.h"
#include "planner_text.h"
#include "planner_words.h"

struct arena;
struct json;

#define MODEL_MAX_ASSETS 200
#define MODEL_MAX_FIELDS 2000 /* of one asset */

/* A set of stems with weights, for text whose order does not matter. */
struct term {
	const char *stem;
	double weight;
};
struct bag {
	struct term *v;
	size_t n, cap;
};

/* A run of words that names something. */
struct phrase {
	struct words words;
	double weight;
	struct phrase *next;
};

enum field_kind {
	FIELD_COLUMN,    /* of a table, or a column that a function returns */
	FIELD_DIMENSION, /* of a metric view, or an expression snippet */
	FIELD_MEASURE,   /* of a metric view, or a measure snippet */
	FIELD_PARAM,     /* of a function */
};
enum field_type { TYPE_TEXT, TYPE_NUMBER, TYPE_DATE, TYPE_BOOL, TYPE_OTHER };

struct asset;
struct field {
	const char *name;
	const char *sql;       /* snippets: the expression; else NULL */
	const char *type_name; /* "" when unknown */
	const char *value;     /* parameters: the default as SQL, NULL when required */
	const char *comment;   /* all comments joined */
	const char *expr;      /* metric views: the expression behind it */
	struct asset *asset;
	enum field_kind kind;
	enum field_type type;
	bool key;              /* identifies something: not to be summed */
	struct phrase *phrases; /* names, synonyms, display names */
	struct bag words;      /* comment words */
	struct bag not_words;  /* what its comment says it is not for */
	struct strlist *values; /* dictionary or documented values; NULL: none */
	bool dictionary;       /* values come from the value dictionary */
};

struct asset {
	enum planner_asset kind;
	const char *full_name;
	const char *name; /* last part */
	const char *comment;
	struct field *fields;
	size_t nfields;
	struct field *params;
	size_t nparams;
	struct phrase *phrases; /* name, synonyms */
	struct phrase *not_for; /* what it is not for */
	struct bag words;       /* everything positive, by best weight */
	double bias;            /* from tags */
	double score;           /* set by routing */
};

/* Two tables that may be joined: a.cols[i] = b.cols[i]. */
#define LINK_MAX_COLUMNS 4
struct link {
	struct asset *a, *b;
	const char *a_cols[LINK_MAX_COLUMNS], *b_cols[LINK_MAX_COLUMNS];
	size_t ncols;
	struct link *next;
};

enum rule_kind {
	RULE_ROUTE,  /* questions with the phrase go to the asset */
	RULE_AVOID,  /* ... do not */
	RULE_FIELD,  /* the phrase means the field */
	RULE_FILTER, /* the phrase adds the condition */
	RULE_WINDOW, /* the window when the question names none: phrase holds it */
};
struct rule {
	enum rule_kind kind;
	struct words phrase;
	bool quoted;   /* the phrase must stand as it is; otherwise its words count */
	bool always;   /* RULE_FILTER: for every question on an asset with its columns */
	struct asset *asset;
	const char *field; /* RULE_FIELD: its name */
	const char *sql;   /* RULE_FILTER: the condition */
	struct rule *next;
};

struct example {
	const char *question, *sql;
	const struct json *parameters;
	struct words words;
	struct example *next;
};

struct model {
	struct arena *arena;
	struct asset *assets;
	size_t nassets;
	struct link *links;
	struct rule *rules, **rules_tail;
	struct example *examples;
	struct strlist **lists; /* value lists, to be freed */
	size_t nlists, lists_cap;
};

/* Fills the model (zeroed by the caller but for arena). */
void model_load(struct model *model, const struct json *config, const struct json *uc);
void model_free(struct model *model); /* not the arena */

/* planner_rules.c: reads instruction text (also comments) line by line. scope:
 * the asset the text belongs to, NULL for the space's instructions. */
void rules_read(struct model *model, const char *text, struct asset *scope);

/* An asset by full name, last part or its words at s ("sales metrics"); NULL. */
struct asset *model_asset(const struct model *model, const char *name);
/* The first asset whose name stands in text as a word of its own, and where. */
struct asset *model_asset_in(const struct model *model, const char *text, const char **at);
/* True when name stands in text as a word of its own (no case). */
bool text_has_name(const char *text, const char *name);
/* A field by exact name (no case), NULL when the asset has none. */
struct field *asset_field(const struct asset *asset, const char *name);

/* Adds a stem, keeping the larger weight. */
void bag_add(struct bag *bag, struct arena *arena, const char *stem, double weight);
/* Adds the content words of text (known words are left out). */
void bag_add_text(struct bag *bag, struct arena *arena, const char *text, double weight);
double bag_weight(const struct bag *bag, const char *stem); /* 0: not there */

/* planner_load.c */
void load_asset_text(struct model *model, struct asset *asset, const char *comment);
void load_field_text(struct model *model, struct field *field, const char *comment);
void field_add_phrase(struct model *model, struct field *field, const char *text, double weight);
struct strlist *model_list(struct model *model); /* a list owned by the model */

#endif
