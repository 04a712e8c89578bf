/* patch.h - the patch language: what a metadata change may be, and which go together.
 *
 * A patch is a JSON object. Its `type` says what is changed, on which side it
 * is kept (Unity Catalog, or the Genie Space), how risky it is and which members
 * it needs. All types, with the members that name and fill the change:
 *
 *   type                             members (? optional)
 *   -- lever 1 (4 and 5: the same on monitoring and ML tables) --
 *   update_table_comment             target new_text
 *   add|update_column_comment        target column new_text
 *   add|update_description           target new_text        (data_sources.*.description)
 *   set_tag, unset_tag               target key new_text | target key; column?
 *   add|remove_compliance_tag        the same
 *   set_table_property               target key new_text
 *   add_synonym, remove_synonym      target column new_text | target column old_text
 *   hide_column, unhide_column       target column
 *   rename_column_alias              target column new_text (display_name; metric views only)
 *   enable|disable_example_values    target column
 *   enable|disable_value_dictionary  target column
 *   add|update|remove_join           value | id value | id
 *   add_table, remove_table          target
 *   -- lever 2 --
 *   add|update|remove_mv_measure     target column new_text|value field? | ... | target column
 *   add|update|remove_mv_dimension   the same
 *   update_mv_yaml                   target new_text        (the whole definition)
 *   -- lever 3 --
 *   update_tvf_comment               target new_text
 *   update_tvf_parameter_comment     target column new_text (column: the parameter)
 *   update_tvf_sql                   target new_text        (the whole CREATE statement)
 *   add|remove_tvf                   target new_text | target
 *   add|remove_tvf_parameter         target column new_text | target column
 *   add|update|remove_default_filter value | id value | id
 *   -- lever 6 --
 *   add_instruction                  new_text               (appended as lines of its own)
 *   update_instruction               new_text old_text?     (old_text: the part replaced)
 *   remove_instruction               old_text               (the part removed)
 *   add|update|remove_example_sql    value | id value | id
 *   add|update|remove_sql_snippet    snippet value | snippet id value | snippet id
 *   add_sample_question              new_text
 *   remove_sample_question           id | old_text
 *
 * `target` is catalog.schema.object. `field` of an mv measure or dimension is one of
 * expr, comment, display_name, synonyms (default: comment for update, expr for
 * add). `value` is the item as serialized_space has it (example: {"question","sql"};
 * join: {"left","right","sql"}; mv measure: {"expr","comment",..}); texts may be strings or arrays
 * of lines; an id is made when there is none. `snippet`: filter, measure or expression.
 *
 * All patches carry: patch_id, type, lever, risk, scope (uc|genie), and may carry
 * old_text, questions[], grounded_in[], cluster_id, confidence,
 * questions_at_risk[], regression_probability, net_impact, anyway, pair, live, repo. Unknown
 * members are kept. `pair` is the patch_id of the other half of a change that only makes
 * sense as a whole (one asset is recommended, its rival warned of): neither is applied
 * without the other, even when only one of them names it.
 *
 * Layer: domain.
 */
#ifndef GENIE_PATCH_H
#define GENIE_PATCH_H

#include "base.h"
#include "err.h"

struct json;
struct str;

#define PATCH_MAX_OBJECTS 5      /* distinct objects in one patch set */
#define PATCH_MAX_PATCHES 1000   /* in one document */
#define PATCH_MAX_TEXT 25000     /* characters of one text (the service's limit) */
#define PATCH_LONG_INSTRUCTION 4000 /* characters of instructions above which it warns */

enum patch_verb { PATCH_ADD, PATCH_UPDATE, PATCH_REMOVE };
enum patch_risk { PATCH_LOW, PATCH_MEDIUM, PATCH_HIGH };
enum patch_scope { PATCH_UC, PATCH_GENIE };

/* What is changed. */
enum patch_kind {
	PATCH_TABLE_COMMENT, PATCH_COLUMN_COMMENT, PATCH_DESCRIPTION, PATCH_TAG,
	PATCH_COMPLIANCE_TAG, PATCH_PROPERTY, PATCH_SYNONYM, PATCH_HIDDEN, PATCH_ALIAS,
	PATCH_EXAMPLE_VALUES, PATCH_VALUE_DICTIONARY, PATCH_JOIN, PATCH_TABLE,
	PATCH_MV_MEASURE, PATCH_MV_DIMENSION, PATCH_MV_YAML,
	PATCH_TVF_COMMENT, PATCH_TVF_PARAM_COMMENT, PATCH_TVF_SQL, PATCH_TVF, PATCH_TVF_PARAM,
	PATCH_DEFAULT_FILTER, PATCH_INSTRUCTION, PATCH_EXAMPLE_SQL, PATCH_SQL_SNIPPET,
	PATCH_SAMPLE_QUESTION,
	PATCH_NKINDS
};

