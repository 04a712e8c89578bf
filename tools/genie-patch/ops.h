/* ops.h - what each patch does to the `after` texts of the state. */
#ifndef GENIE_PATCH_OPS_H
#define GENIE_PATCH_OPS_H

#include "patch.h"
#include "state.h"
#include "str.h"

/* What became of one patch. Zero-initialise; free with outcome_free. */
struct outcome {
	const struct live *live;  /* the value it is about; NULL until known */
	char *before, *after;     /* of the whole live value */
	struct strlist files;     /* that it is kept in */
	struct strlist warnings;
	bool changed;             /* false: already there on both sides */
};
void outcome_free(struct outcome *outcome);

/* Works the patch into the state. ERR_DATA: this patch cannot be applied (no file
 * keeps its target, no such column ...); the state may be half changed then, see state_mark.
 * ERR_TEMP: its old_text is not what is there: somebody else changed it. */
bool ops_apply(struct state *state, const struct patch *patch, struct outcome *outcome,
	struct err *err) MUST_CHECK;

/* Shared by the parts. */
bool ops_uc(struct state *state, const struct patch *patch, struct outcome *outcome,
	struct err *err) MUST_CHECK;
bool ops_mv(struct state *state, const struct patch *patch, struct outcome *outcome,
	struct err *err) MUST_CHECK;
bool ops_tvf(struct state *state, const struct patch *patch, struct outcome *outcome,
	struct err *err) MUST_CHECK;
bool ops_space(struct state *state, const struct patch *patch, struct outcome *outcome,
	struct err *err) MUST_CHECK;

/* One side of an object whose definition is kept whole, as text. */
struct side {
	struct state *state;
	struct str text;   /* edited in place */
	bool there;        /* false: there is none, and text is empty; may be changed */
	const char *name;  /* for errors */
	const char *like;  /* the file's text, or that of a file beside it; NULL: the live side */
	struct err *err;
};
struct definition {
	enum live_kind kind;
	const char *path;  /* of the file; it may not exist yet */
	const char *like;  /* how a new file is written; NULL: without variables */
	bool (*edit)(struct side *side, const struct patch *patch);
};
/* Works the patch into both sides of its target. */
bool ops_definition(struct state *state, const struct patch *patch,
	const struct definition *definition, struct outcome *outcome, struct err *err) MUST_CHECK;
/* Has this side lines that end in CR LF? Workspaces have LF. */
bool ops_crlf(const struct side *side);
/* The patch's new_text, that may be written with variables, as this side has it: variables and line
 * ends. */
bool ops_resolved(struct side *side, const char *text, struct str *out) MUST_CHECK;
/* FOLDER/NAME.EXT for the target of a new file; NULL with ERR_DATA for a name that makes no
 * plain file name. Yours. */
char *ops_new_path(const struct patch *patch, const char *folder, const char *ext,
	struct err *err) MUST_CHECK;
/* The text of a file that defines an object of this kind, to write a new one like it. Borrowed
 * from the state; "" when there is none. */
const char *ops_like(struct state *state, int bundle_kind);

/* Sets `after` (takes text). */
void ops_set(char **after, char *text);
/* old_text was given and the present text is neither it nor the new one: ERR_TEMP. */
bool ops_expect(const struct patch *patch, const char *now, const char *what, const char *wanted,
	struct err *err) MUST_CHECK;
/* A text for the file: with variables where `like` has them; a literal "${" that would be
 * taken for a variable is ERR_DATA. */
bool ops_to_file(struct state *state, const char *text, const char *like, struct str *out,
	struct err *err) MUST_CHECK;

/* Puts a table function that is added among the functions of the run's space, or takes one that is
 * removed from them, on both sides. Without a space nothing is done; one without an export in
 * the bundle gets a warning. */
bool ops_space_function(struct state *state, const struct patch *patch, struct outcome *outcome,
	struct err *err) MUST_CHECK;
/* Where the SQL of that space calls the function (its bare name): in the export, else live. */
bool ops_space_users(struct state *state, const char *function, struct strlist *out,
	struct err *err) MUST_CHECK;

/* The space's export in the bundle: by its id or key, else the only one. */
const struct bundle_space *ops_export(struct state *state, struct err *err) MUST_CHECK;
/* The export as it is to be: its text, but for what was changed in the configuration. */
struct space;
bool ops_rewrite(struct file *file, const struct space *space, struct err *err) MUST_CHECK;

#endif