struct patch_type {
	const char *name;
	enum patch_kind kind;
	enum patch_verb verb;
	int lever;             /* its own; types of lever 1 that change Unity Catalog also serve 4, 5 */
	enum patch_risk risk;
	enum patch_scope scope; /* also the live action: uc is SQL, genie is a PATCH of the space */
	const char *required;  /* member names divided by spaces; "a|b": one of them */
};

/* By name or alias (add_column_description, update_column_description,
 * rewrite_instruction, add_sql_snippet_filter ...); NULL: no such type. */
const struct patch_type *patch_type_find(const char *name);
/* All types: index from 0 until NULL. */
const struct patch_type *patch_type_at(size_t index);
bool patch_type_serves(const struct patch_type *type, int lever);
const char *patch_risk_text(enum patch_risk risk);    /* low, medium, high */
const char *patch_scope_text(enum patch_scope scope); /* uc, genie */
const char *patch_live_text(enum patch_scope scope);  /* sql, patch_space */

/* ---- one patch, read ---- */
struct patch {
	const struct patch_type *type;
	const struct json *json; /* everything else; borrowed, like all texts below */
	const char *patch_id, *target, *column, *key, *field, *id, *snippet;
	const char *old_text, *new_text; /* NULL: absent */
	const struct json *value;
	int lever;
	enum patch_risk risk;    /* what it says, but never below its type's */
	const char *anyway;      /* why it is wanted without a net impact; or NULL */
	bool has_impact;         /* net_impact was given */
	double net_impact;
};
/* ERR_DATA names the path: unknown type, a lever the type does not serve, a
 * missing or empty member, a target that is no three-part name, a text too long, NUL or
 * control characters in a text. `json` must outlive the patch. */
bool patch_read(struct patch *patch, const struct json *json, struct err *err) MUST_CHECK;

/* The object that the patch changes, for counting and for the gates: the
 * table's, view's or function's name in lower case, or "space:instruction",
 * "space:example:ID" and the like. Written to out (reset first); returns its text. */
const char *patch_object(const struct patch *patch, struct str *out);

/* Why two patches of one set cannot both be right, or NULL. One static sentence:
 * add and remove of the same thing, add and update of a description or of the
 * instruction, update and remove of the same thing, hide and unhide, two different
 * texts for one place, a part of an object that the other patch rewrites or
 * removes. Symmetric. */
const char *patch_conflict(const struct patch *a, const struct patch *b);
/* True when both ask for exactly the same change. */
bool patch_same(const struct patch *a, const struct patch *b);

/* ---- worth ---- */
/* questions fixed x confidence - questions at risk x probability of a regression */
double patch_net_impact(size_t fixed, double confidence, size_t at_risk, double regression);
/* net impact - 0.1 x blast / total: `blast` objects touched of `total` in the space */
double patch_score(double net_impact, size_t blast, size_t total);

/* ---- writing patches (genie-propose) ---- */
/* {"patch_id","type","lever","risk","scope","target","live":{"kind"}}; an alias is
 * written as its type. BUG for an unknown type. target NULL: left out. Yours; add
 * the members the type needs with json_set_str. lever 0: the type's own. */
struct json *patch_new(const char *patch_id, const char *type, const char *target, int lever);
/* Sets questions, questions_at_risk (ids), confidence, regression_probability and, from
 * them, net_impact and score. */
struct strlist;
void patch_set_impact(struct json *patch, const struct strlist *questions,
	const struct strlist *at_risk, double confidence, double regression,
	size_t blast, size_t total);

/* ---- a document {"schema":"genie/patches/1",...} ---- */
enum patch_status { PATCH_READY, PATCH_QUEUED, PATCH_REFUSED };
struct patch_entry {
	struct patch patch;
	enum patch_status status;
	bool waits;       /* REFUSED as its partner is queued: a person may apply both */
	char reason[200]; /* of QUEUED and REFUSED */
};
struct patch_set {
	struct json *document;   /* owned */
	struct patch_entry *v;   /* in the document's order */
	size_t n;
	int lever;               /* 0: none given */
	const char *space_id, *config_id, *etag; /* borrowed; NULL: absent */
};
/* Takes the tree (also on failure). A broken patch fails the document: a file
 * that only half makes sense is not worked on. A bare array of patches is accepted. */
bool patch_set_read(struct patch_set *set, struct json *document, struct err *err) MUST_CHECK;
void patch_set_free(struct patch_set *set);

/* Judges the patches together, in order: the first of two that conflict stays, the
 * second is refused with the first one's id; net_impact given and not above 0 is
 * refused, unless the patch says why it is wanted `anyway`; the sixth object is refused; removing
 * a compliance tag is always refused; high risk is queued unless allow_high. Exact repetitions are refused as such; then pairs are
 * looked at, as below. Returns how many are READY. */
size_t patch_set_judge(struct patch_set *set, bool allow_high);
/* Refuses every patch whose partner is refused, queued or not in the set, with that as the
 * reason. To be called again when others were refused since. */
void patch_set_pairs(struct patch_set *set);

#endif
